"""Whether the shop can tell of changes the way it is to."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from integrations.connector_kit.audit import Finding, Weight
from integrations.connectors.magento.answers import Forbidden, NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria
from integrations.connectors.magento.shape import (
    ASYNC_EVENTS,
    IO_EVENTS,
    MAGEPLAZA,
    NO_PUSH,
    WAYS,
    Shape,
)
from integrations.connectors.magento.subscriptions import way
from mappings.canonical.record import Entity

# The module that names the events; the framework beside it only carries them.
COMMON_EVENTS = "MageOS_CommonAsyncEvents"
_WITHOUT = "Without events changes are found by asking, every 45 seconds."


def event_findings(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """Notices only: polling finds what no event tells."""
    shape, chosen = client.shape, way(client)
    if chosen == NO_PUSH:
        if client.account.setting("push", "auto") == "auto":
            yield _without_module(shape)
        return
    if shape.tells_modules and chosen not in shape.ways:
        yield _notice(
            "events_missing",
            f"Events are to come by {WAYS[chosen]}, and the shop does not have that module.",
            f"Install it, or set “Events from the shop” to auto. {_WITHOUT}",
        )
        return
    if chosen == ASYNC_EVENTS:
        yield from _async(client, shape)
    elif chosen == IO_EVENTS:
        yield from _io(client)
    elif chosen == MAGEPLAZA:
        yield _notice(
            "events_by_hand",
            "Mageplaza Webhook has no API: its hooks are set up by hand.",
            "Set them up as the help page says, with the webhook secret in a header. Without them"
            " changes are found by asking, every 45 seconds.",
        )


def _without_module(shape: Shape) -> Finding:
    if not shape.tells_modules:
        return _notice(
            "events_unknown",
            "The shop does not tell its modules, so nobody can say whether it can send events.",
            f"Choose the way under “Events from the shop” if it has one. {_WITHOUT}",
        )
    return _notice(
        "events_none",
        "The shop has no module that sends events.",
        f"{_WITHOUT} That is safe. Mage-OS async events (free) brings them within seconds.",
    )


def _async(client: StoreClient, shape: Shape) -> Iterator[Finding]:
    try:
        client.get("async_events", Criteria(sort=(), size=1).params())
    except Forbidden as error:
        yield _notice(
            "events_refused",
            "The integration may not manage the events of the shop.",
            f"Tick {error.resources} on the tab API of the integration. {_WITHOUT}",
            error.resources,
        )
    except NotFound:
        yield _notice(
            "events_missing",
            "The module of Mage-OS async events is there, and its API is not.",
            f"Ask whoever runs the shop to run bin/magento setup:upgrade. {_WITHOUT}",
        )
    if shape.tells_modules and not shape.has(COMMON_EVENTS):
        yield _notice(
            "events_unnamed",
            "The module that carries events is there, and the one that names them is not, so there"
            " may be nothing to be told.",
            f"Install mage-os/mageos-common-async-events beside it. {_WITHOUT}",
            COMMON_EVENTS,
        )


def _io(client: StoreClient) -> Iterator[Finding]:
    if not client.account.setting("io_client_id"):
        yield _notice(
            "events_of_nobody",
            "Without the client ID of your Adobe project its events are refused, since anybody's"
            " would look like them.",
            "Copy it from Adobe's developer console into the settings of the Magento connection.",
        )


def _notice(kind: str, said: str, fix: str, *examples: str) -> Finding:
    return Finding(kind, said, fix, examples=examples, weight=Weight.NOTICE)
