"""Finds records by what a person has at hand: a number, a SKU, an e-mail address, an id.

E-mail addresses and tracking numbers are looked for by their keyed hash, so they are found whole or
not at all; numbers and SKUs also by their beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection as database

from integrations.models import Connection, Flow, InboxItem, Link, TermKind
from integrations.services.records import with_outcome
from integrations.sync import indexing
from integrations.sync.search_terms import ENDING, HASHED, comparable
from mappings.canonical.record import Entity
from tenants import scope

LONGEST = 200
SHORTEST = 2
# So many records are looked at for one question, the newest of each kind first.
MOST = 500
_OF_ONE = 100
BEGINNINGS = (TermKind.NUMBER, TermKind.SKU, TermKind.LINE_SKU)

# How a record was found. What is its own name counts more than what it merely speaks of.
OWN = frozenset({"number", "sku", "email", "id", "tracking"})

Place = tuple[UUID, str, str]
"""Connection, entity, key."""


class BadSearch(ValueError):
    """This cannot be searched for; the message says why, `field` is the name of the box."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.field = "q"


@dataclass(frozen=True)
class Hit:
    """One record, with its latest notice. `outcome` is a state of that notice or of its latest
    delivery; `by` says what fitted: "number", "sku", "email", "id", "tracking", "order", "line",
    "ending", or "begins" for the beginning of a number or SKU."""

    item: InboxItem
    outcome: str
    by: str

    @property
    def name(self) -> str:
        return self.item.number or self.item.key


@dataclass(frozen=True)
class Found:
    """One page. `cursor` leads to the next one, "" when this was the last. `total` is at most MOST;
    `is_capped`: there may be more. `only` is the one record that bears exactly this name."""

    hits: Sequence[Hit]
    cursor: str = ""
    total: int = 0
    is_capped: bool = False
    only: Hit | None = None


def find(*, q: str, limit: int = 50, cursor: str = "") -> Found:
    """The records that fit, orders first and of each kind the newest first.

    Call inside the tenant's scope. Raises BadSearch when `q` is empty, too short or too long; a
    cursor that cannot be read is the first page.
    """
    text = q.replace("\x00", "").strip()
    if len(text) > LONGEST:
        raise BadSearch(f"That is too long: at most {LONGEST} characters can be searched for.")
    plain = comparable(text)
    if len(plain) < SHORTEST:
        raise BadSearch(f"Type at least {SHORTEST} characters of a number, SKU, e-mail or id.")
    fitting = _places(text, plain)
    latest = latest_of(fitting)
    order = [entity.value for entity in Entity]
    ranked = sorted(
        latest.items(),
        key=lambda entry: (order.index(entry[0][1]), fitting[entry[0]] not in OWN, -entry[1]),
    )
    start = int(cursor) if cursor.isdecimal() and len(cursor) < 6 else 0
    own = [entry for entry in ranked if fitting[entry[0]] in OWN]
    only = own if len(own) == 1 else ranked if len(ranked) == 1 else []
    page = ranked[start : start + limit]
    hits = _hits([*page, *only], fitting)
    end = start + limit
    return Found(
        hits=hits[: len(page)],
        cursor=str(end) if end < len(ranked) else "",
        total=len(ranked),
        is_capped=len(fitting) >= MOST,
        only=hits[-1] if only and len(hits) > len(page) else None,
    )


def _places(text: str, plain: str) -> dict[Place, str]:
    """Where it fits, and by what; the best first, and never more than MOST."""
    found: dict[Place, str] = {}
    for place, by in _all_places(text, plain):
        if len(found) >= MOST:
            break
        found.setdefault(place, by)
    return found


def _all_places(text: str, plain: str) -> Iterator[tuple[Place, str]]:
    connections = list(Connection.objects.order_by("pk").values_list("pk", flat=True))
    yield from _by_id(text, connections)
    yield from _by_number(text)
    for kinds in ((TermKind.NUMBER, TermKind.SKU, TermKind.EMAIL, TermKind.TRACKING), _LESSER):
        yield from _exactly(plain, kinds, connections)
    yield from _beginning(plain)


_LESSER = (TermKind.OF_ORDER, TermKind.LINE_SKU, TermKind.ENDING)
_BY = {
    TermKind.NUMBER: "number",
    TermKind.OF_ORDER: "order",
    TermKind.SKU: "sku",
    TermKind.LINE_SKU: "line",
    TermKind.EMAIL: "email",
    TermKind.TRACKING: "tracking",
    TermKind.ENDING: "ending",
}


# --- by id -----------------------------------------------------------------------------------------


def _by_id(text: str, connections: Sequence[UUID]) -> Iterator[tuple[Place, str]]:
    """Records with this id at either side. An address of a vendor's page ends in an id."""
    key = text.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    keys = [one for one in dict.fromkeys((text, key)) if 0 < len(one) <= 191]
    for side, other in (("pos", "store"), ("store", "pos")):
        links = Link.objects.filter(**{f"{side}_key__in": keys}).filter(
            pair__in=_pairs(), entity__in=[entity.value for entity in Entity]
        )
        for link in links.select_related("pair")[:_OF_ONE]:
            there = getattr(link.pair, f"{other}_id"), link.entity, getattr(link, f"{other}_key")
            yield (there, "id")
    items = InboxItem.objects.filter(
        connection_id__in=connections, entity__in=[entity.value for entity in Entity], key__in=keys
    )
    for place in items.values_list("connection_id", "entity", "key").distinct()[:_OF_ONE]:
        yield place, "id"


def _pairs() -> Any:
    return Flow.objects.values("pair_id").distinct()


def _by_number(text: str) -> Iterator[tuple[Place, str]]:
    """Records whose rules never ran have no terms, but may have a number."""
    bare = text.lstrip("#")
    rows = InboxItem.objects.filter(number__in=[text, bare, f"#{bare}"]).order_by("-id")
    for place in rows.values_list("connection_id", "entity", "key")[:_OF_ONE]:
        yield place, "number"


# --- by term ---------------------------------------------------------------------------------------

# Each stretch of the index for itself, from its end: ids grow, so the newest come first.
_EXACTLY = """
SELECT t.kind, one.connection_id, one.entity, one.key
FROM unnest(%(kinds)s::smallint[], %(terms)s::text[]) AS t (kind, term),
     unnest(%(connections)s::uuid[]) AS c (id), unnest(%(entities)s::text[]) AS e (name),
LATERAL (
    SELECT s.connection_id, s.entity, s.key FROM integrations_searchterm s
    WHERE s.tenant_id = %(tenant)s AND s.kind = t.kind AND s.term = t.term COLLATE "C"
      AND s.connection_id = c.id AND s.entity = e.name
    ORDER BY s.key DESC LIMIT %(limit)s
) AS one
"""

_BEGINNING = """
SELECT one.kind, one.connection_id, one.entity, one.key
FROM unnest(%(kinds)s::smallint[]) AS k (kind),
LATERAL (
    SELECT s.kind, s.connection_id, s.entity, s.key FROM integrations_searchterm s
    WHERE s.tenant_id = %(tenant)s AND s.kind = k.kind
      AND s.term > %(text)s COLLATE "C" AND s.term < %(end)s COLLATE "C"
    ORDER BY s.kind, s.term LIMIT %(limit)s
) AS one
"""


def _exactly(
    plain: str, kinds: Iterable[TermKind], connections: Sequence[UUID]
) -> Iterator[tuple[Place, str]]:
    terms = _terms(plain, kinds)
    if not terms or not connections:
        return
    yield from _asked(
        _EXACTLY,
        kinds=[kind.value for kind in terms],
        terms=list(terms.values()),
        connections=list(connections),
        entities=[entity.value for entity in Entity],
        limit=_OF_ONE,
    )


def _terms(plain: str, kinds: Iterable[TermKind]) -> dict[TermKind, str]:
    """What is looked for in each kind; kinds in which it cannot be are left out."""
    secret = indexing.key_of(scope.current())
    found = {}
    for kind in kinds:
        if kind == TermKind.EMAIL and "@" not in plain:
            continue
        if kind == TermKind.ENDING and len(plain) != ENDING:
            continue
        if kind in HASHED:
            if secret is not None:
                found[kind] = indexing.hashed(secret, kind, plain)
        else:
            found[kind] = plain
    return found


def _beginning(plain: str) -> Iterator[tuple[Place, str]]:
    found = _asked(
        _BEGINNING,
        kinds=[kind.value for kind in BEGINNINGS],
        text=plain,
        # Nothing that begins so comes behind this one: it is the last character there is.
        end=f"{plain}\U0010ffff",
        limit=_OF_ONE,
    )
    for place, _ in found:
        yield place, "begins"


def _asked(sql: str, **values: Any) -> Iterator[tuple[Place, str]]:
    with database.cursor() as cursor:
        cursor.execute(sql, {"tenant": scope.current(), **values})
        for kind, connection_id, entity, key in cursor.fetchall():
            yield (connection_id, entity, key), _BY[TermKind(kind)]


# --- the records -----------------------------------------------------------------------------------

_LATEST = """
SELECT v.connection, v.entity, v.key, one.id
FROM unnest(%(connections)s::uuid[], %(entities)s::text[], %(keys)s::text[])
    AS v (connection, entity, key),
LATERAL (
    SELECT i.id FROM integrations_inboxitem i
    WHERE i.tenant_id = %(tenant)s AND i.connection_id = v.connection
      AND i.entity = v.entity AND i.key = v.key
    ORDER BY i.id DESC LIMIT 1
) AS one
"""


def latest_of(places: Iterable[Place]) -> dict[Place, int]:
    """The latest notice of each record; a record whose notices are gone is left out.

    Call inside the tenant's scope.
    """
    columns = [list(column) for column in zip(*places, strict=True)]
    if not columns:
        return {}
    connections, entities, keys = columns
    with database.cursor() as cursor:
        cursor.execute(
            _LATEST,
            {
                "tenant": scope.current(),
                "connections": connections,
                "entities": entities,
                "keys": keys,
            },
        )
        return {(connection, entity, key): pk for connection, entity, key, pk in cursor.fetchall()}


def _hits(page: Sequence[tuple[Place, int]], fitting: Mapping[Place, str]) -> list[Hit]:
    flows = list(Flow.objects.order_by("pk").values_list("pk", flat=True))
    items = InboxItem.objects.filter(pk__in=[pk for _, pk in page]).select_related("connection")
    rated = {item.pk: item for item in with_outcome(items, flows)}
    return [
        Hit(item=rated[pk], outcome=str(rated[pk].outcome), by=fitting[place])
        for place, pk in page
        if pk in rated
    ]
