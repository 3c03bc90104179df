"""Remembers what the till calls the articles whose stock it tells, and reads a number again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from integrations.connector_kit.base import Notice
from integrations.connector_kit.errors import Rejected
from integrations.models import Delivery, DeliveryState, StockedArticle
from integrations.sync import intake
from integrations.sync.reservations import DIRTY
from integrations.sync.sessions import Session
from integrations.sync.stock_numbers import WorkedOut
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity, Record


class Prepared(Protocol):
    """A delivery that is about to be stored; stock has its numbers worked out."""

    error: Exception | None

    @property
    def row(self) -> Delivery: ...
    @property
    def record(self) -> Record: ...
    @property
    def stock(self) -> WorkedOut | None: ...


def remember(session: Session, prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Keeps key and SKU of each article. Call where its delivery is stored.

    An article that was counted with units the till has had meanwhile shows too few of them: it is
    read once more.
    """
    worked = [one for one in prepared if isinstance(one.record, Stock) and one.stock]
    if not worked:
        return
    _keep(session, [one.record for one in worked if isinstance(one.record, Stock)])
    settled = {
        one.pk for one in (session.held_back.entries if session.held_back else ()) if one.settled_at
    }
    late = {
        one.record.key for one in worked if one.stock and not settled.isdisjoint(one.stock.held)
    }
    if late:
        intake.accept(
            tenant_id=session.tenant_id,
            connection_id=session.connection.pk,
            notices=[Notice(Entity.INVENTORY, key, topic=DIRTY) for key in sorted(late)],
            now=now,
        )


def _keep(session: Session, articles: Sequence[Stock]) -> None:
    mine = StockedArticle.objects.filter(till=session.connection)
    known = dict(mine.filter(key__in=[one.key for one in articles]).values_list("key", "sku"))
    changed = {one.key: one.sku for one in articles if known.get(one.key) != one.sku}
    if changed:
        StockedArticle.objects.bulk_create(
            [
                StockedArticle(
                    tenant_id=session.tenant_id, till=session.connection, key=key, sku=sku[:191]
                )
                for key, sku in sorted(changed.items())
            ],
            update_conflicts=True,
            update_fields=["sku"],
            unique_fields=["tenant", "till", "key"],
        )


def read_all_again(*, tenant_id: UUID, till: UUID, topic: str, now: datetime) -> int:
    """Has every number that was ever published worked out again; answers how many articles."""
    keys = sorted(StockedArticle.objects.filter(till=till).values_list("key", flat=True))
    return intake.accept(
        tenant_id=tenant_id,
        connection_id=till,
        notices=[Notice(Entity.INVENTORY, key, topic=topic) for key in keys],
        now=now,
    )


def hold_untracked(session: Session, prepared: Sequence[Prepared], *, now: datetime) -> None:
    """Holds what was published and is not tracked any more, instead of leaving it out.

    Its last number would stay in the shop for ever. It is held once: who replays it, having seen to
    it, has it left out.
    """
    untracked = [
        one
        for one in prepared
        if isinstance(one.record, Stock)
        and not one.record.tracks_stock
        # Held already where this is called again, after its transaction was undone.
        and one.row.state in (DeliveryState.FILTERED, DeliveryState.HELD)
    ]
    if not untracked:
        return
    keys = {one.record.key for one in untracked}
    known = StockedArticle.objects.filter(till=session.connection, key__in=keys)
    skus = dict(known.values_list("key", "sku"))
    for one in untracked:
        sku = skus.get(one.record.key)
        if sku is None:
            continue
        error = Rejected(
            f"{session.connection.name} does not track the stock of {sku} any more;"
            " the shop still shows its last number",
            field="tracks_stock",
            said=sku,
            advice=f"Switch tracking on again in {session.connection.name}, or set the stock of the"
            " article in the shop by hand, then replay or discard this record.",
        )
        one.row.state, one.row.reason, one.row.finished_at = DeliveryState.HELD, str(error), now
        one.row.field, one.row.said, one.row.advice = error.field, error.said[:400], error.advice
        one.error = error
    known.delete()
