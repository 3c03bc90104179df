"""The demo tenant: sandboxes of a point of sale and a store, paired and running."""

from __future__ import annotations

from clarity.demo.pairing import Paired, Side, open_pair, patient
from tenants import scope
from tenants.models import Tenant
from tenants.services.members import create_tenant

OWNER = "owner@demo.example"


def make(
    account: str,
    *,
    till: str,
    shop: str,
    urls: dict[str, str],
    seed: str,
    size: int,
    public_url: str,
    poll_seconds: float,
) -> Paired:
    """A fresh demo tenant; the one of an earlier demo is removed with everything it had.

    `till` and `shop` are connectors, `urls` say where the sandbox of each answers. The web process
    must already answer at `public_url`, because the systems send webhooks there.
    """
    remove()
    tenant = create_tenant(name="Demo", owner_email=OWNER)
    with scope.tenant(tenant.pk):
        tenant.settings["is_demo"] = True
        tenant.save(update_fields=["settings"])
    # Some of their goods, buyers and notes mean harm, as among those of any real shop.
    goods = {"seed": seed, "size": size, "currency": "USD", "hostile": True}
    return open_pair(
        tenant,
        account,
        till=Side(
            till,
            urls[till],
            "Store till",
            options=goods,
            settings={"poll_seconds": str(poll_seconds)},
        ),
        shop=Side(shop, urls[shop], "Web shop", options={**goods, **patient(shop)}),
        public_url=public_url,
    )


def remove() -> None:
    """Deletes the demo tenant of an earlier run, if there is one."""
    with scope.door("remove the earlier demo tenant"):
        Tenant.objects.filter(settings__is_demo=True).delete()
