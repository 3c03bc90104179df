"""What in a shop would stop or spoil records, before the first one flows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta

from integrations.connector_kit.audit import Finding, Ours, Weight
from integrations.connectors.magento import (
    customer_writing,
    gift_cards,
    own_fields,
    permissions,
    store_credit,
)
from integrations.connectors.magento.answers import Forbidden, PageTooLarge, Refused
from integrations.connectors.magento.bulk import OPEN
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.event_checks import event_findings
from integrations.connectors.magento.polling import written
from integrations.connectors.magento.probe import CLOCKS_APART, clock_words, setting_problems
from integrations.connectors.magento.stock_checks import stock_findings
from mappings.canonical.record import Entity

IN_SETTINGS = "Correct it in the settings of the Magento connection."

# Above what Magento permits once its input limits are switched on; such a list is short.
_OVER_THE_LIMIT = 301
# Work that waits for so long has nobody to do it.
_IDLE = timedelta(minutes=10)

Check = Callable[[StoreClient, Collection[Entity]], Iterator[Finding]]


def audit(client: StoreClient, entities: Collection[Entity], ours: Ours) -> Sequence[Finding]:
    """Everything that is found at once; changes nothing.

    Raises what tells that the shop cannot be reached, or does not know us at all.
    """
    checks: Sequence[Check] = (
        _settings,
        _access,
        _permissions,
        _clock,
        _limits,
        stock_findings,
        _queue,
        _people,
        _gift_cards,
        event_findings,
    )
    return [finding for check in checks for finding in check(client, entities)]


def _settings(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    for said in setting_problems(client):
        yield Finding("setting_wrong", said, IN_SETTINGS)


def _access(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    if not client.signs:
        yield Finding(
            "token_alone",
            "Calls bear the access token alone, which Magento takes only while “Allow OAuth Access"
            " Tokens to be used as standalone Bearer tokens” is switched on.",
            "Enter the consumer key and both secrets of the integration as well: signed calls are"
            " taken by every Magento, and nobody can switch them off by accident.",
            weight=Weight.NOTICE,
        )


def _permissions(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    lacking = permissions.missing(client, entities)
    if lacking:
        yield Finding(
            "permission_missing",
            "The integration lacks a permission that these records need."
            if len(lacking) == 1
            else "The integration lacks permissions that these records need.",
            "In Magento, System, Extensions, Integrations: open the integration, tick what is named"
            " on the tab API, save, and press Reauthorize where it is offered.",
            count=len(lacking),
            examples=tuple(lacking),
        )


def _clock(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    if abs(client.skew) > CLOCKS_APART:
        yield Finding(
            "clock_wrong",
            clock_words(client.skew),
            "Ask whoever runs the server to set its clock by a time server.",
        )


def _limits(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """Input limits are off as Magento comes; they make everything slower, and nothing impossible."""
    over = Criteria(sort=(), size=_OVER_THE_LIMIT, fields="total_count")
    try:
        client.get("customerGroups/search", over.params())
    except PageTooLarge as refused:
        client.page_limit = min(client.page_limit, refused.most)
        yield Finding(
            "input_limits",
            f"The shop limits its API: a list may show {refused.most} records at once, and a call"
            " may carry few items.",
            "Nothing has to be done: smaller pieces are sent by themselves. For large catalogues it"
            " is faster to raise the limits in Magento under Stores, Configuration, Services, Magento"
            " Web API, Web API Limits.",
            weight=Weight.NOTICE,
        )
    except (Forbidden, Refused):
        # What is forbidden here is told as a missing permission, where a flow needs it.
        return


def _queue(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """Whether the consumers run that work off what is handed over in bulk."""
    if not {Entity.INVENTORY, Entity.PRODUCT} & set(entities):
        return
    before = written(client.now() - _IDLE)
    # The list is one of operations; it is a load that waits.
    waiting = Criteria(
        (where("status", str(OPEN)), where("start_time", before, "lt")),
        sort=(),
        fields="items[bulk_uuid],total_count",
    )
    try:
        rows = client.search("bulk", waiting).items
    except (Forbidden, Refused):
        return
    idle = list(dict.fromkeys(str(row["bulk_uuid"]) for row in rows))
    if idle:
        yield Finding(
            "consumers_stopped",
            "Work that was handed to Magento's queue has waited there for over ten minutes.",
            "Ask whoever runs the shop to start the consumer async.operations.all (by cron or by a"
            " supervisor). Until then stock is written call by call, which takes longer.",
            count=len(idle),
            examples=tuple(idle[:5]),
            weight=Weight.NOTICE,
        )


def _people(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    if Entity.CUSTOMER in entities:
        yield from own_fields.findings(client)
        yield from customer_writing.findings(client)
        yield from store_credit.findings(client)


def _gift_cards(client: StoreClient, entities: Collection[Entity]) -> Iterator[Finding]:
    """What the edition can do with gift cards."""
    if Entity.GIFT_CARD in entities:
        yield from gift_cards.findings(client)
