"""A large load of stock levels through the shop's queue, and what is done when the queue stands still.

What was handed over cannot be taken back. So a load is kept in mind until it is over, also one that
is given up: when it is carried out at last, with quantities of then, what other quantity was asked
for since is written once more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from integrations.connector_kit.errors import Rejected, TryLater
from integrations.connectors.magento import bulk, inventory_levels
from integrations.connectors.magento.answers import Forbidden, NoRoute, Refused
from integrations.connectors.magento.bulk import Handed, Standing
from integrations.connectors.magento.client import StoreClient
from integrations.connectors.magento.inventory_levels import PATH, Level, Place
from integrations.connectors.magento.inventory_state import StockState

log = logging.getLogger(__name__)

# A slice of work lasts 20 seconds at most; the ends of loads are asked for again in the next one.
WAIT_SECONDS = 15.0
ASK_AGAIN_SECONDS = 10.0
# Cron starts the consumers each minute, so by then something has happened where they run at all.
CONSUMERS_REST = timedelta(minutes=3)
# A load that has begun may take long; a shop that needs more than this is better served directly.
LONGEST = timedelta(minutes=20)
NO_BULK_FOR = timedelta(minutes=30)
LOOK_SECONDS = 10.0
# async.magento.inventoryapi.api.sourceitemssaveinterface.execute.post, or by the path.
TOPIC = "%source%items%"
_LATE_LOOK = timedelta(seconds=15)


def is_off(client: StoreClient, state: StockState) -> bool:
    """Whether the queue of the shop stood still a while ago."""
    return state.no_bulk_until is not None and client.now() < state.no_bulk_until


def load(
    client: StoreClient, state: StockState, levels: Sequence[Level]
) -> dict[Place, Rejected | TryLater]:
    """Sets the levels through the queue; answers those that were refused or are not done yet.

    May be called again with the same levels: what was handed over is asked for, not sent anew.
    """
    answers: dict[Place, Rejected | TryLater] = {}
    mine = _handed(state, levels)
    known = {level for one in mine for level in _levels(one)}
    fresh = [level for level in levels if level not in known]
    if fresh:
        try:
            mine.append(_hand_over(client, state, fresh))
        except (NoRoute, Refused) as error:
            # The shop takes no bulk loads, whatever its version says.
            _give_up(client, state, f"does not take bulk loads ({error.words})")
            answers |= inventory_levels.write(client, fresh, state.limit)
    wanted = {level.place: level for level in levels}
    end = time.monotonic() + WAIT_SECONDS
    for one in mine:
        answers |= _settle(client, state, one, wanted, seconds=max(0.0, end - time.monotonic()))
    return answers


def _handed(state: StockState, levels: Iterable[Level]) -> list[Handed]:
    wanted = set(levels)
    with state.lock:
        return [one for one in state.handed if wanted.intersection(_levels(one))]


def _hand_over(client: StoreClient, state: StockState, levels: Sequence[Level]) -> Handed:
    bodies = [
        inventory_levels.body(piece) for piece in inventory_levels.pieces(levels, state.limit.most)
    ]
    handed = bulk.hand_over(client, PATH, bodies, store="all")
    with state.lock:
        # Those nobody asks for any more: their records were discarded.
        state.handed = [
            one
            for one in state.handed
            if handed.at - one.at < NO_BULK_FOR or _outdated(one, state.newest)
        ]
        state.handed.append(handed)
    return handed


def _settle(
    client: StoreClient,
    state: StockState,
    handed: Handed,
    wanted: dict[Place, Level],
    *,
    seconds: float,
) -> dict[Place, Rejected | TryLater]:
    """What became of those of the wanted levels that this load carries."""
    found = bulk.wait(client, handed, seconds=seconds)
    mine = [level for level in _levels(handed) if wanted.get(level.place) == level]
    if not found.is_over and not _is_stuck(client, handed, found):
        later = TryLater(
            "Magento has queued the stock levels and is still working on them.",
            after=ASK_AGAIN_SECONDS,
            of_record=True,
        )
        return {level.place: later for level in mine}
    if not found.is_over:
        _give_up(client, state, "has not carried out a bulk load for minutes")
        with state.lock:
            if handed in state.handed:
                state.handed.remove(handed)
            state.late.append(handed)
        return dict(inventory_levels.write(client, mine, state.limit))
    _close(client, state, handed)
    again = mine if found.is_lost or not found.is_sure else _failed(handed, found, mine)
    return dict(inventory_levels.write(client, again, state.limit)) if again else {}


def _failed(handed: Handed, found: Standing, mine: Sequence[Level]) -> list[Level]:
    """One bad row fails its operation, so the others of it are written directly."""
    failed = {level for at in found.failed for level in _of_body(handed.bodies[at])}
    return [level for level in mine if level in failed]


def _is_stuck(client: StoreClient, handed: Handed, found: Standing) -> bool:
    waited = client.now() - handed.at
    return waited >= (LONGEST if found.has_begun else CONSUMERS_REST)


def _give_up(client: StoreClient, state: StockState, why: str) -> None:
    state.no_bulk_until = client.now() + NO_BULK_FOR
    log.warning(
        "the shop of connection %s %s; stock is written directly for %d minutes. "
        "Its consumer async.operations.all must run, by cron or a supervisor.",
        client.account.id,
        why,
        NO_BULK_FOR.total_seconds() // 60,
    )


# --- loads of other workers -----------------------------------------------------------------------


def adopt(client: StoreClient, state: StockState) -> None:
    """Learns of loads in the shop's queue that another process handed over, or this one before a
    restart or without hearing the answer.

    A lane moves between processes, each of which knows its own loads only. Who hands a load over
    holds the lane until it is over, for WAIT_SECONDS at most, so a look more often than that misses
    none.
    """
    now = time.monotonic()
    with state.lock:
        if state.asked_at is not None and now - state.asked_at < LOOK_SECONDS:
            return
        known = {one.uuid for one in (*state.handed, *state.late)}
    try:
        others = bulk.still_open(client, TOPIC) - known
        found = [bulk.found(client, uuid) for uuid in sorted(others)]
    except (Forbidden, Refused):
        # Without the right to see the queue, nothing is handed to it either.
        found = []
    with state.lock:
        state.asked_at = now
        state.handed += [one for one in found if _can_be_read(one)]


def _can_be_read(handed: Handed) -> bool:
    try:
        return bool(_levels(handed))
    except (ArithmeticError, KeyError, TypeError):
        # Somebody else's, who leaves out what we always send.
        return False


# --- loads that come late -------------------------------------------------------------------------


def overtake(client: StoreClient, state: StockState, levels: Iterable[Level]) -> None:
    """Notes what is asked for now, while loads with other quantities may still be carried out.

    Call before it is written: what is over by then is overwritten, and need not be looked at again.
    """
    wanted = {level.place: level for level in levels}
    with state.lock:
        other = [one for one in (*state.handed, *state.late) if _outdated(one, wanted)]
    for handed in other:
        if bulk.standing(client, handed).is_over:
            _close(client, state, handed)
    with state.lock:
        if state.handed or state.late:
            state.newest |= wanted


def put_right(client: StoreClient, state: StockState) -> None:
    """Writes again what loads have overwritten with older quantities meanwhile."""
    now = client.now()
    with state.lock:
        is_early = state.late_looked_at and now - state.late_looked_at < _LATE_LOOK
        waiting = [one for one in state.handed if _outdated(one, state.newest)]
        if is_early or not (waiting or state.late):
            return
        state.late_looked_at = now
        waiting += state.late
    for handed in waiting:
        if bulk.standing(client, handed).is_over:
            _close(client, state, handed)


def _close(client: StoreClient, state: StockState, handed: Handed) -> None:
    """A load is over: writes what else was asked for since, where the quantity of the load stands."""
    with state.lock:
        older = _outdated(handed, state.newest)
    if older:
        stand = inventory_levels.there(client, older)
        with state.lock:
            places = [level.place for level in older if level in stand]
            spoilt = [state.newest[place] for place in places if place in state.newest]
        inventory_levels.write(client, spoilt, state.limit)
    with state.lock:
        for loads in (state.handed, state.late):
            if handed in loads:
                loads.remove(handed)
        if not (state.handed or state.late):
            state.newest.clear()


def _outdated(handed: Handed, newest: Mapping[Place, Level]) -> list[Level]:
    """Levels of a load instead of which another quantity is asked for by now."""
    if not newest:
        return []
    return [level for level in _levels(handed) if newest.get(level.place, level) != level]


def _levels(handed: Handed) -> list[Level]:
    return [level for body in handed.bodies for level in _of_body(body)]


def _of_body(body: dict[str, list[dict[str, object]]]) -> list[Level]:
    return [inventory_levels.of_row(row) for row in body["sourceItems"]]
