"""Transform: a canonical record as the target's fields, by published rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.presets import incoming
from integrations.sync.sessions import Session
from mappings.canonical.record import Record
from mappings.engine.document import document
from mappings.engine.stock import Number
from mappings.engine.transform import transform as apply_rules


@dataclass(frozen=True)
class Rendered:
    """What will be sent. Equal `content_hash` means equal fields under equal rules."""

    fields: dict[str, Any]
    reference: str
    content_hash: str
    mapping_version: str


def transform(
    record: Record, *, source: Session, target: Session, numbers: Sequence[Number] | None = None
) -> Rendered:
    """The fields for the target. `numbers`: of stock, as worked out by stock_numbers.

    Raises Rejected that lists every problem at once.
    """
    port = target.port(record.entity)
    reference = record.key
    if port and port.reference:
        reference = port.reference(record, target.account)
    rules = incoming(target.connection.connector, target.connection.flavour, record.entity)
    done = apply_rules(rules, document(record, reference=reference, numbers=numbers))
    if done.problems:
        first = done.problems[0]
        raise Rejected(
            "; ".join(problem.message for problem in done.problems),
            field=first.source,
            said=first.value,
            advice="Fill the field in the source system or change the mapping rule, then replay.",
        )
    fields = _plain(done.fields)
    text = json.dumps(fields, sort_keys=True, default=str, separators=(",", ":"))
    return Rendered(
        fields=fields,
        reference=reference,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        mapping_version=f"{rules.name}@{rules.version}",
    )


def _plain(value: Any) -> Any:
    """Only what JSON has, and Decimal: the fields are stored before they are sent."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
