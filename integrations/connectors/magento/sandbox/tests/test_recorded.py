"""The sandbox beside real answers: the same names, and values of the same kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.magento.sandbox.tests import openapi
from integrations.connectors.magento.sandbox.tests.conftest import Account, criteria

_SOURCE = openapi.SCHEMA.parent / "magento"


def recorded(name: str) -> Any:
    source = _SOURCE / f"{name}.json"
    if not source.is_file():
        pytest.skip("needs the recorded answers in shared/data/magento beside the checkout")
    return json.loads(source.read_text(), parse_float=Decimal)


def kinds(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where a value is and what kind it has; rows of a list are one place."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from kinds(value, f"{path}.{name}")
    elif isinstance(body, list):
        for value in body:
            yield from kinds(value, f"{path}[]")
    elif body is not None:
        yield path, "number" if isinstance(body, (int, Decimal)) else type(body).__name__


def differences(ours: Any, real: Any) -> set[str]:
    """Places that both have, with a value of another kind."""
    known: dict[str, set[str]] = {}
    for place, kind in kinds(real):
        known.setdefault(place, set()).add(_kind(kind))
    return {
        f"{place}: {kind}, really {known[place]}"
        for place, kind in kinds(ours)
        if place in known and _kind(kind) not in known[place]
    }


def _kind(kind: str) -> str:
    """PHP writes some flags as 1 and others as true; both mean the same to a reader."""
    return "number" if kind == "bool" else kind


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("order-mixed-product-types", "GET", "/V1/orders/3"),
        ("invoice-of-that-order", "GET", "/V1/invoices/3"),
        ("customers-search", "GET", "/V1/customers/search"),
        ("product-configurable", "POST", "/V1/products"),
        ("product-simple-with-stock", "POST", "/V1/products"),
        ("source-items-search", "GET", "/V1/inventory/source-items"),
        ("bulk-detailed-status-failed", "GET", "/V1/bulk/c43ed402/detailed-status"),
    ],
)
def test_real_answers_pass_the_check(name: str, method: str, path: str) -> None:
    openapi.check_answer(method, path, 200, recorded(name))


def test_products_look_like_real_ones(account: Account) -> None:
    for sku, name in (
        ("TEE", "product-configurable"),
        ("TEE-BLK-S", "product-simple-with-stock"),
    ):
        ours = account.get(f"products/{sku}")
        real = recorded(name)
        assert differences(ours, real) == set()
        assert set(real) - set(ours) == set()


def test_source_items_look_like_real_ones(account: Account) -> None:
    ours = account.get("inventory/source-items", criteria(("sku", "TEE-BLK-S", "eq")))
    assert differences(ours, recorded("source-items-search")) == set()
    assert set(ours) == set(recorded("source-items-search"))
