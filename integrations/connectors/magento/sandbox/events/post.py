"""Letters of events, repeated as the module that sent them does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integrations.connector_kit.sandbox import post_office

if TYPE_CHECKING:
    from integrations.connectors.magento.sandbox.shop import Shop

Again = Callable[[int | None, int, float], float | None]
"""The pause before the next try in seconds, None for no more: of the status (None without an answer),
the failures so far and the account's `retry_delay`."""


def async_again(status: int | None, failures: int, delay: float) -> float | None:
    """Mage-OS: five more tries, later each time, and none when nobody answered."""
    return None if status is None or failures > 5 else min(60.0, delay * failures**2)


def io_again(status: int | None, failures: int, delay: float) -> float | None:
    """Adobe I/O: for a day when the receiver is busy or broken; other refusals are taken as they are."""
    is_busy = status is None or status == 429 or (status >= 500 and status != 505)
    return delay * 2 ** min(failures - 1, 4) if is_busy and failures <= 15 else None


def never_again(_status: int | None, _failures: int, _delay: float) -> float | None:
    """Mageplaza: a hook that failed can be sent again by hand only."""
    return None


@dataclass
class Letter(post_office.Letter):
    """One event on its way to one address."""

    account: Shop
    again: Again

    def pause(self, status: int | None) -> float | None:
        found = self.again(status, self.failures, self.account.settings.retry_delay)
        if found is not None:
            self.headers = {**self.headers, "x-adobe-retry-count": str(self.failures)}
        return found
