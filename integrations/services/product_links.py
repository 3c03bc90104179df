"""Links between articles that a person makes: where numbers do not say what belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations.connector_kit.audit import Article
from integrations.connector_kit.errors import ConnectorError
from integrations.models import Connection, Link, Pair
from integrations.sync.sessions import open_session
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import User
from tenants.services import audit

LONGEST = 191


class BadLink(ValueError):
    """These two articles cannot be linked; the message says why and `field` where."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class CannotSearch(ValueError):
    """The other side's articles cannot be searched just now; the message says why."""


def articles(*, connection: Connection, text: str) -> Sequence[Article]:
    """A few articles of an account whose number or title holds these words.

    Asks the account, so call it outside any scope. Raises CannotSearch.
    """
    with scope.tenant(connection.tenant_id):
        session = open_session(connection)
    port = session.port(Entity.PRODUCT)
    if port is None or port.search is None:
        raise CannotSearch(
            f"{connection.name} cannot be searched for articles. Type the id of the article instead."
        )
    try:
        return port.search(session.client, text)
    except ConnectorError as error:
        raise CannotSearch(
            f"{connection.name} could not be asked: {error} Type the id of the article, or try again."
        ) from error
    finally:
        session.close()


def link_product(
    pair: Pair, *, store_key: str, pos_key: str, now: datetime, actor: User | None = None
) -> Link:
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
    if before != pos_key:
        audit.record(
            action="product.linked",
            object_type="Link",
            object_id=link.pk,
            actor=actor,
            before={"pos_key": before} if before else None,
            after={"pair": str(pair.pk), "store_key": store_key, "pos_key": pos_key},
        )
    return link


def _key(text: str, *, field: str) -> str:
    key = text.strip()
    if not key:
        raise BadLink("An id is missing.", field=field)
    if len(key) > LONGEST:
        raise BadLink(f"An id has at most {LONGEST} characters.", field=field)
    return key
