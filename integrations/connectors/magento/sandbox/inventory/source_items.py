"""Source items: read, set and taken away, many articles in one call.

Source: magento/inventory InventoryApi/Test/Api/SourceItemsSave/ValidationTest: one bad row fails the
whole batch.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.connectors.magento.sandbox.criteria import listing, only
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop
from integrations.connectors.magento.sandbox.stock import SourceItem

_RESOURCE = "Magento_InventoryApi::source"
MSI = "Magento_InventoryApi"

_COLUMNS = {
    "sku": lambda item: item.sku,
    "source_code": lambda item: item.source_code,
    "quantity": lambda item: item.quantity,
    "status": lambda item: item.status,
}


def _view(item: SourceItem) -> dict[str, Any]:
    return {
        "sku": item.sku,
        "source_code": item.source_code,
        "quantity": item.quantity,
        "status": item.status,
    }


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    rows = [item for sku in lying(shop, call) for item in shop.stock.items.get(sku, {}).values()]
    return listing(call, rows, _COLUMNS, _view)


def lying(shop: Shop, call: Call) -> list[str]:
    """The SKUs that a search can be about: all there are, or those it names."""
    wanted = only(call, "sku")
    if wanted is None:
        return list(shop.stock.items)
    found = (shop.product(sku) for sku in wanted)
    return list(dict.fromkeys(entry.sku for entry in found if entry is not None))


def _is_number(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _name_errors(row: dict[str, Any], name: str) -> list[tuple[str, str]]:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        return [('"%field" can not be empty.', name)]
    if value != value.strip():
        return [('"%field" can not contain leading or trailing spaces.', name)]
    return []


def _row_errors(row: dict[str, Any]) -> list[tuple[str, str]]:
    found = _name_errors(row, "sku") + _name_errors(row, "source_code")
    for name in ("quantity", "status"):
        if not _is_number(row.get(name)):
            found.append(('"%field" should be numeric.', name))
    status = row.get("status")
    if _is_number(status) and Decimal(str(status)) not in (0, 1):
        found.append(('"%field" should be a known status.', "status"))
    return found


def _check(rows: list[dict[str, Any]]) -> None:
    if not rows:
        raise Refusal("Input data is empty")
    found = [error for row in rows for error in _row_errors(row)]
    if not found:
        return
    errors = [{"message": text, "parameters": {"field": name}} for text, name in found]
    if len(errors) == 1:
        text, name = found[0]
        raise Refusal(f"Validation Failed: {text.replace('%field', name)}")
    raise Refusal("Validation Failed", errors=errors)


def _save(shop: Shop, call: Call) -> list[Any]:
    """Sets absolute quantities. All rows or none."""
    rows = call.rows("sourceItems")
    _check(rows)
    for row in rows:
        entry = shop.product(row["sku"])
        if row["source_code"] not in shop.stock.sources or entry is None:
            raise Refusal("Could not save Source Item")
        if not entry.is_stocked:
            raise Refusal("Could not save Source Item")
    for row in rows:
        entry = shop.product(row["sku"])
        if entry is not None:
            quantity, status = Decimal(str(row["quantity"])), int(Decimal(str(row["status"])))
            shop.stock.put(entry.sku, row["source_code"], quantity, status)
    return []


def _delete(shop: Shop, call: Call) -> list[Any]:
    rows = call.rows("sourceItems")
    for row in rows:
        entry = shop.product(str(row.get("sku", "")))
        if entry is not None:
            shop.stock.drop(entry.sku, str(row.get("source_code", "")))
    return []


ROUTES = (
    Route("GET", "inventory/source-items", _search, _RESOURCE, module=MSI),
    Route("POST", "inventory/source-items", _save, _RESOURCE, module=MSI),
    Route("POST", "inventory/source-items-delete", _delete, _RESOURCE, module=MSI),
)
