"""Products in: articles of the point of sale as simple products, a family of them as a configurable.

An article is found by its link, then by its SKU, letter by letter; so a shop that sells already is
linked, and only what the point of sale owns is written there. What is not found is made.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connector_kit.base import Outcome, Outgoing, Result
from integrations.connector_kit.errors import ConnectorError, Rejected
from integrations.connectors.magento import product_changes, product_look, product_refusals
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.inventory_items import COMPOSITES
from integrations.connectors.magento.product_fields import Wanted, wanted
from integrations.connectors.magento.product_look import Found, ProductThere
from integrations.connectors.magento.product_making import join, lock_of, make, save
from integrations.connectors.magento.product_receipts import receipt
from integrations.connectors.magento.product_settings import Policy, policy_of

BATCH_SIZE = 25

# One look for a batch, then one call for each article.
CALLS_PER_WRITE = 2

_Match = tuple[Wanted, ProductThere]


def write_many(client: StoreClient, batch: Sequence[Outgoing]) -> list[Result]:
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
    for article, there in matches:
        done[article.key] = _change(client, article, there, policy)
    done |= _completed(client, [one for one, _ in matches if _is_well(done[one.key])])
    if missing:
        done |= make(client, missing, policy)
    return [done[outgoing.key] for outgoing in batch]


def _is_well(result: Result) -> bool:
    return not isinstance(result, ConnectorError)


def _found(
    client: StoreClient, articles: Sequence[Wanted], policy: Policy, done: dict[str, Result]
) -> tuple[list[_Match], list[Wanted]]:
    """Articles with the product each one is, and those to be made; what stops one goes to `done`."""
    skus = [sku for one in articles for sku in (one.linked_id, one.sku) if sku]
    there = product_look.find(client, skus)
    matches: list[_Match] = []
    missing: list[Wanted] = []
    taken: dict[str, Wanted] = {}
    for one in articles:
        found = _one(one, there, policy)
        if found is None:
            missing.append(one)
        elif isinstance(found, ConnectorError):
            done[one.key] = found
        elif found.sku in taken:
            done[one.key] = product_refusals.doubled(one, taken[found.sku])
        else:
            taken[found.sku] = one
            matches.append((one, found))
    return matches, missing


def _one(
    article: Wanted, there: dict[str, Found], policy: Policy
) -> ProductThere | ConnectorError | None:
    """The product of this article, None when one is to be made, or why neither."""
    linked = there[article.linked_id].exact if article.linked_id else None
    by_sku = there[article.sku] if article.sku else Found()
    found = linked or by_sku.exact
    if found is not None:
        if found.type_id in COMPOSITES:
            return product_refusals.composite(article, found)
        is_given_away = article.price == 0 and bool(found.price) and not policy.keeps_prices
        return product_refusals.free(article) if is_given_away else found
    if by_sku.near:
        return product_refusals.nearly(article, by_sku.near)
    if article.linked_id and not policy.makes_again:
        return product_refusals.deleted(article)
    if not article.is_active:
        return product_refusals.inactive(article)
    return None if policy.makes else product_refusals.left_out(article)


def _change(client: StoreClient, article: Wanted, there: ProductThere, policy: Policy) -> Result:
    try:
        change = product_changes.of_article(client, article, there, policy)
        if change:
            save(client, article, {"sku": there.sku, **change})
    except Rejected as error:
        return error
    outcome = Outcome.UPDATED if change else Outcome.UNCHANGED
    return receipt(article, there.sku, outcome, is_new=article.linked_id != there.sku)


def _completed(client: StoreClient, articles: Sequence[Wanted]) -> dict[str, Result]:
    """Joins articles to the family that we made for them, where a crash came in between.

    A family of the merchant's own making is left as it is.
    """
    members = [one for one in articles if one.is_member and one.is_unsure]
    if not members:
        return {}
    families = product_look.find(client, list({one.family_sku for one in members}))
    done: dict[str, Result] = {}
    with lock_of(client):
        for sku, found in families.items():
            if found.exact is None or found.exact.type_id != "configurable":
                continue
            parent = product_look.whole(client, sku)
            if parent is not None:
                done |= join(client, parent, [one for one in members if one.family_sku == sku])
    return done
