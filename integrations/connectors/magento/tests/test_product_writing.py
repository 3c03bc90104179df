"""Articles of the till into the sandbox shop: linked, changed, made, and completed after a crash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Outcome, Receipt
from integrations.connector_kit.errors import ConnectorError, Rejected, Unsupported
from integrations.connector_kit.sandbox.testing import serving
from integrations.connectors.magento import product_images, product_look, product_making
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.product_look import ProductThere
from integrations.connectors.magento.product_writing import write_many
from integrations.connectors.magento.tests.real_shop import RealShop, opened, product
from mappings.canonical.record import Entity

# In every sandbox shop of this seed.
SKU = "TEE-BLK-S"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    with serving("magento") as url:
        yield url


@pytest.fixture
def shop(sandbox: str) -> Iterator[RealShop]:
    made = opened(sandbox, size=8)
    yield made
    made.check_calls()


def there(client: StoreClient, sku: str) -> ProductThere:
    found = product_look.whole(client, sku)
    assert found is not None
    return found


def family(number: int, colour: str, **fields: Any) -> Any:
    """A scarf of one colour; the shop has none yet."""
    given: Mapping[str, Any] = {
        "sku": f"SCARF-{number}",
        "name": f"Scarf - {colour}",
        "family_name": "Scarf",
        "family_key": "900",
        "family_skus": ["SCARF-1", "SCARF-2", "SCARF-3"],
        "options": {"Color": colour},
    }
    return product(str(number), **{**given, **fields})


def values_of(client: StoreClient, parent: ProductThere) -> set[int]:
    (option,) = parent.options
    return {int(one["value_index"]) for one in option["values"]}


def test_an_article_is_found_by_its_sku_and_only_what_the_till_owns_is_written(
    shop: RealShop,
) -> None:
    client = shop.client()
    name = there(client, SKU).name
    wanted = product("1", sku=SKU, name="Other name", price=Decimal("21.50"), cost=Decimal("9.10"))
    (first,) = write_many(client, [wanted])
    assert first == Receipt(SKU, Outcome.UPDATED, SKU, awakened=((Entity.INVENTORY, "1"),))
    now = there(client, SKU)
    assert (now.price, now.name, str(now.custom["cost"])) == (Decimal("21.5"), name, "9.10")
    (second,) = write_many(client, [product("1", linked_id=SKU, **wanted.fields)])
    assert second == Receipt(SKU, Outcome.UNCHANGED, SKU)


def test_texts_follow_the_till_where_the_owner_says_so(shop: RealShop) -> None:
    client = shop.client(product_texts="always", product_prices="when_created")
    unsafe = "<p>Soft</p><script>alert(1)</script>"
    write_many(client, [product("1", sku=SKU, name="New", description=unsafe, price=Decimal(1))])
    now = there(client, SKU)
    assert (now.name, now.custom["description"]) == ("New", "<p>Soft</p>")
    assert now.price != 1


def test_an_offer_of_the_till_ends_and_one_of_the_merchant_stays(shop: RealShop) -> None:
    client = shop.client()
    offer = {"price": Decimal("15.00"), "compare_at_price": Decimal("20.00")}
    write_many(client, [product("1", sku=SKU, **offer)])
    now = there(client, SKU)
    assert (now.price, now.special_price) == (20, 15)
    write_many(client, [product("1", sku=SKU, price=Decimal(20))])
    assert there(client, SKU).special_price is None
    client.post(
        "products",
        {
            "product": {
                "sku": SKU,
                "custom_attributes": [
                    {"attribute_code": "special_price", "value": "12"},
                    {"attribute_code": "special_from_date", "value": "2026-02-01 00:00:00"},
                ],
            }
        },
        store="all",
    )
    write_many(client, [product("1", sku=SKU, price=Decimal(22))])
    now = there(client, SKU)
    assert (now.price, now.special_price) == (22, 12)


def test_a_new_article_is_made_disabled_with_everything_we_know(shop: RealShop) -> None:
    client = shop.client()
    outgoing = product(
        "1",
        sku="MAT/1+x",
        name="Doormat",
        description="<p>Coir</p>",
        cost=Decimal("4.00"),
        weight=Decimal("500"),
        weight_unit="g",
        custom_attributes={"color": "Teal", "barcode": "4000"},
    )
    (result,) = write_many(client, [outgoing])
    assert isinstance(result, Receipt)
    assert result.outcome is Outcome.CREATED
    assert result.awakened == ((Entity.INVENTORY, "1"),)
    now = there(client, "MAT/1+x")
    assert (now.status, now.visibility, now.type_id, now.price) == (2, 4, "simple", 19)
    assert now.custom["barcode"] == "4000"
    options = client.get("products/attributes/color/options")
    assert {row["label"]: row["value"] for row in options}["Teal"] == now.custom["color"]
    assert now.weight in (Decimal("0.5"), Decimal("1.1023"))


def test_a_family_becomes_one_product_to_choose_from(shop: RealShop) -> None:
    client = shop.client(new_products="active")
    results = write_many(client, [family(1, "Black"), family(2, "Teal")])
    assert [one.outcome for one in results] == [Outcome.CREATED] * 2  # type: ignore[union-attr]
    parent = there(client, "family-900")
    children = [there(client, f"SCARF-{number}") for number in (1, 2)]
    assert (parent.name, parent.type_id, parent.status) == ("Scarf", "configurable", 1)
    assert set(parent.children) == {one.id for one in children}
    assert all(one.visibility == 1 for one in children)
    assert values_of(client, parent) == {int(one.custom["color"]) for one in children}
    (late,) = write_many(client, [family(3, "Red")])
    assert isinstance(late, Receipt)
    assert len(there(client, "family-900").children) == 3


def test_what_a_crash_left_undone_is_completed(
    shop: RealShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = shop.client()

    def crashing(*_: Any) -> dict[str, Any]:
        raise SystemExit

    monkeypatch.setattr(product_making, "join", crashing)
    with pytest.raises(SystemExit):
        write_many(client, [family(1, "Black")])
    monkeypatch.undo()
    assert there(client, "family-900").children == ()
    (result,) = write_many(client, [family(1, "Black", attempt=2)])
    assert isinstance(result, Receipt)
    assert len(there(client, "family-900").children) == 1


def test_a_new_sibling_joins_the_product_of_the_merchant(shop: RealShop) -> None:
    client = shop.client()
    rows = client.get("products", (("searchCriteria[pageSize]", "100"),))["items"]
    parents = [row for row in rows if row["type_id"] == "configurable"]
    parent = next(row for row in parents if len(there(client, row["sku"]).options) == 2)
    before = there(client, parent["sku"])
    sibling = next(row["sku"] for row in rows if row["id"] in before.children)
    fields = {
        "sku": "NEW-SIBLING",
        "name": "New sibling",
        "family_name": before.name,
        "family_key": "77",
        "family_skus": [sibling, "NEW-SIBLING"],
        "options": {"Color": "Teal", "Size": "XS"},
    }
    (result,) = write_many(client, [product("9", **fields)])
    assert isinstance(result, Receipt), result
    after = there(client, parent["sku"])
    assert len(after.children) == len(before.children) + 1
    assert product_look.find(client, ["family-77"])["family-77"].exact is None


def test_two_articles_with_the_same_choice_do_not_fit_into_one_product(shop: RealShop) -> None:
    first, second = write_many(shop.client(), [family(1, "Black"), family(2, "Black")])
    assert isinstance(first, Receipt)
    assert isinstance(second, Rejected)
    assert second.field == "options"


@pytest.mark.parametrize(
    ("fields", "settings", "kind", "said"),
    [
        ({"sku": ""}, {}, Rejected, "has no SKU and is not linked"),
        ({"sku": SKU.lower()}, {}, Rejected, f"Magento has the SKU '{SKU}'"),
        ({"sku": "N1", "price": None}, {}, Rejected, "has no price"),
        ({"sku": "N1", "price": Decimal(0)}, {}, Unsupported, "so no product is made"),
        ({"sku": SKU, "price": Decimal(0)}, {}, Unsupported, "the shop keeps its price"),
        ({"sku": "N1"}, {"new_products": "none"}, Unsupported, "new products are not made"),
        ({"sku": "N1", "is_active": False}, {}, Unsupported, "not active"),
        ({"sku": "N1", "linked_id": "N1"}, {}, Unsupported, "was deleted in Magento"),
        ({"sku": "N" * 65}, {}, Rejected, "at most 64 letters"),
        ({"sku": "N1", "custom_attributes": {"fabric": "x"}}, {}, Rejected, "no product attribute"),
        ({"sku": "N1", "name": "N"}, {"attribute_set": "Shoes"}, Rejected, "no attribute set"),
        (
            {"sku": "N1", "family_key": "1", "options": {"Flavour": "Salt"}},
            {},
            Rejected,
            "no product attribute 'Flavour'",
        ),
    ],
)
def test_what_stands_in_the_way_is_said(
    shop: RealShop,
    fields: dict[str, Any],
    settings: dict[str, str],
    kind: type[ConnectorError],
    said: str,
) -> None:
    (result,) = write_many(shop.client(**settings), [product("1", **fields)])
    assert isinstance(result, kind)
    assert said in str(result)


def test_a_deleted_product_is_made_again_where_the_owner_says_so(shop: RealShop) -> None:
    client = shop.client(deleted_products="make_again")
    (result,) = write_many(client, [product("1", sku="N1", name="N", linked_id="N1")])
    assert isinstance(result, Receipt)
    assert result.outcome is Outcome.CREATED


def test_an_article_no_longer_active_is_disabled_where_the_owner_says_so(shop: RealShop) -> None:
    client = shop.client(inactive_products="disable")
    write_many(client, [product("1", sku=SKU, is_active=False)])
    assert there(client, SKU).status == 2
    write_many(client, [product("1", sku=SKU, is_active=True)])
    assert there(client, SKU).status == 2, "enabling it again is the merchant's"


def test_a_refused_article_does_not_hold_up_the_others(shop: RealShop) -> None:
    results = write_many(
        shop.client(),
        [product("1", sku=SKU, price=Decimal(-1)), product("2", sku="N1", name="Fine")],
    )
    assert isinstance(results[0], Rejected)
    assert results[0].field == "price"
    assert isinstance(results[1], Receipt)


def test_images_are_sent_as_bytes_and_a_missing_one_is_left_out(
    shop: RealShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixel = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
    shown = {"https://till.example.com/a.png": pixel, "https://till.example.com/b.txt": b"hello"}
    monkeypatch.setattr(product_images, "_fetched", lambda _, url: shown.get(url, b""))
    client = shop.client()
    urls = [*shown, "https://till.example.com/gone.jpg"]
    write_many(client, [product("1", sku="N1", name="With image", images=urls)])
    (entry,) = client.get("products/N1")["media_gallery_entries"]
    assert entry["types"] == ["image", "small_image", "thumbnail"]
