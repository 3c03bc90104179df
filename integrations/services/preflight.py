"""The preflight: both accounts of a pair looked over, so that trouble is known before records flow.

Each connector looks over its own account; here the articles of both sides are compared, and what
the pair's own rules take care of is left out again. Nothing is written to either account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.audit import Article, Finding, Weight
from integrations.connector_kit.errors import ConnectorError, Rejected, Unsupported
from integrations.connector_kit.location_table import location_map
from integrations.connector_kit.presets import NoPreset
from integrations.models import Environment, Flow, Link, Pair, Preflight, PreflightState
from integrations.queue import enqueue_preflight
from integrations.services import own_fields, shelf_check
from integrations.services.patience import Patience
from integrations.sync import pipeline, rulebooks
from integrations.sync.sessions import Session, open_session
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import User
from tenants.services import audit

# Whoever ran one for longer has died: it may be started anew.
LOST_AFTER = timedelta(minutes=10)
MOST_PAGES = 2000
BOTH = "Both systems"

_OUR_ERROR = "An error of ours stopped it; we have been told. Run it again."


class CannotLook(ValueError):
    """The preflight cannot be run now; the message says why."""


@dataclass(frozen=True)
class Found:
    """A finding and the connection it was found in (`BOTH` for what lies between them)."""

    where: str
    finding: Finding

    @property
    def is_blocker(self) -> bool:
        return self.finding.weight is Weight.BLOCKER

    def as_json(self) -> dict[str, object]:
        return {
            "kind": self.finding.kind,
            "weight": self.finding.weight.value,
            "where": self.where,
            "said": self.finding.said,
            "fix": self.finding.fix,
            "count": self.finding.count,
            "examples": list(self.finding.examples),
        }


def latest(pair: Pair) -> Preflight | None:
    """The newest preflight of a pair. Call inside the tenant's scope."""
    rows = Preflight.objects.filter(pair=pair).select_related("started_by")
    found: Preflight | None = rows.order_by("-id").first()
    return found


def fields(pair: Pair, entity: Entity) -> list[own_fields.OwnField]:
    """Fields of the entity that people added to either account, as the last whole preflight found
    them. Call inside the tenant's scope."""
    rows = Preflight.objects.filter(pair=pair, state=PreflightState.DONE)
    kept = rows.order_by("-id").values_list("fields", flat=True).first()
    return own_fields.kept(kept or [], entity)


def is_lost(row: Preflight, *, now: datetime) -> bool:
    """Whether whoever ran it has died."""
    return row.state == PreflightState.RUNNING and row.started_at < now - LOST_AFTER


def start(*, pair: Pair, actor: User | None, now: datetime) -> Preflight:
    """Lets a worker look. Call inside the tenant's scope. Raises CannotLook while one is at it."""
    row = _made(pair, actor, now=now)
    enqueue_preflight(tenant_id=row.tenant_id, preflight_id=row.pk)
    return row


def run_now(*, pair: Pair, actor: User | None, now: datetime) -> Preflight:
    """Looks at once, in this process. Call outside any scope. Raises CannotLook."""
    with scope.tenant(pair.tenant_id):
        row = _made(pair, actor, now=now)
    run(tenant_id=pair.tenant_id, preflight_id=row.pk, patience=Patience(None))
    with scope.tenant(pair.tenant_id):
        row.refresh_from_db()
    return row


def _made(pair: Pair, actor: User | None, *, now: datetime) -> Preflight:
    # Whoever else presses at the same moment waits here, and finds the row.
    Pair.objects.select_for_update(of=("self",), no_key=True).get(pk=pair.pk)
    known = latest(pair)
    if known is not None and known.state == PreflightState.RUNNING and not is_lost(known, now=now):
        raise CannotLook("A preflight of this pair is running already.")
    row: Preflight = Preflight.objects.create(pair=pair, started_by=actor, started_at=now)
    audit.record(action="preflight.started", object_type="pair", object_id=pair.pk, actor=actor)
    return row


def run(*, tenant_id: UUID, preflight_id: int, patience: Patience | None = None) -> None:
    """Looks both accounts over and keeps what was found. Call outside any scope; may be repeated."""
    waits = patience or Patience()
    looked = pipeline.survives(
        f"preflight {preflight_id}",
        partial(_run, tenant_id=tenant_id, preflight_id=preflight_id, patience=waits),
    )
    if not looked:
        with scope.tenant(tenant_id):
            _finish(preflight_id, state=PreflightState.FAILED, problem=_OUR_ERROR)


def _run(*, tenant_id: UUID, preflight_id: int, patience: Patience) -> None:
    with scope.tenant(tenant_id):
        row = (
            Preflight.objects.filter(pk=preflight_id, state=PreflightState.RUNNING)
            .select_related("pair__pos", "pair__store")
            .first()
        )
        if row is None:
            return
        flows = list(
            row.pair.flows.filter(is_on=True).select_related("target", "pair__mapping_set")
        )
        sessions = (open_session(row.pair.pos), open_session(row.pair.store))
        filled = _filled(flows)
    if not database.in_atomic_block:
        # The pool gets the connection back while we wait for the network.
        database.close()
    try:
        found, articles = _look(sessions, flows, patience)
        fields = patience.ask(lambda: own_fields.found(sessions))
    except ConnectorError as error:
        problem, state = error.message, PreflightState.FAILED
        found, articles, fields = [], {}, []
    else:
        problem, state = "", PreflightState.DONE
    finally:
        for session in sessions:
            session.close()
    rows = [one for one in found if one.finding.filled_by not in filled]
    rows.sort(key=lambda one: (not one.is_blocker, one.where, one.finding.kind))
    with scope.tenant(tenant_id):
        _finish(
            preflight_id,
            state=state,
            problem=problem,
            found=rows,
            articles=articles,
            fields=fields,
        )


def _finish(
    preflight_id: int,
    *,
    state: PreflightState,
    problem: str = "",
    found: Sequence[Found] = (),
    articles: dict[str, int] | None = None,
    fields: Sequence[own_fields.OwnField] = (),
) -> None:
    Preflight.objects.filter(pk=preflight_id).update(
        state=state,
        problem=problem[:600],
        findings=[one.as_json() for one in found],
        blockers=sum(one.is_blocker for one in found),
        articles=articles or {},
        fields=[one.as_json() for one in fields],
        finished_at=timezone.now(),
    )


def _filled(flows: Sequence[Flow]) -> set[tuple[Entity, str]]:
    """The target fields that the rules of the pair's flows fill, as (entity, path)."""
    filled: set[tuple[Entity, str]] = set()
    for flow in flows:
        entity = Entity(flow.entity)
        try:
            filled |= {(entity, rule.target) for rule in rulebooks.of_flow(flow).rules.rules}
        except NoPreset:
            # The target does not take such records at all; its own look-over says so.
            continue
    return filled


def _look(
    sessions: tuple[Session, Session], flows: Sequence[Flow], patience: Patience
) -> tuple[list[Found], dict[str, int]]:
    found: list[Found] = []
    entities = frozenset(Entity(flow.entity) for flow in flows)
    for session in sessions:
        name = session.connection.name
        found += [Found(name, one) for one in _address(session)]
        if session.connector.audit is not None:
            audits = partial(
                session.connector.audit, session.client, entities, partial(_ours, session)
            )
            # Read to its end here: a generator would ask outside of the waiting.
            looked = patience.ask(lambda audits=audits: list(audits()))  # type: ignore[misc]
            found += [Found(name, one) for one in looked]
    if Entity.INVENTORY in entities:
        found += [Found(BOTH, one) for one in patience.ask(lambda: list(_places(*sessions)))]
    try:
        pos, store = (
            shelf_check.Side(session.connection.name, list(_articles(session, patience)))
            for session in sessions
        )
    except Unsupported as error:
        shrug = Finding(
            "not_compared",
            f"The SKUs of both sides cannot be compared: {error.message}",
            "Compare a list of SKUs by hand before you go live.",
            weight=Weight.NOTICE,
        )
        return [*found, Found(BOTH, shrug)], {}
    found += [Found(BOTH, one) for one in shelf_check.check(pos, store)]
    return found, {side.name: len(side.articles) for side in (pos, store)}


def _ours(session: Session, entity: Entity, keys: Collection[str]) -> set[str]:
    """Those of the ids there that a record of the other side is linked with."""
    role = session.connector.manifest.role
    with scope.tenant(session.connection.tenant_id):
        links = Link.objects.filter(
            **{f"pair__{role}": session.connection, f"{role}_key__in": list(keys)}, entity=entity
        )
        return set(links.values_list(f"{role}_key", flat=True))


def _address(session: Session) -> Iterator[Finding]:
    """Real systems send webhooks to public addresses with TLS only."""
    if session.connection.environment == Environment.SANDBOX or session.connector.verify is None:
        return
    address = urlsplit(settings.CLARITY_PUBLIC_URL)
    if address.scheme != "https":
        yield Finding(
            "webhooks_unreachable",
            f"Webhooks of {session.connection.name} would go to an address without https.",
            "Set CLARITY_PUBLIC_URL to the public https address of this installation.",
            examples=(settings.CLARITY_PUBLIC_URL,),
        )


def _places(pos: Session, store: Session) -> Iterator[Finding]:
    """Both sides of the table of locations: a wrong id is a number nobody sees, or one of nothing."""
    table = store.account.setting("location_map")
    try:
        wanted = location_map(table)
    except Rejected as error:
        yield Finding("location_map_wrong", error.message, error.advice, examples=(error.said,))
        return
    for session, named in ((pos, wanted.keys()), (store, wanted.values())):
        if not named or session.connector.choices is None:
            continue
        rows = session.connector.choices(session.client, "location_id")
        known = {row.value.rpartition("/")[2] for row in rows}
        missing = sorted({name for name in named if name.rpartition("/")[2] not in known})
        if known and missing:
            yield Finding(
                "location_map_wrong",
                f"The table of locations names locations that {session.connection.name} lacks.",
                f"Correct it in the settings of {store.connection.name}: what is not there counts as"
                " no stock, or is refused.",
                count=len(missing),
                examples=tuple(missing),
            )


def _articles(session: Session, patience: Patience) -> Iterator[Article]:
    """Every article of one side. Raises Unsupported when it cannot list them."""
    port = session.port(Entity.PRODUCT)
    if port is None or port.shelf is None:
        raise Unsupported(f"{session.connector.manifest.label} cannot list its articles.")
    cursor = ""
    for _ in range(MOST_PAGES):
        if patience.is_over:
            raise Unsupported(
                f"{session.connection.name} has more articles than can be read while a page waits."
                " Whoever runs this installation can compare them: `manage.py preflight` takes the"
                " time it needs."
            )
        page = patience.ask(partial(port.shelf, session.client, cursor))
        yield from page.articles
        cursor = page.cursor
        if not cursor:
            return
    raise Unsupported(f"{session.connection.name} has more articles than can be compared here.")
