"""Links between articles that a person makes: where numbers do not say what belongs together."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Link, Pair
from mappings.canonical.record import Entity

LONGEST = 191


class BadLink(ValueError):
    """These two articles cannot be linked; the message says why and `field` where."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def link_product(pair: Pair, *, store_key: str, pos_key: str, now: datetime) -> Link:
    """Says that an article of the store is this item of the point of sale.

    `store_key`: id of the article as the store's orders name it (a Shopify variant id); `pos_key`:
    id of the item at the point of sale, not its number. An article that was linked to another item
    is linked to this one from now on. Records that were held for want of the link flow when they
    are replayed. Call inside the tenant's scope. Raises BadLink for an empty or too long id, and
    when another article of the store has the item already.
    """
    store_key = _key(store_key, field="store_key")
    pos_key = _key(pos_key, field="pos_key")
    mine = Link.objects.filter(pair=pair, entity=Entity.PRODUCT)
    taken = mine.filter(pos_key=pos_key).exclude(store_key=store_key).first()
    if taken is not None:
        raise BadLink(
            f"Item {pos_key} is linked to article {taken.store_key} of the store already.",
            field="pos_key",
        )
    before = mine.filter(store_key=store_key).values_list("pos_key", flat=True).first()
    if before != pos_key:
        # Where their stock goes was worked out without this link, and would go on as before.
        moved = {key for key in (before, pos_key) if key}
        Link.objects.filter(pair=pair, entity=Entity.INVENTORY, pos_key__in=moved).delete()
    link: Link
    link, _ = mine.update_or_create(
        store_key=store_key,
        defaults={"pos_key": pos_key, "updated_at": now},
        create_defaults={
            "pair": pair,
            "entity": Entity.PRODUCT,
            "pos_key": pos_key,
            "updated_at": now,
        },
    )
    return link


def _key(text: str, *, field: str) -> str:
    key = text.strip()
    if not key:
        raise BadLink("An id is missing.", field=field)
    if len(key) > LONGEST:
        raise BadLink(f"An id has at most {LONGEST} characters.", field=field)
    return key
