"""The end state that every fault must lead to: nothing lost, nothing doubled, all accounted for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from clarity.demo.compare import Comparison, Sides
from integrations.models import (
    Attempt,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Lane,
)
from integrations.services import imbalances
from tenants import scope


@dataclass(frozen=True)
class EndState:
    """Counts of what is wrong; all zero is good.

    `total_differences` counts orders whose totals differ by a cent or more, and cancelled ones that
    still stand. `unaccounted`: rows that break the sum of conservation. `stopped`: records that are
    held or given up, though their data is in order.
    """

    lost: int = 0
    doubled: int = 0
    total_differences: int = 0
    stock_differences: int = 0
    waiting: int = 0
    unaccounted: int = 0
    stopped: int = 0

    @property
    def is_good(self) -> bool:
        return not any(asdict(self).values())

    def __add__(self, other: EndState) -> EndState:
        return EndState(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    def plainly(self) -> str:
        """What is wrong, in words; "" when nothing is."""
        return ", ".join(
            f"{count} {name.replace('_', ' ')}" for name, count in asdict(self).items() if count
        )


def look(tenant_id: UUID, sides: Sides) -> EndState:
    """Asks both systems and our rows. Raises ConnectorError while a system does not answer."""
    waiting = _waiting(tenant_id)
    if waiting:
        # Still under way: what the systems hold, and whether all is accounted for, says nothing yet.
        # This is asked several times a second, and the proofs of conservation read every row.
        return EndState(waiting=waiting)
    own = _own(tenant_id)
    found: Comparison = sides.compare()
    return own + EndState(
        lost=found.lost,
        doubled=found.duplicates + sides.written_twice(),
        total_differences=found.total_differences + found.cancel_differences,
        stock_differences=found.stock_differences,
    )


def _waiting(tenant_id: UUID) -> int:
    with scope.tenant(tenant_id):
        items = InboxItem.objects.filter(state=InboxState.WAITING).count()
        return items + Delivery.objects.filter(state=DeliveryState.WAITING).count()


def _own(tenant_id: UUID) -> EndState:
    stopped = Q(state__in=(InboxState.HELD, InboxState.DEAD))
    with scope.tenant(tenant_id):
        return EndState(
            unaccounted=unaccounted(),
            stopped=InboxItem.objects.filter(stopped).count()
            + Delivery.objects.filter(stopped).count(),
        )


def unaccounted() -> int:
    """Rows that break conservation: what does not agree between the two entries of each fact, and
    what was left out without a reason. Call inside the tenant's scope."""
    unexplained = Delivery.objects.filter(state=DeliveryState.FILTERED, reason="").count()
    silent = InboxItem.objects.filter(state=InboxState.FILTERED, reason="").count()
    return sum(one.count for one in imbalances.find(now=timezone.now())) + unexplained + silent


def unknown_outcomes(tenant_id: UUID) -> int:
    """Attempts that began and of which nobody wrote down how they ended."""
    with scope.tenant(tenant_id):
        return Attempt.objects.filter(finished_at=None).count()


def describe(tenant_id: UUID) -> str:
    """What is not delivered and why, and how the lanes stand; for a report of a failed trial."""
    with scope.tenant(tenant_id):
        rows: list[Any] = list(
            InboxItem.objects.exclude(state__in=(InboxState.PASSED, InboxState.MERGED))[:10]
        )
        rows += Delivery.objects.exclude(
            state__in=(DeliveryState.DELIVERED, DeliveryState.UNCHANGED, DeliveryState.REPLACED)
        )[:10]
        lines = [f"{row}: {row.state}, {row.reason} {row.said}".strip() for row in rows]
        lines += [
            f"lane {lane.connection.name}: due {lane.due_at}, held until {lane.lease_until},"
            f" parked until {lane.parked_until} {lane.parked_reason}"
            for lane in Lane.objects.select_related("connection")
        ]
    return "\n".join(lines)
