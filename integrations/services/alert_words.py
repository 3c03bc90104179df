"""What alert messages say: facts without personal data, and sentences made of them.

A message keeps its `Content` as it was when it was written, so each try says the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.urls import reverse

from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, Incident, MessageKind
from integrations.services.alert_counts import Found
from integrations.services.verdict import counted
from integrations.sync.causes import BLANK
from tenants.models import Tenant

LONGEST_SUBJECT = 250
NO_ADVICE = "Open the incident to see which records wait and why."
# Fields whose values are words of the systems, never of a person.
_OPEN_FIELDS = frozenset(
    {
        "currency",
        "financial_status",
        "fulfillment_status",
        "gateway",
        "location",
        "method",
        "payment_gateway_names",
        "payment_method",
        "shipping_method",
        "sku",
        "state",
        "status",
        "tender",
        "type",
    }
)
_PLAIN = re.compile(r"[\w .+/-]{1,40}")
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){6,}")
# Which record it was differs from record to record, so the sentence begins behind it.
_WHOSE = re.compile(rf"^\w[\w ]* {re.escape(BLANK)}: ")


@dataclass(frozen=True)
class Content:
    """What a message tells, ready for every kind of channel.

    `event` is its name for programs; `since` and `about` (ids and numbers for programs) may be
    empty. `facts` are short pairs of a name and a value; `lines` are sentences of a digest.
    """

    event: str
    title: str
    said: str = ""
    advice: str = ""
    link: str = ""
    link_words: str = ""
    since: str = ""
    tenant: str = ""
    facts: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(content: Mapping[str, Any]) -> Content:
    """The content of a stored message."""
    return Content(**content)


def short(subject: str) -> str:
    """On one line, and no longer than a subject may be."""
    line = " ".join(subject.split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"


def zone_of(tenant: Tenant) -> ZoneInfo:
    try:
        return ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment(at: datetime, tenant: Tenant) -> str:
    """ "21 Nov 2026, 09:15 EST"."""
    local = at.astimezone(zone_of(tenant))
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


def lasted(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 20 min", "2 days"."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(0, int(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{minutes // (24 * 60)} days"


def cause(incident: Incident, values: Sequence[str]) -> str:
    """The cause in words; the one value it speaks of stands in it where it is no one's own."""
    text = _WHOSE.sub("", incident.message) or "stopped without a reason"
    if len(values) == 1 and is_open_value(incident.field, values[0]):
        text = text.replace(BLANK, f"'{values[0]}'", 1)
    return text


def is_open_value(path: str, value: str) -> bool:
    """Whether a value may leave the house: of a field that holds words of the systems, short, and
    neither an address nor a number long enough to be somebody's."""
    name = path.rsplit(".", 1)[-1].removesuffix("[]")
    return name in _OPEN_FIELDS and bool(_PLAIN.fullmatch(value)) and not _LONG_NUMBER.search(value)


def held_words(entity: str, count: int, *, given_up: bool) -> str:
    """ "3 orders are held", "1 order was given up"."""
    if given_up:
        return f"{counted(entity, count)} {'was' if count == 1 else 'were'} given up"
    return f"{counted(entity, count)} {'is' if count == 1 else 'are'} held"


def of_incident(
    incident: Incident,
    kind: MessageKind,
    *,
    tenant: Tenant,
    began_at: datetime,
    found: Found,
    why: str,
    now: datetime,
) -> Content:
    """What is told of an incident that has lasted until `now`, with its cause in words."""
    took = lasted((now - began_at).total_seconds())
    if kind == MessageKind.RESOLVED:
        title = f"Resolved: {why}"
        said = f"Nothing is stuck any more. It took {took}."
        if found.ever:
            stopped = counted(incident.entity, found.ever)
            said = f"Nothing is stuck any more: {stopped} had stopped. It took {took}."
    elif incident.has_records:
        held = held_words(
            incident.entity, found.stopped, given_up=found.given_up == found.stopped > 0
        )
        title = f"{'Now ' if kind == MessageKind.GROWN else ''}{held}: {why}"
        said = "Everything else keeps flowing, and nothing is lost."
    else:
        title = f"{why[0].upper()}{why[1:]}"
        said = ""
    names = [["Account", incident.connection.name]] if incident.connection else []
    if incident.field:
        names.append(["Field", incident.field])
    resolved = kind == MessageKind.RESOLVED
    return Content(
        event={
            MessageKind.FIRST: "incident.opened",
            MessageKind.GROWN: "incident.grown",
            MessageKind.RESOLVED: "incident.resolved",
        }[kind],
        title=title,
        said=said,
        advice="" if resolved else incident.advice or NO_ADVICE,
        link=link("incident", tenant, incident_id=incident.pk),
        link_words="Open the incident",
        since=began_at.astimezone(UTC).isoformat(),
        tenant=tenant.name,
        facts=[["Since", moment(began_at, tenant)], *names],
        about={
            "incident": incident.pk,
            "kind": incident.kind,
            "entity": incident.entity,
            "field": incident.field,
            "records": found.ever if resolved else found.stopped,
        },
    )


def of_connection(
    connection: Connection,
    kind: MessageKind,
    *,
    tenant: Tenant,
    began_at: datetime,
    waiting: int,
    now: datetime,
) -> Content:
    """What is told of an account that refused our credentials. `waiting`: records for it."""
    system = _system(connection)
    common: dict[str, Any] = {
        "link": link("connection", tenant, connection_id=connection.pk),
        "since": began_at.astimezone(UTC).isoformat(),
        "tenant": tenant.name,
        "about": {"connection": str(connection.pk), "name": connection.name, "system": system},
    }
    if kind == MessageKind.RESOLVED:
        took = lasted((now - began_at).total_seconds())
        return Content(
            event="connection.restored",
            title=f"{connection.name} ({system}) works again",
            said=f"What waited goes on by itself, in order. It took {took}.",
            link_words="Open the connection",
            **common,
        )
    kept = f" ({waiting:,} so far)" if waiting else ""
    return Content(
        event="connection.lost",
        title=f"Please reconnect {connection.name} ({system})",
        said=(
            f"{system} does not let us into {connection.name} any more, so nothing goes to it or"
            f" comes from it. Nothing is lost: what arrives meanwhile is kept{kept} and goes on by"
            " itself, in order, as soon as the connection works again."
        ),
        advice="Reconnect it: enter its credentials again.",
        link_words=f"Reconnect {connection.name}",
        facts=[["What it said", connection.state_reason], ["Since", moment(began_at, tenant)]],
        **common,
    )


def link(name: str, tenant: Tenant, **names: object) -> str:
    """The whole address of a page of the tenant."""
    path = reverse(name, kwargs={"slug": tenant.slug, **names})
    return f"{settings.CLARITY_PUBLIC_URL}{path}"


def _system(connection: Connection) -> str:
    try:
        return get(connection.connector).manifest.label
    except UnknownConnector:
        return connection.connector
