"""A write whose answer never came may be under way still, and then looking finds nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from integrations.connector_kit.base import Outgoing, Save
from integrations.connector_kit.errors import TryLater

T = TypeVar("T")

# Between the moment a proxy or we stop waiting and the moment Magento is through with it: at least
# this, and as long again as was waited. PHP works on when nobody listens any more.
AT_WORK = timedelta(seconds=15)
_UNTIL = "unsure_until"


def noting(save: Save, write: Callable[[], T]) -> T:
    """Writes; notes when Magento may be at work on it still, though no answer came."""
    began = datetime.now(UTC)
    try:
        return write()
    except TryLater as lost:
        if lost.unsure:
            now = datetime.now(UTC)
            save(_UNTIL, (now + max(AT_WORK, now - began)).isoformat())
        raise


def wait_for_earlier(outgoing: Outgoing) -> None:
    """Raises TryLater while an earlier attempt may be under way. Call when looking found nothing."""
    until = outgoing.progress.get(_UNTIL)
    if not until:
        return
    left = datetime.fromisoformat(str(until)) - datetime.now(UTC)
    if left > timedelta(0):
        raise TryLater(
            "Magento may be at work on the first attempt still; it is looked for once more before"
            " anything is written again.",
            after=left.total_seconds(),
            of_record=True,
        )
