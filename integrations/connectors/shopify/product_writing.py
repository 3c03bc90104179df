"""Products in: articles of the point of sale as variants, a family of them as one product.

An article is found by its link, then by its SKU, letter by letter; so a shop that sells already is
linked, and only what the point of sale owns is written there. What is not found is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.connector_kit.base import Outcome, Outgoing, Result
from integrations.connector_kit.errors import ConnectorError, Rejected
from integrations.connectors.shopify import product_changes, product_look, product_refusals
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.product_fields import Wanted, wanted
from integrations.connectors.shopify.product_look import Matches, ProductThere, VariantThere
from integrations.connectors.shopify.product_making import make
from integrations.connectors.shopify.product_receipts import receipt
from integrations.connectors.shopify.product_settings import Policy, policy_of
from integrations.connectors.shopify.user_errors import user_errors

BATCH_SIZE = 50

# Look, then change; making a family takes five calls for all its members.
CALLS_PER_WRITE = 1

_Match = tuple[Wanted, VariantThere]


def write_many(client: ShopClient, batch: Sequence[Outgoing]) -> list[Result]:
    """An answer for each article, in order; one that is refused does not hold up its siblings."""
    policy = policy_of(client.account)
    done: dict[str, Result] = {}
    articles: list[Wanted] = []
    for outgoing in batch:
        try:
            articles.append(wanted(outgoing))
        except Rejected as error:
            done[outgoing.key] = error
    matches, missing = _found(client, articles, policy, done)
    done |= _changed(client, matches, policy)
    if missing:
        done |= make(client, missing, policy)
    return [done[outgoing.key] for outgoing in batch]


def _found(
    client: ShopClient, articles: Sequence[Wanted], policy: Policy, done: dict[str, Result]
) -> tuple[list[_Match], list[Wanted]]:
    """Articles with the variant each one is, and those to be made; what stops one goes to `done`."""
    linked = product_look.by_id(client, [one.linked_id for one in articles if one.linked_id])
    unknown = [one for one in articles if one.linked_id not in linked]
    sought = product_look.by_sku(client, [one.sku for one in unknown])
    matches: list[_Match] = []
    missing: list[Wanted] = []
    taken: dict[str, Wanted] = {}
    for one in articles:
        there: VariantThere | ConnectorError | None = linked.get(one.linked_id)
        if there is None:
            there = _only(one, sought.get(one.sku, Matches()), policy)
        if isinstance(there, VariantThere) and there.gid in taken:
            done[one.key] = product_refusals.doubled(one, taken[there.gid])
        elif isinstance(there, VariantThere) and _is_given_away(one, there, policy):
            done[one.key] = product_refusals.free(one)
        elif isinstance(there, VariantThere):
            taken[there.gid] = one
            matches.append((one, there))
        elif there is None:
            missing.append(one)
        else:
            done[one.key] = there
    return matches, missing


def _is_given_away(article: Wanted, there: VariantThere, policy: Policy) -> bool:
    """Whether what the shop sells at a price would be free from now on."""
    return article.price == 0 and there.price != 0 and not policy.keeps_prices


def _only(
    article: Wanted, matches: Matches, policy: Policy
) -> VariantThere | ConnectorError | None:
    """The variant with this SKU, None when one is to be made, or why neither."""
    if len(matches.exact) == 1:
        return matches.exact[0]
    if matches.exact:
        return product_refusals.several(article, len(matches.exact))
    if matches.near:
        return product_refusals.nearly(article, matches.near)
    if article.linked_id and not policy.makes_again:
        return product_refusals.deleted(article)
    if not article.is_active:
        return product_refusals.inactive(article)
    return None if policy.makes else product_refusals.left_out(article)


def _changed(client: ShopClient, matches: Sequence[_Match], policy: Policy) -> dict[str, Result]:
    """Variants that are there, product by product."""
    done: dict[str, Result] = {}
    products: dict[str, list[_Match]] = {}
    for article, there in matches:
        products.setdefault(there.product.gid, []).append((article, there))
    for rows in products.values():
        done |= _change(client, rows[0][1].product, rows, policy)
    return done


def _change(
    client: ShopClient, product: ProductThere, rows: Sequence[_Match], policy: Policy
) -> dict[str, Result]:
    changes = [product_changes.of_variant(article, there, policy) for article, there in rows]
    sent = [place for place, change in enumerate(changes) if change]
    wrong: Mapping[int, Rejected] = {}
    if sent:
        inputs = [{"id": rows[place][1].gid, **changes[place]} for place in sent]
        variables = {"product": product.gid, "variants": inputs}
        payload = client.run("VariantsUpdate", variables).data["productVariantsBulkUpdate"]
        found = product_refusals.by_place(payload, [rows[place][0] for place in sent])
        wrong = {sent[index]: error for index, error in found.items()}
    refused = _change_product(client, product, rows, policy)
    has_changed = refused is not None
    return {
        article.key: wrong.get(place)
        or (refused if isinstance(refused, Rejected) else None)
        or receipt(
            article,
            there.key,
            Outcome.UPDATED if changes[place] or has_changed else Outcome.UNCHANGED,
            is_new=article.linked_id != there.key,
        )
        for place, (article, there) in enumerate(rows)
    }


def _change_product(
    client: ShopClient, product: ProductThere, rows: Sequence[_Match], policy: Policy
) -> dict[str, Any] | Rejected | None:
    """What was changed of the product itself, None for nothing, or why it was refused."""
    article = rows[0][0]
    change = product_changes.of_product(article, product, policy)
    status = _status(client, product, rows, policy)
    if status:
        marks = [*change.get("metafields", ()), *status.get("metafields", ())]
        change |= status | ({"metafields": marks} if marks else {})
    if not change:
        return None
    variables = {"product": {"id": product.gid, **change}}
    payload = client.run("ProductUpdate", variables).data["productUpdate"]
    errors = user_errors(payload)
    if errors:
        said = "; ".join(str(error.get("message")) for error in errors)
        return product_refusals.refused(article, "the product", said)
    return change


def _status(
    client: ShopClient, product: ProductThere, rows: Sequence[_Match], policy: Policy
) -> dict[str, Any]:
    if not policy.archives:
        return {}
    spoken = {there.key: article.is_active for article, there in rows}
    if all(spoken.values()) and not product.before:
        return {}
    found = product_look.whole(client, product.gid)
    return product_changes.of_status(product, found[1], spoken) if found else {}
