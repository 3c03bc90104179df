"""Products into a shop: found, made, grouped, changed and left alone; against the sandbox."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from integrations.connector_kit.base import Account, Outcome, Outgoing, Receipt
from integrations.connector_kit.errors import Rejected, TryLater, Unsupported
from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connector_kit.sandbox.testing import done, serving
from integrations.connectors.shopify import product_look
from integrations.connectors.shopify.client import ShopClient
from integrations.connectors.shopify.product_look import ProductThere, VariantThere
from integrations.connectors.shopify.product_writing import write_many
from mappings.canonical.record import Entity

KNOWN = catalogue(seed="7", size=2)


@pytest.fixture(scope="module")
def public() -> Iterator[str]:
    with serving("shopify") as address:
        yield address


class Shop:
    """A shop with two articles, and what a test does with it."""

    def __init__(self, public: str) -> None:
        self.name = f"p{uuid.uuid4().hex[:10]}"
        self._control = f"{public}/_sandbox/accounts"
        self.details = self._post("", name=self.name, seed="7", size=len(KNOWN))
        self.client = self.opened()

    def opened(self, **settings: str) -> ShopClient:
        details = self.details
        return ShopClient(
            Account(
                id=self.name,
                base_url=details["base_url"],
                flavour="admin",
                settings={**details["settings"], **settings},
                credentials=details["credentials"],
                private_network=True,
            )
        )

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        found: dict[str, Any] = done("POST", self._control + path, body)
        return found

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        return self._post(f"/{self.name}/{path}", **body)

    def write(self, *batch: Outgoing, **settings: str) -> list[Any]:
        client = self.opened(**settings) if settings else self.client
        return list(write_many(client, batch))

    def variant(self, sku: str) -> VariantThere:
        (found,) = product_look.by_sku(self.client, [sku])[sku].exact
        return found

    def product(self, sku: str) -> tuple[ProductThere, list[VariantThere]]:
        found = product_look.whole(self.client, self.variant(sku).product.gid)
        assert found is not None
        return found

    def count(self) -> tuple[int, int]:
        """Products and variants."""
        variants = list(self.client.rows("VariantsWithSku", "productVariants", {"q": ""}))
        return len({row["product"]["id"] for row in variants}), len(variants)


@pytest.fixture
def shop(public: str) -> Shop:
    return Shop(public)


def article(
    sku: str, *, key: str = "", linked_id: str = "", attempt: int = 1, **more: Any
) -> Outgoing:
    fields = {
        "sku": sku,
        "title": sku.title(),
        "price": Decimal("19.00"),
        "cost": Decimal("8.55"),
        "tracks_stock": True,
        "is_active": True,
        **more,
    }
    return Outgoing(
        f"d-{sku}", Entity.PRODUCT, key or f"i-{sku}", sku, fields, linked_id, attempt=attempt
    )


def member(sku: str, colour: str, size: str, **more: Any) -> Outgoing:
    options = {"Color": colour, "Size": size}
    return article(sku, title="Wool Scarf", family_key="900", options=options, **more)


def test_a_single_article_becomes_a_draft_with_everything_we_know(shop: Shop) -> None:
    given = article(
        "VASE-1",
        title="Blue vase",
        description='<p onclick="x()">Hand <b>made</b><script>steal()</script></p>',
        barcode="400000000999",
        compare_at_price=Decimal("25.00"),
        weight=Decimal("0.4"),
        weight_unit="lb",
        vendor="Acme",
        product_type="Decoration",
        tags=["new", "blue"],
        images=["https://images.example.com/vase.jpg"],
        metafields={"custom": {"fabric": "Clay"}},
        variant_metafields={"custom": {"shelf": "12"}},
    )
    (receipt,) = shop.write(given)
    variant = shop.variant("VASE-1")
    assert (receipt.id, receipt.outcome, receipt.label) == (variant.key, Outcome.CREATED, "VASE-1")
    assert receipt.awakened == ((Entity.INVENTORY, "i-VASE-1"),)
    product, variants = shop.product("VASE-1")
    assert variants == [variant]
    assert (product.status, product.title, product.vendor, product.product_type, product.tags) == (
        "DRAFT",
        "Blue vase",
        "Acme",
        "Decoration",
        ("blue", "new"),
    )
    assert product.html == "<p>Hand <b>made</b></p>"
    assert (variant.price, variant.compare_at, variant.cost, variant.barcode) == (
        Decimal("19.00"),
        Decimal("25.00"),
        Decimal("8.55"),
        "400000000999",
    )
    assert (variant.weight, variant.options, variant.item) == (
        (Decimal("0.4"), "POUNDS"),
        (),
        "i-VASE-1",
    )
    assert shop.count() == (3, 3)


def test_siblings_become_one_product_in_one_batch_and_later(shop: Shop) -> None:
    first = shop.write(member("SCF-B-S", "Blue", "S"), member("SCF-B-M", "Blue", "M"))
    later = shop.write(member("SCF-R-S", "Red", "S"))
    assert [one.outcome for one in (*first, *later)] == [Outcome.CREATED] * 3
    product, variants = shop.product("SCF-B-S")
    assert (product.title, product.options) == ("Wool Scarf", ("Color", "Size"))
    assert {one.sku: one.options for one in variants} == {
        "SCF-B-S": (("Color", "Blue"), ("Size", "S")),
        "SCF-B-M": (("Color", "Blue"), ("Size", "M")),
        "SCF-R-S": (("Color", "Red"), ("Size", "S")),
    }
    assert [one.id for one in (*first, *later)] == [one.key for one in variants]


def test_siblings_written_at_the_same_time_share_a_product(shop: Shop) -> None:
    batches = [[member(f"SCF-{size}", "Blue", size)] for size in ("S", "M", "L", "XL")]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda batch: write_many(shop.client, batch), batches))
    assert [receipt.outcome for (receipt,) in done if isinstance(receipt, Receipt)] == [
        Outcome.CREATED
    ] * 4
    assert len(shop.product("SCF-S")[1]) == 4


@pytest.mark.parametrize("operation", ["ProductCreate", "VariantsUpdate", "VariantsCreate"])
def test_a_lost_answer_makes_nothing_twice(shop: Shop, operation: str) -> None:
    batch = [member("SCF-B-S", "Blue", "S"), member("SCF-B-M", "Blue", "M")]
    shop.control("faults", kind="lost_answer", match=operation)
    with pytest.raises(TryLater):
        shop.write(*batch)
    done = shop.write(*(member(one.key[2:], "Blue", one.key[-1], attempt=2) for one in batch))
    assert all(isinstance(one, Receipt) for one in done)
    assert [(one.sku, one.item) for one in shop.product("SCF-B-S")[1]] == [
        ("SCF-B-S", "i-SCF-B-S"),
        ("SCF-B-M", "i-SCF-B-M"),
    ]
    assert shop.count() == (3, 4)


def test_what_the_shop_sells_already_is_linked_and_keeps_its_texts(shop: Shop) -> None:
    known = KNOWN[0]
    before = shop.product(known.sku)[0]
    given = article(known.sku, title="Till name", description="Till text", vendor="Till")
    (receipt,) = shop.write(given)
    product, (variant,) = shop.product(known.sku)
    assert (receipt.id, receipt.outcome) == (variant.key, Outcome.UPDATED)
    assert receipt.awakened == ((Entity.INVENTORY, given.key),)
    assert (variant.price, variant.item) == (Decimal("19.00"), given.key)
    assert (product.title, product.html, product.vendor, product.is_ours) == (
        before.title,
        before.html,
        before.vendor,
        False,
    )
    linked = article(known.sku, linked_id=receipt.id, title="Till name")
    (again,) = shop.write(linked)
    assert (again.outcome, again.awakened) == (Outcome.UNCHANGED, ())
    assert shop.count() == (2, 2)


def test_texts_follow_the_till_only_when_the_owner_says_so(shop: Shop) -> None:
    given = article(KNOWN[0].sku, title="Till name", description="<p>Till</p>", tags=["pos"])
    (receipt,) = shop.write(given, product_texts="always")
    product = shop.product(KNOWN[0].sku)[0]
    assert receipt.outcome is Outcome.UPDATED
    assert (product.title, product.html, product.tags) == ("Till name", "<p>Till</p>", ("pos",))


def test_prices_can_belong_to_the_shop(shop: Shop) -> None:
    before = shop.variant(KNOWN[0].sku)
    shop.write(article(KNOWN[0].sku, price=Decimal("1.00")), product_prices="when_created")
    after = shop.variant(KNOWN[0].sku)
    assert (after.price, after.cost, after.item) == (before.price, before.cost, f"i-{before.sku}")


def test_what_costs_nothing_at_the_till_keeps_its_price_in_the_shop(shop: Shop) -> None:
    before = shop.variant(KNOWN[0].sku)
    (free,) = shop.write(article(KNOWN[0].sku, price=Decimal(0)))
    assert isinstance(free, Unsupported)
    assert "costs nothing" in str(free)
    assert shop.variant(KNOWN[0].sku).price == before.price
    (owned,) = shop.write(article(KNOWN[0].sku, price=Decimal(0)), product_prices="when_created")
    assert not isinstance(owned, Exception)


def test_an_offer_ends_in_a_product_of_ours(shop: Shop) -> None:
    on_offer = article("CUP-1", compare_at_price=Decimal("25.00"))
    (receipt,) = shop.write(on_offer)
    over = article("CUP-1", price=Decimal("25.00"), linked_id=receipt.id)
    (after,) = shop.write(over)
    variant = shop.variant("CUP-1")
    assert (after.outcome, variant.price, variant.compare_at) == (
        Outcome.UPDATED,
        Decimal("25.00"),
        None,
    )


def test_a_new_item_number_reaches_a_variant_of_ours_and_no_other(shop: Shop) -> None:
    (made,) = shop.write(article("CUP-1"))
    ours, theirs = shop.write(
        article("CUP-2", key="i-CUP-1", linked_id=made.id),
        article("OTHER-1", linked_id=shop.variant(KNOWN[0].sku).key),
    )
    assert shop.variant("CUP-2").key == ours.id
    assert shop.variant(KNOWN[0].sku).key == theirs.id


@pytest.mark.parametrize("sku", [KNOWN[0].sku.lower(), f" {KNOWN[0].sku}"])
def test_a_sku_that_only_looks_the_same_is_shown_to_a_person(shop: Shop, sku: str) -> None:
    (error,) = shop.write(article(sku))
    assert isinstance(error, Rejected)
    assert (error.field, error.said) == ("sku", sku)
    assert repr(KNOWN[0].sku) in str(error)
    assert repr(sku) in str(error)
    assert shop.count() == (2, 2)


def test_a_sku_of_several_variants_is_refused(shop: Shop) -> None:
    (made,) = shop.write(article("CUP-1"))
    shop.write(article(KNOWN[0].sku, key="i-CUP-1", linked_id=made.id))
    (error,) = shop.write(article(KNOWN[0].sku))
    assert str(error) == f"2 Shopify variants have the SKU {KNOWN[0].sku}"


def test_a_new_sibling_joins_the_product_its_siblings_are_sold_in(shop: Shop) -> None:
    known = KNOWN[0]
    options = {"Size": "XXL", "Color": known.colour}
    skus = [known.sku, "TEE-XXL"]
    (made,) = shop.write(
        article("TEE-XXL", family_key="77", family_skus=skus, options=options, title="X")
    )
    product, variants = shop.product(known.sku)
    assert [one.sku for one in variants] == skus
    assert (made.id, product.title) == (variants[1].key, known.style)
    assert shop.count() == (2, 3)


def test_siblings_in_several_products_are_not_guessed_about(shop: Shop) -> None:
    skus = [one.sku for one in KNOWN]
    (error,) = shop.write(article("TEE-XXL", family_key="77", family_skus=skus))
    assert isinstance(error, Rejected)
    assert "belong to 2 Shopify products" in str(error)
    assert shop.count() == (2, 2)


def test_one_bad_sibling_does_not_hold_up_the_others(shop: Shop) -> None:
    batch = [
        member("SCF-B-S", "Blue", "S"),
        member("SCF-B-M", "Blue", "M", price=Decimal("-1.00")),
        member("SCF-B-L", "Blue", "L"),
        member("SCF-B-L2", "Blue", "L"),
        member("SCF-B", "Blue", ""),
        member("SCF-B-X", "Blue", "X", price=None),
    ]
    done = dict(zip([one.key[2:] for one in batch], shop.write(*batch), strict=True))
    assert {sku for sku, one in done.items() if isinstance(one, Receipt)} == {"SCF-B-S", "SCF-B-L"}
    refused = {sku: (one.field, str(one)) for sku, one in done.items() if isinstance(one, Rejected)}
    assert refused["SCF-B-M"] == (
        "price",
        "Shopify refused price of the article SCF-B-M: Price must be greater than or equal to 0",
    )
    assert refused["SCF-B-L2"] == (
        "options",
        "Blue / L of this product has the SKU SCF-B-L already, not SCF-B-L2",
    )
    assert refused["SCF-B"][1].startswith("The article SCF-B has the options Color")
    assert refused["SCF-B-X"] == ("price", "The article SCF-B-X has no price")
    assert len(shop.product("SCF-B-S")[1]) == 2


def test_what_was_deleted_in_the_shop_stays_deleted_until_the_owner_says_otherwise(
    shop: Shop,
) -> None:
    (made,) = shop.write(article("CUP-1"))
    shop.control("products/delete", sku="CUP-1")
    later = article("CUP-1", linked_id=made.id)
    (left,) = shop.write(later)
    assert isinstance(left, Unsupported)
    assert "was deleted in Shopify" in str(left)
    assert shop.count() == (2, 2)
    (again,) = shop.write(later, deleted_products="make_again")
    assert (again.outcome, again.id) == (Outcome.CREATED, shop.variant("CUP-1").key)
    assert again.id != made.id


def test_new_products_can_be_left_out(shop: Shop) -> None:
    (left,) = shop.write(article("CUP-1"), new_products="none")
    (inactive,) = shop.write(article("CUP-1", is_active=False))
    (free,) = shop.write(article("CUP-1", price=Decimal("0.00")))
    assert isinstance(left, Unsupported)
    assert isinstance(free, Unsupported)
    assert isinstance(inactive, Unsupported)
    assert shop.count() == (2, 2)


def test_a_product_is_archived_with_its_last_active_article_and_comes_back(shop: Shop) -> None:
    small, large = shop.write(
        member("SCF-S", "Blue", "S"), member("SCF-L", "Blue", "L"), new_products="active"
    )

    def say(sku: str, linked: str, *, active: bool) -> str:
        shop.write(
            member(sku, "Blue", sku[-1], linked_id=linked, is_active=active),
            inactive_products="archive",
        )
        return shop.product("SCF-S")[0].status

    assert say("SCF-S", small.id, active=False) == "ACTIVE"
    assert say("SCF-L", large.id, active=False) == "ARCHIVED"
    assert say("SCF-L", large.id, active=True) == "ACTIVE"
    shop.write(member("SCF-L", "Blue", "L", linked_id=large.id, is_active=False))
    assert shop.product("SCF-S")[0].status == "ACTIVE"


def test_a_product_the_till_never_spoke_of_whole_is_not_archived(shop: Shop) -> None:
    known = KNOWN[0]
    skus = [known.sku, "TEE-XXL"]
    options = {"Size": "XXL", "Color": known.colour}
    (made,) = shop.write(article("TEE-XXL", family_key="77", family_skus=skus, options=options))
    shop.write(article("TEE-XXL", linked_id=made.id, is_active=False), inactive_products="archive")
    assert shop.product("TEE-XXL")[0].status == "ACTIVE"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sku": None}, "sku"),
        ({"weight": Decimal(1), "weight_unit": "stone"}, "weight_unit"),
        ({"options": {"A": "1", "B": "2", "C": "3", "D": "4"}}, "options"),
        ({"metafields": {"fabric": "Clay"}}, "metafields.fabric"),
    ],
)
def test_an_article_shopify_cannot_hold_is_held_with_its_field(
    shop: Shop, more: dict[str, Any], field: str
) -> None:
    fine = article("CUP-1")
    wrong = article("CUP-2")
    wrong = replace(wrong, fields={**wrong.fields, **more})
    made, error = shop.write(fine, wrong)
    assert made.outcome is Outcome.CREATED
    assert isinstance(error, Rejected)
    assert error.field == field
    assert error.advice
