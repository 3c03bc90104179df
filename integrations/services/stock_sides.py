"""Both sides of a pair read for a comparison of stock, and what each number ought to be.

Asking takes network calls, so it happens outside any scope. What is held back is looked up first,
as when a number is worked out to be sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.base import Counted
from integrations.connector_kit.errors import ConnectorError, Rejected, TryLater
from integrations.connector_kit.payload import Payload
from integrations.models import Connection, Flow, Lane, Link, Pair
from integrations.sync import rulebooks, stock_numbers
from integrations.sync.budget import begin
from integrations.sync.rulebooks import RuleBook
from integrations.sync.sessions import Session, open_session
from integrations.sync.stages.transform import transform
from integrations.sync.stock_numbers import HeldBack
from mappings.canonical.inventory import Stock
from mappings.canonical.record import Entity
from mappings.engine.stock import Number
from tenants import scope

MOST_PAGES = 2_000
LONGEST_PAUSE = 3.0
UNANSWERED = 10.0


class CannotAsk(RuntimeError):
    """A side cannot be read; the message says which and why."""


@dataclass(frozen=True)
class Place:
    """One number: what ought to be there, what is there (None: no level), and how it comes about."""

    location: str
    wanted: int
    found: Decimal | None
    arithmetic: str = ""

    @property
    def differs(self) -> bool:
        """No level at a place is as good as none of it there."""
        return (self.found or 0) != self.wanted


@dataclass
class Sides:
    """Both accounts, opened, with what is needed to work numbers out. `calls`: made so far."""

    pair: Pair
    till: Session
    shop: Session
    held: HeldBack
    links: Mapping[str, str]
    book: RuleBook
    calls: dict[str, int] = field(default_factory=lambda: {"till": 0, "shop": 0})

    def look_again(self) -> None:
        """What is held back by now; before either side is asked once more."""
        with scope.tenant(self.pair.tenant_id):
            self.held = stock_numbers.now_held(self.till)
        give_back()


def opened(pair: Pair) -> Sides:
    """Call outside any scope; asks nobody. Raises CannotAsk for a pair that carries no stock."""
    tenant: UUID = pair.tenant_id
    with scope.tenant(tenant):
        # The rate is the one that the lanes have learnt: both share what the account permits.
        till, shop = (
            open_session(one, budget=begin(pace, now=timezone.now()))
            for one, pace in _paces(pair.pos, pair.store)
        )
        # The numbers in it are worked out like those that are sent.
        held = stock_numbers.now_held(till)
        links = dict(
            Link.objects.filter(pair=pair, entity=Entity.INVENTORY).values_list(
                "pos_key", "store_key"
            )
        )
        flow = flow_of(pair)
        book = rulebooks.of_flow(flow)
    give_back()
    return Sides(pair, till, shop, held, links, book)


def _paces(*connections: Connection) -> Iterator[tuple[Connection, Mapping[str, Any]]]:
    known = dict(Lane.objects.filter(connection__in=connections).values_list("pk", "pace"))
    for one in connections:
        yield one, known.get(one.pk) or {}


def flow_of(pair: Pair) -> Flow:
    """The flow that carries the pair's stock. Call inside the scope. Raises CannotAsk."""
    flow: Flow | None = (
        Flow.objects.filter(pair=pair, entity=Entity.INVENTORY, source=pair.pos_id)
        .select_related("pair", "pair__mapping_set", "target")
        .first()
    )
    if flow is None:
        raise CannotAsk(f"{pair.name} does not carry stock, so there is nothing to compare.")
    return flow


def give_back() -> None:
    """The pool gets the connection back while we wait for the network."""
    if not database.in_atomic_block:
        database.close()


def both(
    sides: Sides,
    of_till: Callable[[Session], list[Counted]],
    of_shop: Callable[[Session], list[Counted]],
) -> tuple[list[Counted], list[Counted]]:
    """Both sides asked at once; counts their calls. Raises CannotAsk naming every one that fails."""
    with ThreadPoolExecutor(2) as pool:
        till = pool.submit(_asked, sides.till, of_till)
        shop = pool.submit(_asked, sides.shop, of_shop)
        answers = {"till": till.result(), "shop": shop.result()}
    for name, (_, calls, _) in answers.items():
        sides.calls[name] += calls
    problems = [problem for _, _, problem in answers.values() if problem]
    if problems:
        raise CannotAsk(" ".join(problems))
    return answers["till"][0], answers["shop"][0]


def _asked(
    session: Session, ask: Callable[[Session], list[Counted]]
) -> tuple[list[Counted], int, str]:
    rows: list[Counted] = []
    problem = ""
    with session.recorder.recording() as exchanges:
        try:
            rows = ask(session)
        except CannotAsk as error:
            problem = str(error)
        except ConnectorError as error:
            problem = f"{session.connection.name} cannot be asked right now: {error.message}"
        finally:
            # This is a thread of its own, and renewed credentials may have been stored from it.
            database.close()
    return rows, len(exchanges), problem


def survey(
    session: Session,
    *,
    patience: float = 0.0,
    spare: float = 0.0,
    seen: Callable[[int], None] | None = None,
) -> list[Counted]:
    """Every article of one side. `patience`: seconds to wait when it asks to be asked less often.

    `spare`: the share of what the account permits at once that is left to others. `seen` is told
    after each page how many articles were read; what it raises ends the survey.
    """
    name = session.connection.name
    port = session.port(Entity.INVENTORY)
    if port is None or port.survey is None:
        raise CannotAsk(f"{name}: {session.connector.manifest.label} cannot list its stock.")
    found: list[Counted] = []
    cursor, until, answered = "", time.monotonic() + patience, time.monotonic()
    for _ in range(MOST_PAGES):
        try:
            page = port.survey(session.client, cursor)
        except TryLater as error:
            # Who asks for a rest is waited for; who does not answer is not waited for as long.
            most = until if error.throttled else min(until, answered + UNANSWERED)
            if time.monotonic() >= most:
                raise
            time.sleep(min(error.after or 1.0, patience))
            continue
        answered = time.monotonic()
        found += page.rows
        cursor = page.cursor
        if seen is not None:
            seen(len(found))
        if not cursor:
            return found
        time.sleep(_until_spare(session, spare))
    raise CannotAsk(f"{name} has more articles than can be compared here.")


def _until_spare(session: Session, spare: float) -> float:
    """Seconds until that share is there again, as far as is known; never long at once."""
    known = session.budget.learned() if spare else None
    if known is None or known.rate <= 0:
        return 0.0
    return min(LONGEST_PAUSE, max(0.0, (known.maximum * spare - known.tokens) / known.rate))


def places(sides: Sides, here: Counted, there: Counted | None) -> list[Place]:
    """Every number of an article as it ought to be, beside what the shop has. Raises Rejected."""
    if here.stock is None:
        # A point of sale that tells no parts: what it counts is what may be sold.
        return [Place("", int(here.available), there.available if there else None)]
    worked = stock_numbers.work_out(
        here.stock,
        source=sides.till,
        target=sides.shop,
        pair_id=sides.pair.pk,
        held_back=sides.held,
    )
    rendered = transform(
        here.stock,
        source=sides.till,
        target=sides.shop,
        book=sides.book,
        missed=[],
        numbers=worked.numbers,
    ).fields
    default = sides.shop.account.setting("location_id")
    levels = rendered.get("levels") or [
        {"location_id": default, "quantity": rendered.get("quantity")}
    ]
    sums = {_number(one.location or default): one for one in worked.numbers}
    return [_place(level, sums, there) for level in levels]


def _place(level: Mapping[str, object], sums: Mapping[str, Number], there: Counted | None) -> Place:
    location, quantity = _number(str(level.get("location_id") or "")), level.get("quantity")
    if not isinstance(quantity, int):
        raise Rejected(
            f"quantity is {quantity!r}, a whole number was expected",
            field="quantity",
            said=str(quantity),
            advice="Map the quantity with the type integer.",
        )
    worked = sums.get(location)
    found = there.at.get(location) if there is not None else None
    return Place(location, quantity, found, worked.arithmetic() if worked else "")


def _number(location: str) -> str:
    """A location as settings name it, whether it was given so or as a global id."""
    return location.rpartition("/")[2]


def by_sku(rows: Iterable[Counted]) -> dict[str, list[Counted]]:
    """Articles by SKU; more than one where a SKU is not unique."""
    found: dict[str, list[Counted]] = {}
    for row in rows:
        found.setdefault(row.sku, []).append(row)
    return found


def as_counted(session: Session, keys: Sequence[str]) -> list[Counted]:
    """These articles of one side as they are now; those that are gone are missing."""
    port = session.port(Entity.INVENTORY)
    if port is None or port.read is None or port.normalise is None:
        raise CannotAsk(f"{session.connection.name} cannot be asked for single articles.")
    found = []
    for key, raw in port.read(session.client, keys).items():
        if raw:
            stock = port.normalise(Payload(raw), session.account)
            if isinstance(stock, Stock):
                found.append(_counted(key, stock))
    return found


def _counted(key: str, stock: Stock) -> Counted:
    at = {_number(level.location): level.available for level in stock.levels}
    return Counted(
        sku=stock.sku,
        title=stock.sku,
        available=sum(at.values(), Decimal(0)),
        key=key,
        stock=stock,
        at=at,
        problem="" if stock.tracks_stock else "Its stock is not tracked",
    )
