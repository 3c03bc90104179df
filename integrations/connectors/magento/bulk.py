"""Magento's bulk endpoints: much is handed over with one call and carried out by the shop's queue.

Accepted means queued only. What became of it is asked for; where nothing happens for minutes, the
shop's consumers do not run. Magento: Bulk endpoints; Operation status endpoints.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connector_kit.errors import TryLater
from integrations.connectors.magento.answers import NotFound
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.criteria import Criteria, where
from integrations.connectors.magento.polling import instant

COMPLETE, FAILED_RETRIABLE, FAILED, OPEN, REJECTED = 1, 2, 3, 4, 5
_FAILURES = frozenset({FAILED_RETRIABLE, FAILED, REJECTED})

# Seconds between two looks; the queue of a shop runs at once, or by cron each minute.
_PAUSES = (0.1, 0.2, 0.4, 0.8)
_LONGEST_PAUSE = 1.0


@dataclass(frozen=True)
class Handed:
    """A bulk load that the shop has accepted. `bodies`: its operations, in order."""

    uuid: str
    at: datetime
    bodies: Sequence[Any] = field(repr=False)


@dataclass(frozen=True)
class Standing:
    """How far a bulk load is. `failed`: by place of the operation in the load, why it failed.

    `is_lost`: the shop does not know the load. `is_sure`: whether `failed` names every failure.
    """

    operations: int
    open: int
    failed: Mapping[int, str] = field(default_factory=dict)
    is_lost: bool = False
    is_sure: bool = True

    @property
    def is_over(self) -> bool:
        return self.is_lost or not self.open

    @property
    def has_begun(self) -> bool:
        return self.open < self.operations


def hand_over(client: StoreClient, path: str, bodies: Sequence[Any], *, store: str) -> Handed:
    """Queues one operation for each body. Raises TryLater where the shop did not take it."""
    answer = client.post_async(f"bulk/{path}", list(bodies), store=store)
    uuid = str(answer.get("bulk_uuid") or "") if isinstance(answer, Mapping) else ""
    if not uuid:
        raise TryLater("Magento did not say under which number it queued the load.")
    return Handed(uuid, client.now(), tuple(bodies))


def still_open(client: StoreClient, topic: str) -> frozenset[str]:
    """Numbers of the loads that wait in the shop's queue, whoever handed them over. `topic`: as a
    filter `like` takes it."""
    criteria = Criteria(
        (where("status", str(OPEN)), where("topic_name", topic, "like")),
        sort=(),
        fields="items[bulk_uuid],total_count",
    )
    return frozenset(str(row["bulk_uuid"]) for row in client.everything("bulk", criteria))


def found(client: StoreClient, uuid: str) -> Handed:
    """A load that the shop has, with those of its operations that can be read."""
    answer = client.get(f"bulk/{uuid}/detailed-status")
    bodies = [_body(row) for row in _operations(answer)]
    started = str(answer.get("start_time") or "")
    at = instant(started) if started else client.now()
    return Handed(uuid, at, tuple(one for one in bodies if one is not None))


def standing(client: StoreClient, handed: Handed) -> Standing:
    """How far it is; one call, a second one where something failed."""
    try:
        answer = client.get(f"bulk/{handed.uuid}/status")
    except NotFound:
        return Standing(len(handed.bodies), 0, is_lost=True)
    rows = _operations(answer)
    count = int(answer.get("operation_count") or len(rows) or len(handed.bodies))
    statuses = [int(row.get("status") or OPEN) for row in rows]
    # Operations may be listed only as they are taken up.
    still_open = statuses.count(OPEN) + max(0, count - len(rows))
    if not any(status in _FAILURES for status in statuses) or still_open:
        return Standing(count, still_open)
    failed = _failures(client, handed)
    named = set(failed) - {-1}
    return Standing(count, 0, {at: failed[at] for at in named}, is_sure=-1 not in failed)


def wait(client: StoreClient, handed: Handed, *, seconds: float) -> Standing:
    """Its standing once it is over, or after so many seconds."""
    end = time.monotonic() + seconds
    for pause in _pauses():
        found = standing(client, handed)
        left = end - time.monotonic()
        if found.is_over or left <= 0:
            return found
        time.sleep(min(pause, left))
    raise AssertionError("pauses never end")


def _pauses() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield _LONGEST_PAUSE


def _failures(client: StoreClient, handed: Handed) -> dict[int, str]:
    """By place; -1 stands for an operation that cannot be told from the others.

    By what it carried, since nothing promises that operations are listed in the order given.
    """
    answer = client.get(f"bulk/{handed.uuid}/detailed-status")
    places = {_print(body): at for at, body in enumerate(handed.bodies)}
    found: dict[int, str] = {}
    for row in _operations(answer):
        if int(row.get("status") or OPEN) in _FAILURES:
            at = places.get(_carried(row), -1)
            found[at] = str(row.get("result_message") or "Magento does not say why")
    return found


def _operations(answer: Any) -> list[Mapping[str, Any]]:
    if not isinstance(answer, Mapping):
        raise TryLater("Magento answered the state of a bulk load with something else.")
    return [row for row in answer.get("operations_list") or () if isinstance(row, Mapping)]


def _carried(row: Mapping[str, Any]) -> str:
    """Tells the body of an operation, as the shop kept it; "" where it cannot be read."""
    kept = _body(row)
    return "" if kept is None else _print(kept)


def _body(row: Mapping[str, Any]) -> Any:
    try:
        kept = json.loads(str(row.get("serialized_data") or ""))
        return json.loads(kept["meta_information"], parse_float=Decimal)
    except (KeyError, TypeError, ValueError):
        return None


def _print(body: Any) -> str:
    """Equal for bodies that say the same: 5, 5.0 and "5" are one number there."""
    return json.dumps(_plain(body), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return f"{float(value):.4f}"
