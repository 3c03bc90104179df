"""Pairs of sandbox accounts, as many tenants as are wanted, wherever the sandboxes and the web are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clarity.demo.pairing import POS, STORE, Side, open_pair, patient
from integrations.webhooks import doors
from tenants.services.members import create_tenant
from tests.flow.conftest import Rig


def make(
    name: str,
    *,
    shop_url: str,
    till_url: str,
    public_url: str,
    size: int = 8,
    flavour: str = "retail",
    poll_seconds: float = 1.0,
    till_settings: Mapping[str, str] | None = None,
    shop_options: Mapping[str, Any] | None = None,
    store: str = STORE,
) -> Rig:
    """A tenant of its own with a running pair; the web process must already answer."""
    doors.forget()
    goods = {"seed": "7", "size": size, "currency": "USD"}
    made = open_pair(
        create_tenant(name=name, owner_email="owner@example.com"),
        name,
        till=Side(
            POS,
            till_url,
            "Till",
            flavour=flavour,
            options={**goods, "flavour": flavour},
            settings={"poll_seconds": str(poll_seconds), **(till_settings or {})},
        ),
        shop=Side(
            store,
            shop_url,
            "Shop",
            options={**goods, **patient(store), **(shop_options or {})},
        ),
        public_url=public_url,
    )
    return Rig(**vars(made), public_url=public_url)
