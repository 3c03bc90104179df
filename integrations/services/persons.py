"""Finds what is stored of one person, and takes it away.

Records are found by their ids, and by e-mail address or telephone number in anything that is stored
of them, on both sides of every pair of the tenant. What is stored is sealed, so it is all opened once:
some at a time, from where the last turn ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from integrations.connector_kit.privacy import Person
from integrations.models import (
    Attempt,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Link,
    Payload,
    SearchTerm,
    TermKind,
)
from integrations.services.discard import CannotDiscard, discard
from integrations.sync.sessions import load_many
from mappings.canonical.record import Entity

ROWS = 300
SECTIONS = 3
ERASED = "Erased at the customer's request"
_NOT_DIGITS = re.compile(r"[^0-9]")
# Fewer digits could be a part of anything.
_LEAST_DIGITS = 8


@dataclass(frozen=True)
class Batch:
    """One step of the search: records found in it, and where the next one begins."""

    items: Sequence[InboxItem]
    section: int
    cursor: int

    @property
    def is_last(self) -> bool:
        return self.section >= SECTIONS


@dataclass(frozen=True)
class Keys:
    """Records of the person by connection, entity and id, on both sides."""

    known: frozenset[tuple[UUID, str, str]]

    def has(self, item: InboxItem) -> bool:
        return (item.connection_id, item.entity, item.key) in self.known


def keys_of(person: Person, source: UUID) -> Keys:
    """The person's own record and orders, with what they are linked with. Call inside the scope."""
    named = [(Entity.CUSTOMER, key) for key in person.customers]
    named += [(Entity.ORDER, key) for key in person.orders]
    known = {(source, str(entity), key) for entity, key in named}
    for link in links_of(person, source):
        known.add((link.pair.pos_id, link.entity, link.pos_key))
        known.add((link.pair.store_id, link.entity, link.store_key))
    return Keys(frozenset(known))


def links_of(person: Person, source: UUID) -> Sequence[Link]:
    """Links of the person and their orders. Call inside the tenant's scope."""
    here = Q(entity=Entity.CUSTOMER, store_key__in=person.customers) | Q(
        entity=Entity.ORDER, store_key__in=person.orders
    )
    there = Q(entity=Entity.CUSTOMER, pos_key__in=person.customers) | Q(
        entity=Entity.ORDER, pos_key__in=person.orders
    )
    mine = (Q(pair__store_id=source) & here) | (Q(pair__pos_id=source) & there)
    return list(Link.objects.filter(mine).select_related("pair").order_by("pk"))


def search(person: Person, keys: Keys, *, section: int, cursor: int) -> Batch:
    """The next step: looks at some rows, of inbox items, deliveries or attempts in turn.

    Call inside the tenant's scope.
    """
    rows = list(_rows(section).filter(pk__gt=cursor).order_by("pk")[:ROWS])
    hits = set(_matching(rows, person, keys))
    items = list(InboxItem.objects.filter(pk__in=hits).order_by("pk"))
    if len(rows) < ROWS:
        return Batch(items, section + 1, 0)
    return Batch(items, section, rows[-1].pk)


def _rows(section: int) -> Any:
    if section == 0:
        return InboxItem.objects.all()
    if section == 1:
        return Delivery.objects.filter(payload_id__isnull=False)
    return Attempt.objects.filter(payload_id__isnull=False).select_related("delivery")


def _matching(rows: Sequence[Any], person: Person, keys: Keys) -> Iterator[int]:
    """Ids of the inbox items whose story names the person."""
    documents = load_many([row.payload_id for row in rows if row.payload_id])
    for row in rows:
        is_known = isinstance(row, InboxItem) and keys.has(row)
        if is_known or names(documents.get(row.payload_id or 0), person):
            yield _item_id(row)


def _item_id(row: InboxItem | Delivery | Attempt) -> int:
    if isinstance(row, InboxItem):
        return int(row.pk)
    return int(row.inbox_item_id if isinstance(row, Delivery) else row.delivery.inbox_item_id)


def names(document: Any, person: Person) -> bool:
    """Whether any text in the document is the person's e-mail address or telephone number."""
    email = _whole(person.email.casefold())
    digits = _NOT_DIGITS.sub("", person.phone)
    digits = digits if len(digits) >= _LEAST_DIGITS else ""
    if not (email or digits):
        return False
    return any(_says(text, email, digits) for text in _texts(document))


def _whole(email: str) -> re.Pattern[str] | None:
    """Finds the address, and not as the end or beginning of a longer one: ann@example.com is not
    joann@example.com. A line break or a sign may stand before it as JSON or an address writes it."""
    if not email:
        return None
    before = r"(?:(?<![\w.+-])|(?<=\\[nrt])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2}))"
    return re.compile(rf"{before}{re.escape(email)}(?!\w|[.-]\w)")


def _says(text: str, email: re.Pattern[str] | None, digits: str) -> bool:
    if email and email.search(text.casefold()):
        return True
    # A number may be written in many ways, and within an answer that was kept as text.
    return bool(digits) and digits in _NOT_DIGITS.sub("", text) and digits in _joined(text)


def _joined(text: str) -> str:
    """Digits as a person joins them: with spaces, dashes, dots and brackets between, no letters."""
    return re.sub(r"[ ()./+-]", "", text)


def _texts(document: Any) -> Iterator[str]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


# --- taking it away ------------------------------------------------------------------------------


def erase(items: Sequence[InboxItem], *, now: datetime) -> tuple[int, int]:
    """Removes what is stored of these records; answers how many, and how many are on their way and
    were left for later. Call inside the tenant's scope; may be repeated."""
    done = left = 0
    for item in items:
        if _is_on_its_way(item):
            left += 1
            continue
        _let_go(item, now=now)
        _remove_payloads(item)
        _blank(item)
        done += 1
    return done, left


def erase_links(links: Iterable[Link]) -> int:
    """What links keep of their records but the two ids. Call inside the tenant's scope."""
    ids = [link.pk for link in links if link.entity == Entity.CUSTOMER]
    return int(
        Link.objects.filter(pk__in=ids).update(label="", seen={}, to_pos_hash="", to_store_hash="")
    )


def _is_on_its_way(item: InboxItem) -> bool:
    waiting = Delivery.objects.filter(inbox_item=item, state=DeliveryState.WAITING)
    return item.state == InboxState.WAITING or waiting.exists()


def _let_go(item: InboxItem, *, now: datetime) -> None:
    """A record that waits for a person is left out: it could not be delivered any more."""
    try:
        discard(item, reason=ERASED, actor=None, now=now)
    except CannotDiscard:
        # It does not wait for anybody.
        return


def _remove_payloads(item: InboxItem) -> None:
    deliveries = Delivery.objects.filter(inbox_item=item)
    attempts = Attempt.objects.filter(delivery__in=deliveries.values("pk"))
    ids = [item.payload_id, *deliveries.values_list("payload_id", flat=True)]
    ids += attempts.values_list("payload_id", flat=True)
    Payload.objects.filter(pk__in=[one for one in ids if one is not None]).delete()
    attempts.update(payload_id=None, message="")
    deliveries.update(payload_id=None)


def _blank(item: InboxItem) -> None:
    """Columns that may say something of the person, and what the record is found by.

    The number of an order says nothing of a person.
    """
    mine = SearchTerm.objects.filter(
        connection_id=item.connection_id, entity=item.entity, key=item.key
    )
    personal = (TermKind.EMAIL, TermKind.TRACKING, TermKind.ENDING)
    (mine if item.entity == Entity.CUSTOMER else mine.filter(kind__in=personal)).delete()
    blank = {"said": "", "advice": ""}
    is_person = item.entity == Entity.CUSTOMER
    InboxItem.objects.filter(pk=item.pk).update(
        payload_id=None, **blank, **({"number": ""} if is_person else {})
    )
    named = {"number": "", "target_label": "", "reference": ""} if is_person else {}
    Delivery.objects.filter(inbox_item=item).update(**blank, **named)
