"""The pages people see: what the buttons do, and that nothing escapes into the markup."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from integrations.connectors.heartland.sandbox.tests.conftest import call

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _press(shop: Any, action: str, **fields: str) -> str:
    url = f"{shop.account['base_url']}/actions/{action}"
    reply = call(url, "POST", urlencode(fields).encode(), FORM)
    assert reply.status == 303
    return parse_qs(urlsplit(reply.headers["location"]).query)["message"][0]


def test_goods_sales_and_buttons(origin: str, shop: Any) -> None:
    name = shop.account["name"]
    assert f"/tenants/{name}/".encode() in call(f"{origin}/").body
    item = shop.get("/api/items")["results"][0]
    sku, place = item["public_id"], shop.settings["location_id"]
    before = shop.stock(sku)[place][0]
    said = _press(shop, "sell", sku=sku, location=str(place), quantity="2")
    assert f"{item['price'] * 2:.2f} USD" in said
    assert "available" in _press(shop, "stock", sku=sku, location=str(place), delta="-3")
    assert shop.stock(sku)[place][0] == before - 5
    page = call(f"{shop.account['base_url']}/").body.decode()
    assert f"2 x {sku}" in page
    assert f"{before - 5} / {before - 5}" in page
    assert "src=" not in page
    assert "<link" not in page
    assert 'content="width=device-width' in page


def test_the_fault_button(shop: Any) -> None:
    _press(shop, "fail", kind="status", times="2", value="503", match="/api/items")
    assert [shop.send("GET", "/api/items").status for _ in range(3)] == [503, 503, 200]
    _press(shop, "fail", kind="status", times="9", value="503", match="")
    _press(shop, "clear")
    assert shop.send("GET", "/api/items").status == 200


def test_nonsense_in_forms_is_said_and_escaped(shop: Any) -> None:
    assert "no article" in _press(shop, "sell", sku="<b>", quantity="1")
    sku = shop.get("/api/items")["results"][0]["public_id"]
    assert "fitting" in _press(shop, "sell", sku=sku, quantity="many")
    assert "no such fault" in _press(shop, "fail", kind="fire", times="1").lower()
    page = call(f"{shop.account['base_url']}/?message=%3Cscript%3E&q=%22%3E%3Cscript%3E").body
    assert b"<script>" not in page
    assert b"&lt;script&gt;" in page
    assert shop.get("/api/sales/tickets")["total"] == 0
