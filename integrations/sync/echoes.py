"""Tells a change of our own from one of theirs, for entities that go both ways.

A **fact** (a refund) happens once: a record that a delivery of the other direction made is left out
when it comes back. A **state** (a customer) changes again and again: its link keeps, for both sides
and field by field, what was last written or seen there, as short keyed hashes. What comes in is
compared with that; only fields that differ are news.

Hashes are keyed by the pair, so that nobody can look up whose address one stands for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings

from integrations.models import Delivery, DeliveryState, Direction, Flow
from integrations.sync.links import Found, Known
from mappings.canonical.comparing import comparable, fields
from mappings.canonical.record import Entity, Record

STATES = frozenset({Entity.CUSTOMER, Entity.GIFT_CARD})
FACTS = frozenset({Entity.REFUND})
_EITHER = STATES | FACTS

OURS = "It is our own record coming back"
OUR_CHANGE = "It is our own change coming back"
NO_NEWS = "The target already has exactly this"
# How long a new record waits for that; a fact waits as long as it takes, unless nobody is at it.
PATIENCE = timedelta(seconds=60)
UNSURE = "Waits to learn whether it is our own record coming back"
NEVER_SURE = (
    "It may be our own record coming back: a delivery the other way was begun, and its flow was"
    " switched off before the outcome was known"
)
NEVER_SURE_ADVICE = (
    "Switch the other direction on until it is through, then replay this record. Or look whether"
    " both sides have it, and discard it if they do."
)

Side = Mapping[str, Sequence[Any]]
"""By field [hash] of what was seen; [hash, hash before, version before] of what we wrote."""


def other(direction: str) -> Direction:
    return Direction.TO_STORE if direction == Direction.TO_POS else Direction.TO_POS


def source_side(direction: str) -> str:
    return "store" if direction == Direction.TO_POS else "pos"


def target_side(direction: str) -> str:
    return source_side(other(direction))


def going_both_ways(flows: Iterable[Flow]) -> set[tuple[UUID, str]]:
    """(pair, entity) of the flows that have a running partner in the other direction.

    Asks the database only of entities that can come back.
    """
    asked = [flow for flow in flows if flow.entity in _EITHER]
    if not asked:
        return set()
    partners = Flow.objects.filter(
        pair_id__in={flow.pair_id for flow in asked},
        entity__in={flow.entity for flow in asked},
        is_on=True,
    ).values_list("pair_id", "entity", "direction")
    there = set(partners)
    return {
        (flow.pair_id, flow.entity)
        for flow in asked
        if (flow.pair_id, flow.entity, other(flow.direction)) in there
    }


def is_own_fact(flow: Flow, found: Found) -> bool:
    """Whether the linked record was made by a delivery of the other direction."""
    return (
        flow.entity in FACTS
        and bool(found.hash_of(other(flow.direction)))
        and not found.hash_of(flow.direction)
    )


# --- what may be ours, and nobody knows yet --------------------------------------------------------


def unsettled(rows: Sequence[Delivery], known: Known) -> dict[int, list[int]]:
    """By row (its place): deliveries of the other direction that may have made the record.

    They were begun and their outcome is not known, as after a crash: while a lane works, nothing
    of its account is read before the outcomes of its own calls are kept.
    """
    open_ = list(
        Delivery.objects.filter(
            flow__pair_id__in={row.flow.pair_id for row in rows},
            entity__in={row.entity for row in rows},
            state=DeliveryState.WAITING,
            attempts__gt=0,
            target_id__in={row.flow.source_id for row in rows},
        ).select_related("flow")
    )
    found: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        mine = [
            one.pk
            for one in open_
            if (one.flow.pair_id, one.entity) == (row.flow.pair_id, row.entity)
            and _may_be(one, row, known)
        ]
        if mine:
            found[place] = mine
    return found


def _may_be(other_way: Delivery, row: Delivery, known: Known) -> bool:
    """Whether both may be one record: what they speak of (a refund's order) must be the same."""
    theirs = {(entity, key) for entity, key, *_ in other_way.needs}
    here = {(entity, known.target_key(row.flow, entity, key)) for entity, key, *_ in row.needs}
    return not theirs or not here or bool(theirs & here)


def still_open(delivery_ids: Iterable[int]) -> set[int]:
    """Those of the deliveries whose outcome is still not known."""
    wanted = list(delivery_ids)
    if not wanted:
        return set()
    rows = Delivery.objects.filter(pk__in=wanted, state=DeliveryState.WAITING)
    return set(rows.values_list("pk", flat=True))


def is_abandoned(delivery_ids: Iterable[int]) -> bool:
    """Whether nobody is at one of the deliveries, since its flow is switched off."""
    return bool(Delivery.objects.filter(pk__in=list(delivery_ids), flow__is_on=False).exists())


# --- states, field by field ------------------------------------------------------------------------


@dataclass(frozen=True)
class Print:
    """A record as hashes: what it says, field by field, and when it was last changed (ms)."""

    hashes: Mapping[str, str]
    at: int


def print_of(pair_id: UUID, record: Record) -> Print:
    said = fields(record)
    hashes = {name: hash_of(pair_id, name, value) for name, value in said.items()}
    return Print(hashes, milliseconds(getattr(record, "updated_at", None)))


def hash_of(pair_id: UUID, field: str, value: Any) -> str:
    """A keyed hash of the value in its comparable form, "" for a blank one."""
    text = comparable(field, value)
    if not text:
        return ""
    made = hashlib.blake2b(f"{field}\n{text}".encode(), key=_key(pair_id), digest_size=6)
    return made.hexdigest()


@lru_cache(maxsize=4096)
def _key(pair_id: UUID) -> bytes:
    secret = settings.SECRET_KEY.encode()
    return hashlib.blake2b(secret, salt=pair_id.bytes, person=b"clarity-echoes").digest()


def milliseconds(moment: datetime | None) -> int:
    return int(moment.timestamp() * 1000) if moment else 0


def changed(now: Print, seen: Side) -> set[str]:
    """The fields that say something else than what was last seen or written there.

    Left out: what was read before our own write, and shows what we wrote over.
    """
    return {name for name, text in now.hashes.items() if is_news(text, now.at, seen.get(name))}


def is_news(text: str, at: int, last: Sequence[Any] | None) -> bool:
    if last is None:
        return bool(text)
    return bool(text != last[0]) and not _is_stale(text, at, last)


def _is_stale(text: str, at: int, last: Sequence[Any]) -> bool:
    if len(last) < 3:
        return False
    if not at or not last[2]:
        return bool(text == last[1])
    return bool(at < last[2] or (at == last[2] and text == last[1]))


def is_ours(now: Print, seen: Side) -> bool:
    """Whether some field stands there because we wrote it."""
    return any(len(last) > 1 and now.hashes.get(name) == last[0] for name, last in seen.items())
