"""Asynchronous and bulk calls: queued at once, worked off by a consumer, asked for afterwards.

Source: Magento's guides on asynchronous, bulk and operation status endpoints. Accepted means queued only;
a call that fails says so in its operation alone.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from integrations.connector_kit.sandbox.faults import FaultKind
from integrations.connectors.magento.sandbox.access import Login
from integrations.connectors.magento.sandbox.criteria import listing
from integrations.connectors.magento.sandbox.errors import Refusal, no_such_entity
from integrations.connectors.magento.sandbox.replies import encoded
from integrations.connectors.magento.sandbox.routing import Call, Route, Table
from integrations.connectors.magento.sandbox.shop import Shop

CONSUMER = "CONSUMER"
_DEADLOCK = "SQLSTATE[HY000]: General error: 1205 Lock wait timeout exceeded"
COMPLETE, FAILED_RETRIABLE, FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5


@dataclass
class Operation:
    """One call of a bulk. `work` does it; `said` is what came of it, or the reason of a failure."""

    id: int
    topic: str
    sent: str
    work: Callable[[], Any] = field(repr=False)
    status: int = OPEN
    said: str = ""
    error_code: int | None = None
    result: str | None = None


@dataclass
class Bulk:
    uuid: str
    user_type: int
    started_at: datetime
    operations: list[Operation]


class Bulks:
    """The bulks of one shop, and the consumer that works them off while it is turned on."""

    def __init__(self, shop: Shop) -> None:
        self.all: dict[str, Bulk] = {}
        self._shop = shop
        self._waiting: queue.SimpleQueue[Operation | None] = queue.SimpleQueue()
        self._held: list[Operation] = []
        self._is_started = False
        self._lock = threading.Lock()

    def add(self, bulk: Bulk) -> None:
        self.all[bulk.uuid] = bulk
        with self._lock:
            self._held += [entry for entry in bulk.operations if entry.status == OPEN]
        self.wake()

    def wake(self) -> None:
        """Hands what waits to the consumer, unless the merchant's consumers are down."""
        if not self._shop.settings.consumers:
            return
        with self._lock:
            held, self._held = self._held, []
            for operation in held:
                self._waiting.put(operation)
            if not self._is_started and held:
                self._is_started = True
                threading.Thread(target=self._consume, daemon=True).start()

    def close(self) -> None:
        """The shop is gone; the consumer ends."""
        self._waiting.put(None)

    def _consume(self) -> None:
        while (operation := self._waiting.get()) is not None:
            _work(self._shop, operation)


def _breaks(shop: Shop, operation: Operation) -> bool:
    """A fault "status" whose `match` begins with CONSUMER fails the operation, and not the call."""
    what = f"{CONSUMER} {operation.topic}"
    fault = shop.faults.shown(FaultKind.STATUS, what)
    if fault is None or not fault.match.startswith(CONSUMER):
        return False
    return shop.faults.take(FaultKind.STATUS, what) is not None


def _work(shop: Shop, operation: Operation) -> None:
    if _breaks(shop, operation):
        operation.said, operation.error_code = _DEADLOCK, 1205
        operation.status = FAILED_RETRIABLE
        return
    try:
        with shop.lock:
            result = operation.work()
    except Refusal as refusal:
        operation.said, operation.error_code = refusal.text(), 0
        operation.status = FAILED
        return
    operation.result = encoded(result)
    operation.said = "Service execution success " + operation.topic
    operation.status = COMPLETE


def enqueue(
    shop: Shop, table: Table, call: Call, parts: tuple[str, ...], is_bulk: bool, login: Login
) -> dict[str, Any]:
    """Answers what was accepted. Raises Refusal for a path that leads nowhere."""
    if call.method == "GET":
        raise Refusal("Request does not match any route.", status=404)
    bodies = call.body if is_bulk else [call.body]
    if not isinstance(bodies, list):
        raise Refusal("The body of a bulk request must be a list.")
    made = [_operation(shop, table, call, parts, body, is_bulk=is_bulk) for body in bodies]
    bulk = Bulk(str(uuid.uuid4()), login.user_type, shop.now(), made)
    for place, operation in enumerate(made):
        operation.id = place
    shop.bulks.add(bulk)
    return {
        "bulk_uuid": bulk.uuid,
        "request_items": [
            {
                "id": entry.id,
                "data_hash": hashlib.sha256(entry.sent.encode()).hexdigest(),
                "status": "rejected" if entry.status == REJECTED else "accepted",
            }
            for entry in made
        ],
        "errors": any(entry.status == REJECTED for entry in made),
    }


def _operation(
    shop: Shop, table: Table, call: Call, parts: tuple[str, ...], body: Any, *, is_bulk: bool
) -> Operation:
    """A bulk's path has by<Name> where the plain one has a value, which is in the body."""
    segments, rest = _filled(parts, body) if is_bulk else (parts, body)
    found = table.find(call.method, segments)
    if found is None:
        raise Refusal("Request does not match any route.", status=404)
    route, params = found
    done = replace(call, params=params, body=rest)
    words = route.path.replace("/", ".").replace("{", "").replace("}", "").lower()
    return Operation(
        id=0,
        topic=f"async.{words}.{call.method.lower()}",
        sent=encoded({"entity_id": None, "entity_link": "", "meta_information": encoded(body)}),
        work=lambda: route.handler(shop, done),
    )


def _filled(parts: tuple[str, ...], body: Any) -> tuple[tuple[str, ...], Any]:
    segments, rest = [], dict(body) if isinstance(body, Mapping) else body
    for part in parts:
        name = part[2:3].lower() + part[3:]
        if not part.startswith("by") or not part[2:3].isupper():
            segments.append(part)
            continue
        value = _named(rest, name)
        if value is None:
            raise Refusal(
                '"%fieldName" is required. Enter and try again.', parameters={"fieldName": name}
            )
        segments.append(str(value))
    return tuple(segments), rest


def _named(body: Any, name: str) -> Any:
    """A value of the path: at the top of the body, or in the one object it holds."""
    if not isinstance(body, dict):
        return None
    if name in body:
        return body.pop(name)
    inner = [row for row in body.values() if isinstance(row, Mapping) and name in row]
    return inner[0][name] if inner else None


def _bulk(shop: Shop, call: Call) -> Bulk:
    found = shop.bulks.all.get(call.params["bulkUuid"])
    if found is None:
        raise no_such_entity("bulk_uuid", call.params["bulkUuid"])
    return found


def _status(shop: Shop, call: Call) -> dict[str, Any]:
    return _view(_bulk(shop, call), _short)


def _detailed(shop: Shop, call: Call) -> dict[str, Any]:
    bulk = _bulk(shop, call)
    return _view(bulk, lambda entry: {**_long(entry), "bulk_uuid": bulk.uuid})


def _short(entry: Operation) -> dict[str, Any]:
    return {
        "id": entry.id,
        "status": entry.status,
        "result_message": entry.said,
        "error_code": entry.error_code,
    }


def _long(entry: Operation) -> dict[str, Any]:
    return {
        **_short(entry),
        "topic_name": entry.topic,
        "serialized_data": entry.sent,
        "result_serialized_data": entry.result,
    }


def _view(bulk: Bulk, row: Callable[[Operation], dict[str, Any]]) -> dict[str, Any]:
    return {
        "operations_list": [row(entry) for entry in bulk.operations],
        "user_type": bulk.user_type,
        "bulk_id": bulk.uuid,
        "description": f"Topic {bulk.operations[0].topic}" if bulk.operations else "",
        "start_time": bulk.started_at,
        "user_id": None,
        "operation_count": len(bulk.operations),
    }


def _count(shop: Shop, call: Call) -> int:
    wanted = call.number("status")
    return sum(entry.status == wanted for entry in _bulk(shop, call).operations)


def _search(shop: Shop, call: Call) -> dict[str, Any]:
    rows = [(bulk, entry) for bulk in list(shop.bulks.all.values()) for entry in bulk.operations]
    columns: dict[str, Callable[[tuple[Bulk, Operation]], Any]] = {
        "start_time": lambda row: row[0].started_at,
        "bulk_uuid": lambda row: row[0].uuid,
        "status": lambda row: row[1].status,
        "topic_name": lambda row: row[1].topic,
    }
    return listing(call, rows, columns, lambda row: {**_long(row[1]), "bulk_uuid": row[0].uuid})


_RESOURCE = "Magento_Logging::system_magento_logging_bulk_operations"

ROUTES = (
    Route("GET", "bulk", _search, _RESOURCE),
    Route("GET", "bulk/{bulkUuid}/status", _status, _RESOURCE),
    Route("GET", "bulk/{bulkUuid}/detailed-status", _detailed, _RESOURCE),
    Route("GET", "bulk/{bulkUuid}/operation-status/{status}", _count, _RESOURCE),
)
