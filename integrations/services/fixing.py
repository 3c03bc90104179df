"""Fixes the cause of an incident once, and lets the records that waited for it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database

from integrations.connector_kit.base import Notice
from integrations.models import Direction, Flow, InboxItem, Incident, Pair
from integrations.services import customer_links, group_replay, product_links, remedies
from integrations.services.replay import CannotReplay, replay
from integrations.sync import intake, lanes
from mappings.canonical.record import Entity
from tenants.models import User
from tenants.services import audit


class CannotFix(ValueError):
    """There is nothing to fix any more, or it cannot be told what; the message says which."""


@dataclass(frozen=True)
class Fixed:
    """What follows: how many records are replayed, one of them first. With `obstacle` none is, yet;
    the fix itself is kept."""

    records: int
    obstacle: str = ""


def link_article(
    incident: Incident, *, value: str, key: str, actor: User | None, now: datetime
) -> Fixed:
    """Links the article at which records stopped to `key`, its id in the target; replays them.

    `value` is the SKU they stopped at; without one only the first of them is meant. Call inside
    the tenant's scope. Raises CannotFix, and BadLink.
    """
    found = remedies.missing_article(incident, value=value)
    if found is None:
        raise CannotFix("No record waits for this article any more, or it cannot be told which.")
    _hold_lanes(found.pair)
    at_pos = found.target_side == "pos"
    link = product_links.link_product(
        found.pair,
        store_key=found.source_key if at_pos else key,
        pos_key=key if at_pos else found.source_key,
        actor=actor,
        now=now,
    )
    _read_stock(found.pair, link.pos_key, now=now)
    if not value:
        return _replayed(found.delivery.inbox_item, actor=actor, now=now)
    try:
        started = group_replay.start(
            incident, actor=actor, now=now, value=value, pair_id=found.pair.pk
        )
    except CannotReplay as error:
        return Fixed(0, str(error))
    return Fixed(started.replay_total)


def _read_stock(pair: Pair, key: str, *, now: datetime) -> None:
    """Has the number of an article that was just linked sent: until it moves again the shop would go
    on selling by the one it has."""
    stock = Flow.objects.filter(
        pair=pair, entity=Entity.INVENTORY, direction=Direction.TO_STORE, is_on=True
    )
    if stock.exists():
        intake.accept(
            tenant_id=pair.tenant_id,
            connection_id=pair.pos_id,
            notices=[Notice(Entity.INVENTORY, key, topic="linked")],
            now=now,
        )


def choose_customer(item: InboxItem, *, key: str, actor: User | None, now: datetime) -> Fixed:
    """Says which of the customers that fit is this one, and replays it.

    Call inside the tenant's scope. Raises CannotFix, and BadChoice.
    """
    found = remedies.undecided(item)
    if found is None:
        raise CannotFix("The customer does not wait for a decision any more.")
    _hold_lanes(found.delivery.flow.pair)
    customer_links.choose(found, key=key, actor=actor, now=now)
    return _replayed(item, actor=actor, now=now)


def _replayed(item: InboxItem, *, actor: User | None, now: datetime) -> Fixed:
    try:
        replay(item, now=now)
    except CannotReplay as error:
        return Fixed(0, str(error))
    audit.record(action="record.replayed", object_type="InboxItem", object_id=item.pk, actor=actor)
    return Fixed(1)


def _hold_lanes(pair: Pair) -> None:
    """The lanes' advisory locks come before any row, as everywhere."""
    with database.cursor() as cursor:
        for connection_id in sorted((pair.pos_id, pair.store_id)):
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(%s)", [lanes.lock_key(connection_id)]
            )
