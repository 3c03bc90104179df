"""Searching all records of a tenant: what is found, by what, and what nobody learns from the index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import InboxItem, InboxState, SearchKey, SearchTerm, TermKind
from integrations.services import search_upkeep
from integrations.services.search import BadSearch, find
from integrations.sync import indexing
from integrations.sync.search_terms import comparable, terms
from mappings.canonical.customer import Customer
from mappings.canonical.gift_card import GiftCard
from mappings.canonical.order import Order, OrderCustomer
from mappings.canonical.record import Entity, Record
from mappings.canonical.shipment import Parcel, Shipment, ShippedLine
from tenants import scope
from tests.web.shops import Shop, delivery, link, notice
from tests.web.test_mapping_rules import order

EMAIL = "Ada.Buyer@example.com"


@pytest.fixture(autouse=True)
def _no_key_remembered() -> Iterator[None]:
    indexing.forget()
    yield
    indexing.forget()


def came(shop: Shop, entity: Entity, record: Record, *, reference: str = "") -> InboxItem:
    """A record that was passed on before there was an index."""
    item = notice(shop, entity, key=record.key, number=record.number, state=InboxState.PASSED)
    document = {"record": record.model_dump(mode="json"), "fields": {}}
    delivery(shop, item, document=document, reference=reference)
    return item


def bought(number: str, key: str) -> Order:
    made = order(2)
    return made.model_copy(
        update={"key": key, "number": number, "customer": OrderCustomer(email=EMAIL)}
    )


def indexed(shop: Shop) -> None:
    search_upkeep.keep_up(timezone.now())


def names(shop: Shop, q: str) -> list[tuple[str, str]]:
    with scope.tenant(shop.tenant.pk):
        return [(hit.name, hit.by) for hit in find(q=q).hits]


def test_names_of_records() -> None:
    parcel = Parcel(carrier="UPS", tracking_number="1Z 999 AA1")
    shipped = Shipment(
        key="5",
        order_key="1",
        order_number="#1001",
        lines=(ShippedLine(sku="TEE-S", quantity=1),),
        parcels=(parcel,),
    )
    assert terms(shipped) == {
        (TermKind.OF_ORDER, "1001"),
        (TermKind.TRACKING, "1z 999 aa1"),
        (TermKind.ENDING, "aa1"),
        (TermKind.LINE_SKU, "tee-s"),
    }
    card = GiftCard(key="9", code="ABCD1234WXYZ", balance=Decimal(5), currency="USD")
    assert terms(card) == {(TermKind.ENDING, "wxyz")}
    assert comparable(" #１００１ ") == "1001"
    assert len(comparable("x" * 500)) == 80


def test_found_by_each_of_its_names_with_what_came_before_the_index(
    shop: Shop, other_shop: Shop
) -> None:
    first = came(shop, Entity.ORDER, bought("#1001", "7001"), reference="S-1001")
    came(shop, Entity.ORDER, bought("#1002", "7002"), reference="S-1002")
    buyer = Customer(key="31", number="Ada Buyer", email=EMAIL.upper())
    came(shop, Entity.CUSTOMER, buyer)
    link(shop, first, "100321")
    came(other_shop, Entity.ORDER, bought("#1001", "8001"), reference="S-1001")
    indexed(shop)

    sku = bought("", "1").lines[0].sku
    assert names(shop, "#1001") == names(shop, "1001") == [("#1001", "number")]
    assert names(shop, "s-1001") == [("#1001", "number")]
    assert names(shop, "100") == [("#1002", "begins"), ("#1001", "begins")]
    assert names(shop, "7001") == names(shop, "100321") == [("#1001", "id")]
    assert names(shop, "https://admin.example.com/orders/7001?x=1") == [("#1001", "id")]
    assert names(shop, sku.lower()) == [("#1002", "line"), ("#1001", "line")]
    assert names(shop, sku[:3]) == [("#1002", "begins"), ("#1001", "begins")]
    assert names(shop, "ada.buyer@EXAMPLE.com") == [
        ("#1002", "email"),
        ("#1001", "email"),
        ("Ada Buyer", "email"),
    ]
    assert names(shop, "ada.buyer@example.co") == []
    with scope.tenant(shop.tenant.pk):
        for bad in ("", "#", "x", "x" * 201):
            with pytest.raises(BadSearch):
                find(q=bad)
        first_page = find(q="100", limit=1)
        assert (len(first_page.hits), first_page.total, first_page.cursor) == (1, 2, "1")
        rest = find(q="100", limit=1, cursor=first_page.cursor)
        assert ([hit.name for hit in rest.hits], rest.cursor) == (["#1001"], "")


def test_nobody_learns_an_address_from_the_index(shop: Shop, other_shop: Shop) -> None:
    for each in (shop, other_shop):
        came(each, Entity.ORDER, bought("#1001", "7001"))
    indexed(shop)
    with scope.door("a test looks at all terms"):
        kept = list(SearchTerm.objects.filter(kind=TermKind.EMAIL).values_list("term", flat=True))
    # The same address is another hash at each tenant, and plain nowhere.
    assert len(kept) == len(set(kept)) == 2
    assert not any("ada" in term or "@" in term for term in kept)

    # As after the tenant's data keys were erased: the key that sealed it is not there any more.
    with scope.tenant(shop.tenant.pk):
        row = SearchKey.objects.get()
        row.sealed = bytes(row.sealed)[:2] + (99).to_bytes(4, "big") + bytes(row.sealed)[6:]
        row.save()
    indexing.forget()
    assert names(shop, EMAIL) == []
    assert names(shop, "1001") == [("#1001", "number")]
    assert names(other_shop, EMAIL) == [("#1001", "email")]


def test_names_go_with_the_last_notice(shop: Shop) -> None:
    gone = came(shop, Entity.ORDER, bought("#1001", "7001"))
    came(shop, Entity.ORDER, bought("#1002", "7002"))
    indexed(shop)
    with scope.tenant(shop.tenant.pk):
        gone.delete()
        SearchTerm.objects.update(day=timezone.now() - timedelta(days=4_000))
    assert search_upkeep.forget_gone(timezone.now()) > 0
    with scope.tenant(shop.tenant.pk):
        assert set(SearchTerm.objects.values_list("key", flat=True)) == {"7002"}


def test_upkeep_asks_once_where_nothing_is_left_to_add(shop: Shop, other_shop: Shop) -> None:
    came(shop, Entity.ORDER, bought("#1001", "7001"))
    for _ in range(2):
        indexed(shop)
    with CaptureQueriesContext(connection) as asked:
        indexed(shop)
    assert len([one for one in asked if " FROM " in one["sql"]]) == 2


def test_a_batch_costs_one_statement(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        secret = indexing.key_of(shop.tenant.pk)
    rows = [
        row
        for key in range(50)
        for row in indexing.rows(
            terms(bought(f"#{key}", str(key))), entity="order", key=str(key), secret=secret
        )
    ]
    with scope.tenant(shop.tenant.pk), CaptureQueriesContext(connection) as asked:
        assert indexing.key_of(shop.tenant.pk) == secret
        indexing.write(shop.pair.store_id, rows, now=timezone.now())
    assert len(asked) == 1
    assert len(rows) > 150


def test_page(page: Client, shop: Shop, other_shop: Shop) -> None:
    place = f"/t/{shop.tenant.slug}/search/"
    assert "What can be searched" in page.get(place).content.decode()
    first = came(shop, Entity.ORDER, bought("#1001", "7001"))
    came(shop, Entity.ORDER, bought("#1002", "7002"))
    indexed(shop)
    to_record = page.get(place, {"q": "1001"})
    assert (to_record.status_code, to_record["Location"]) == (302, shop.record(first))
    shown = page.get(place, {"q": "100"}).content.decode()
    assert "2 records fit." in shown
    assert shown.index("#1002") < shown.index("#1001")
    nothing = page.get(place, {"q": "<script>x"}).content.decode()
    assert "Nothing fits “&lt;script&gt;x”." in nothing
    assert page.get(place, {"q": "x"}).status_code == 422
    assert page.get(f"/t/{other_shop.tenant.slug}/search/", {"q": "1001"}).status_code == 404
