"""The shop front: see the goods, order as a buyer, watch what comes back."""

from __future__ import annotations

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox import layout, shop_pages
from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.shopify.sandbox import totals
from integrations.connectors.shopify.sandbox.accounts import Accounts
from integrations.connectors.shopify.sandbox.money import plain
from integrations.connectors.shopify.sandbox.ordering import place_orders
from integrations.connectors.shopify.sandbox.records import Order, Variant
from integrations.connectors.shopify.sandbox.shop import Shop

_SHOWN_ORDERS = 20
_SHOWN_GOODS = 60

_ORDER_FORM = Markup(
    '<section><h2>Place order</h2><form method="post" action="{base}/buy">'
    '<label>Article<select name="sku">{options}</select></label>'
    '<label>Quantity<input type="number" name="quantity" value="1" min="1" max="99"></label>'
    '<label>Payment<select name="paid"><option value="yes">Paid</option>'
    '<option value="no">Pending</option></select></label>'
    '<label>Discount code<input name="discount" placeholder="SAVE15 or LESS5" maxlength="30">'
    "</label><button>Place order</button></form></section>"
)


def index(accounts: Accounts, request: Request) -> Response:
    rows = Markup("").join(
        Markup(
            '<tr><td><a href="/shops/{0}/">{0}</a></td><td>{1}</td><td class="n">{2}</td></tr>'
        ).format(shop.name, shop.domain, len(shop.orders))
        for shop in accounts.all()
    )
    body = shop_pages.shops(("Shop", "Domain", "#Orders"), rows, "Shopify")
    return layout.page("Shopify sandbox", body, said=request.args.get("said", ""))


def shop_front(accounts: Accounts, request: Request, name: str) -> Response:
    shop = accounts.get(name)
    base = f"/shops/{name}"
    with shop.lock:
        goods = list(shop.variants.values())[:_SHOWN_GOODS]
        latest = list(reversed(shop.orders.values()))[:_SHOWN_ORDERS]
        body = Markup("").join(
            [
                _ORDER_FORM.format(base=base, options=_options(goods, shop)),
                _orders_table(latest),
                _goods_table(goods, shop),
                shop_pages.fault_form(base, "Throttled"),
                Markup('<p><a href="/">All shops</a></p>'),
            ]
        )
    return layout.page(f"Shop {shop.name}", body, said=request.args.get("said", ""))


def _available(variant: Variant, shop: Shop) -> int:
    return variant.levels[shop.main_location.id].quantity("available")


def _options(goods: list[Variant], shop: Shop) -> Markup:
    return Markup("").join(
        Markup('<option value="{0}">{1} {2} ({0}), {3} left</option>').format(
            entry.sku, entry.product.title, entry.title, _available(entry, shop)
        )
        for entry in goods
    )


def _goods_table(goods: list[Variant], shop: Shop) -> Markup:
    rows = Markup("").join(
        Markup(
            '<tr><td>{}<br><small>{}</small></td><td>{}</td><td class="n">{}</td>'
            '<td class="n">{}</td><td class="n">{}</td></tr>'
        ).format(
            entry.product.title,
            entry.title,
            entry.sku,
            plain(entry.price),
            _available(entry, shop),
            entry.levels[shop.main_location.id].quantity("committed"),
        )
        for entry in goods
    )
    heads = ("Article", "SKU", "#Price", "#Available", "#Committed")
    return shop_pages.table("Goods", heads, rows, len(shop.variants) - len(goods))


def _tracking(order: Order) -> Markup:
    shown = [
        Markup("{} {}").format(entry.company or "", ", ".join(entry.numbers))
        for entry in order.fulfillments
        if entry.status != "CANCELLED"
    ]
    return Markup("<br>").join(shown)


def _orders_table(orders: list[Order]) -> Markup:
    if not orders:
        return Markup("<section><h2>Last orders</h2><p>None yet.</p></section>")
    rows = Markup("").join(
        Markup(
            '<tr><td>{}<br><small>{}</small></td><td>{}</td><td class="n">{}</td>'
            '<td><span class="tag">{}</span> <span class="tag">{}</span></td><td>{}</td></tr>'
        ).format(
            order.name,
            order.created_at.strftime("%H:%M:%S"),
            Markup("<br>").join(
                Markup("{} × {}").format(line.quantity, line.sku) for line in order.lines
            ),
            plain(totals.total(order)),
            "cancelled" if order.cancelled_at else totals.financial_status(order).lower(),
            totals.fulfillment_status(order).replace("_", " ").lower(),
            _tracking(order),
        )
        for order in orders
    )
    return shop_pages.table("Last orders", ("Order", "Lines", "#Total", "State", "Tracking"), rows)


def _back(name: str, said: str) -> Response:
    return shop_pages.back(f"/shops/{name}", said)


def buy(accounts: Accounts, request: Request, name: str) -> Response:
    shop, form = accounts.get(name), request.form
    wanted = {"sku": form.get("sku", ""), "quantity": form.get("quantity", "1")}
    code = form.get("discount", "").strip()
    try:
        placed, refused = place_orders(
            shop,
            {
                "count": 1,
                "paid": form.get("paid") == "yes",
                "discount": code or False,
                "lines_exact": [wanted],
            },
        )
    except BadRequest as error:
        return _back(name, f"Not placed: {error}.")
    if not placed:
        return _back(name, f"Not placed: {refused}.")
    total = plain(totals.total(placed[0]))
    return _back(name, f"Order {placed[0].name} placed, total {total} {shop.currency}.")


def fail(accounts: Accounts, request: Request, name: str) -> Response:
    return _back(name, shop_pages.fail_next(accounts.get(name).faults, request.form))
