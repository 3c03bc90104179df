"""What became of an erased account's customer at Stripe.

It stands in the erasure's `revoked`, with the customer's id as its name, since the row that knew it
is deleted with the others. While Stripe does not answer the chore asks again; what stays there all
the same is shown to finance, who deletes it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from integrations.models import Erasure
from integrations.sync import pipeline
from tenants import scope
from tenants.billing.models import UnmatchedPayment, UnmatchedState
from tenants.billing.services import access, taking_back
from tenants.billing.stripe import leaving, library
from tenants.models import User
from tenants.services import audit

# Beside the names of connectors in `revoked`.
SYSTEM = "stripe-customer"
REASON = "delete the customers of erased accounts at Stripe"


@dataclass(frozen=True)
class Remaining:
    """A customer that Stripe has still, of an account that is erased or being erased."""

    erasure: Erasure
    customer_id: str
    problem: str


def leave(tenant_id: UUID, *, now: datetime) -> list[dict[str, str]]:
    """Deletes the account's customer at Stripe; what became of it, for `revoked`. [] for who never
    paid there. Its money that waits is left to finance. Call outside any scope; may be called twice."""
    _free(tenant_id)
    left = leaving.leave(tenant_id, now=now)
    if left is None:
        return []
    with scope.tenant(tenant_id):
        _record(tenant_id, left.customer_id, problem=left.problem)
    return [{"name": left.customer_id, "system": SYSTEM, "problem": left.problem}]


def _free(tenant_id: UUID) -> None:
    """Money of the account that waits for finance is nobody's: soon nobody looks after the account,
    and whoever keeps the books sees what has none."""
    with scope.tenant(tenant_id):
        waiting = UnmatchedPayment.objects.filter(state=UnmatchedState.OPEN)
        ids = list(waiting.order_by("seen_at", "pk").values_list("pk", flat=True))
    for pk in ids:
        taking_back.release(unmatched_id=pk, actor=None, reason="The account is being erased.")


def remaining() -> Sequence[Remaining]:
    """Customers that Stripe has still, the oldest first. Needs no scope."""
    rows = Erasure.objects.filter(revoked__contains=[{"system": SYSTEM}])
    return [
        Remaining(row, one["name"], one["problem"])
        for row in rows.order_by("started_at", "pk")
        for one in row.revoked
        if one["system"] == SYSTEM and one["problem"]
    ]


def try_again() -> None:
    """Asks Stripe once more for each. Call outside any scope; may run twice."""
    if not library.is_set_up():
        return
    for one in remaining():
        pipeline.survives(f"erased payer {one.erasure.pk}", partial(_again, one))


def _again(one: Remaining) -> None:
    problem = leaving.delete(one.customer_id)
    if not problem:
        _note(one, actor=None, reason="")


def gone(erasure_id: UUID, *, actor: User, reason: str) -> bool:
    """Somebody of finance deleted it by hand, and says so; False when nothing was left. Call outside
    any scope. Raises NotAllowed."""
    access.by_finance(actor)
    found = [one for one in remaining() if one.erasure.pk == erasure_id]
    for one in found:
        _note(one, actor=actor, reason=reason)
    return bool(found)


def _note(one: Remaining, *, actor: User | None, reason: str) -> None:
    with scope.door(REASON, actor=actor):
        row = Erasure.objects.select_for_update().get(pk=one.erasure.pk)
        for entry in row.revoked:
            if entry["system"] == SYSTEM:
                entry["problem"] = ""
        row.save(update_fields=["revoked"])
        _record(row.account, one.customer_id, problem="", actor=actor, reason=reason)


def _record(
    account: UUID, customer_id: str, *, problem: str, actor: User | None = None, reason: str = ""
) -> None:
    audit.record(
        action="card.customer_left" if problem else "card.customer_deleted",
        object_type="StripeCustomer",
        object_id=customer_id,
        actor=actor,
        after={"problem": problem} if problem else None,
        reason=reason,
        tenant_id=account,
    )
