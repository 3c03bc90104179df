"""The control API under /_sandbox: accounts, faults, the request log, sales and stock."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connector_kit.sandbox.faults import Fault, FaultKind
from integrations.connectors.heartland.sandbox import tenants as living
from integrations.connectors.heartland.sandbox import till
from integrations.connectors.heartland.sandbox.state import adjustments, documents, goods, stock
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import Refusal
from integrations.connectors.heartland.sandbox.state.values import Body, Row, number
from integrations.connectors.heartland.sandbox.tenants import Tenants
from integrations.connectors.heartland.sandbox.wire.answers import Route, answer, body_of

_MOST_SALES = 10_000


def list_accounts(all_of_them: Tenants, request: Request) -> Response:
    rows = [
        {"name": one.account.name, "base_url": one.account.base_url} for one in all_of_them.all()
    ]
    return answer({"accounts": rows})


def post_account(all_of_them: Tenants, request: Request) -> Response:
    """Idempotent per name: a second call answers 200 and changes nothing."""
    tenant, new = all_of_them.create(body_of(request))
    return answer(living.described(tenant), 201 if new else 200)


def patch_account(all_of_them: Tenants, request: Request, name: str) -> Response:
    tenant = all_of_them.get(name)
    body = body_of(request)
    with tenant.account.transaction():
        living.change(tenant.account, body)
    tenant.traffic.refill()
    return answer(living.described(tenant))


def delete_account(all_of_them: Tenants, request: Request, name: str) -> Response:
    all_of_them.delete(name)
    return Response(status=204)


def post_fault(all_of_them: Tenants, request: Request, name: str) -> Response:
    """{kind, match, value, times, seconds}; `match` is a piece of "METHOD /api/path", or an event name."""
    body = body_of(request)
    fault = _fault(body)
    all_of_them.get(name).faults.add(fault)
    shown = {"kind": fault.kind.value, "match": fault.match, "value": fault.value}
    return answer({**shown, "times": fault.times, "seconds": fault.seconds}, 201)


def delete_faults(all_of_them: Tenants, request: Request, name: str) -> Response:
    all_of_them.get(name).faults.clear()
    return Response(status=204)


def get_log(all_of_them: Tenants, request: Request, name: str) -> Response:
    tenant = all_of_them.get(name)
    return answer({**tenant.traffic.report(), "webhooks": tenant.sender.report()})


def delete_log(all_of_them: Tenants, request: Request, name: str) -> Response:
    all_of_them.get(name).traffic.reset()
    return Response(status=204)


def post_sales(all_of_them: Tenants, request: Request, name: str) -> Response:
    """{count, seed} sells at random; {sku, quantity, location_id} sells just that."""
    tenant = all_of_them.get(name)
    body = body_of(request)
    if body.get("sku"):
        rows = [_sell_one(tenant.account, body)]
    else:
        count = _whole(body, "count", 1)
        if not 1 <= count <= _MOST_SALES:
            raise Refusal(400, "bad_request", f"count must be between 1 and {_MOST_SALES}")
        rows = till.sell_some(tenant.account, count=count, seed=str(body.get("seed", "1")))
    with tenant.account.transaction():
        shown = [_ticket(tenant.account, row) for row in rows]
    return answer({"tickets": shown, "units": sum(row["qty"] for row in shown)}, 201)


def post_return(all_of_them: Tenants, request: Request, name: str) -> Response:
    """{order, lines: [{sku, quantity, price}]}: articles of a web order come back at the till."""
    account = all_of_them.get(name).account
    body = body_of(request)
    with account.transaction():
        row = till.take_back(account, str(body.get("order") or ""), list(body.get("lines") or []))
        shown = {key: row[key] for key in ("id", "public_id", "total", "parent_transaction_id")}
    return answer(shown, 201)


def post_stock(all_of_them: Tenants, request: Request, name: str) -> Response:
    """{sku, location_id, delta}: an adjustment, seen in the ledger."""
    account = all_of_them.get(name).account
    body = body_of(request)
    with account.transaction():
        place = _place(account, body)
        adjustments.adjust(account, *place, _whole(body, "delta"), "Changed by hand")
        row = stock.level(account, *place)
        shown = {key: row[key] for key in ("item_id", "location_id", "qty_on_hand")}
    return answer({**shown, "qty_available": row["qty_available"]}, 201)


def post_item(all_of_them: Tenants, request: Request, name: str) -> Response:
    """{sku, ...}: changes that item as a person would in the back office; {sku, like, ...} adds one
    beside the item `like`, in its grid. The other fields are those of the API; `image` adds one."""
    account = all_of_them.get(name).account
    body = dict(body_of(request))
    sku, like = str(body.pop("sku", "")), str(body.pop("like", ""))
    image = str(body.pop("image", ""))
    with account.transaction():
        if like:
            body["public_id"] = sku
            row = goods.add_sibling(account, _item(account, like), body)
        else:
            row = _item(account, sku)
            goods.update_item(account, row, body)
        if image:
            goods.add_image(account, row, {"source": "url", "url": image})
        shown = {key: row[key] for key in ("id", "public_id", "updated_at")}
    return answer(shown, 201)


def _item(account: Account, sku: str) -> Row:
    if sku not in account.skus:
        raise Refusal(404, "not_found", f"no item has the number {sku}")
    return account.items[account.skus[sku]]


def _sell_one(account: Account, body: Body) -> Row:
    with account.transaction():
        place = _place(account, body)
        return till.sell(account, *place, _whole(body, "quantity", 1))


def _place(account: Account, body: Body) -> tuple[int, int]:
    return till.place_of(account, str(body.get("sku") or ""), str(body.get("location_id") or ""))


def _ticket(account: Account, row: Row) -> dict[str, Any]:
    line = documents.lines_of(account, row)[0]
    return {
        "id": row["id"],
        "public_id": row["public_id"],
        "sku": line["item_public_id"],
        "item_id": line["item_id"],
        "qty": line["qty"],
        "location_id": row["source_location_id"],
        "total": row["total"],
    }


def _fault(body: Body) -> Fault:
    try:
        kind = FaultKind(str(body.get("kind")))
    except ValueError:
        known = ", ".join(one.value for one in FaultKind)
        raise Refusal(400, "bad_request", f"kind must be one of {known}") from None
    value = number(body, "value", "Fault")
    return Fault(
        kind=kind,
        match=str(body.get("match") or ""),
        value=float(value or 0),
        times=_whole(body, "times", 1),
        seconds=float(number(body, "seconds", "Fault") or 0),
    )


def _whole(body: Body, field: str, usual: int | None = None) -> int:
    found = number(body, field, "Request")
    if found is None:
        if usual is None:
            raise Refusal(400, "bad_request", f"{field} is missing")
        return usual
    if found != found.to_integral_value():
        raise Refusal(400, "bad_request", f"{field} must be a whole number")
    return int(found)


ROUTES: list[Route] = [
    ("GET", "/_sandbox/accounts", list_accounts),
    ("POST", "/_sandbox/accounts", post_account),
    ("PATCH", "/_sandbox/accounts/<name>", patch_account),
    ("DELETE", "/_sandbox/accounts/<name>", delete_account),
    ("POST", "/_sandbox/accounts/<name>/faults", post_fault),
    ("DELETE", "/_sandbox/accounts/<name>/faults", delete_faults),
    ("GET", "/_sandbox/accounts/<name>/log", get_log),
    ("DELETE", "/_sandbox/accounts/<name>/log", delete_log),
    ("POST", "/_sandbox/accounts/<name>/sales", post_sales),
    ("POST", "/_sandbox/accounts/<name>/returns", post_return),
    ("POST", "/_sandbox/accounts/<name>/stock", post_stock),
    ("POST", "/_sandbox/accounts/<name>/items", post_item),
]
