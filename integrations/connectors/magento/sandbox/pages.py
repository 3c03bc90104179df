"""The shop front: see the goods, order as a buyer, watch what comes back."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox import layout, shop_pages
from integrations.connector_kit.sandbox.values import BadRequest
from integrations.connectors.magento.sandbox.accounts import Accounts
from integrations.connectors.magento.sandbox.records import Product
from integrations.connectors.magento.sandbox.sales.ordering import place_orders
from integrations.connectors.magento.sandbox.sales.records import Item, Order
from integrations.connectors.magento.sandbox.shop import Shop

_SHOWN_ORDERS = 20
_SHOWN_GOODS = 60

_ORDER_FORM = Markup(
    '<section><h2>Place order</h2><form method="post" action="{base}/buy">'
    '<label>Article<select name="sku">{options}</select></label>'
    '<label>Quantity<input type="number" name="quantity" value="1" min="1" max="99"></label>'
    '<label>Bought<select name="kind"><option value="configurable">by its style</option>'
    '<option value="simple">by itself</option></select></label>'
    '<label>Payment<select name="paid"><option value="yes">Paid</option>'
    '<option value="no">Pending</option></select></label>'
    '<label>Coupon<input name="discount" placeholder="SAVE15 or LESS5" maxlength="30">'
    "</label><button>Place order</button></form></section>"
)


def index(accounts: Accounts, request: Request) -> Response:
    rows = Markup("").join(
        Markup(
            '<tr><td><a href="/stores/{0}/">{0}</a></td><td>{1}</td><td class="n">{2}</td></tr>'
        ).format(shop.name, _edition(shop), len(shop.sales.orders))
        for shop in accounts.all()
    )
    body = shop_pages.shops(("Shop", "Edition", "#Orders"), rows, "Magento")
    return layout.page("Magento sandbox", body, said=request.args.get("said", ""))


def _edition(shop: Shop) -> str:
    name = "Adobe Commerce" if shop.settings.is_commerce else "Magento Open Source"
    return f"{name} {shop.settings.version}"


def shop_front(accounts: Accounts, request: Request, name: str) -> Response:
    shop = accounts.get(name)
    base = f"/stores/{name}"
    with shop.lock:
        articles = [entry for entry in shop.products.values() if entry.is_stocked]
        goods = articles[:_SHOWN_GOODS]
        latest = list(reversed(shop.sales.orders.values()))[:_SHOWN_ORDERS]
        body = Markup("").join(
            [
                _ORDER_FORM.format(base=base, options=_options(goods, shop)),
                _orders_table(latest),
                _goods_table(goods, len(articles) - len(goods), shop),
                shop_pages.fault_form(base, "Too many requests"),
                Markup('<p><a href="/">All shops</a></p>'),
            ]
        )
    return layout.page(f"Shop {shop.name}", body, said=request.args.get("said", ""))


def integration_done(accounts: Accounts, _request: Request, name: str) -> Response:
    """Where the other side leads back to; Magento's own page closes the window it has opened."""
    accounts.get(name)
    body = Markup(
        "<section><h2>The integration is active</h2><p>Magento closes this window by itself; here you"
        ' close it.</p><p><a href="/stores/{}/">The shop</a></p></section>'
    ).format(name)
    return layout.page(f"Shop {name}", body)


def version(accounts: Accounts, _request: Request, name: str) -> Response:
    """/magento_version, the only place where a shop tells what it is."""
    chosen = accounts.get(name).settings
    edition = "Enterprise" if chosen.is_commerce else "Community"
    return Response(
        f"Magento/{chosen.version.rpartition('.')[0]} ({edition})", mimetype="text/plain"
    )


def _units(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _options(goods: list[Product], shop: Shop) -> Markup:
    return Markup("").join(
        Markup('<option value="{0}">{1} ({0}), {2} left</option>').format(
            entry.sku, entry.name, _units(shop.stock.salable(entry.sku))
        )
        for entry in goods
    )


def _goods_table(goods: list[Product], hidden: int, shop: Shop) -> Markup:
    rows = Markup("").join(
        Markup(
            '<tr><td>{}</td><td>{}</td><td class="n">{}</td><td class="n">{}</td>'
            '<td class="n">{}</td></tr>'
        ).format(
            entry.name,
            entry.sku,
            f"{entry.price or 0:.2f}",
            _units(shop.stock.salable(entry.sku)),
            _units(-shop.stock.reserved(entry.sku)),
        )
        for entry in goods
    )
    heads = ("Article", "SKU", "#Price", "#Salable", "#Reserved")
    return shop_pages.table("Goods", heads, rows, hidden)


def _lines(order: Order) -> Markup:
    """Rows that stand for themselves; the parts of a bundle or a style are in their parent."""
    shown: list[Item] = [item for item in order.items if item.parent is None]
    return Markup("<br>").join(
        Markup("{} × {}").format(_units(item.ordered), item.sku) for item in shown
    )


def _tracking(order: Order) -> Markup:
    return Markup("<br>").join(
        Markup("{} {}").format(track.title, track.number)
        for shipment in order.shipments
        for track in shipment.tracks
    )


def _orders_table(orders: list[Order]) -> Markup:
    if not orders:
        return Markup("<section><h2>Last orders</h2><p>None yet.</p></section>")
    rows = Markup("").join(
        Markup(
            '<tr><td>{}<br><small>{}</small></td><td>{}</td><td class="n">{} {}</td>'
            '<td><span class="tag">{}</span></td><td>{}</td></tr>'
        ).format(
            order.increment_id,
            order.created_at.strftime("%H:%M:%S"),
            _lines(order),
            _total(order),
            order.own_currency,
            order.status.replace("_", " "),
            _tracking(order),
        )
        for order in orders
    )
    return shop_pages.table("Last orders", ("Order", "Lines", "#Total", "Status", "Tracking"), rows)


def _total(order: Order) -> str:
    return f"{order.amounts.get('grand_total')[0]:.2f}"


def _back(name: str, said: str) -> Response:
    return shop_pages.back(f"/stores/{name}", said)


def buy(accounts: Accounts, request: Request, name: str) -> Response:
    shop, form = accounts.get(name), request.form
    wanted = {"sku": form.get("sku", ""), "quantity": form.get("quantity", "1")}
    try:
        placed, refused = place_orders(
            shop,
            {
                "count": 1,
                "paid": form.get("paid") == "yes",
                "kind": form.get("kind", ""),
                "discount": form.get("discount", "").strip() or False,
                "lines_exact": [wanted],
            },
        )
    except BadRequest as error:
        return _back(name, f"Not placed: {error}.")
    if not placed:
        return _back(name, f"Not placed: {refused}.")
    order = placed[0]
    return _back(
        name, f"Order {order.increment_id} placed, total {_total(order)} {order.own_currency}."
    )


def fail(accounts: Accounts, request: Request, name: str) -> Response:
    return _back(name, shop_pages.fail_next(accounts.get(name).faults, request.form))
