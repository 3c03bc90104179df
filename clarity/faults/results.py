"""What a trial came to."""

from __future__ import annotations

from dataclasses import dataclass

from clarity.demo import pairing
from clarity.faults.ending import EndState, describe
from clarity.faults.shops import Shops


@dataclass(frozen=True)
class Result:
    """One row of the fault table. `recovery_seconds`: from the end of the fault until both sides
    agreed; `problem`: "" when the trial went as it must; `store`: what a person calls the store of
    the pair."""

    fault: str
    store: str
    injected: str
    events: int
    end: EndState
    recovery_seconds: float
    problem: str = ""

    @property
    def is_good(self) -> bool:
        return self.end.is_good and not self.problem


def result_of(
    fault: str, injected: str, shops: Shops, end: EndState, seconds: float, problem: str = ""
) -> Result:
    """The row of a trial with one pair; a bad end is described. The pair then rests."""
    if not end.is_good and not problem:
        problem = f"{end.plainly()}\n{describe(shops.tenant.pk)}"
    shops.close()
    store = pairing.label(shops.store.connector)
    return Result(fault, store, injected, shops.events, end, round(seconds, 1), problem)
