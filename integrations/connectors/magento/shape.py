"""What a shop is and has: edition, modules, stock with sources, store views, currency.

Magento tells its edition and version nowhere, so the edition is read from its modules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integrations.connector_kit.errors import Rejected
from integrations.connectors.magento.answers import Forbidden, NotFound

if TYPE_CHECKING:
    from integrations.connectors.magento.client import StoreClient

Row = Mapping[str, Any]

OPEN_SOURCE, COMMERCE, UNKNOWN = "open_source", "commerce", "unknown"
ASYNC_EVENTS, IO_EVENTS, MAGEPLAZA, NO_PUSH = "async_events", "io_events", "mageplaza", "none"

MSI = "Magento_InventoryApi"
GIFT_CARDS = "Magento_GiftCardAccount"
STORE_CREDIT = "Magento_CustomerBalance"

# Modules that only Adobe Commerce has.
_COMMERCE_ONLY = frozenset(
    {GIFT_CARDS, STORE_CREDIT, "Magento_Rma", "Magento_Reward", "Magento_Enterprise"}
)
WAYS = {
    ASYNC_EVENTS: "Mage-OS async events",
    IO_EVENTS: "Adobe I/O Events",
    MAGEPLAZA: "Mageplaza Webhook",
    NO_PUSH: "none; changes are found by asking",
}
# Which module brings which way to be told of changes; the first that is there is used.
_PUSH = (
    ("MageOS_AsyncEvents", ASYNC_EVENTS),
    ("Aligent_AsyncEvents", ASYNC_EVENTS),
    ("Magento_AdobeCommerceEventsClient", IO_EVENTS),
    ("Mageplaza_Webhook", MAGEPLAZA),
)


@dataclass(frozen=True)
class Shape:
    """`modules`: names of those that are switched on, empty where the shop does not tell them
    (`tells_modules`). `store_views` and `websites`: rows as Magento answers them."""

    modules: frozenset[str] = frozenset()
    tells_modules: bool = True
    edition: str = UNKNOWN
    uses_msi: bool = True
    base_currency: str = ""
    timezone: str = ""
    store_views: Sequence[Row] = field(default=(), repr=False)
    websites: Sequence[Row] = field(default=(), repr=False)
    ways: Sequence[str] = ()
    """How it can tell of changes, the best way first."""

    @property
    def push(self) -> str:
        """The best way it can tell of changes."""
        return next(iter(self.ways), NO_PUSH)

    def has(self, module: str) -> bool:
        return module in self.modules

    def website_of(self, store_view: str) -> Row | None:
        """The website that a store view belongs to."""
        ids = {row.get("website_id") for row in self.store_views if row.get("code") == store_view}
        return next((row for row in self.websites if row.get("id") in ids), None)


def read_shape(client: StoreClient) -> Shape:
    """Asks the shop. Raises what tells that it cannot be reached or refuses us altogether."""
    views = _store_views(client)
    configs = client.get("store/storeConfigs")
    websites = tuple(client.get("store/websites"))
    modules = _modules(client)
    config = _config_of(configs, client.account.setting("store_view", "default"))
    return Shape(
        modules=modules or frozenset(),
        tells_modules=modules is not None,
        edition=_edition(modules),
        uses_msi=_uses_msi(client, modules),
        base_currency=str(config.get("base_currency_code") or ""),
        timezone=str(config.get("timezone") or ""),
        store_views=views,
        websites=websites,
        ways=tuple(way for module, way in _PUSH if module in (modules or ())),
    )


def _store_views(client: StoreClient) -> tuple[Row, ...]:
    """Every Magento has some: where none come, something else answers at the address."""
    try:
        views = client.get("store/storeViews")
    except NotFound:
        views = None
    if not isinstance(views, list) or not all(isinstance(row, Mapping) for row in views):
        raise Rejected(
            "What answers at this address is not Magento's API. Enter the address as buyers type it,"
            " with its folder if it has one; some shops need /index.php behind it.",
            field="address",
        )
    return tuple(views)


def _modules(client: StoreClient) -> frozenset[str] | None:
    """None where the integration may not see them."""
    try:
        return frozenset(str(name) for name in client.get("modules"))
    except (Forbidden, NotFound):
        return None


def _edition(modules: frozenset[str] | None) -> str:
    if modules is None:
        return UNKNOWN
    return COMMERCE if modules & _COMMERCE_ONLY else OPEN_SOURCE


def _uses_msi(client: StoreClient, modules: frozenset[str] | None) -> bool:
    """Asked for where the modules are not told: without MSI there is no such address."""
    if modules is not None:
        return MSI in modules
    try:
        client.get("inventory/sources", (("searchCriteria[pageSize]", "1"),))
    except NotFound:
        return False
    except Forbidden:
        # It is there, or nobody would guard it.
        return True
    return True


def _config_of(configs: Sequence[Row], code: str) -> Row:
    """The settings of the store view, else of the first one."""
    named = [row for row in configs if row.get("code") == code]
    return next(iter([*named, *configs]), {})
