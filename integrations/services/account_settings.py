"""What an account says of itself: its business name, its time zone, how long payloads are kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import available_timezones

from tenants.models import Tenant, User
from tenants.services import audit

LEAST_DAYS, MOST_DAYS = 1, 365
LONGEST_NAME = 200


class BadSetting(ValueError):
    """A value cannot be kept; `field` names it and the message says what can."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class Stale(ValueError):
    """Somebody else changed it since the form was opened; nothing was saved."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else changed this meanwhile, so nothing was saved. What they saved is shown;"
            " enter your change again."
        )


@dataclass(frozen=True)
class Wanted:
    """As a person typed it."""

    name: str
    time_zone: str
    retention_days: str


def version(value: object) -> str:
    """Names a state, so that a form can say which one it was made from."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def shown(tenant: Tenant) -> dict[str, object]:
    """The settings as they are."""
    return {
        "name": tenant.name,
        "time_zone": tenant.time_zone,
        "retention_days": tenant.retention_days,
    }


def time_zones() -> list[str]:
    """Every zone a person may choose: those of places, and UTC."""
    return sorted(
        name
        for name in available_timezones()
        if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/", "US/")))
    )


def change(*, tenant_id: UUID, wanted: Wanted, seen: str, actor: User | None) -> bool:
    """Saves what differs; answers whether anything did. Call inside the tenant's scope.

    `seen` is the version the form was made from. Raises BadSetting, Stale.
    """
    after = _checked(wanted)
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    before = shown(tenant)
    if version(before) != seen:
        raise Stale
    changed = {name for name, value in after.items() if before[name] != value}
    if not changed:
        return False
    tenant.name = str(after["name"])
    tenant.settings = {
        **tenant.settings,
        "time_zone": after["time_zone"],
        "retention_days": after["retention_days"],
    }
    tenant.save(update_fields=["name", "settings"])
    audit.record(
        action="account.settings_changed",
        object_type="Tenant",
        object_id=tenant.pk,
        actor=actor,
        before={name: before[name] for name in sorted(changed)},
        after={name: after[name] for name in sorted(changed)},
    )
    return True


def _checked(wanted: Wanted) -> dict[str, object]:
    name = " ".join(wanted.name.replace("\x00", "").split())
    if not name:
        raise BadSetting("Enter the name of your business.", field="name")
    if len(name) > LONGEST_NAME:
        raise BadSetting(
            f"The name has {len(name)} characters; at most {LONGEST_NAME} are kept.", field="name"
        )
    zone = wanted.time_zone.strip()
    if zone not in available_timezones():
        raise BadSetting(
            f"{zone or 'Nothing'} is no time zone. Choose one from the list, such as"
            " America/New_York.",
            field="time_zone",
        )
    text = wanted.retention_days.strip()
    days = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise BadSetting(
            f"{text or 'Nothing'} cannot be kept. Enter a whole number of days from {LEAST_DAYS}"
            f" to {MOST_DAYS}.",
            field="retention_days",
        )
    return {"name": name, "time_zone": zone, "retention_days": days}
