"""Makes variants the shop lacks: siblings into one product, a single article into one of its own.

The product is made first, bearing the mark of its family, which Shopify keeps unique; variants are
filled in or added afterwards. So whoever comes back after a crash finds what was made, and nothing
is ever deleted or replaced. One family is dealt with at a time in an account: two threads would
each make a product for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.connector_kit.base import Result
from integrations.connector_kit.errors import Rejected
from integrations.connectors.shopify import product_look, product_refusals
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.product_fields import (
    FAMILY,
    NAMESPACE,
    Wanted,
    media_input,
    product_input,
    variant_input,
)
from integrations.connectors.shopify.product_look import ProductThere, VariantThere
from integrations.connectors.shopify.product_receipts import created
from integrations.connectors.shopify.product_settings import Policy
from integrations.connectors.shopify.user_errors import refuse, user_errors

# Shopify: variants per product; items of an input list.
MOST_VARIANTS, MOST_AT_ONCE = 2048, 250
# Of a large family so many are looked for in the shop.
_SIBLINGS_SOUGHT = 250


def make(client: ShopClient, articles: Sequence[Wanted], policy: Policy) -> dict[str, Result]:
    """What became of each article, by its key. May be called again after any crash."""
    done: dict[str, Result] = {}
    families: dict[str, list[Wanted]] = {}
    for article in articles:
        families.setdefault(article.mark, []).append(article)
    with client.making:
        _define(client)
        for members in families.values():
            done |= _family(client, members, policy)
    return done


def _define(client: ShopClient) -> None:
    """Tells Shopify, once for each shop, that the mark of a family is unique."""
    if client.has_defined:
        return
    definition = {
        "name": "Family in the point of sale",
        "namespace": NAMESPACE,
        "key": FAMILY,
        "ownerType": "PRODUCT",
        "type": "id",
    }
    payload = client.run("MetafieldDefine", {"definition": definition}).data[
        "metafieldDefinitionCreate"
    ]
    if not any(row.get("code") == "TAKEN" for row in user_errors(payload)):
        refuse(payload, "metafield definition", advice="Send this message to support.")
    client.has_defined = True


@dataclass
class _Plan:
    """`fill`: a variant of the product for each article; `add`: articles without one."""

    fill: list[tuple[Wanted, VariantThere]] = field(default_factory=list)
    add: list[Wanted] = field(default_factory=list)
    refused: dict[str, Result] = field(default_factory=dict)


def _family(client: ShopClient, members: Sequence[Wanted], policy: Policy) -> dict[str, Result]:
    done: dict[str, Result] = {
        one.key: error for one in members if (error := product_refusals.no_price(one))
    }
    able = [one for one in members if one.key not in done]
    if not able:
        return done
    try:
        there = _there(client, able) or _made(client, able, policy)
    except Rejected as error:
        return done | dict.fromkeys((one.key for one in able), error)
    product, variants = there
    plan = _planned(product, variants, able)
    done |= plan.refused
    done |= _filled(client, product, plan.fill)
    return done | _added(client, product, plan.add)


_Product = tuple[ProductThere, list[VariantThere]]


def _there(client: ShopClient, members: Sequence[Wanted]) -> _Product | None:
    """The product these articles belong to: one of ours, or the one that holds their siblings."""
    gid = product_look.family(client, members[0].mark)
    if not gid and members[0].family:
        gid = _of_siblings(client, members)
    return product_look.whole(client, gid) if gid else None


def _of_siblings(client: ShopClient, members: Sequence[Wanted]) -> str:
    """Raises Rejected when the siblings are spread over several products."""
    own = {one.sku for one in members}
    skus = dict.fromkeys(sku for one in members for sku in one.family_skus if sku not in own)
    matches = product_look.by_sku(client, list(skus)[:_SIBLINGS_SOUGHT]).values()
    products = {
        found.exact[0].product.gid: found.exact[0].product
        for found in matches
        if len(found.exact) == 1
    }
    if len(products) > 1:
        raise product_refusals.scattered(members[0], list(products.values()))
    return next(iter(products), "")


def _made(client: ShopClient, members: Sequence[Wanted], policy: Policy) -> _Product:
    """A new product with one empty variant, which the first of the members fills."""
    variables = {
        "product": product_input(members, status=policy.new_status),
        "media": media_input(members) or None,
    }
    payload = client.run("ProductCreate", variables).data["productCreate"]
    refuse(payload, "product", advice="Correct the value in the point of sale, then replay.")
    found = product_look.whole(client, str(payload["product"]["id"]))
    if found is None:
        raise Rejected(
            f"The product of {members[0].label} was deleted while it was made",
            field="product",
            advice="Replay the record.",
        )
    return found


def _planned(
    product: ProductThere, variants: Sequence[VariantThere], members: Sequence[Wanted]
) -> _Plan:
    plan = _Plan()
    names = [name for name, _ in variants[0].options] if variants else list(product.options)
    coming: dict[frozenset[tuple[str, str]], Wanted] = {}
    free = MOST_VARIANTS - len(variants)
    for one in members:
        slot = _slot(product, variants, one)
        options = frozenset(one.options)
        if slot is not None:
            coming[options] = one
            plan.fill.append((one, slot))
        elif problem := _obstacle(product, variants, one, names, coming.get(options)):
            plan.refused[one.key] = problem
        elif len(plan.add) >= free:
            plan.refused[one.key] = product_refusals.too_many(one, product, MOST_VARIANTS)
        else:
            coming[options] = one
            plan.add.append(one)
    return plan


def _slot(
    product: ProductThere, variants: Sequence[VariantThere], article: Wanted
) -> VariantThere | None:
    """The variant that is, or is to be, this article: by our mark, by SKU, or still empty."""
    for one in variants:
        if one.item == article.key or (article.sku and one.sku == article.sku):
            return one
    return next(
        (
            one
            for one in variants
            if product.is_ours
            and not (one.item or one.sku)
            and frozenset(one.options) == frozenset(article.options)
        ),
        None,
    )


def _obstacle(
    product: ProductThere,
    variants: Sequence[VariantThere],
    article: Wanted,
    names: Sequence[str],
    twin: Wanted | None,
) -> Rejected | None:
    options = frozenset(article.options)
    if {name for name, _ in options} != set(names):
        return product_refusals.other_options(article, product, names)
    taken = next((one for one in variants if frozenset(one.options) == options), twin)
    return product_refusals.same_options(article, taken) if taken is not None else None


def _filled(
    client: ShopClient, product: ProductThere, rows: Sequence[tuple[Wanted, VariantThere]]
) -> dict[str, Result]:
    if not rows:
        return {}
    inputs = [{"id": there.gid, **variant_input(article)} for article, there in rows]
    variables = {"product": product.gid, "variants": inputs}
    payload = client.run("VariantsUpdate", variables).data["productVariantsBulkUpdate"]
    wrong = product_refusals.by_place(payload, [article for article, _ in rows])
    return {
        article.key: wrong.get(place) or created(article, there.key)
        for place, (article, there) in enumerate(rows)
    }


def _added(
    client: ShopClient, product: ProductThere, articles: Sequence[Wanted]
) -> dict[str, Result]:
    done: dict[str, Result] = {}
    for some in _pieces(articles):
        done |= _add(client, product, some)
    return done


def _add(client: ShopClient, product: ProductThere, articles: list[Wanted]) -> dict[str, Result]:
    """One refused variant makes Shopify add none, so the others are sent again without it."""
    done: dict[str, Result] = {}
    while articles:
        inputs = [variant_input(one, one.options) for one in articles]
        variables = {"product": product.gid, "variants": inputs}
        payload = client.run("VariantsCreate", variables).data["productVariantsBulkCreate"]
        wrong = product_refusals.by_place(payload, articles)
        if not wrong:
            return done | _receipts(articles, payload)
        done |= {articles[place].key: error for place, error in wrong.items()}
        articles = [one for place, one in enumerate(articles) if place not in wrong]
    return done


def _receipts(articles: Sequence[Wanted], payload: Any) -> dict[str, Result]:
    rows = payload["productVariants"]
    return {
        one.key: created(one, str(row["legacyResourceId"]))
        for one, row in zip(articles, rows, strict=True)
    }


def _pieces(articles: Sequence[Wanted]) -> Iterable[list[Wanted]]:
    for start in range(0, len(articles), MOST_AT_ONCE):
        yield list(articles[start : start + MOST_AT_ONCE])
