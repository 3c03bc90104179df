"""The way from two chosen systems to a live pair: which step comes next, and why.

A step is done when its subject says so (the connection, the preflight, the rules), not because a
page was clicked through. What a person only looks at is kept as what was looked at, so that it is
asked for again when it is another by now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from integrations.connector_kit.errors import ConnectorError
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import (
    Connection,
    ConnectionState,
    Direction,
    DryRun,
    DryRunState,
    Flow,
    Onboarding,
    Pair,
    PairState,
    Preflight,
    PreflightState,
)
from integrations.services import billed, connections, onboarding_places, pairs
from integrations.sync import rulebooks
from mappings.canonical.record import Entity
from tenants import scope
from tenants.billing.services.pairs import Agreed
from tenants.billing.services.problems import BillingProblem
from tenants.models import AuditEntry, User
from tenants.services import audit


class Step(StrEnum):
    """In the order a person takes them."""

    SYSTEMS = "systems"
    CONNECT = "connect"
    PLACES = "places"
    PREFLIGHT = "preflight"
    FLOWS = "flows"
    MAPPING = "mapping"
    DRY_RUN = "dry-run"
    GO_LIVE = "go-live"


class CannotGoOn(ValueError):
    """This step cannot be taken now; the message says what is missing."""


@dataclass(frozen=True)
class Stand:
    """One step. `left`: what is still to be done, "" when nothing is."""

    step: Step
    number: int
    left: str

    @property
    def is_done(self) -> bool:
        return not self.left


@dataclass(frozen=True)
class Progress:
    """Every step, and the first one that is not done."""

    stands: Sequence[Stand]

    @property
    def current(self) -> Stand:
        return next((one for one in self.stands if not one.is_done), self.stands[-1])

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(one.is_done for one in self.stands)

    def of(self, step: Step) -> Stand:
        return next(one for one in self.stands if one.step == step)

    def before(self, step: Step) -> Stand | None:
        """The first step before this one that is not done."""
        earlier = self.stands[: self.of(step).number - 1]
        return next((one for one in earlier if not one.is_done), None)


def begin(*, pos: str, store: str, actor: User | None, now: datetime) -> Onboarding:
    """A way to a pair of these systems; one that has nothing connected yet is gone on with, so that
    a second click begins no second one. Call inside the tenant's scope. Raises CannotGoOn."""
    _check_systems(pos, store)
    known: Onboarding | None = Onboarding.objects.filter(
        pos=None, store=None, pair=None, finished_at=None, begun_by=actor
    ).first()
    if known is not None:
        known.pos_connector, known.store_connector = pos, store
        known.save(update_fields=["pos_connector", "store_connector"])
        return known
    row: Onboarding = Onboarding.objects.create(
        pos_connector=pos, store_connector=store, begun_by=actor, begun_at=now
    )
    audit.record(
        action="onboarding.begun",
        object_type="onboarding",
        object_id=row.pk,
        actor=actor,
        after={"pos": pos, "store": store},
    )
    return row


def _check_systems(pos: str, store: str) -> None:
    for name, role, words in ((pos, "pos", "point of sale"), (store, "store", "web store")):
        try:
            is_right = get(name).manifest.role == role
        except UnknownConnector:
            is_right = False
        if not is_right:
            raise CannotGoOn(f"Choose a {words} from the list.")


def choose(row: Onboarding, *, pos: str, store: str) -> None:
    """Other systems, while none of those to be changed is connected. Call inside the scope. Raises
    CannotGoOn."""
    _check_systems(pos, store)
    for side, wanted in (("pos", pos), ("store", store)):
        if getattr(row, f"{side}_id") and getattr(row, f"{side}_connector") != wanted:
            raise CannotGoOn(
                f"{getattr(row, side).name} is connected already. Begin another pair to connect"
                " another system."
            )
    row.pos_connector, row.store_connector = pos, store
    row.save(update_fields=["pos_connector", "store_connector"])


def open_ways() -> list[Onboarding]:
    """What was begun and not finished, newest first. Call inside the tenant's scope."""
    rows = Onboarding.objects.filter(finished_at=None).select_related("pos", "store", "pair")
    return list(rows.order_by("-begun_at", "pk"))


def find(onboarding_id: UUID) -> Onboarding | None:
    """Call inside the tenant's scope."""
    rows = Onboarding.objects.select_related("pos", "store", "pair__pos", "pair__store")
    found: Onboarding | None = rows.filter(pk=onboarding_id).first()
    return found


def take(row: Onboarding, *, side: str, connection: Connection, actor: User | None) -> None:
    """The account of one side; with both there is a pair. Call inside the tenant's scope.

    A second call with the same account changes nothing. Raises CannotGoOn.
    """
    locked: Onboarding = Onboarding.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if getattr(locked, f"{side}_id") == connection.pk:
        return
    if locked.pair_id is not None:
        raise CannotGoOn("Both systems are connected already.")
    if connection.connector != getattr(locked, f"{side}_connector"):
        raise CannotGoOn(f"{connection.name} is another system than the one you chose.")
    setattr(locked, side, connection)
    if locked.pos is not None and locked.store is not None:
        locked.pair = _pair(locked.pos, locked.store)
    locked.claimed_at = None
    locked.save(update_fields=[side, "pair", "claimed_at"])
    audit.record(
        action="onboarding.connected",
        object_type="onboarding",
        object_id=row.pk,
        actor=actor,
        after={"side": side, "connection": str(connection.pk), "name": connection.name},
    )


def _pair(pos: Connection, store: Connection) -> Pair:
    if Pair.objects.filter(pos=pos, store=store).exists():
        raise CannotGoOn(f"{pos.name} and {store.name} are a pair already.")
    try:
        return pairs.create_pair(name=f"{pos.name} and {store.name}"[:120], pos=pos, store=store)
    except pairs.BadPair as error:
        raise CannotGoOn(str(error)) from None


def usable(row: Onboarding, side: str) -> list[Connection]:
    """Accounts of the chosen system that are connected already. Call inside the tenant's scope."""
    other = row.store if side == "pos" else row.pos
    rows = Connection.objects.filter(connector=getattr(row, f"{side}_connector")).order_by("name")
    environment = other.environment if other is not None else "production"
    found = rows.filter(environment=environment).exclude(state=ConnectionState.DISCONNECTED)
    if other is not None:
        found = found.exclude(**{f"pairs_as_{side}__{'store' if side == 'pos' else 'pos'}": other})
    return list(found)


def order_flow(pair: Pair) -> Flow | None:
    """The flow that brings web orders to the till. Call inside the tenant's scope."""
    rows = Flow.objects.filter(pair=pair, entity=Entity.ORDER, direction=Direction.TO_POS)
    found: Flow | None = rows.select_related("source", "target", "pair__mapping_set").first()
    return found


def flows_now(pair: Pair) -> str:
    """The flows that are on, in a form to compare. Call inside the tenant's scope."""
    rows = Flow.objects.filter(pair=pair, is_on=True).order_by("entity", "direction")
    words = ",".join(f"{entity} {way}" for entity, way in rows.values_list("entity", "direction"))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def rules_now(pair: Pair) -> str:
    """The label of the rules of orders, "" where orders do not flow. Call inside the scope."""
    flow = order_flow(pair)
    return rulebooks.of_flow(flow).label if flow is not None and flow.is_on else ""


def switch_flows(
    row: Onboarding, *, wanted: Mapping[int, bool], actor: User | None, now: datetime
) -> None:
    """Switches the pair's flows, and keeps that a person has looked at them. Call inside the scope.

    Webhooks are registered when the pair goes live, not now: nothing comes before that.
    """
    if row.pair is None:
        raise CannotGoOn("Connect both systems first.")
    for flow in Flow.objects.filter(pair=row.pair, pk__in=list(wanted)):
        if flow.is_on == wanted[flow.pk]:
            continue
        audit.record(
            action="flow.switched",
            object_type="Flow",
            object_id=flow.pk,
            actor=actor,
            before={"is_on": flow.is_on},
            after={
                "is_on": wanted[flow.pk],
                "entity": flow.entity,
                "direction": flow.direction,
            },
        )
        pairs.switch(flow, is_on=wanted[flow.pk], now=now)
    review(row, step=Step.FLOWS, actor=actor)


def review(row: Onboarding, *, step: Step, actor: User | None) -> None:
    """A person has looked at the flows, or at the mapping, as they are now. Call inside the scope."""
    if row.pair is None:
        raise CannotGoOn("Connect both systems first.")
    seen = flows_now(row.pair) if step is Step.FLOWS else rules_now(row.pair)
    row.reviewed = {**row.reviewed, step.value: seen}
    row.save(update_fields=["reviewed"])
    audit.record(
        action=f"onboarding.{step.value}_reviewed",
        object_type="onboarding",
        object_id=row.pk,
        actor=actor,
        after={step.value: seen},
    )


def progress(row: Onboarding) -> Progress:
    """How far it has come. Call inside the tenant's scope; asks no account."""
    looks: Mapping[Step, Callable[[Onboarding, Pair], str]] = {
        Step.PLACES: _places_left,
        Step.PREFLIGHT: _preflight_left,
        Step.FLOWS: _flows_left,
        Step.MAPPING: _mapping_left,
        Step.DRY_RUN: _dry_run_left,
        Step.GO_LIVE: _live_left,
    }
    stands = []
    for number, step in enumerate(Step, start=1):
        if step is Step.SYSTEMS:
            left = ""
        elif step is Step.CONNECT:
            left = _connect_left(row)
        elif row.pair is None:
            left = "Connect both systems first."
        else:
            left = looks[step](row, row.pair)
        stands.append(Stand(step, number, left))
    return Progress(stands)


def _connect_left(row: Onboarding) -> str:
    for side in ("pos", "store"):
        connection: Connection | None = getattr(row, side)
        label = get(getattr(row, f"{side}_connector")).manifest.label
        if connection is None:
            return f"{label} is not connected yet."
        if connection.state == ConnectionState.NEEDS_OWNER:
            return f"{connection.name} refuses our credentials. Connect it again."
        if connection.state == ConnectionState.DISCONNECTED:
            return f"{connection.name} was disconnected. Connect it again."
    return ""


def _places_left(row: Onboarding, pair: Pair) -> str:
    for connection in (pair.pos, pair.store):
        lacking = onboarding_places.lacking(connection)
        if lacking:
            return f"{connection.name}: {', '.join(lacking)} not chosen yet."
    return ""


def _preflight_left(row: Onboarding, pair: Pair) -> str:
    last = Preflight.objects.filter(pair=pair, state=PreflightState.DONE).order_by("-id").first()
    if last is None:
        return "The preflight was not run yet."
    if last.blockers:
        thing = "thing stands" if last.blockers == 1 else "things stand"
        return f"{last.blockers} {thing} in the way."
    changed = _changed_since(pair, last.started_at)
    return f"{changed} since the last preflight. Run it again." if changed else ""


def _changed_since(pair: Pair, moment: datetime) -> str:
    """Which account has other settings than at that moment, in words, "" for none.

    Of a pair that has gone live nobody is asked to look again.
    """
    if pair.state not in (PairState.DRAFT, PairState.TESTING):
        return ""
    changed = set(
        AuditEntry.objects.filter(
            object_type="Connection",
            object_id__in=[str(pair.pos_id), str(pair.store_id)],
            action="connection.settings_changed",
            at__gt=moment,
        ).values_list("object_id", flat=True)
    )
    for connection in (pair.pos, pair.store):
        if str(connection.pk) in changed:
            return f"The settings of {connection.name} were changed"
    return ""


def _flows_left(row: Onboarding, pair: Pair) -> str:
    if row.reviewed.get(Step.FLOWS) != flows_now(pair):
        return "Look at what flows, and which way."
    return ""


def _mapping_left(row: Onboarding, pair: Pair) -> str:
    seen = row.reviewed.get(Step.MAPPING)
    if seen is None:
        return "Look at what is written for an order."
    return "" if seen == rules_now(pair) else "The rules were changed since you looked at them."


def _dry_run_left(row: Onboarding, pair: Pair) -> str:
    wanted = rules_now(pair)
    if not wanted:
        return ""
    last = DryRun.objects.filter(pair=pair, state=DryRunState.DONE).order_by("-id").first()
    if last is None:
        return "The dry run was not made yet."
    if last.rules != wanted:
        return "The rules were changed since the last dry run."
    changed = _changed_since(pair, last.started_at)
    return f"{changed} since the last dry run. Make it again." if changed else ""


def _live_left(row: Onboarding, pair: Pair) -> str:
    return "" if pair.state == PairState.LIVE else "The pair is not live yet."


def go_live(
    row: Onboarding,
    *,
    actor: User | None,
    public_url: str,
    now: datetime,
    agreed: Agreed | None = None,
) -> str:
    """Lets records flow between the real accounts; answers what stands in the way of webhooks, ""
    for nothing: changes are found by asking then.

    Webhooks are registered first, so that nothing happens unheard once it is live. A second call
    changes nothing. Where it is billed, `agreed` is the price an owner confirmed. Call outside any
    scope. Raises CannotGoOn.
    """
    with scope.tenant(row.tenant_id):
        found = find(row.pk)
        if found is None or found.pair is None:
            raise CannotGoOn("Connect both systems first.")
        pair = found.pair
        if pair.state == PairState.LIVE:
            return ""
        missing = progress(found).before(Step.GO_LIVE)
        if missing is not None:
            raise CannotGoOn(f"Step {missing.number} is not done: {missing.left}")
    problem = ""
    for connection in (pair.pos, pair.store):
        try:
            connections.subscribe(connection, public_url=public_url)
        except ConnectorError as error:
            problem = f"{connection.name}: {error.message}"
    with scope.tenant(row.tenant_id):
        # Of two people who press at once the second finds it live: begun anew, its flows would look
        # as if nothing had come before.
        pair = Pair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        before = pair.state
        if before == PairState.LIVE:
            return ""
        try:
            billed.went_live(pair, agreed=agreed, actor=actor, now=now)
            pairs.start(pair, state=PairState.LIVE, now=now)
        except (pairs.NotReady, BillingProblem) as error:
            raise CannotGoOn(str(error)) from None
        Onboarding.objects.filter(pk=row.pk).update(finished_at=now)
        audit.record(
            action="pair.went_live",
            object_type="pair",
            object_id=pair.pk,
            actor=actor,
            before={"state": before},
            after={"state": PairState.LIVE.value},
        )
    return problem
