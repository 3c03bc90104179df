"""What a pair carries, and switching it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from integrations.connector_kit.errors import ConnectorError
from integrations.models import Direction, Flow, Pair
from integrations.services import connections, pairs
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import User
from tenants.services import audit


class NoSuchFlow(LookupError):
    """The pair does not carry this; the message says what it carries."""


def of_pair(pair: Pair) -> Sequence[Flow]:
    """Every flow, by what it carries. Call inside the tenant's scope."""
    rows = Flow.objects.filter(pair=pair).select_related("source", "target")
    order = list(Entity)
    return sorted(rows, key=lambda flow: (order.index(Entity(flow.entity)), flow.direction))


def find(pair: Pair, *, entity: str, direction: str = "") -> Flow:
    """The flow of the entity, of `direction` where it goes both ways. Raises NoSuchFlow.

    Call inside the tenant's scope.
    """
    flows = of_pair(pair)
    found = [flow for flow in flows if flow.entity == entity and direction in ("", flow.direction)]
    if len(found) == 1:
        return found[0]
    if found:
        ways = " or ".join(Direction(flow.direction).value for flow in found)
        raise NoSuchFlow(f"{entity} goes both ways. Name one: {ways}.")
    known = ", ".join(f"{flow.entity} {flow.direction}" for flow in flows)
    raise NoSuchFlow(f"{pair.name} does not carry {entity} {direction}. It carries: {known}.")


def switch(flow: Flow, *, is_on: bool, by: User | None, public_url: str, now: datetime) -> str:
    """Switches a flow and has its source tell of what it carries; may be called again.

    Answers what stands in the way of the source's webhooks, "" for nothing: changes are found by
    asking then. Call outside any scope.
    """
    with scope.tenant(flow.tenant_id):
        audit.record(
            action="flow.switched",
            object_type="Flow",
            object_id=flow.pk,
            actor=by,
            before={"is_on": flow.is_on},
            after={"is_on": is_on, "entity": flow.entity, "direction": flow.direction},
        )
        pairs.switch(flow, is_on=is_on, now=now)
    try:
        connections.subscribe(flow.source, public_url=public_url)
    except ConnectorError as error:
        return error.message
    return ""
