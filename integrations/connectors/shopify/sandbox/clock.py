"""Time as Shopify writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone

# Phoenix keeps one offset all year, so a sandbox needs no time zone data.
ZONE_NAME = "America/Phoenix"
ZONE_SHORT = "MST"
ZONE = timezone(timedelta(hours=-7))

_skew: ContextVar[float] = ContextVar("skew", default=0.0)


@contextmanager
def ahead(seconds: float) -> Iterator[None]:
    """Inside, the clock is ahead of the true time by so much, or behind it."""
    token = _skew.set(seconds)
    try:
        yield
    finally:
        _skew.reset(token)


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=_skew.get())


def utc(moment: datetime | None) -> str | None:
    """GraphQL: whole seconds in UTC."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: datetime | None) -> str | None:
    """Webhook bodies: whole seconds with the shop's offset."""
    return None if moment is None else moment.astimezone(ZONE).isoformat(timespec="seconds")
