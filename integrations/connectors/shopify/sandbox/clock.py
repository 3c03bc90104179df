"""Time as Shopify writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

# Phoenix keeps one offset all year, so a sandbox needs no time zone data.
ZONE_NAME = "America/Phoenix"
ZONE_SHORT = "MST"
ZONE = timezone(timedelta(hours=-7))


def now() -> datetime:
    return datetime.now(UTC)


def utc(moment: datetime | None) -> str | None:
    """GraphQL: whole seconds in UTC."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: datetime | None) -> str | None:
    """Webhook bodies: whole seconds with the shop's offset."""
    return None if moment is None else moment.astimezone(ZONE).isoformat(timespec="seconds")
