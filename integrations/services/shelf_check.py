"""Whether the articles of both sides find one another by their SKUs. Pure: two lists in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.connector_kit.audit import Article, Finding, Weight

EXAMPLES = 5


@dataclass(frozen=True)
class Side:
    """One side's articles, and what people call it ("Till")."""

    name: str
    articles: Sequence[Article]


def check(pos: Side, store: Side) -> list[Finding]:
    """Everything that keeps an article from being found on the other side."""
    return [
        *_missing(pos),
        *_missing(store),
        *_duplicate(pos),
        *_duplicate(store),
        *_apart(pos, store),
    ]


def _missing(side: Side) -> Iterable[Finding]:
    rows = [article.title or article.key for article in side.articles if not article.sku.strip()]
    if rows:
        yield _finding(
            "sku_missing",
            rows,
            one=f"An article of {side.name} has no SKU",
            many=f"{len(rows):,} articles of {side.name} have no SKU",
            fix=f"Give each of them a SKU in {side.name}: an order with one is held, and its stock"
            " is not sent.",
        )


def _duplicate(side: Side) -> Iterable[Finding]:
    counted = Counter(article.sku for article in side.articles if article.sku.strip())
    rows = [f"{sku} ({count} times)" for sku, count in sorted(counted.items()) if count > 1]
    if rows:
        yield _finding(
            "sku_duplicate",
            rows,
            one=f"A SKU of {side.name} belongs to several articles",
            many=f"{len(rows):,} SKUs of {side.name} belong to several articles",
            fix=f"Give each article of {side.name} a SKU of its own: nobody can say which one is"
            " meant.",
        )


def _apart(pos: Side, store: Side) -> Iterable[Finding]:
    """What is in one place only, and what would be the same but for spaces or case."""
    here = {article.sku for article in pos.articles if article.sku.strip()}
    there = {article.sku for article in store.articles if article.sku.strip()}
    tidy, folded = _by(here, _tidy), _by(here, _fold)
    spaced, cased, foreign = [], [], []
    met: set[str] = set()
    for sku in sorted(there - here):
        if match := tidy.get(_tidy(sku)):
            spaced.append(f"“{sku}” and “{match}”")
        elif match := folded.get(_fold(sku)):
            cased.append(f"{sku} and {match}")
        else:
            foreign.append(sku)
            continue
        met.add(match)
    if spaced:
        yield _finding(
            "sku_spaces",
            spaced,
            one="A SKU differs by spaces only",
            many=f"{len(spaced):,} SKUs differ by spaces only",
            fix=f"Take the spaces out in {store.name} or in {pos.name}, so that both are equal.",
        )
    if cased:
        yield _finding(
            "sku_case",
            cased,
            one="A SKU is written with other capital letters",
            many=f"{len(cased):,} SKUs are written with other capital letters",
            fix=f"Write them alike in {store.name} and {pos.name}: they are compared letter by"
            " letter.",
        )
    if foreign:
        yield _finding(
            "sku_unmatched",
            foreign,
            one=f"A SKU of {store.name} is not known in {pos.name}",
            many=f"{len(foreign):,} SKUs of {store.name} are not known in {pos.name}",
            fix=f"Add them to {pos.name} or correct the SKU in {store.name}: orders with them are"
            " held until then.",
        )
    if alone := sorted(here - there - met):
        yield _finding(
            "sku_not_online",
            alone,
            one=f"A SKU of {pos.name} is not sold in {store.name}",
            many=f"{len(alone):,} SKUs of {pos.name} are not sold in {store.name}",
            fix="Nothing to do, if they are sold at the till alone. Switch the product flow on to"
            " bring them online.",
            weight=Weight.NOTICE,
        )


def _by(skus: Iterable[str], form: Callable[[str], str]) -> Mapping[str, str]:
    return {form(sku): sku for sku in sorted(skus, reverse=True)}


def _tidy(sku: str) -> str:
    return "".join(sku.split())


def _fold(sku: str) -> str:
    return _tidy(sku).casefold()


def _finding(
    kind: str,
    rows: Sequence[str],
    *,
    one: str,
    many: str,
    fix: str,
    weight: Weight = Weight.BLOCKER,
) -> Finding:
    return Finding(
        kind=kind,
        said=f"{one if len(rows) == 1 else many}.",
        fix=fix,
        count=len(rows),
        examples=tuple(rows[:EXAMPLES]),
        weight=weight,
    )
