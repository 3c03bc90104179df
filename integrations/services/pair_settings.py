"""What a person changes of a pair: its name, whether it runs, whether it is there at all."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from integrations.models import ConnectionState, Environment, Pair, PairState
from integrations.services import billed, pairs, removing
from tenants import scope
from tenants.billing.services.pairs import Agreed
from tenants.models import AuditEntry, User
from tenants.services import audit

LONGEST_NAME = 120


class BadName(ValueError):
    """The pair cannot be called so."""


class CannotDelete(ValueError):
    """The pair may not be deleted; the message says why."""


def rename(*, pair_id: UUID, name: str, actor: User | None) -> Pair:
    """Gives a pair another name. Call inside the tenant's scope. Raises BadName."""
    said = " ".join(name.replace("\x00", "").split())
    if not said:
        raise BadName("Enter a name.")
    if len(said) > LONGEST_NAME:
        raise BadName(f"The name has {len(said)} characters; at most {LONGEST_NAME} are kept.")
    pair: Pair = Pair.objects.select_for_update(of=("self",)).get(pk=pair_id)
    if pair.name != said:
        before, pair.name = pair.name, said
        pair.save(update_fields=["name"])
        _audit(pair, "pair.renamed", actor, before={"name": before}, after={"name": said})
    return pair


def pause(*, pair_id: UUID, actor: User | None) -> Pair:
    """Stops a pair; what comes meanwhile is kept. Call inside the scope; may be repeated."""
    pair: Pair = Pair.objects.select_for_update(of=("self",)).get(pk=pair_id)
    if pair.is_running:
        before = pair.state
        pairs.pause(pair)
        _audit(pair, "pair.paused", actor, before={"state": before}, after={"state": pair.state})
    return pair


def resume(
    *, pair_id: UUID, actor: User | None, now: datetime, agreed: Agreed | None = None
) -> Pair:
    """Lets a paused pair go on as it did before. Call inside the scope; may be repeated.

    One whose subscription has ended is billed anew at the price that was `agreed` to; then also
    raises BillingProblem, and nothing is to be kept. Raises pairs.NotReady where an account of it was disconnected, where its subscription has ended,
    and where it was live and its last preflight found what stops records.
    """
    pair: Pair = Pair.objects.select_for_update(of=("self",)).get(pk=pair_id)
    if pair.state == PairState.PAUSED:
        for connection in (pair.pos, pair.store):
            if connection.state == ConnectionState.DISCONNECTED:
                raise pairs.NotReady(
                    f"{connection.name} is disconnected. Reconnect it first, then resume the pair."
                )
        if said := billed.obstacle_to_resuming(pair):
            if agreed is None:
                raise pairs.NotReady(said)
            billed.went_live(pair, agreed=agreed, actor=actor, now=now)
        pairs.start(pair, state=state_before(pair), now=now)
        _audit(
            pair,
            "pair.resumed",
            actor,
            before={"state": PairState.PAUSED},
            after={"state": pair.state},
        )
    return pair


def state_before(pair: Pair) -> PairState:
    """What a paused pair goes back to."""
    entries = AuditEntry.objects.filter(
        object_type="Pair", object_id=str(pair.pk), action="pair.paused"
    )
    last = entries.order_by("-id").values_list("before", flat=True).first()
    if last and last.get("state") in (PairState.LIVE, PairState.TESTING):
        return PairState(last["state"])
    return PairState.TESTING if is_sandbox(pair) else PairState.LIVE


def is_sandbox(pair: Pair) -> bool:
    """Whether both its accounts are simulated."""
    return bool(pair.pos.environment == Environment.SANDBOX)


def remove(*, pair_id: UUID, actor: User | None, now: datetime) -> date | None:
    """Takes a billed pair out of the subscription: it stops, and is not renewed. Its records, rules
    and connections stay. Answers the day to which its place is paid, None when it was not billed.

    Call inside the scope; may be repeated.
    """
    pair = pause(pair_id=pair_id, actor=actor)
    if not billed.can_be_removed(pair):
        return None
    paid_until = billed.removed(pair, actor=actor, now=now)
    _audit(
        pair,
        "pair.removed",
        actor,
        before={"billed": True},
        after={"billed": False, "paid_until": paid_until},
    )
    return paid_until


def obstacle_to_deleting(pair: Pair) -> str:
    """Why it may not be deleted, "" when it may."""
    if pair.is_running:
        return "It runs. Pause it first."
    if pair.state != PairState.DRAFT and not is_sandbox(pair):
        return (
            "It has carried real records. Pause it, or disconnect its accounts; its records go by"
            " themselves when their time is up."
        )
    return ""


def delete(*, tenant_id: UUID, pair_id: UUID, actor: User | None) -> None:
    """Deletes a draft or a sandbox pair with what it delivered; its connections stay.

    In small steps, and again from where it stopped when it was cut off. Call outside any scope.
    Raises CannotDelete; a pair that is gone already is no error.
    """
    with scope.tenant(tenant_id):
        pair = Pair.objects.filter(pk=pair_id).select_related("pos", "store").first()
        if pair is None:
            return
        if said := obstacle_to_deleting(pair):
            raise CannotDelete(said)
    removing.remove_pair(tenant_id=tenant_id, pair_id=pair_id)
    with scope.tenant(tenant_id):
        pair = Pair.objects.select_for_update(of=("self",)).filter(pk=pair_id).first()
        if pair is None:
            return
        if said := obstacle_to_deleting(pair):
            raise CannotDelete(said)
        _audit(pair, "pair.deleted", actor, before={"name": pair.name, "state": pair.state})
        billed.removed(pair, actor=actor, now=timezone.now())
        mapping_set = pair.mapping_set
        pair.delete()
        if mapping_set is not None:
            mapping_set.delete()


def _audit(
    pair: Pair,
    action: str,
    actor: User | None,
    *,
    before: dict[str, object],
    after: dict[str, object] | None = None,
) -> None:
    audit.record(
        action=action,
        object_type="Pair",
        object_id=pair.pk,
        actor=actor,
        before=before,
        after=after,
    )
