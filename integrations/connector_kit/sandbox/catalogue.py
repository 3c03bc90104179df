"""The goods every sandbox sells, so that a point of sale and a shop of one seed agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice, product

from integrations.connector_kit.sandbox.hostile import SKUS, TITLES

_STYLES = (
    ("TEE", "Basic Tee", "19.00"),
    ("HOOD", "Zip Hoodie", "59.50"),
    ("CAP", "Canvas Cap", "16.00"),
    ("JEAN", "Straight Jeans", "74.95"),
    ("SOCK", "Wool Socks", "9.99"),
    ("BELT", "Leather Belt", "34.25"),
    ("COAT", "Rain Coat", "129.00"),
    ("MUG", "Enamel Mug", "12.49"),
)
_COLOURS = (("BLK", "Black"), ("GRY", "Grey"), ("RED", "Red"), ("NVY", "Navy"), ("OLV", "Olive"))
_SIZES = ("S", "M", "L", "XL")

_Run = tuple[int, tuple[str, str, str], tuple[str, str], str]


@dataclass(frozen=True)
class Article:
    """One SKU. `opening_stock` is what lies at each location of the point of sale, in order."""

    index: int
    sku: str
    barcode: str
    style: str
    title: str
    colour: str
    size: str
    price: Decimal
    cost: Decimal
    opening_stock: tuple[int, ...] = field(default=())


def catalogue(
    *, seed: str, size: int = 24, locations: int = 2, hostile: bool = False
) -> list[Article]:
    """`size` articles; the same seed, size and locations always give the same list.

    `hostile`: the last ones, at most half, have names and numbers of hostile.py.
    """
    chance = random.Random(f"{seed}/{locations}")  # noqa: S311 - reproducible, not secret
    runs = (
        (run, style, colour, letter)
        for run in range(1_000_000)
        for style, colour, letter in product(_STYLES, _COLOURS, _SIZES)
    )
    articles = []
    for index, (run, style, colour, letter) in enumerate(islice(_spread(runs), size)):
        suffix = f"-{run}" if run else ""
        price = Decimal(style[2])
        articles.append(
            Article(
                index=index,
                sku=f"{style[0]}-{colour[0]}-{letter}{suffix}",
                barcode=f"{400_000_000_000 + index:012d}",
                style=style[1] + (f" {run + 1}" if run else ""),
                title=f"{style[1]} - {colour[1]} - {letter}",
                colour=colour[1],
                size=letter,
                price=price,
                cost=(price * Decimal("0.45")).quantize(Decimal("0.01")),
                opening_stock=tuple(chance.randint(20, 90) for _ in range(locations)),
            )
        )
    return _with_hostile_names(articles) if hostile else articles


def _with_hostile_names(articles: list[Article]) -> list[Article]:
    chosen = min(len(TITLES), len(articles) // 2)
    kept, named = articles[: len(articles) - chosen], articles[len(articles) - chosen :]
    for place, (article, title) in enumerate(zip(named, TITLES, strict=False)):
        sku = SKUS[place] if place < len(SKUS) else article.sku
        kept.append(
            replace(
                article, sku=sku, style=title, title=f"{title} - {article.colour} - {article.size}"
            )
        )
    return kept


def _spread(runs: Iterator[_Run]) -> Iterator[_Run]:
    """One article of each style before the second of any, so that a small catalogue is varied."""
    per_style = len(_COLOURS) * len(_SIZES)
    block: list[_Run] = []
    for item in runs:
        block.append(item)
        if len(block) == per_style * len(_STYLES):
            for offset in range(per_style):
                for style in range(len(_STYLES)):
                    # 7 is coprime to 20, so colours and sizes both change from one to the next.
                    yield block[style * per_style + (offset * 7 + style * 3) % per_style]
            block = []
