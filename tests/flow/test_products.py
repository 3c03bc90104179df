"""Products from the till into the shop, through both sandboxes, with the stock that follows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connectors.shopify import product_look
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.product_look import VariantThere
from integrations.models import Delivery, DeliveryState, InboxItem, InboxState, Link
from integrations.services import flows
from integrations.sync.sessions import open_session
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry
from tests.flow.backfills import CALM, started, until_done
from tests.flow.conftest import Rig

ARTICLES = catalogue(seed="7", size=9)
KNOWN, NEW = ARTICLES[:4], ARTICLES[4:]


def client_of(rig: Rig) -> ShopClient:
    with scope.tenant(rig.tenant.pk):
        opened: ShopClient = open_session(rig.store).client
    return opened


def shown(rig: Rig) -> dict[str, VariantThere]:
    """Every variant of the shop by SKU; fails when a SKU is there twice."""
    client = client_of(rig)
    rows = list(client.rows("VariantsWithSku", "productVariants", {"q": ""}))
    found = product_look.by_id(client, [str(row["legacyResourceId"]) for row in rows])
    variants = {one.sku: one for one in found.values()}
    assert len(variants) == len(rows)
    return variants


def switch(rig: Rig, *, is_on: bool, direction: str = "to_store") -> str:
    with scope.tenant(rig.tenant.pk):
        flow = flows.find(rig.pair, entity="product", direction=direction)
    return flows.switch(flow, is_on=is_on, by=None, public_url=rig.public_url, now=timezone.now())


def delivered(rig: Rig, sku: str, **match: Any) -> list[Delivery]:
    return rig.deliveries(entity=Entity.PRODUCT, number=sku, flow__direction="to_store", **match)


def changed(rig: Rig, sku: str, **fields: Any) -> Delivery:
    """Changes an item at the till; answers the delivery of just this change, once it is over."""
    row = rig.till.act("items", sku=sku, **fields)
    moment = datetime.fromisoformat(row["updated_at"])
    # The till tells of one change by webhook and by poll.
    no_end = (DeliveryState.WAITING, DeliveryState.REPLACED)

    def those() -> list[Delivery]:
        return [
            one
            for one in delivered(rig, sku)
            if one.state not in no_end and datetime.fromisoformat(one.version) >= moment
        ]

    rig.until(lambda: bool(those()), f"the change of {sku} is over")
    return those()[0]


def test_products_go_into_the_shop_once_they_are_switched_on(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=len(ARTICLES), shop_size=len(KNOWN), till_settings=CALM)
    assert _nothing_moves_before_it_is_switched_on(rig)
    assert switch(rig, is_on=True) == ""

    run = until_done(rig, started(rig, "product"))
    # The till may tell of its items itself, before the backfill comes to them.
    assert not {"held", "dead"} & set(run.counts)
    _everything_is_linked_and_grouped(rig)
    _stock_follows(rig)
    _changes_follow(rig)
    _a_deleted_product_stays_deleted(rig)

    assert switch(rig, is_on=True, direction="to_pos") == ""
    _what_is_made_in_the_shop_is_linked(rig)

    switch(rig, is_on=False)
    with scope.tenant(rig.tenant.pk):
        switches = AuditEntry.objects.filter(action="flow.switched").order_by("at", "pk")
        assert [entry.after["is_on"] for entry in switches] == [True, True, False]


def test_new_articles_are_made_once_with_their_price_and_stock(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store, size=len(ARTICLES), shop_size=len(KNOWN), till_settings=CALM)
    assert switch(rig, is_on=True) == ""
    run = until_done(rig, started(rig, "product"))
    assert not {"held", "dead"} & set(run.counts), rig.describe()
    there = rig.seen.articles()
    assert set(there) == {one.sku for one in ARTICLES}
    assert {one.sku: there[one.sku].price for one in ARTICLES} == {
        one.sku: one.price for one in ARTICLES
    }
    # What is new belongs to the merchant's people before it is shown to buyers.
    assert [there[one.sku].is_offered for one in NEW[:4]] == [False] * 4
    _stock_follows(rig)

    again = until_done(rig, started(rig, "product"))
    assert "delivered" not in again.counts, again.counts
    sku = KNOWN[0].sku
    assert changed(rig, sku, price="80.00").state == DeliveryState.DELIVERED
    assert rig.seen.articles()[sku].price == Decimal("80.00")
    assert set(rig.seen.articles()) == set(there)


def _nothing_moves_before_it_is_switched_on(rig: Rig) -> bool:
    rig.till.act("items", sku=KNOWN[0].sku, price="1.00")
    rig.until(lambda: not rig.waiting(), "nothing waits")
    return not rig.deliveries(entity=Entity.PRODUCT)


def _everything_is_linked_and_grouped(rig: Rig) -> None:
    variants = shown(rig)
    assert set(variants) == {one.sku for one in ARTICLES}
    with scope.tenant(rig.tenant.pk):
        links = dict(
            Link.objects.filter(pair=rig.pair, entity=Entity.PRODUCT).values_list(
                "store_key", "pos_key"
            )
        )
    assert {one.key: one.item for one in variants.values()} == links
    first = variants[KNOWN[0].sku]
    assert (first.price, first.product.status) == (Decimal("1.00"), "ACTIVE")
    # The ninth article is a sibling of the first, whose product the shop had already.
    assert ARTICLES[8].style == KNOWN[0].style
    assert variants[ARTICLES[8].sku].product.gid == first.product.gid
    made = variants[NEW[0].sku]
    assert (made.product.title, made.product.status, made.product.vendor) == (
        NEW[0].style,
        "DRAFT",
        "Acme",
    )
    assert made.options == (("Color", NEW[0].colour), ("Size", NEW[0].size))
    assert made.barcode == NEW[0].barcode


def _stock_follows(rig: Rig, articles: int = len(ARTICLES)) -> None:
    def agrees() -> bool:
        found = rig.compare()
        return (found.skus, found.stock_differences) == (articles, 0)

    rig.until(agrees, "what was made has the stock of the till")


def _changes_follow(rig: Rig) -> None:
    sku = NEW[0].sku
    row = changed(rig, sku, price="80.00", original_price="99.00", description="Renamed")
    assert row.state == DeliveryState.DELIVERED
    variant = shown(rig)[sku]
    assert (variant.price, variant.compare_at) == (Decimal("80.00"), Decimal("99.00"))
    assert variant.product.title == NEW[0].style

    sibling = f"{sku}-2"
    row = changed(rig, sibling, like=sku, description="Another", custom={"size": "XXL"})
    assert (row.state, row.target_key) == (DeliveryState.DELIVERED, shown(rig)[sibling].key)
    assert shown(rig)[sibling].product.gid == variant.product.gid
    place = rig.till_account["settings"]["location_id"]
    rig.till.act("stock", sku=sibling, location_id=place, delta=3)
    _stock_follows(rig, len(ARTICLES) + 1)


def _a_deleted_product_stays_deleted(rig: Rig) -> None:
    sku = NEW[1].sku
    rig.shop.act("products/delete", sku=sku)
    row = changed(rig, sku, price="5.00")
    assert row.state == DeliveryState.FILTERED
    assert row.reason.startswith(f"The product with SKU {sku} was deleted in Shopify")
    again = changed(rig, sku, price="6.00")
    assert again.state == DeliveryState.FILTERED
    assert sku not in shown(rig)
    with scope.tenant(rig.tenant.pk):
        held = InboxItem.objects.filter(entity=Entity.PRODUCT, state=InboxState.HELD)
        assert not held.exists()


def _what_is_made_in_the_shop_is_linked(rig: Rig) -> None:
    """Someone in the shop makes the product anew; its stock comes without any sale at the till."""
    sku, client = NEW[1].sku, client_of(rig)
    made = client.run("ProductCreate", {"product": {"title": "By hand"}, "media": None})
    gid = made.data["productCreate"]["product"]["id"]
    found = product_look.whole(client, gid)
    assert found is not None
    values = {
        "id": found[1][0].gid,
        "price": "5.00",
        "inventoryItem": {"sku": sku, "tracked": True},
    }
    client.run("VariantsUpdate", {"product": gid, "variants": [values]})

    def is_linked() -> bool:
        with scope.tenant(rig.tenant.pk):
            return Link.objects.filter(entity=Entity.PRODUCT, store_key=found[1][0].key).exists()

    rig.until(is_linked, "the product made by hand is linked")
    _stock_follows(rig, len(ARTICLES) + 1)
    rig.until(lambda: not rig.waiting(), "nothing goes round in circles")
    variant = shown(rig)[sku]
    assert (variant.product.title, variant.price) == ("By hand", Decimal("6.00"))


def test_an_existing_catalogue_is_linked_by_sku(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=3, shop_size=4, till_settings=CALM)
    switch(rig, is_on=True, direction="to_pos")
    run = until_done(rig, started(rig, "product", "to_pos"))
    assert run.counts == {"unchanged": 3, "filtered": 1}
    with scope.tenant(rig.tenant.pk):
        assert Link.objects.filter(pair=rig.pair, entity=Entity.PRODUCT).count() == 3
    (left,) = rig.deliveries(entity=Entity.PRODUCT, state=DeliveryState.FILTERED)
    assert left.reason.endswith(f"is called {ARTICLES[3].sku}; it is sold in the store only")
