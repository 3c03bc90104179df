"""How a log line looks: a line for people, or a JSON object for machines.

Both carry the ids of tenants/log_context.py, and both pass through `scrubbed`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from pythonjsonlogger.json import JsonFormatter

from clarity.logs.scrubbing import scrubbed
from tenants import log_context, scope

# Its lines hold words from closed lists and figures alone, and there is one for every webhook.
REQUESTS = "clarity.requests"
# Words of ours in front of an id, and the field of a JSON line in which that id stands.
_NOUNS = {
    "inbox item": "inbox_item_id",
    "inbox items": "inbox_item_id",
    "delivery": "delivery_id",
    "deliveries": "delivery_id",
    "delivery of": "delivery_id",
    "incident": "incident_id",
    "backfill": "backfill_id",
    "cursor": "cursor_id",
    "payload": "payload_id",
    "connection": "connection_id",
    "lane": "lane",
    "tenant": "tenant_id",
}
_NAMED = re.compile(r"(?:((?:\w+ )?\w+) )?%[sd]")
_PLACE = re.compile("\ue000(\\d{1,3})\ue001")
# What a line may carry beyond its words: figures and names of ours, of the log of requests.
_FIGURES = ("method", "route", "status", "ms")


class LineFormat(logging.Formatter):
    """Time (UTC), level, place and words, with the ids in force behind."""

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = _said(record).replace("\n", "\n  ")
        said = super().formatMessage(record)
        ids = " ".join(f"{name}={value}" for name, value in _ids().items())
        return f"{said} [{ids}]" if ids else said

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return scrubbed(str(super().formatException(ei)))


class JsonFormat(JsonFormatter):
    """One object a line: time, level, logger, message, ids, figures, and the error if any."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(message)s", json_ensure_ascii=True)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return scrubbed(str(super().formatException(ei)))

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        log_data["time"] = (
            f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z"
        )
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["message"] = _said(record)
        log_data.update(_ids())
        log_data.update(_named(record))
        for name in _FIGURES:
            if hasattr(record, name):
                log_data[name] = getattr(record, name)
        if record.exc_info:
            log_data["error"] = self.formatException(record.exc_info)


def _said(record: logging.LogRecord) -> str:
    """The words, scrubbed. Numbers of ours stay: some ids look like the number of a card."""
    if record.name == REQUESTS:
        return record.getMessage()
    kept: list[str] = []

    def keep(value: Any) -> Any:
        if isinstance(value, list):
            return [_Kept(keep(one)) if isinstance(one, int) else one for one in value]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**11:
            kept.append(str(value))
            return _Kept(f"\ue000{len(kept) - 1}\ue001")
        return value

    if not isinstance(record.args, tuple) or "%d" in str(record.msg):
        return scrubbed(record.getMessage())
    text = scrubbed(
        str(record.msg) % tuple(keep(one) for one in record.args)
        if record.args
        else str(record.msg)
    )
    return _PLACE.sub(lambda found: kept[int(found[1])] if int(found[1]) < len(kept) else "", text)


class _Kept(str):
    """A text that shows itself without quotes inside a list."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _ids() -> dict[str, str]:
    found = dict(log_context.ids())
    tenant_id = scope.maybe_current()
    if tenant_id is not None:
        found.setdefault("tenant_id", str(tenant_id))
    return found


def _named(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """Ids that the words of the line name: "inbox item %s could not be read" has one."""
    if not isinstance(record.args, tuple) or not isinstance(record.msg, str):
        return
    for found, value in zip(_NAMED.finditer(record.msg), record.args, strict=False):
        words = (found[1] or "").lower()
        name = _NOUNS.get(words) or _NOUNS.get(words.rpartition(" ")[2])
        if name and isinstance(value, int | UUID | list | str):
            rows = value if isinstance(value, list) else [value]
            ids = [one if isinstance(one, int) else scrubbed(str(one))[:80] for one in rows[:50]]
            yield name, ids if isinstance(value, list) else ids[0]
