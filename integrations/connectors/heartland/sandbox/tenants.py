"""The accounts of one sandbox, each with its faults, its request log and its webhook sender."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.connector_kit.sandbox.faults import Faults
from integrations.connectors.heartland.sandbox import seeding
from integrations.connectors.heartland.sandbox.notices import notices_of
from integrations.connectors.heartland.sandbox.sender import Sender
from integrations.connectors.heartland.sandbox.state import payments
from integrations.connectors.heartland.sandbox.state.account import (
    Account,
    Clock,
    Options,
    secrets_for,
)
from integrations.connectors.heartland.sandbox.state.refusal import Refusal, missing
from integrations.connectors.heartland.sandbox.state.values import Body, Row
from integrations.connectors.heartland.sandbox.wire.traffic import Traffic

_LARGEST = 100_000
_HIGHEST_ID = 2_000_000_000
_FLAVOURS = ("retail", "unified_v1")
_CHANGEABLE = (
    "tax_rate",
    "currency",
    "cancel_word",
    "rate_per_second",
    "burst",
    "retry_after",
    "work_seconds",
    "clock_skew",
    "invoice_copies_lines",
    "open_orders_editable",
)


@dataclass
class Tenant:
    """One account and what is done to its calls."""

    account: Account
    faults: Faults
    traffic: Traffic
    sender: Sender = field(repr=False)


class Tenants:
    """Every account by name. Safe for threads; making one twice gives the same one."""

    def __init__(self, public_url: str, server_seed: str, clock: Clock) -> None:
        self._public_url = public_url.rstrip("/")
        self._server_seed = server_seed
        self._clock = clock
        self._lock = threading.Lock()
        self._tenants: dict[str, Tenant] = {}

    def create(self, body: Body) -> tuple[Tenant, bool]:
        """The account named in `body`, and whether it is new."""
        name = str(body.get("name") or "")
        if not name or not all(part.isalnum() for part in name.replace("_", "-").split("-")):
            raise Refusal(400, "bad_request", "name must be letters, digits and hyphens")
        with self._lock:
            if name in self._tenants:
                return self._tenants[name], False
            options = _options(body, self._server_seed)
            account = Account(
                name,
                f"{self._public_url}/tenants/{name}",
                options,
                secrets_for(name, self._server_seed),
                self._clock,
            )
            seeding.seed(account)
            faults = Faults()
            made = Tenant(account, faults, Traffic(options), Sender(faults))
            account.listener = _listener(made)
            self._tenants[name] = made
            return made, True

    def get(self, name: str) -> Tenant:
        """Raises not_found."""
        with self._lock:
            found = self._tenants.get(name)
        if found is None:
            raise missing("Account")
        return found

    def delete(self, name: str) -> None:
        """Raises not_found. Webhooks that wait are not sent any more."""
        with self._lock:
            found = self._tenants.pop(name, None)
        if found is None:
            raise missing("Account")
        found.sender.close()

    def all(self) -> list[Tenant]:
        with self._lock:
            return list(self._tenants.values())


def change(account: Account, body: Body) -> None:
    """Changes options of a living account: rates, limits, spellings."""
    known = {name: body[name] for name in _CHANGEABLE if name in body}
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise Refusal(400, "bad_request", f"Unknown options: {', '.join(unknown)}")
    for name, value in known.items():
        setattr(account.options, name, _typed(name, value))


def described(tenant: Tenant) -> dict[str, Any]:
    """What a client needs to connect: base URL, credentials, and ids for its settings."""
    account = tenant.account
    secrets = account.secrets
    return {
        "name": account.name,
        "base_url": account.base_url,
        "flavour": account.options.flavour,
        "currency": account.options.currency,
        "credentials": {
            "token": secrets.token,
            "webhook_secret": secrets.webhook_secret,
            "client_id": secrets.client_id,
            "client_secret": secrets.client_secret,
        },
        "settings": _settings(account),
    }


def _settings(account: Account) -> dict[str, str]:
    location = min(account.locations)
    return {
        "location_id": str(location),
        "location_ids": ",".join(str(one) for one in sorted(account.locations)),
        "station_id": str(account.locations[location]["_stations"][0]["id"]),
        "payment_type_id": str(payments.payment_type(account, "External")),
        "shipping_method_id": str(min(account.shipping_methods)),
        "adjustment_reason_id": str(min(account.adjustment_reasons)),
        "gift_card_reason_id": str(max(account.gift_card_reasons)),
        "tax_item": "WEB-TAX",
        "tip_item": "WEB-TIP",
        "duty_item": "WEB-DUTY",
    }


def _listener(tenant: Tenant) -> Any:
    def told(topic: str, row: Row) -> None:
        for notice in notices_of(tenant.account, topic, row):
            tenant.sender.put(notice)

    return told


def _options(body: Body, server_seed: str) -> Options:
    options = Options(seed=str(body.get("seed") or server_seed))
    flavour = str(body.get("flavour") or options.flavour)
    if flavour not in _FLAVOURS:
        raise Refusal(400, "bad_request", "flavour must be retail or unified_v1")
    options.flavour = flavour
    options.size = _count(body, "size", options.size, least=1)
    options.customers = _count(body, "customers", options.customers, least=0)
    options.hostile = body.get("hostile") is True
    options.first_id = _count(body, "first_id", options.first_id, least=1, most=_HIGHEST_ID)
    for name in _CHANGEABLE:
        if body.get(name) is not None:
            setattr(options, name, _typed(name, body[name]))
    return options


def _count(body: Body, name: str, usual: int, *, least: int, most: int = _LARGEST) -> int:
    given = body.get(name, usual)
    if not str(given).isdecimal() or not least <= int(given) <= most:
        raise Refusal(400, "bad_request", f"{name} must be between {least} and {most}")
    return int(given)


def _typed(name: str, value: Any) -> Any:
    kind = type(getattr(Options(), name))
    if kind is bool:
        return value is True or str(value).lower() == "true"
    if kind is str:
        return str(value)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Refusal(400, "bad_request", f"{name} must be a number") from None
    is_negative = number < 0 and name != "clock_skew"
    if not number.is_finite() or is_negative or (name == "tax_rate" and number >= 1):
        raise Refusal(400, "bad_request", f"{name} is out of range")
    return kind(number)
