"""The two pages a person sees: the accounts, and one account with its goods, sales and buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox import layout
from integrations.connector_kit.sandbox.faults import Fault, FaultKind
from integrations.connectors.heartland.sandbox import till
from integrations.connectors.heartland.sandbox.state import adjustments, documents, goods
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Row
from integrations.connectors.heartland.sandbox.tenants import Tenant, Tenants

_MOST_GOODS = 100
_MOST_SALES = 12
_MOST_UNITS = 10_000


def accounts_page(tenants: Tenants, request: Request) -> Response:
    """Every account of this sandbox, with a link to its own page."""
    rows = Markup("").join(
        Markup('<li><a href="/tenants/{0}/">{0}</a> ({1})</li>').format(
            one.account.name, one.account.options.flavour
        )
        for one in tenants.all()
    )
    body = Markup("<ul>{}</ul>").format(rows) if rows else Markup("<p>No accounts yet.</p>")
    return _framed("Heartland sandbox", body, request)


def account_page(tenants: Tenants, request: Request, name: str) -> Response:
    """Goods with stock per location, the last sales, and what can be done."""
    tenant = tenants.get(name)
    account = tenant.account
    with account.transaction():
        body = Markup(
            "{}<section><h2>Last orders and tickets</h2>{}</section>"
            "<section><h2>Goods</h2>{}</section>{}"
        ).format(
            _actions(account),
            _sales(account),
            _goods(account, request.args.get("q", "")),
            _faults(),
        )
    return _framed(f"{name} at Heartland", body, request)


def act(tenants: Tenants, request: Request, name: str, action: str) -> Response:
    """Does what a form asks for, and goes back to the page with a message."""
    tenant = tenants.get(name)
    try:
        said = _ACTIONS[action](tenant, request)
    except Refusal as refusal:
        said = " ".join(
            [refusal.message, *(text for texts in refusal.details.values() for text in texts)]
        )
    return redirect(f"/tenants/{name}/?{urlencode({'message': said})}", code=303)


def _sell(tenant: Tenant, request: Request) -> str:
    account = tenant.account
    with account.transaction():
        place = till.place_of(
            account, request.form.get("sku", ""), request.form.get("location", "")
        )
        ticket = till.sell(account, *place, _whole(request, "quantity", least=1))
    return f"Sold on ticket {ticket['public_id']} for {_price(account, ticket)}."


def _change_stock(tenant: Tenant, request: Request) -> str:
    account = tenant.account
    with account.transaction():
        place = till.place_of(
            account, request.form.get("sku", ""), request.form.get("location", "")
        )
        delta = _whole(request, "delta", least=-_MOST_UNITS)
        adjustments.adjust(account, *place, delta, "Changed by hand")
        row = account.stock[place]
    return f"Now {row['qty_on_hand']} on hand, {row['qty_available']} available."


def _change_item(tenant: Tenant, request: Request) -> str:
    """Fields that are left empty stay as they are."""
    account, form = tenant.account, request.form
    fields = ("description", "price", "original_price", "primary_barcode")
    body = {field: text for field in fields if (text := form.get(field, "").strip())}
    with account.transaction():
        key = account.skus.get(form.get("sku", ""))
        if key is None:
            raise Refusal(404, "not_found", "There is no such article.")
        row = account.items[key]
        goods.update_item(account, row, {**body, "active": form.get("active") == "yes"})
        if url := form.get("image", "").strip():
            goods.add_image(account, row, {"source": "url", "url": url})
    state = "active" if row["active?"] else "not active"
    return f"{row['public_id']} is {row['description']}, {row['price']}, {state}."


def _take_back(tenant: Tenant, request: Request) -> str:
    account = tenant.account
    quantity = _whole(request, "quantity", least=1)
    line = {"sku": request.form.get("sku", ""), "quantity": quantity}
    with account.transaction():
        ticket = till.take_back(account, request.form.get("order", ""), [line])
    return f"Taken back on ticket {ticket['public_id']} for {_price(account, ticket)}."


def _fail(tenant: Tenant, request: Request) -> str:
    kind = request.form.get("kind", "")
    if kind not in [one.value for one in FaultKind]:
        raise Refusal(400, "bad_request", "There is no such fault.")
    times = _whole(request, "times", least=1)
    text = request.form.get("value", "").strip() or "0"
    try:
        value = float(text)
    except ValueError:
        raise Refusal(400, "bad_request", "The value must be a number.") from None
    tenant.faults.add(Fault(FaultKind(kind), request.form.get("match", "").strip(), value, times))
    return f"The next {times} fitting calls meet the fault {kind}."


def _clear(tenant: Tenant, request: Request) -> str:
    tenant.faults.clear()
    return "All faults are cleared."


_ACTIONS: dict[str, Callable[[Tenant, Request], str]] = {
    "sell": _sell,
    "stock": _change_stock,
    "item": _change_item,
    "return": _take_back,
    "fail": _fail,
    "clear": _clear,
}


def _whole(request: Request, field: str, *, least: int) -> int:
    text = request.form.get(field, "").strip()
    if not text.removeprefix("-").isdecimal() or not least <= int(text) <= _MOST_UNITS:
        raise Refusal(400, "bad_request", f"{field.capitalize()} must be a fitting whole number.")
    return int(text)


def _actions(account: Account) -> Markup:
    skus = Markup("").join(
        Markup('<option value="{0}">{0} - {1}</option>').format(
            sku, account.items[key]["description"]
        )
        for sku, key in list(account.skus.items())[:_MOST_GOODS]
        if account.items[key]["track_inventory?"]
    )
    places = Markup("").join(
        Markup('<option value="{}">{}</option>').format(row["id"], row["name"])
        for row in account.locations.values()
    )
    article = Markup('<label>Article<select name="sku" required>{}</select></label>').format(skus)
    where = Markup('<label>Location<select name="location">{}</select></label>').format(places)
    back = Markup('<label>Web order<input name="order" placeholder="S-1001" required></label>')
    return (
        _form("sell", "Sell at the till", article + where + _number("quantity", "Quantity", 1))
        + _form("stock", "Change stock", article + where + _number("delta", "Add or take away", -1))
        + _form("item", "Change an article", article + _ITEM_FIELDS)
        + _form("return", "Take back a web order", back + article + _number("quantity", "Units", 1))
    )


_ITEM_FIELDS = Markup(
    '<label>Name<input name="description" maxlength="200"></label>'
    '<label>Price<input name="price" inputmode="decimal" maxlength="12"></label>'
    '<label>Price before<input name="original_price" inputmode="decimal" maxlength="12"></label>'
    '<label>Barcode<input name="primary_barcode" maxlength="40"></label>'
    '<label>Image address<input name="image" type="url" maxlength="400"></label>'
    '<label>State<select name="active"><option value="yes">Active</option>'
    '<option value="no">Not active</option></select></label>'
)


def _faults() -> Markup:
    kinds = Markup("").join(Markup("<option>{}</option>").format(kind.value) for kind in FaultKind)
    return _form(
        "fail",
        "Fail the next calls",
        Markup('<label>Fault<select name="kind">{}</select></label>').format(kinds)
        + _number("times", "How many calls", 1)
        + _number("value", "Seconds or HTTP status", 503)
        + Markup('<label>Only calls with this in them<input name="match"></label>'),
    ) + _form("clear", "Clear all faults", Markup(""))


def _form(action: str, title: str, fields: Markup) -> Markup:
    return Markup(
        '<section><h2>{1}</h2><form method="post" action="actions/{0}">{2}<button>{1}</button>'
        "</form></section>"
    ).format(action, title, fields)


def _number(name: str, label: str, value: int) -> Markup:
    return Markup('<label>{}<input type="number" name="{}" value="{}" required></label>').format(
        label, name, value
    )


def _goods(account: Account, wanted: str) -> Markup:
    places = sorted(account.locations)
    found = [
        row
        for row in account.items.values()
        if wanted.lower() in f"{row['public_id']} {row['description']}".lower()
    ]
    head = ["Article", "Name", "Price", *(account.locations[one]["name"] for one in places)]
    rows = [
        [
            row["public_id"],
            row["description"],
            f"{row['price']} {account.options.currency}",
            *(_level(account, row["id"], one) for one in places),
        ]
        for row in found[:_MOST_GOODS]
    ]
    search = Markup(
        '<form><label>Find<input name="q" value="{}"></label><button>Find</button></form>'
        "<p>{} of {} articles. Stock is available / on hand.</p>"
    ).format(wanted, len(rows), len(account.items))
    return search + _table(head, rows, first_number=2)


def _level(account: Account, item_id: int, location_id: int) -> str:
    row = account.stock.get((item_id, location_id))
    return f"{row['qty_available']} / {row['qty_on_hand']}" if row else "0 / 0"


def _sales(account: Account) -> Markup:
    rows = sorted(
        [*account.orders.values(), *account.tickets.values()],
        key=lambda row: str(row["created_at"]),
        reverse=True,
    )
    shown = [
        [
            row["public_id"],
            row.get("type", "Order"),
            row["status"],
            ", ".join(
                f"{line['qty']} x {line['item_public_id']}"
                for line in documents.lines_of(account, row)
            ),
            _price(account, row),
        ]
        for row in rows[:_MOST_SALES]
    ]
    if not shown:
        return Markup("<p>Nothing was sold yet.</p>")
    return _table(["Number", "Kind", "Status", "Articles", "Total"], shown, first_number=4)


def _price(account: Account, row: Row) -> str:
    return f"{row['total']} {account.options.currency}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], *, first_number: int) -> Markup:
    def line(cells: Iterable[str], tag: str) -> Markup:
        return Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup('<{0} class="{1}">{2}</{0}>').format(
                    tag, "n" if index >= first_number else "", cell
                )
                for index, cell in enumerate(cells)
            )
        )

    body = Markup("").join(line(row, "td") for row in rows)
    return Markup('<div class="wide"><table>{}{}</table></div>').format(line(head, "th"), body)


def _framed(title: str, body: Markup, request: Request) -> Response:
    return layout.page(title, body, said=request.args.get("message", ""))
