"""What was done, in words. A test finds actions that have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateformat import format as written

from clarity.web.deputies import limits
from tenants import on_behalf

ACTIONS: Mapping[str, str] = {
    "account.erased": "The account was erased",
    "account.erasure_started": "Asked for the account to be erased",
    "account.settings_changed": "Changed the settings of the account",
    "alert_address.asked": "Asked an address again whether it wants alerts",
    "alert_address.confirmed": "An address agreed to get alerts",
    "alert_address.left": "An address wanted no more alerts",
    "alert_channel.addresses_changed": "Changed who gets alerts",
    "alert_channel.changed": "Changed an alert channel",
    "alert_channel.created": "Made an alert channel",
    "alert_channel.deleted": "Deleted an alert channel",
    "alert_channel.key_renewed": "Renewed the key of an alert channel",
    "alert_channel.switched": "Switched an alert channel",
    "alert_channel.tested": "Tried an alert channel out",
    "alert_digest.changed": "Changed the daily digest",
    "announcement.ended": "Ended an announcement",
    "announcement.posted": "Announced something to the account",
    "api_token.created": "Made an API token",
    "api_token.revoked": "Took an API token back",
    "audit.exported": "Exported the audit log",
    "backfill.cancelled": "Cancelled a backfill",
    "backfill.paused": "Paused a backfill",
    "backfill.planned": "Planned a backfill",
    "backfill.started": "Started or resumed a backfill",
    "billing_details.saved": "Changed whom invoices are for",
    "books.exported": "Exported a list of bills",
    "card.changed": "The card that is charged was changed at Stripe",
    "card.charge_failed": "A card could not be charged",
    "card.customer_deleted": "The account's customer was deleted at Stripe",
    "card.customer_left": "The account's customer could not be deleted at Stripe yet",
    "card.customer_lost": "Stripe does not know this account's customer any more",
    "card.kept": "A card is kept for renewals and pairs that are added",
    "card.removed": "The card is charged no more",
    "chore.hurried": "Had a chore done before its time",
    "connection.credentials_renewed": "Had a system's credentials renewed",
    "connection.disconnected": "Disconnected a system",
    "connection.lost": "A connection was lost",
    "connection.owner_told": "Asked the owners to reconnect",
    "connection.paused": "Paused a connection",
    "connection.reconnected": "Reconnected a system",
    "connection.renamed": "Renamed a connection",
    "connection.restored": "A lost connection works again",
    "connection.resumed": "Resumed a connection",
    "connection.settings_changed": "Changed the settings of a connection",
    "connection.webhooks_registered": "Registered webhooks anew",
    "contract.agreed": "A price was agreed with the account",
    "contract.ended": "An agreed price was ended",
    "convergence.mended": "Sent again what differed between both sides",
    "convergence.started": "Started a comparison of both sides",
    "credit_note.issued": "A credit note was written",
    "cursor.moved": "Moved the cursor from which a system is read",
    "customer.linked": "Linked a customer",
    "deputation.allowed": "Allowed our staff to act on the account's behalf",
    "deputation.begun": "One of our staff began to act on the account's behalf",
    "deputation.ended": "Ended one of our staff's time of acting on the account's behalf",
    "deputation.forbidden": "Forbade our staff to act on the account's behalf",
    "discount.ended": "A discount was ended",
    "discount.granted": "A discount was granted",
    "door.opened": "An account manager looked in",
    "dry_run.started": "Started a dry run",
    "export.downloaded": "Downloaded an export",
    "export.started": "Started an export of the data",
    "flow.switched": "Switched a flow",
    "group.created": "Made a group of accounts",
    "group.deleted": "Deleted a group of accounts",
    "group.renamed": "Gave a group of accounts another name",
    "incident.discarded": "Left out the records of an incident",
    "incident.replay_stopped": "Stopped the replay of an incident",
    "incident.replayed": "Replayed an incident",
    "invoice.issued": "An invoice was written",
    "invoice.reminder_due": "An unpaid invoice was reminded of",
    "keys.rotated": "Renewed the account's data key",
    "letter.sent_again": "Asked for a mail about a bill again",
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
    "onboarding.begun": "Began to set up a pair",
    "onboarding.connected": "Connected a system while setting up",
    "onboarding.flows_reviewed": "Looked over the flows",
    "onboarding.introduction_begun": "Asked for addresses at which a system names itself",
    "onboarding.mapping_reviewed": "Looked over the mapping",
    "pair.billed": "A pair is billed from now on",
    "pair.billed_no_more": "A pair is billed no more",
    "pair.deleted": "Deleted a pair",
    "pair.merge_rule_chosen": "Chose which side wins a field",
    "pair.paused": "Paused a pair",
    "pair.removed": "Removed a pair from the subscription",
    "pair.renamed": "Renamed a pair",
    "pair.resumed": "Resumed a pair",
    "pair.went_live": "Went live",
    "payment.begun": "Began to pay an invoice at Stripe",
    "payment.recorded": "A payment was entered",
    "payment.unmatched": "Money came that fits no open invoice",
    "payment.unmatched_assigned": "Said that money that fitted no invoice is of this account",
    "payment.unmatched_booked": "Booked money that fitted no open invoice",
    "payment.unmatched_released": "Took back that money that fitted no invoice is of this account",
    "payment.unmatched_unbooked": "Took money off an invoice again that did not belong there",
    "payment.unmatched_dismissed": "Settled elsewhere money that fitted no open invoice",
    "payments.compared": "Compared the payments of a day",
    "person.email_changed": "Changed their e-mail address",
    "person.password_changed": "Changed their password",
    "person.recovery_codes_renewed": "Made new recovery codes",
    "person.second_step_added": "Set up a second step of signing in",
    "person.second_step_removed": "Removed a second step of signing in",
    "person.second_steps_reset": "Had all second steps of signing in removed",
    "plan.saved": "A plan was changed",
    "preflight.started": "Started a preflight audit",
    "price.set": "A price was set",
    "privacy.carried_out": "Carried out a request about a customer",
    "privacy.not_carried_out": "Could not carry out a request about a customer",
    "privacy.requested": "The store asked for a customer's or its own data",
    "product.linked": "Linked a product",
    "record.discarded": "Left a record out",
    "record.edited": "Edited a record",
    "record.replayed": "Replayed a record",
    "safety_stock.changed": "Changed safety stock",
    "sandbox.made": "Made a sandbox pair",
    "seller.saved": "A seller was changed",
    "staff.acted": "One of our staff did something",
    "staff.assigned": "One of our staff looks after the account now",
    "staff.began": "One of our staff began something that asks the other system",
    "staff.grouped": "Put the account into a group of ours",
    "staff.looked": "One of our staff looked in",
    "staff.released": "One of our staff no longer looks after the account",
    "staff.role_changed": "Changed the role of one of our staff",
    "staff.ungrouped": "Took the account out of a group of ours",
    "subscription.began": "The subscription began",
    "subscription.cancelled": "Cancelled the subscription",
    "subscription.ended": "The subscription ended",
    "subscription.goes_on": "Took the cancellation back",
    "subscription.plan_changed": "Chose another plan from the renewal on",
    "subscription.rests": "The subscription rests: no pair was left to renew",
    "tax_rate.ended": "The days of a tax rate were changed",
    "tax_rate.set": "A tax rate was set",
    "template.created": "Made a template of rules",
    "template.extended": "Added a version to a template of rules",
    "tenant.created": "Made the account",
    "trial.granted": "Granted a trial",
    "trial.withdrawn": "Took a trial back that had not begun",
    "work.left_alone": "Left a trouble alone until a day",
    "work.taken_up": "Took a trouble up again",
}

OBJECTS: Mapping[str, str] = {
    "alertaddress": "address for alerts",
    "alertchannel": "alert channel",
    "alertplan": "daily digest",
    "announcement": "announcement",
    "apitoken": "API token",
    "backfill": "backfill",
    "billingdetails": "billing details",
    "connection": "connection",
    "contract": "contract",
    "cursor": "cursor",
    "datakey": "data key",
    "deputation": "time on the account's behalf",
    "discount": "discount",
    "export": "export",
    "flow": "flow",
    "inboxitem": "record",
    "incident": "incident",
    "invitation": "invitation",
    "invoice": "invoice",
    "letter": "mail about a bill",
    "link": "link",
    "lookuptable": "lookup table",
    "mappingversion": "mapping version",
    "membership": "member",
    "onboarding": "setting up",
    "pair": "pair",
    "pairtemplate": "template of rules",
    "price": "price",
    "privacyrequest": "privacy request",
    "subscription": "subscription",
    "taxrate": "tax rate",
    "tenant": "account",
    "tenantgroup": "group of ours",
    "trial": "trial",
    "user": "person",
}
"""By the type's name in small letters."""

_PAGES = {
    "backfill": ("backfill", "backfill_id"),
    "connection": ("connection", "connection_id"),
    "inboxitem": ("record", "item_id"),
    "incident": ("incident", "incident_id"),
    "invoice": ("billing-invoice", "invoice_id"),
    "pair": ("live", "pair_id"),
}


def action_words(action: str) -> str:
    """The sentence; for an action without one its own parts, so that nothing is ever left out."""
    return ACTIONS.get(action) or action.replace(".", ": ").replace("_", " ").capitalize()


def object_words(object_type: str) -> str:
    return OBJECTS.get(object_type.lower()) or object_type.replace("_", " ").lower()


def object_page(object_type: str, object_id: str, *, slug: str) -> str:
    """The page of what was changed; "" when it has none, or one that is shut to who asks."""
    kind = object_type.lower()
    if kind not in _PAGES or not object_id:
        return ""
    name, argument = _PAGES[kind]
    if on_behalf.current() is not None and limits.is_shut(name):
        return ""
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
    return _read(str(value))


_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?")
_ID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{3})[0-9a-f]-([0-9a-f]{4}-){2}[0-9a-f]{12}")


def _read(text: str) -> str:
    """Days and times as pages write them, ids as short as those of what was changed."""
    if found := _ID.fullmatch(text):
        return f"{found[1]}…"
    if not (found := _TIME.fullmatch(text)):
        return text
    try:
        if found[1] is None:
            return written(date.fromisoformat(text), "j M Y")
        return written(timezone.localtime(datetime.fromisoformat(text)), "j M Y H:i T")
    except ValueError:
        return text
