"""What stands in the way of one article in any store, in words for the person who can change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from integrations.connector_kit.errors import ConnectorError, Rejected, Unsupported


class Article(Protocol):
    """As the point of sale wants it. `label`: what a person knows it by."""

    @property
    def sku(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def price(self) -> Decimal | None: ...


@dataclass(frozen=True)
class ArticleRefusals:
    """`store`: name of the system. `kind`: what an article is there, "variant" or "product"."""

    store: str
    kind: str

    def nearly(self, article: Article, near: Iterable[str]) -> Rejected:
        """A SKU that differs in capitals or spaces may be the same article, or may not."""
        there = ", ".join(repr(sku) for sku in sorted(near))
        return Rejected(
            f"{self.store} has the SKU {there}, the point of sale has {article.sku!r}",
            field="sku",
            said=article.sku,
            advice="They differ in capitals or spaces only. Make them equal, letter by letter, "
            "or give one of them another SKU, then replay.",
        )

    def doubled(self, article: Article, other: Article) -> Rejected:
        return Rejected(
            f"The articles {other.label} and {article.label} are one {self.store} {self.kind}",
            field="sku",
            said=article.sku,
            advice=f"Give one of them another SKU, or link it to its own {self.kind}, then replay.",
        )

    def deleted(self, article: Article) -> Unsupported:
        return Unsupported(
            f"The product with SKU {article.sku} was deleted in {self.store} and is not made again."
            " Make one with this SKU there, or change the setting "
            f'"Products deleted in {self.store}".'
        )

    def left_out(self, article: Article) -> Unsupported:
        return Unsupported(
            f"No {self.store} {self.kind} has the SKU {article.sku}, and new products are not made"
        )

    def inactive(self, article: Article) -> Unsupported:
        return Unsupported(
            f"The article {article.sku} is not active in the point of sale and not in the shop"
        )

    def free(self, article: Article) -> Unsupported:
        return Unsupported(
            f"The article {article.label} costs nothing in the point of sale, so the shop keeps its"
            " price"
        )

    def no_price(self, article: Article) -> ConnectorError | None:
        """The store would offer it for nothing; None when it has a price."""
        if article.price == 0:
            return Unsupported(
                f"The article {article.label} costs nothing in the point of sale, so no product is"
                " made"
            )
        if article.price is not None:
            return None
        return Rejected(
            f"The article {article.label} has no price",
            field="price",
            advice="Give it a price in the point of sale, then replay.",
        )
