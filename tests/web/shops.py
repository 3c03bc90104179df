"""Rows of one retailer, written the way the engine writes them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from integrations.connector_kit.exchange import Exchange
from integrations.models import (
    Attempt,
    Connection,
    Delivery,
    DeliveryState,
    Direction,
    Environment,
    Flow,
    InboxItem,
    InboxState,
    Lane,
    Link,
    Pair,
    PairState,
)
from integrations.sync.sessions import keep
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import Tenant, User
from tenants.services.members import create_tenant

_keys = itertools.count(5_001)

WAYS = {
    Entity.ORDER: Direction.TO_POS,
    Entity.CUSTOMER: Direction.TO_POS,
    Entity.INVENTORY: Direction.TO_STORE,
    Entity.SHIPMENT: Direction.TO_STORE,
}


@dataclass(frozen=True)
class Shop:
    """A tenant with one pair that runs."""

    tenant: Tenant
    owner: User
    pair: Pair
    flows: Mapping[Entity, Flow]

    @property
    def live(self) -> str:
        return f"/t/{self.tenant.slug}/pairs/{self.pair.pk}/live/"

    def record(self, item: InboxItem) -> str:
        return f"/t/{self.tenant.slug}/records/{item.pk}/"


def make_shop(name: str, *, zone: str = "America/New_York") -> Shop:
    tenant = create_tenant(name=name, owner_email=f"{name.split()[0].lower()}@example.com")
    owner = User.objects.get(email=f"{name.split()[0].lower()}@example.com")
    with scope.tenant(tenant.pk):
        tenant.settings["time_zone"] = zone
        tenant.save()
        pos = _connection("heartland", "retail", "Store till")
        store = _connection("shopify", "admin", "Web shop")
        pair = Pair.objects.create(
            name="Store till and web shop", pos=pos, store=store, state=PairState.TESTING
        )
        flows = {}
        for entity, way in WAYS.items():
            source, target = (store, pos) if way == Direction.TO_POS else (pos, store)
            flows[entity] = Flow.objects.create(
                pair=pair, entity=entity, direction=way, source=source, target=target
            )
    return Shop(tenant, owner, pair, flows)


def _connection(connector: str, flavour: str, name: str) -> Connection:
    made = Connection.objects.create(
        connector=connector,
        flavour=flavour,
        name=name,
        environment=Environment.SANDBOX,
        base_url="http://127.0.0.1:9/",
        account_name="Harbour Goods",
    )
    Lane.objects.create(connection=made)
    return made


def notice(
    shop: Shop,
    entity: Entity = Entity.ORDER,
    *,
    number: str = "",
    state: InboxState = InboxState.WAITING,
    at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
    **fields: Any,
) -> InboxItem:
    """An inbox item that came to the flow's source."""
    at = at or timezone.now()
    flow = shop.flows[entity]
    fields.setdefault("key", str(next(_keys)))
    with scope.tenant(shop.tenant.pk):
        kept = None
        if payload is not None:
            kept = keep(shop.tenant.pk, f"inbox/{flow.source_id}/{fields['key']}", payload)
        return InboxItem.objects.create(
            connection=flow.source,
            entity=entity,
            topic=fields.pop("topic", "orders/create" if entity is Entity.ORDER else "changed"),
            number=number,
            state=state,
            payload_id=kept,
            due_at=at,
            received_at=at,
            finished_at=fields.pop("finished_at", None if state == InboxState.WAITING else at),
            **fields,
        )


def delivery(
    shop: Shop,
    item: InboxItem,
    state: DeliveryState = DeliveryState.DELIVERED,
    *,
    seconds: float = 0.4,
    document: Mapping[str, Any] | None = None,
    exchanges: Sequence[Exchange] = (),
    attempts: Sequence[tuple[str, str]] = (),
    **fields: Any,
) -> Delivery:
    """The delivery an item became; `attempts` are (outcome, message), the last has `exchanges`."""
    flow = shop.flows[Entity(item.entity)]
    finished = item.received_at + timedelta(seconds=seconds)
    with scope.tenant(shop.tenant.pk):
        kept = keep(shop.tenant.pk, f"delivery/{item.pk}", document) if document else None
        made = Delivery.objects.create(
            flow=flow,
            inbox_item=item,
            target=flow.target,
            entity=item.entity,
            key=item.key,
            number=item.number,
            payload_id=kept,
            content_hash="0" * 64,
            mapping_version=f"{flow.target.connector}/{item.entity}@1",
            state=state,
            attempts=len(attempts),
            due_at=item.received_at,
            created_at=item.received_at + timedelta(seconds=seconds / 4),
            finished_at=None if state == DeliveryState.WAITING else finished,
            **fields,
        )
        InboxItem.objects.filter(pk=item.pk).update(passed_to=F("passed_to") + 1)
        for number, (outcome, message) in enumerate(attempts, start=1):
            begun = item.received_at + timedelta(seconds=seconds * number / (len(attempts) + 1))
            last = number == len(attempts)
            Attempt.objects.create(
                delivery=made,
                number=number,
                started_at=begun,
                finished_at=begun + timedelta(seconds=0.21),
                outcome=outcome,
                message=message,
                calls=len(exchanges) if last else 0,
                payload_id=keep(
                    shop.tenant.pk, f"attempt/{made.pk}/{number}", [asdict(e) for e in exchanges]
                )
                if last and exchanges
                else None,
            )
    return made


def link(shop: Shop, item: InboxItem, there: str) -> Link:
    flow = shop.flows[Entity(item.entity)]
    to_pos = flow.direction == Direction.TO_POS
    with scope.tenant(shop.tenant.pk):
        return Link.objects.create(
            pair=shop.pair,
            entity=item.entity,
            pos_key=there if to_pos else item.key,
            store_key=item.key if to_pos else there,
            label=item.number,
            updated_at=timezone.now(),
        )


def delivered_order(shop: Shop, number: str, *, there: str, **options: Any) -> InboxItem:
    """An order that arrived, with every document the timeline can show."""
    item = notice(
        shop,
        number=number,
        state=InboxState.PASSED,
        payload={"id": 5_001, "name": number, "total_price": "48.60", "currency": "USD"},
        **options,
    )
    delivery(
        shop,
        item,
        document={
            "record": {"key": item.key, "number": number, "currency": "USD", "total": "48.60"},
            "fields": {
                "public_id": f"S-{number.lstrip('#')}",
                "lines": [{"item": "TEE-RED-S", "qty": 2, "unit_price": "24.30"}],
                "is_test": False,
            },
        },
        exchanges=[
            Exchange(
                method="POST",
                url="https://till.example.com/api/sales/orders",
                request_body='{"public_id": "S-1001", "note": "<b>not markup</b>"}',
                status=201,
                response_body='{"id": 100321}',
                milliseconds=84,
            )
        ],
        attempts=[("created", there)],
        target_key=there,
        target_label=f"S-{number.lstrip('#')}",
        reference=f"S-{number.lstrip('#')}",
    )
    link(shop, item, there)
    return item


def held_order(shop: Shop, number: str, *, sku: str = "MUG-BLUE", **options: Any) -> InboxItem:
    item = notice(shop, number=number, state=InboxState.PASSED, payload={"name": number}, **options)
    delivery(
        shop,
        item,
        DeliveryState.HELD,
        attempts=[("Rejected", f"no Heartland item for SKU {sku}")],
        reason=f"no Heartland item for SKU {sku}",
        field="lines[0].sku",
        said=sku,
        advice="Add the article in Heartland, or give it this SKU there, then replay.",
    )
    return item
