"""Makes products the shop lacks: an article alone, or a family with the product that holds it together.

What holds a family together bears a SKU made of the family's key, and articles bear their own. So
whoever comes back after a crash finds what was made by its SKU, writing a product again changes it
and makes no second one, and an article is joined to its family whenever it is found to be missing.
Nothing is ever deleted. Catalog: Create a configurable product.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from integrations.connector_kit.base import Result
from integrations.connector_kit.errors import ConnectorError, Rejected
from integrations.connectors.magento import (
    attributes,
    product_changes,
    product_images,
    product_look,
    product_refusals,
)
from integrations.connectors.magento.answers import Refused
from integrations.connectors.magento.client import Row, StoreClient
from integrations.connectors.magento.product_fields import Option, Wanted
from integrations.connectors.magento.product_look import ProductThere
from integrations.connectors.magento.product_receipts import created
from integrations.connectors.magento.product_settings import Policy

_LOCKS: WeakKeyDictionary[StoreClient, threading.Lock] = WeakKeyDictionary()
_MAKING = threading.Lock()


def lock_of(client: StoreClient) -> threading.Lock:
    """One family at a time in a shop: two threads would each write its list of articles."""
    with _MAKING:
        return _LOCKS.setdefault(client, threading.Lock())


def make(client: StoreClient, articles: Sequence[Wanted], policy: Policy) -> dict[str, Result]:
    """What became of each article, by its key. May be called again after any crash."""
    done: dict[str, Result] = {}
    able = []
    for one in articles:
        problem = product_refusals.no_price(one)
        if problem is None:
            able.append(one)
        else:
            done[one.key] = problem
    with lock_of(client):
        for members in _families(able):
            done |= _family(client, members, policy)
    return done


def _families(articles: Iterable[Wanted]) -> Iterable[Sequence[Wanted]]:
    families: dict[str, list[Wanted]] = {}
    for one in articles:
        families.setdefault(one.family_sku if one.is_member else f"alone {one.key}", []).append(one)
    return families.values()


def _family(client: StoreClient, members: Sequence[Wanted], policy: Policy) -> dict[str, Result]:
    if not members[0].is_member:
        return {one.key: _article(client, one, policy) for one in members}
    try:
        parent = _there(client, members) or _made(client, members, policy)
    except Rejected as error:
        return dict.fromkeys((one.key for one in members), error)
    done: dict[str, Result] = {}
    joining: dict[frozenset[Option], Wanted] = {}
    for one in members:
        twin = joining.get(frozenset(one.options))
        result: Result = (
            product_refusals.same_options(one, twin.label)
            if twin is not None
            else _misfit(client, parent, one) or _article(client, one, policy)
        )
        done[one.key] = result
        if not isinstance(result, ConnectorError):
            joining[frozenset(one.options)] = one
    return done | join(client, parent, list(joining.values()))


def _there(client: StoreClient, members: Sequence[Wanted]) -> ProductThere | None:
    """Raises Rejected where the SKU of the family is taken by something else."""
    own = {one.sku for one in members}
    siblings = dict.fromkeys(sku for one in members for sku in one.family_skus if sku not in own)
    found = product_look.parent_of(
        client,
        own_sku=members[0].family_sku,
        name=members[0].family_name,
        siblings=list(siblings),
    )
    if found is not None and found.type_id != "configurable":
        raise product_refusals.taken_family_sku(members[0], found)
    return found


def _made(client: StoreClient, members: Sequence[Wanted], policy: Policy) -> ProductThere:
    first = members[0]
    product = product_changes.of_family(client, first, policy, website=website(client))
    images = list(dict.fromkeys(url for one in members for url in one.images))
    entries = product_images.entries(client.account, images, title=str(product["name"]))
    if entries:
        product["media_gallery_entries"] = entries
    return product_look.product_of(save(client, first, product))


def _article(client: StoreClient, article: Wanted, policy: Policy) -> Result:
    try:
        product = product_changes.of_new(client, article, policy, website=website(client))
        if article.images:
            entries = product_images.entries(
                client.account, article.images, title=str(product["name"])
            )
            product |= {"media_gallery_entries": entries} if entries else {}
        save(client, article, product)
    except Rejected as error:
        return error
    return created(article)


def save(client: StoreClient, article: Wanted, product: Mapping[str, Any]) -> Row:
    """Writes a product for all stores. By its SKU in the body, since an address cannot name them all.

    Raises Rejected naming the field. Catalog: POST products updates what is there.
    """
    try:
        answer: Row = client.post("products", {"product": product}, store="all", about="product")
    except Refused as error:
        raise product_refusals.refused(article, error) from None
    return answer


def website(client: StoreClient) -> int | None:
    """The website products are sold on, None where the shop decides."""
    wanted = client.account.setting("website")
    if wanted:
        found = next((row for row in client.shape.websites if row.get("code") == wanted), None)
    else:
        found = client.shape.website_of(client.account.setting("store_view", "default"))
    return int(found["id"]) if found else None


# --- articles of a family -------------------------------------------------------------------------


def _misfit(client: StoreClient, parent: ProductThere, article: Wanted) -> Rejected | None:
    """Why the article cannot be one of the choices of this product; None when it can."""
    theirs = {str(option.get("attribute_id")) for option in parent.options}
    try:
        mine = {str(attributes.by_option(client, name).id) for name, _ in article.options}
    except Rejected as error:
        return error
    if theirs and theirs != mine:
        labels = [
            str(option.get("label") or option.get("attribute_id")) for option in parent.options
        ]
        return product_refusals.other_options(article, parent, labels)
    return None


def join(
    client: StoreClient, parent: ProductThere, articles: Sequence[Wanted]
) -> dict[str, Result]:
    """Adds articles that are there to what holds them together; answers those it refused.

    The lists of options and articles are replaced as a whole, so they are written whole.
    """
    if not articles:
        return {}
    there = product_look.find(client, [one.sku for one in articles])
    rows = [(one, found) for one in articles if (found := there[one.sku].exact) is not None]
    new = [(one, found) for one, found in rows if found.id not in parent.children]
    if not new:
        return {}
    extension = {
        "configurable_product_options": _options(client, parent, [one for one, _ in new]),
        "configurable_product_links": [*parent.children, *(found.id for _, found in new)],
    }
    try:
        save(client, new[0][0], {"sku": parent.sku, "extension_attributes": extension})
    except Rejected as error:
        return _one_by_one(client, parent, new, error)
    return {}


def _one_by_one(
    client: StoreClient,
    parent: ProductThere,
    rows: Sequence[tuple[Wanted, ProductThere]],
    error: Rejected,
) -> dict[str, Result]:
    """One article that does not fit must not keep its siblings out."""
    if len(rows) == 1:
        return {rows[0][0].key: error}
    done: dict[str, Result] = {}
    for article, _ in rows:
        # As it is by now, with the siblings joined before.
        done |= join(client, product_look.whole(client, parent.sku) or parent, [article])
    return done


def _options(
    client: StoreClient, parent: ProductThere, articles: Sequence[Wanted]
) -> list[dict[str, Any]]:
    """The options of the product with the values of these articles as well."""
    made: dict[str, dict[str, Any]] = {
        str(option["attribute_id"]): {
            key: option[key]
            for key in ("id", "attribute_id", "label", "position", "values")
            if option.get(key) is not None
        }
        for option in parent.options
    }
    for article in articles:
        for place, (name, label) in enumerate(article.options):
            attribute = attributes.by_option(client, name)
            row = made.setdefault(
                str(attribute.id),
                {
                    "attribute_id": str(attribute.id),
                    "label": attribute.label,
                    "position": place,
                    "values": [],
                },
            )
            value = int(attributes.value_of(client, attribute, label))
            if value not in {int(one["value_index"]) for one in row["values"]}:
                row["values"] = [*row["values"], {"value_index": value}]
    return list(made.values())
