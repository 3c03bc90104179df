"""The shop front: see the goods, order as a buyer, watch what comes back."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox import layout
from integrations.connector_kit.sandbox.faults import Fault, FaultKind
from integrations.connector_kit.sandbox.values import BadRequest, whole_of
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
_FAULT_FORM = Markup(
    '<section><h2>Trouble</h2><form method="post" action="{base}/fail">'
    '<label>Fail the next<input type="number" name="times" value="3" min="1" max="500"></label>'
    '<label>with<select name="kind"><option value="status">HTTP 503</option>'
    '<option value="throttle">Throttled</option><option value="refuse">no connection</option>'
    "</select></label><button>Fail the next calls</button></form></section>"
)


def index(accounts: Accounts, request: Request) -> Response:
    rows = Markup("").join(
        Markup(
            '<tr><td><a href="/shops/{0}/">{0}</a></td><td>{1}</td><td class="n">{2}</td></tr>'
        ).format(shop.name, shop.domain, len(shop.orders))
        for shop in accounts.all()
    )
    body = Markup(
        "<section><h2>Shops</h2>{}</section>"
        "<p><small>A stand-in for Shopify. Nothing here leaves this machine.</small></p>"
    ).format(
        Markup(
            '<div class="wide"><table><tr><th>Shop</th><th>Domain</th><th class="n">Orders</th></tr>'
            "{}</table></div>"
        ).format(rows)
        if rows
        else Markup("<p>No shop yet. Add one over the control API.</p>")
    )
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
                _FAULT_FORM.format(base=base),
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
    more = len(shop.variants) - len(goods)
    return Markup(
        '<section><h2>Goods</h2><div class="wide"><table><tr><th>Article</th><th>SKU</th>'
        '<th class="n">Price</th><th class="n">Available</th><th class="n">Committed</th></tr>'
        "{}</table></div>{}</section>"
    ).format(rows, Markup("<small>and {} more</small>").format(more) if more else "")


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
    return Markup(
        '<section><h2>Last orders</h2><div class="wide"><table><tr><th>Order</th><th>Lines</th>'
        '<th class="n">Total</th><th>State</th><th>Tracking</th></tr>{}</table></div></section>'
    ).format(rows)


def _back(name: str, said: str) -> Response:
    return redirect(f"/shops/{quote(name)}/?said={quote(said)}", code=303)


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
    shop = accounts.get(name)
    try:
        times = whole_of(request.form.get("times", "1"), "times", least=1, most=500)
        kind = FaultKind(request.form.get("kind", FaultKind.STATUS))
    except ValueError as error:
        return _back(name, f"Not set: {error}.")
    shop.faults.add(Fault(kind, value=503 if kind is FaultKind.STATUS else 0, times=times))
    return _back(name, f"The next {times} calls will fail ({kind.value}).")
