"""Items with their families and images, read from the sandbox."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.connector_kit.payload import Payload
from integrations.connectors.heartland import families
from integrations.connectors.heartland.connector import CONNECTOR
from integrations.connectors.heartland.families import without_options
from integrations.connectors.heartland.tests.small_heartland import SKUS, Place
from mappings.canonical.product import Product
from mappings.canonical.record import Entity, Skipped


def products(place: Place, *skus: str, **settings: str) -> list[Product]:
    """The items of these numbers as they are read and normalised."""
    port = CONNECTOR.entities[Entity.PRODUCT]
    assert port.read is not None
    assert port.normalise is not None
    client = place.client(**settings)
    numbers = {row["public_id"]: str(row["id"]) for row in place.rows("/items")}
    rows = port.read(client, [numbers[sku] for sku in skus])
    found = [port.normalise(Payload(rows[numbers[sku]]), client.account) for sku in skus]
    assert all(isinstance(one, Product) for one in found)
    return [one for one in found if isinstance(one, Product)]


def test_a_grid_is_a_family_that_knows_its_siblings(place: Place) -> None:
    place.control("items", {"sku": "TEE-X", "like": SKUS[0], "description": "X"})
    first, other = products(place, SKUS[0], "TEE-X")
    assert first.family_key == other.family_key != ""
    assert first.family_title == other.family_title
    assert first.family_title == first.custom["style_name"]
    assert first.family_skus == other.family_skus == (SKUS[0], "TEE-X")
    assert list(first.options) == ["Color", "Size"]


def test_a_custom_field_groups_what_has_no_grid(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "MOST_NAMED", 2)
    for size in ("S", "M", "L"):
        scarf = {"public_id": f"SCF-{size}", "description": f"Scarf - {size}", "cost": 1}
        custom = {"style_name": "Scarf", "size": size}
        place.client().create("/items", {**scarf, "price": 9, "custom": custom}, what="item")
    alone = products(place, "SCF-S")[0]
    assert (alone.family_key, alone.options, alone.family_title) == ("", {}, "Scarf - S")
    grouped = products(place, "SCF-S", "SCF-L", group_field="style_name")
    assert {one.family_key for one in grouped} == {"style_name=Scarf"}
    assert [one.options for one in grouped] == [{"Size": "S"}, {"Size": "L"}]
    assert grouped[1].family_skus == ("SCF-S", "SCF-M")


def test_images_are_read_unless_the_owner_says_no(place: Place) -> None:
    urls = ["https://images.example.com/1.jpg", "https://images.example.com/2.jpg"]
    for url in urls:
        place.control("items", {"sku": SKUS[0], "image": url})
    assert products(place, SKUS[0])[0].images == tuple(urls)
    assert products(place, SKUS[0], read_images="no")[0].images == ()


def test_the_price_before_counts_while_it_is_higher(place: Place) -> None:
    place.control("items", {"sku": SKUS[0], "price": "10.00", "original_price": "12.00"})
    assert products(place, SKUS[0])[0].compare_at_price == Decimal("12.00")
    place.control("items", {"sku": SKUS[0], "price": "12.00"})
    assert products(place, SKUS[0])[0].compare_at_price is None


def test_items_that_keep_the_books_are_left_out(place: Place) -> None:
    with pytest.raises(Skipped, match="WEB-TIP is an item that web orders are booked on"):
        products(place, "WEB-TIP", tip_item="WEB-TIP")


def test_all_items_are_listed_and_counted(place: Place) -> None:
    port = CONNECTOR.entities[Entity.PRODUCT]
    assert port.pages is not None
    assert port.count is not None
    client = place.client()
    keys = [str(row["id"]) for row in place.rows("/items")]
    page = port.pages(client, "")
    assert [notice.key for notice in page.notices] == sorted(keys, key=int)
    assert all(notice.payload is None and notice.version for notice in page.notices)
    assert not page.more
    assert port.count(client).records == len(keys)


@pytest.mark.parametrize(
    ("title", "values", "left"),
    [
        ("Basic Tee - Black - M", ("Black", "M"), "Basic Tee"),
        ("Basic Tee - M - Black", ("Black", "M"), "Basic Tee"),
        ("Basic Tee - Long - M", ("Black", "M"), "Basic Tee - Long"),
        ("T-Shirt M", ("M",), "T-Shirt M"),
        ("M - M", ("M",), "M"),
        ("", ("M",), ""),
    ],
)
def test_only_options_are_cut_off_a_title(title: str, values: tuple[str, ...], left: str) -> None:
    assert without_options(title, values) == left
