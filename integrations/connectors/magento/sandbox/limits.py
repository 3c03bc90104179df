"""Input limits, which a merchant may turn on (Magento: API security, input limiting)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.routing import Call

MOST_ITEMS = 20
MOST_ITEMS_ASYNC = 5000
MOST_ROWS = 300
USUAL_ROWS = 20

_TYPES = {
    "sourceItems": "Magento\\InventoryApi\\Api\\Data\\SourceItemInterface",
    "prices": "Magento\\Catalog\\Api\\Data\\BasePriceInterface",
}
_SIZES = ("pageSize", "page_size")


def check(call: Call) -> Call:
    """The call as a shop with limits takes it: with a page size. Raises Refusal."""
    _check_arrays(call.body, MOST_ITEMS_ASYNC if call.is_async else MOST_ITEMS)
    names = {name.partition("[")[0] for name, _ in call.query}
    if call.method != "GET" or not names & {"searchCriteria", "search_criteria"}:
        return call
    sizes = [
        value
        for name, value in call.query
        if name.rstrip("]").rpartition("[")[2] in _SIZES and value.isdigit()
    ]
    if sizes and int(sizes[-1]) > MOST_ROWS:
        raise Refusal("Maximum SearchCriteria pageSize is %max", parameters={"max": MOST_ROWS})
    if sizes:
        return call
    return replace(call, query=(*call.query, ("searchCriteria[pageSize]", str(USUAL_ROWS))))


def _check_arrays(body: Any, most: int, name: str = "") -> None:
    if isinstance(body, Mapping):
        for key, value in body.items():
            _check_arrays(value, most, str(key))
    elif isinstance(body, list):
        if len(body) > most and any(isinstance(row, Mapping) for row in body):
            raise Refusal(
                'Maximum items of type "%type" is %max',
                parameters={"type": _TYPES.get(name, name), "max": most},
            )
        for row in body:
            _check_arrays(row, most)
