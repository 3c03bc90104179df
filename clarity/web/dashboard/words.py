"""Numbers of the dashboard as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import floor

from clarity.web.activity.words import duration
from integrations.services.freshness import STEPS


def number(count: int) -> str:
    """ "12", "48,210", "1.25 million"."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1_000_000:.2f} million"


def percent(share: float | None) -> str:
    """ "99.94 %"; never rounded up to 100 %, "" for None."""
    if share is None:
        return ""
    return "100 %" if share >= 1 else f"{floor(share * 10_000) / 100:.2f} %"


def rate(per_second: float) -> str:
    """ "1,000 a second", "2.5 a second"."""
    return f"{per_second:,.0f} a second" if per_second >= 10 else f"{per_second:.2g} a second"


def took(seconds: float | None) -> str:
    """ "4.0 s"; what is off the scale is "a day or more"."""
    if seconds is not None and seconds >= STEPS[-1]:
        return "a day or more"
    return duration(seconds)


def label(start: datetime, *, unit: str) -> str:
    """ "14:00" or "Sat 21 Nov"; `start` is in the tenant's zone."""
    # Figures go by full hours of UTC, so in some zones an hour begins at a quarter or a half.
    return f"{start:%H:%M}" if unit == "hour" else f"{start:%a} {start.day} {start:%b}"


def is_old(counted_at: datetime | None, *, now: datetime) -> bool:
    """Whether figures are so old that it must be said."""
    return counted_at is None or counted_at < now - timedelta(seconds=5)
