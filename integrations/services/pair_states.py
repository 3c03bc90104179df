"""Pausing and resuming a pair, written down with who did it."""

from __future__ import annotations

from datetime import datetime

from integrations.models import Pair, PairState
from integrations.services import pairs
from integrations.services.pairs import BadPair
from tenants.models import User
from tenants.services import audit


def pause(pair: Pair, *, actor: User | None) -> None:
    """Stops the pair; what arrives meanwhile is kept. Call inside the tenant's scope.

    Pausing twice changes nothing. Raises BadPair for a pair that has not been started.
    """
    locked = _locked(pair)
    if locked.state == PairState.PAUSED:
        return
    if locked.state == PairState.DRAFT:
        raise BadPair(f"{pair.name} has not been started yet, so there is nothing to pause.")
    pairs.pause(pair)
    _tell("pair.paused", locked, pair, actor)


def resume(pair: Pair, *, state: PairState, actor: User | None, now: datetime) -> None:
    """Lets a paused pair run again, `testing` or `live`. Call inside the tenant's scope.

    Resuming one that runs in this state changes nothing. Raises BadPair, NotReady.
    """
    locked = _locked(pair)
    if locked.state == state:
        return
    if locked.state != PairState.PAUSED:
        raise BadPair(f"{pair.name} is {locked.get_state_display().lower()}, not paused.")
    pairs.start(pair, state=state, now=now)
    _tell("pair.resumed", locked, pair, actor)


def _locked(pair: Pair) -> Pair:
    """The pair as it is now; no one else changes its state meanwhile."""
    found: Pair = Pair.objects.select_for_update(no_key=True, of=("self",)).get(pk=pair.pk)
    pair.state = found.state
    return found


def _tell(action: str, before: Pair, after: Pair, actor: User | None) -> None:
    audit.record(
        action=action,
        object_type="Pair",
        object_id=after.pk,
        actor=actor,
        before={"state": before.state},
        after={"state": after.state},
    )
