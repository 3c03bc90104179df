"""What there is to know of a connection, for the people who own the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Q

from integrations.connector_kit.manifest import FieldSpec, Manifest
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import (
    BreakerState,
    Connection,
    Cursor,
    Delivery,
    DeliveryState,
    Flow,
    Lane,
    Pair,
)
from integrations.services import connection_settings, connections
from integrations.services.walking import last_received
from integrations.sync import budget


@dataclass(frozen=True)
class CredentialFact:
    """A credential by its label; `set_at` None: there is none. Its value is shown to nobody."""

    label: str
    is_secret: bool
    is_required: bool
    set_at: datetime | None


@dataclass(frozen=True)
class SettingFact:
    """A setting as it is; `is_usual`: nobody chose it."""

    spec: FieldSpec
    value: str
    is_usual: bool

    @property
    def said(self) -> str:
        """The value as a person reads it."""
        return self.value.replace("_", " ") if self.spec.options else self.value


@dataclass(frozen=True)
class Facts:
    """`rate`: calls (or points) a second as learnt from the account, None while nothing was."""

    connection: Connection
    system: str
    flavour: str
    pairs: Sequence[Pair]
    last_notice_at: datetime | None
    last_poll_at: datetime | None
    last_delivery_at: datetime | None
    rate: Decimal | None
    resting_until: datetime | None
    resting_reason: str
    credentials: Sequence[CredentialFact]
    settings: Sequence[SettingFact]

    @property
    def last_contact_at(self) -> datetime | None:
        moments = (self.last_notice_at, self.last_poll_at, self.last_delivery_at)
        return max((one for one in moments if one), default=None)


def every() -> Sequence[tuple[Connection, str, Sequence[str]]]:
    """Every connection with its system and the names of its pairs. Call inside the scope."""
    pairs = list(Pair.objects.order_by("name", "pk"))
    return [
        (
            one,
            system_of(one),
            [pair.name for pair in pairs if one.pk in (pair.pos_id, pair.store_id)],
        )
        for one in Connection.objects.order_by("name", "pk")
    ]


def system_of(connection: Connection) -> str:
    """The vendor's name."""
    found = _manifest(connection)
    return found.label if found else connection.connector


def facts(connection: Connection, *, now: datetime) -> Facts:
    """Everything of one connection. Call inside the tenant's scope."""
    manifest = _manifest(connection)
    lane = Lane.objects.filter(pk=connection.pk).first()
    pairs = Pair.objects.filter(Q(pos=connection) | Q(store=connection))
    polled = Cursor.objects.filter(connection=connection).aggregate(last=Max("polled_at"))
    is_ill = lane is not None and lane.breaker != BreakerState.CLOSED
    return Facts(
        connection=connection,
        system=system_of(connection),
        flavour=manifest.flavours.get(connection.flavour, "") if manifest else "",
        pairs=list(pairs.order_by("name", "pk")),
        last_notice_at=last_received(connection.pk),
        last_poll_at=polled["last"],
        last_delivery_at=_last_delivery(connection),
        rate=_rate(lane),
        resting_until=lane.parked_until if lane and is_ill else None,
        resting_reason=lane.parked_reason if lane and is_ill else "",
        credentials=_credentials(connection, manifest),
        settings=_settings(connection, manifest),
    )


def _last_delivery(connection: Connection) -> datetime | None:
    """By flow, as the index has it."""
    moments = [
        Delivery.objects.filter(flow=flow, state=DeliveryState.DELIVERED)
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
        .first()
        for flow in Flow.objects.filter(target=connection).order_by("pk")
    ]
    return max((one for one in moments if one), default=None)


def _manifest(connection: Connection) -> Manifest | None:
    try:
        return get(connection.connector).manifest
    except UnknownConnector:
        return None


def _rate(lane: Lane | None) -> Decimal | None:
    known = budget.read(lane.pace) if lane else None
    return Decimal(str(round(known[0].rate, 1))) if known else None


def _credentials(connection: Connection, manifest: Manifest | None) -> list[CredentialFact]:
    kept: Mapping[str, datetime] = connections.credentials_set(connection)
    return [
        CredentialFact(spec.label, spec.secret, spec.required, kept.get(spec.name))
        for spec in (manifest.credentials if manifest else ())
    ]


def _settings(connection: Connection, manifest: Manifest | None) -> list[SettingFact]:
    if manifest is None:
        return []
    found = []
    for spec in connection_settings.specs(manifest):
        value = str(connection.settings.get(spec.name, ""))
        found.append(SettingFact(spec, value or spec.default, value in ("", spec.default)))
    return found
