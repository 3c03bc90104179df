"""Products, variants and attributes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from integrations.connector_kit.sandbox.catalogue import catalogue
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

_PICTURE = "iVBORw0KGgo="


def _new(sku: str, **more: Any) -> dict[str, Any]:
    plain = {"sku": sku, "name": f"New {sku}", "attribute_set_id": 4, "price": 12.5}
    return {"product": {**plain, "type_id": "simple", **more}}


def _attribute(product: dict[str, Any], code: str) -> Any:
    found = {row["attribute_code"]: row["value"] for row in product["custom_attributes"]}
    return found.get(code)


def test_goods_are_those_of_the_point_of_sale(account: Account) -> None:
    shown = account.get("products", criteria(("type_id", "simple", "eq")))
    articles = catalogue(seed="7", size=24)
    assert {row["sku"]: row["price"] for row in shown["items"]} == {
        article.sku: article.price for article in articles
    }
    lying = account.get("inventory/source-items", criteria())
    assert {row["sku"]: row["quantity"] for row in lying["items"]} == {
        article.sku: sum(article.opening_stock) for article in articles
    }


def test_a_style_has_its_articles_as_variants(account: Account) -> None:
    children = account.get("configurable-products/TEE/children")
    assert {row["sku"] for row in children} == {
        article.sku for article in catalogue(seed="7", size=24) if article.style == "Basic Tee"
    }
    options = account.get("configurable-products/TEE/options/all")
    assert [option["label"] for option in options] == ["Color", "Size"]


def test_post_makes_a_product_and_changes_it_the_next_time(account: Account) -> None:
    made = account.post("products", _new("NEW-1"), store="all")
    assert (made["price"], made["type_id"]) == (Decimal("12.5"), "simple")
    again = account.post("products", {"product": {"sku": "new-1", "price": 9}}, store="all")
    assert (again["id"], again["sku"], again["price"]) == (made["id"], "NEW-1", 9)
    assert again["name"] == "New NEW-1"


def test_what_a_new_product_lacks_is_named(account: Account) -> None:
    for body, said in (
        ({"product": {"name": "x"}}, '"%fieldName" is required'),
        ({"product": {"sku": "N", "attribute_set_id": 4, "price": 1}}, "value is empty"),
        (_new("N", price=None), "value is empty"),
        (_new("N" * 65), "64 characters"),
        (_new("N", price=-1), "is invalid"),
        (_new("N", custom_attributes="color"), "type is invalid"),
        (_new("N", media_gallery_entries=[1]), "type is invalid"),
        ({}, '"%fieldName" is required'),
    ):
        reply = account.refused("POST", "products", body)
        assert reply.status == 400
        assert said in reply.json["message"]
    assert account.rest("GET", "V1/products/N").status == 404


def _own_key(key: str) -> dict[str, str]:
    return {"attribute_code": "url_key", "value": key}


def test_two_products_cannot_have_one_address(account: Account) -> None:
    account.post("products", _new("URL-1", custom_attributes=[_own_key("same")]), store="all")
    reply = account.refused("POST", "products", _new("URL-2", custom_attributes=[_own_key("same")]))
    assert reply.json["message"] == "URL key for specified store already exists."
    assert account.rest("GET", "V1/products/URL-2").status == 404


def test_without_all_a_name_is_written_for_the_store_view_alone(account: Account) -> None:
    account.put("products/TEE-BLK-S", {"product": {"sku": "TEE-BLK-S", "name": "Only here"}})
    assert account.get("products/TEE-BLK-S")["name"] == "Only here"
    assert account.get("products/TEE-BLK-S", store="all")["name"] == "Basic Tee - Black - S"
    account.put(
        "products/TEE-BLK-S", {"product": {"sku": "TEE-BLK-S", "name": "Everywhere"}}, store="all"
    )
    assert account.get("products/TEE-BLK-S")["name"] == "Only here"


def test_a_configurable_product_is_built_of_its_variants(account: Account) -> None:
    size = account.get("products/attributes/size/options")
    values = [int(row["value"]) for row in size if row["value"]][:2]
    parent = _new("CONF", type_id="configurable", visibility=4)
    del parent["product"]["price"]
    account.post("products", parent, store="all")
    for number, value in enumerate(values):
        attributes = [{"attribute_code": "size", "value": str(value)}]
        child = _new(f"CONF-{number}", visibility=1, custom_attributes=attributes)
        account.post("products", child, store="all")
    option = {
        "attribute_id": "142",
        "label": "Size",
        "position": 0,
        "values": [{"value_index": value} for value in values],
    }
    refused = account.refused("POST", "configurable-products/CONF/child", {"childSku": "CONF-0"})
    assert "doesn't have configurable product options" in refused.json["message"]
    account.post("configurable-products/CONF/options", {"option": option}, store="all")
    for number in range(2):
        body = {"childSku": f"CONF-{number}"}
        assert account.post("configurable-products/CONF/child", body, store="all") is True
    twice = account.refused("POST", "configurable-products/CONF/child", {"childSku": "CONF-0"})
    assert "already attached" in twice.json["message"]
    shown = account.get("products/CONF")["extension_attributes"]
    assert len(shown["configurable_product_links"]) == 2
    assert shown["configurable_product_options"][0]["attribute_id"] == "142"


def test_options_of_a_list_are_added_once(account: Account) -> None:
    option = {"option": {"label": "XXL", "value": ""}}
    number = account.post("products/attributes/size/options", option)
    assert isinstance(number, str)
    shown = account.get("products/attributes/size/options")
    assert {row["label"]: row["value"] for row in shown}["XXL"] == number
    assert account.refused("POST", "products/attributes/size/options", option).status == 400
    reply = account.refused("GET", "products/attributes/nothing")
    assert reply.status == 404


def test_prices_fail_row_by_row(account: Account) -> None:
    rows = [
        {"price": 11.25, "store_id": 0, "sku": "TEE-BLK-S"},
        {"price": 5, "store_id": 0, "sku": "NO-SUCH"},
        {"price": -5, "store_id": 0, "sku": "TEE-BLK-S"},
    ]
    failures = account.post("products/base-prices", {"prices": rows}, store="all")
    assert len(failures) == 2
    assert "NO-SUCH" in failures[0]["parameters"]
    assert account.get("products/TEE-BLK-S")["price"] == Decimal("11.25")


def _picture(name: str, kind: str = "image/png") -> dict[str, Any]:
    return {
        "media_type": "image",
        "label": "front",
        "position": 1,
        "disabled": False,
        "types": ["image", "small_image"],
        "content": {"base64_encoded_data": _PICTURE, "type": kind, "name": name},
    }


def test_pictures_that_come_with_a_product_are_all_it_has(account: Account) -> None:
    wrong = _new("PIC", media_gallery_entries=[_picture("x.exe", "text/plain")])
    assert account.refused("POST", "products", wrong).status == 400
    assert account.rest("GET", "V1/products/PIC").status == 404
    made = account.post("products", _new("PIC", media_gallery_entries=[_picture("one.png")]))
    first = made["media_gallery_entries"][0]
    kept = [first, _picture("two.png")]
    more = account.put("products/PIC", {"product": {"sku": "PIC", "media_gallery_entries": kept}})
    assert [row["file"] for row in more["media_gallery_entries"]] == [first["file"], "/t/w/two.png"]
    less = account.put("products/PIC", {"product": {"sku": "PIC", "media_gallery_entries": []}})
    assert less["media_gallery_entries"] == []


def test_a_picture_takes_its_roles(account: Account) -> None:
    def picture(name: str, kind: str = "image/png") -> dict[str, Any]:
        return {"entry": _picture(name, kind)}

    first = account.post("products/TEE-BLK-S/media", picture("one.png"), store="all")
    second = account.post("products/TEE-BLK-S/media", picture("two.png"), store="all")
    shown = {row["id"]: row["types"] for row in account.get("products/TEE-BLK-S/media")}
    assert shown == {first: [], second: ["image", "small_image"]}
    assert _attribute(account.get("products/TEE-BLK-S"), "image") == "/t/w/two.png"
    refused = account.refused("POST", "products/TEE-BLK-S/media", picture("x.exe", "text/plain"))
    assert "MIME type" in refused.json["message"]


def test_a_deleted_product_is_gone(account: Account) -> None:
    assert account.done("DELETE", "products/TEE-BLK-S") is True
    assert account.rest("GET", "V1/products/TEE-BLK-S").status == 404
    assert account.get("products", criteria(("sku", "TEE-BLK-S", "eq")))["items"] == []
    skus = [row["sku"] for row in account.get("configurable-products/TEE/children")]
    assert "TEE-BLK-S" not in skus


def test_sets_types_and_attributes_are_listed(account: Account) -> None:
    sets = account.get("products/attribute-sets/sets/list", criteria())
    assert [row["attribute_set_name"] for row in sets["items"]] == ["Default", "Clothing"]
    shown = account.get("products/attributes", criteria(("frontend_input", "select", "eq")))
    assert {"color", "size"} <= {row["attribute_code"] for row in shown["items"]}
    assert account.get("products/attribute-sets/4/attributes")
    assert account.get("products/types")
