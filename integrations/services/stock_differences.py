"""What is wrong with the stock of articles, of both sides as they were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from integrations.connector_kit.base import Counted
from integrations.connector_kit.errors import Rejected
from integrations.services import stock_sides
from integrations.services.stock_sides import Place, Sides
from mappings.engine.stock import plain


class Kind(StrEnum):
    """What is wrong with an article."""

    DIFFERENT = "different"
    MISSING = "missing"
    EXTRA = "extra"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Difference:
    """One field of one article. `wanted` and `found` are None where there is nothing to compare.

    `key` and `shop_key`: its ids at the till and in the shop. `is_sure`: it was asked for twice.
    `advice`: what to do about it, "" where a repair does it.
    """

    kind: Kind
    sku: str
    title: str
    field: str = ""
    wanted: Decimal | None = None
    found: Decimal | None = None
    arithmetic: str = ""
    advice: str = ""
    key: str = ""
    shop_key: str = ""
    is_sure: bool = False

    @property
    def can_be_repaired(self) -> bool:
        return self.kind is Kind.DIFFERENT and bool(self.key)


@dataclass
class Seen:
    """Both sides while they are compared."""

    sides: Sides
    till: dict[str, Counted]
    shop: dict[str, Counted]
    partners: dict[str, list[Counted]] = field(default_factory=dict)


def matched(sides: Sides, till: Iterable[Counted], shop: Iterable[Counted]) -> Seen:
    """Each article of the till with its partners: by link, else by SKU."""
    found = Seen(sides, {one.key: one for one in till}, {one.key: one for one in shop})
    there = stock_sides.by_sku(found.shop.values())
    for key, one in found.till.items():
        linked = found.shop.get(sides.links.get(key, ""))
        found.partners[key] = [linked] if linked else there.get(one.sku, [])
    return found


def differences(seen: Seen) -> Iterator[Difference]:
    """Everything that is not as it ought to be."""
    taken: set[str] = set()
    sellers = stock_sides.by_sku(seen.till.values())
    for key, here in seen.till.items():
        partners = seen.partners[key]
        taken.update(one.key for one in partners)
        if _can_be_compared(partners, sellers[here.sku]):
            yield from _numbers(seen.sides, here, partners[0])
        else:
            yield _unmatched(seen.sides, here, partners, sellers[here.sku])
    till = seen.sides.till.connection.name
    for key, there in seen.shop.items():
        if key not in taken and not there.problem:
            advice = f"Add an article {there.sku} to {till}, or take the variant out of the shop."
            yield Difference(Kind.EXTRA, there.sku, there.title, "sku", advice=advice, shop_key=key)


def comparable(seen: Seen) -> set[str]:
    """The SKUs that both sides sell, once each, so that their numbers can be compared."""
    sellers = stock_sides.by_sku(seen.till.values())
    return {
        here.sku
        for key, here in seen.till.items()
        if _can_be_compared(seen.partners[key], sellers[here.sku])
    }


def _can_be_compared(partners: Sequence[Counted], sellers: Sequence[Counted]) -> bool:
    return len(partners) == 1 and not partners[0].problem and len(sellers) == 1


def _unmatched(
    sides: Sides, here: Counted, partners: Sequence[Counted], sellers: Sequence[Counted]
) -> Difference:
    """Why the article has no number in the shop, or none that can be trusted."""
    shop, till = sides.shop.connection.name, sides.till.connection.name
    kind, at = Kind.BLOCKED, "sku"
    if not partners:
        kind = Kind.MISSING
        advice = f"Give a variant of {shop} the SKU {here.sku}, or take the article out of sale."
    elif len(partners) > 1:
        advice = f"{len(partners)} variants of {shop} have this SKU. Give each one of its own."
    elif len(sellers) > 1:
        advice = f"{len(sellers)} articles of {till} have this SKU. Give each one of its own."
    else:
        at, advice = "tracked", f"{partners[0].problem}. Switch it on in {shop}."
    return Difference(
        kind,
        here.sku,
        here.title,
        at,
        advice=advice,
        key=here.key,
        shop_key=partners[0].key if len(partners) == 1 else "",
    )


def _numbers(sides: Sides, here: Counted, there: Counted) -> Iterator[Difference]:
    try:
        places = stock_sides.places(sides, here, there)
    except Rejected as error:
        yield Difference(
            Kind.BLOCKED,
            here.sku,
            here.title,
            error.field,
            advice=f"{error} {error.advice}".strip(),
            key=here.key,
            shop_key=there.key,
        )
        return
    for place in places:
        if place.differs:
            yield _different(place, here, there)


def _different(place: Place, here: Counted, there: Counted) -> Difference:
    where = f"available at {place.location}" if place.location else "available"
    return Difference(
        Kind.DIFFERENT,
        here.sku,
        there.title or here.title,
        where,
        wanted=Decimal(place.wanted),
        found=place.found,
        arithmetic=place.arithmetic,
        key=here.key,
        shop_key=there.key,
    )


def by_article(some: Sequence[Difference]) -> Mapping[tuple[str, str], list[Difference]]:
    """Differences by the ids of their article at the till and in the shop."""
    found: dict[tuple[str, str], list[Difference]] = {}
    for one in some:
        found.setdefault((one.key, one.shop_key), []).append(one)
    return found


def still(
    sides: Sides, group: Sequence[Difference], here: Counted | None, there: Counted | None
) -> list[Difference]:
    """What is left of an article's differences, as both sides are now.

    An article that is gone, or has another SKU by now, is no candidate any more."""
    one = group[0]
    if one.kind is Kind.DIFFERENT:
        if here is None or there is None or there.problem:
            return []
        titled = replace(there, title=one.title)
        return list(_numbers(sides, here, titled))
    if one.kind is Kind.EXTRA:
        return list(group) if there is not None and there.sku == one.sku else []
    return list(group) if here is not None and here.sku == one.sku else []


def in_words(one: Difference) -> str:
    """The difference as a sentence."""
    if one.kind is Kind.DIFFERENT:
        found = plain(one.found) if one.found is not None else "nothing"
        said = f"{one.sku}: {one.field} is {found}, should be {plain(one.wanted or Decimal(0))}"
        return f"{said} ({one.arithmetic})" if one.arithmetic else said
    words = {Kind.MISSING: "not in the shop", Kind.EXTRA: "only in the shop"}
    return f"{one.sku}: {words.get(one.kind, 'cannot be compared')}. {one.advice}"
