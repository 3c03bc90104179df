"""What was done, in words. A test finds actions that have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse

ACTIONS: Mapping[str, str] = {
    "audit.exported": "Exported the audit log",
    "backfill.cancelled": "Cancelled a backfill",
    "backfill.paused": "Paused a backfill",
    "backfill.planned": "Planned a backfill",
    "backfill.started": "Started or resumed a backfill",
    "connection.lost": "A connection was lost",
    "connection.owner_told": "Asked the owners to reconnect",
    "door.opened": "An account manager looked in",
    "flow.switched": "Switched a flow",
    "incident.discarded": "Left out the records of an incident",
    "incident.replay_stopped": "Stopped the replay of an incident",
    "incident.replayed": "Replayed an incident",
    "mapping.draft_changed": "Changed a draft of mapping rules",
    "mapping.draft_discarded": "Threw a draft of mapping rules away",
    "mapping.published": "Published mapping rules",
    "mapping.rolled_back": "Went back to earlier mapping rules",
    "mapping.table_changed": "Changed a lookup table",
    "member.invitation_revoked": "Took an invitation back",
    "member.invited": "Invited someone",
    "member.invited_again": "Sent an invitation again",
    "member.joined": "Joined by an invitation",
    "member.left": "Left the account",
    "member.removed": "Removed a member",
    "member.role_changed": "Changed a member's role",
    "pair.merge_rule_chosen": "Chose which side wins a field",
    "payments.compared": "Compared the payments of a day",
    "person.email_changed": "Changed their e-mail address",
    "person.password_changed": "Changed their password",
    "person.recovery_codes_renewed": "Made new recovery codes",
    "person.second_step_added": "Set up a second step of signing in",
    "person.second_step_removed": "Removed a second step of signing in",
    "preflight.started": "Started a preflight audit",
    "record.discarded": "Left a record out",
    "record.edited": "Edited a record",
    "record.replayed": "Replayed a record",
    "safety_stock.changed": "Changed safety stock",
    "tenant.created": "Made the account",
}

OBJECTS: Mapping[str, str] = {
    "Backfill": "backfill",
    "Connection": "connection",
    "Flow": "flow",
    "InboxItem": "record",
    "Incident": "incident",
    "Invitation": "invitation",
    "LookupTable": "lookup table",
    "MappingVersion": "mapping version",
    "Membership": "member",
    "Pair": "pair",
    "Tenant": "account",
    "User": "person",
}
_PAGES = {
    "Backfill": ("backfill", "backfill_id"),
    "InboxItem": ("record", "item_id"),
    "Incident": ("incident", "incident_id"),
}


def action_words(action: str) -> str:
    """The sentence; for an action without one its own parts, so that nothing is ever left out."""
    return ACTIONS.get(action) or action.replace(".", ": ").replace("_", " ").capitalize()


def object_words(object_type: str) -> str:
    return OBJECTS.get(object_type) or object_type.replace("_", " ").lower()


def object_page(object_type: str, object_id: str, *, slug: str) -> str:
    """The page of what was changed; "" when it has none."""
    if object_type not in _PAGES or not object_id:
        return ""
    name, argument = _PAGES[object_type]
    try:
        return reverse(name, kwargs={"slug": slug, argument: object_id})
    except NoReverseMatch:
        return ""


def said(value: Any) -> str:
    """A value of an entry as a person reads it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said(one)}" for name, one in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(said(one) for one in value) or "nothing"
    return str(value)
