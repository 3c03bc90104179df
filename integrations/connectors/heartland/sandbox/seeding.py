"""Fills a new account: two shops, the goods of the shared catalogue, and what a retailer sets up."""

from __future__ import annotations

from decimal import Decimal

from integrations.connector_kit.sandbox.catalogue import Article, catalogue
from integrations.connectors.heartland.sandbox.state import (
    custom_fields,
    gift_cards,
    goods,
    people,
    stock,
)
from integrations.connectors.heartland.sandbox.state.account import Account

_LOCATIONS = (("MAIN", "Main Street"), ("HARBOUR", "Harbour Mall"))
_CUSTOM_FIELDS = (
    ("brand", "Brand", custom_fields.ITEM),
    ("style_name", "Style", custom_fields.ITEM),
    ("color", "Color", custom_fields.ITEM),
    ("size", "Size", custom_fields.ITEM),
    ("department", "Department", custom_fields.ITEM),
    ("loyalty_tier", "Loyalty tier", custom_fields.CUSTOMER),
    ("store_credit_number", "Store credit #", custom_fields.CUSTOMER),
    ("external_order_id", "External order id", custom_fields.SALE),
    ("source_system", "Source system", custom_fields.SALE),
    ("tracking_number", "Tracking number", custom_fields.SALE),
    ("tracking_company", "Tracking company", custom_fields.SALE),
)
# What a web order charges for beside goods; nothing of it lies in stock.
SERVICES = (("WEB-TAX", "Tax of web orders"), ("WEB-TIP", "Tip"), ("WEB-DUTY", "Duty"))
_GIFT_CARDS = (("GC12345328598", "50.00"), ("GC12345328599", "125.50"))


def seed(account: Account) -> None:
    """The same options always give the same rows with the same ids."""
    with account.transaction():
        _shops(account)
        _lists(account)
        options = account.options
        articles = catalogue(
            seed=options.seed,
            size=options.size,
            locations=len(_LOCATIONS),
            hostile=options.hostile,
        )
        _goods(account, articles)
        _services(account)
        for number, balance in _GIFT_CARDS:
            gift_cards.create(account, {"number": number, "balance": balance})
        for index in range(1, account.options.customers + 1):
            _customer(account, index)


def _customer(account: Account, number: int) -> None:
    """Has the e-mail address the web shop's buyer of that number has."""
    names = {"first_name": f"Buyer {number}", "last_name": "Test"}
    body = {**names, "email": f"buyer{number}@example.com"}
    row = people.create_customer(account, body)
    places = {"line_1": f"{100 + number} Example Street", "city": "Springfield"}
    people.add_address(
        account, row, {**names, **places, "state": "IL", "postal_code": "62701", "country": "US"}
    )


def _shops(account: Account) -> None:
    account.settings.update(
        {
            "company_name": account.name,
            "pos.tickets.customer_required": False,
            "pos.tickets.sales_rep_required": False,
            "pos.tickets.reason_of_adjusting_price_required": False,
            "springboard.feature_flags": [],
        }
    )
    for public_id, name in _LOCATIONS:
        location = account.add(
            account.locations, public_id=public_id, name=name, **{"active?": True}, _stations=[]
        )
        for register in (1, 2):
            station = {
                "id": account.next_id(),
                "name": f"Register {register}",
                "location_id": location["id"],
            }
            location["_stations"].append(station)


def _lists(account: Account) -> None:
    for name, description in (("Cash", "Cash"), ("External", "Taken by another system")):
        account.add(account.payment_types, name=name, description=description, **{"active?": True})
    for name in ("Standard", "Express"):
        account.add(account.shipping_methods, name=name, **{"active?": True})
    for name in ("Correction", "Damaged"):
        account.add(account.adjustment_reasons, name=name, **{"active?": True})
    for name in ("Issued", "Redeemed online"):
        account.add(account.gift_card_reasons, name=name, **{"active?": True})
    for key, name, group in _CUSTOM_FIELDS:
        custom_fields.create(account, {"key": key, "name": name, "group_id": group})


def _services(account: Account) -> None:
    for public_id, description in SERVICES:
        goods.insert_item(
            account, public_id=public_id, description=description, **{"track_inventory?": False}
        )


def _goods(account: Account, articles: list[Article]) -> None:
    grids: dict[str, int] = {}
    places = sorted(account.locations)
    for article in articles:
        if article.style not in grids:
            grid = account.add(
                account.item_grids,
                public_id=f"GRID-{len(grids) + 1}",
                description=article.style,
                item_custom={"style_name": article.style, "brand": "Acme"},
                item_primary_vendor_id=None,
            )
            grids[article.style] = grid["id"]
        item = goods.insert_item(
            account,
            public_id=article.sku,
            description=article.title,
            long_description=f"<p>{article.style} in {article.colour}.</p>",
            cost=article.cost,
            price=Decimal(article.price),
            primary_barcode=article.barcode,
            grid_id=grids[article.style],
            custom={
                "brand": "Acme",
                "style_name": article.style,
                "color": article.colour,
                "size": article.size,
                "department": "Apparel",
            },
        )
        for place, units in zip(places, article.opening_stock, strict=True):
            stock.move(account, (item["id"], place), units, kind="Opening", source_id=item["id"])
