"""A retailer with something of everything the API shows, and a program that asks for it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from integrations.models import (
    ChannelKind,
    ConvergenceRun,
    ConvergenceState,
    Flow,
    InboxState,
    Incident,
    ShadowRun,
    ShadowState,
)
from integrations.services import alerts, mapping_tables, mapping_versions
from mappings.canonical.record import Entity
from tenants import api_scopes, scope
from tenants.models import Membership, Role
from tenants.services import api_tokens
from tests.web.shops import Shop, delivered_order, make_shop, notice
from tests.web.test_incidents import stuck
from tests.web.test_mapping_rules import kept_order

EVERYTHING = sorted(api_scopes.NAMES)
TABLE = "payment_type"


@dataclass(frozen=True)
class World:
    """A shop and what an address of it may name, by the name of the path parameter."""

    shop: Shop
    token: str
    ids: Mapping[str, Any]

    def address(self, path: str) -> str:
        """The path of the OpenAPI document with ids of this shop."""
        return path.format(**self.ids)


def token_of(shop: Shop, *scopes: str, by: Membership | None = None, days: int = 90) -> str:
    """A token of the owner, or of `by`, with all scopes or these."""
    with scope.tenant(shop.tenant.pk):
        maker = by or Membership.objects.select_related("user").get(role=Role.OWNER)
        _, text = api_tokens.create(
            token_id=uuid.uuid4(),
            name="A program",
            scopes=list(scopes) or EVERYTHING,
            days=days,
            by=maker,
            now=timezone.now(),
        )
    return text


def make_world(name: str) -> World:
    """A shop with a delivered and a held order, an incident, versions, a draft, a trial, a table."""
    shop = make_shop(name)
    order = delivered_order(shop, "#1001", there="100321")
    stuck(shop, "#1002")
    stuck(shop, "#1003", sku="MUG-RED")
    kept_order(shop)
    notice(shop, Entity.CUSTOMER, number="", state=InboxState.FILTERED, reason="No e-mail address")
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        flow = mapping_versions.flow_of(pair=shop.pair, entity="order")
        for version in (1, 2):
            _change(flow, f"Web order {version}", now=now)
            mapping_versions.publish(flow=flow, actor=shop.owner, now=now, accept_failures=True)
        draft = _change(flow, "Web order 3", now=now + timedelta(seconds=1))
        run = ShadowRun.objects.create(
            flow=flow,
            version=draft,
            changes=draft.changes,
            tried="0" * 64,
            against="x",
            wanted=5,
            seen=5,
            same=5,
            state=ShadowState.DONE,
            started_at=now,
            finished_at=now,
        )
        table = mapping_tables.tables(pair=flow.pair)[0].name
        mapping_tables.put(
            pair=flow.pair, table=table, rows={"manual": "3"}, actor=shop.owner, now=now
        )
        incident = Incident.objects.order_by("pk").first()
        compared = ConvergenceRun.objects.create(
            pair=shop.pair,
            state=ConvergenceState.DONE,
            compared=3,
            matched=2,
            equal=1,
            started_at=now,
            finished_at=now,
        )
        channel = alerts.create(
            kind=ChannelKind.EMAIL,
            wanted=alerts.Wanted(name="A channel of the API", hears=["records"], to_owners=True),
            actor=shop.owner,
            now=now,
        ).channel
    return World(
        shop,
        token_of(shop),
        {
            "pair_id": shop.pair.pk,
            "connection_id": shop.pair.store_id,
            "flow_id": shop.flows[Entity.ORDER].pk,
            "record_id": order.pk,
            "incident_id": incident.pk,
            "trial_id": run.pk,
            "run_id": compared.pk,
            "channel_id": channel.pk,
            "name": table,
            "version": "1",
        },
    )


def _change(flow: Flow, note: str, *, now: datetime) -> Any:
    return mapping_versions.change(
        flow=flow,
        changes=[{"target": "note", "rule": {"constant": note}}],
        actor=None,
        now=now,
    )


class Program:
    """A client with a token; bodies are JSON."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.token = token

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        kind: str = "application/json",
        query: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> HttpResponse:
        """One request; `path` stands below /api/v1."""
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given.setdefault("Authorization", f"Bearer {self.token}")
        address = path if path.startswith("/api") else f"/api/v1/{path}"
        answer: HttpResponse = self.client.generic(
            method.upper(),
            address,
            sent,
            content_type=kind if sent else "",
            query_params=query,
            headers=given,
        )
        return answer

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.ask("get", path, query=query)


def problem(answer: HttpResponse, status: int) -> dict[str, Any]:
    """The problem document, once it is sure to be one."""
    assert answer.status_code == status, (answer.status_code, answer.content[:500])
    assert answer["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.content)
    assert found["status"] == status
    assert set(found) <= {"type", "title", "status", "detail", "errors"}
    # What is refused before a view sees it has no kind of its own.
    assert found["type"] == "about:blank" or found["type"].startswith("/api/docs/#problem-")
    assert found["title"]
    assert found["detail"]
    return found
