"""Locations, settings, custom fields, payment types, shipping methods, reason codes (3.1)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from integrations.connectors.heartland.sandbox.retail.shared import changed, created, row_of
from integrations.connectors.heartland.sandbox.state import custom_fields
from integrations.connectors.heartland.sandbox.state.account import Account
from integrations.connectors.heartland.sandbox.state.refusal import missing
from integrations.connectors.heartland.sandbox.state.values import Row, required_words, words
from integrations.connectors.heartland.sandbox.wire.answers import (
    Embed,
    Route,
    answer,
    body_of,
    embedded,
)
from integrations.connectors.heartland.sandbox.wire.lists import listing


def _stations(account: Account, location: Row) -> list[Row]:
    return [{"id": row["id"], "name": row["name"]} for row in location["_stations"]]


_LOCATION_EMBEDS: dict[str, Embed] = {"stations": _stations}


def list_locations(account: Account, request: Request) -> Response:
    return listing(account, request, account.locations.values(), _LOCATION_EMBEDS)


def get_location(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.locations, row_id, "Location")
    return answer(embedded(account, row, request, _LOCATION_EMBEDS))


def put_location(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.locations, row_id, "Location")
    row["name"] = words(body_of(request), "name") or row["name"]
    account.touch(row)
    account.happened("location_updated", row)
    return changed()


def get_setting(account: Account, request: Request, key: str) -> Response:
    if key not in account.settings:
        raise missing("Setting")
    return answer({"value": account.settings[key]})


def put_setting(account: Account, request: Request, key: str) -> Response:
    if key not in account.settings:
        raise missing("Setting")
    account.settings[key] = body_of(request).get("value")
    return changed()


def list_custom_fields(account: Account, request: Request) -> Response:
    return listing(account, request, account.custom_fields.values())


def get_custom_field(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, row_of(account.custom_fields, row_id, "Field"), request))


def post_custom_field(account: Account, request: Request) -> Response:
    row = custom_fields.create(account, body_of(request))
    return created(account, f"/custom_fields/{row['id']}")


def put_custom_field(account: Account, request: Request, row_id: int) -> Response:
    row = row_of(account.custom_fields, row_id, "Field")
    custom_fields.update(account, row, body_of(request))
    return changed()


def list_payment_types(account: Account, request: Request) -> Response:
    return listing(account, request, account.payment_types.values())


def get_payment_type(account: Account, request: Request, row_id: int) -> Response:
    return answer(embedded(account, row_of(account.payment_types, row_id, "Payment type"), request))


def post_payment_type(account: Account, request: Request) -> Response:
    body = body_of(request)
    required_words(body, "Payment type", "name")
    fields: dict[str, Any] = {"name": words(body, "name"), "description": body.get("description")}
    row = account.add(account.payment_types, **fields, **{"active?": True})
    return created(account, f"/payment_types/{row['id']}")


def list_shipping_methods(account: Account, request: Request) -> Response:
    return listing(account, request, account.shipping_methods.values())


def list_adjustment_reasons(account: Account, request: Request) -> Response:
    return listing(account, request, account.adjustment_reasons.values())


def list_gift_card_reasons(account: Account, request: Request) -> Response:
    return listing(account, request, account.gift_card_reasons.values())


ROUTES: list[Route] = [
    ("GET", "/api/locations", list_locations),
    ("GET", "/api/locations/<int:row_id>", get_location),
    ("PUT", "/api/locations/<int:row_id>", put_location),
    ("GET", "/api/settings/<key>", get_setting),
    ("PUT", "/api/settings/<key>", put_setting),
    ("GET", "/api/custom_fields", list_custom_fields),
    ("POST", "/api/custom_fields", post_custom_field),
    ("GET", "/api/custom_fields/<int:row_id>", get_custom_field),
    ("PUT", "/api/custom_fields/<int:row_id>", put_custom_field),
    ("GET", "/api/payment_types", list_payment_types),
    ("POST", "/api/payment_types", post_payment_type),
    ("GET", "/api/payment_types/<int:row_id>", get_payment_type),
    ("GET", "/api/shipping_methods", list_shipping_methods),
    ("GET", "/api/reason_codes/inventory_adjustment_reasons", list_adjustment_reasons),
    ("GET", "/api/reason_codes/gift_card_adjustment_reasons", list_gift_card_reasons),
]
