"""What a bulk act does to one account. Each is what the account's own pages do as well.

Every act is called inside the account's scope, in the transaction in which its outcome is kept. One
that has to ask the connected systems does so before, in `look`, outside any scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from integrations.connector_kit.errors import ConnectorError
from integrations.models import (
    RECORDS,
    Connection,
    ConnectionState,
    Incident,
    IncidentState,
    TemplateVersion,
)
from integrations.services import (
    connection_state,
    connection_trial,
    group_replay,
    mapping_tables,
    mapping_versions,
    merging,
    template_steps,
)
from integrations.services.bulk_outcomes import CannotDo, Done, NothingToDo
from integrations.services.connection_facts import system_of
from integrations.services.connection_trial import CannotTry
from integrations.services.mapping_reading import CannotRead
from integrations.services.replay import CannotReplay
from tenants import scope
from tenants.models import Announcement, TenantGroup, User
from tenants.services import announcements, groups, staff_door

MOST_INCIDENTS = 50


@dataclass(frozen=True)
class Asked:
    """Who wants it, as part of which job, and what the act needs besides. `looked`: what `look`
    answered."""

    tenant_id: UUID
    job_id: UUID
    person: User
    settings: Mapping[str, Any]
    now: datetime
    looked: Any = None


@dataclass(frozen=True)
class Act:
    do: Callable[[Asked], Done]
    look: Callable[[Asked], Any] | None = None
    # As the account's audit log says it.
    words: str = "do something"


def _resume(asked: Asked) -> Done:
    rows = Connection.objects.filter(state=ConnectionState.PAUSED).order_by("pk")
    paused = list(rows)
    if not paused:
        raise NothingToDo("No connection is paused.")
    for one in paused:
        connection_state.resume(
            tenant_id=asked.tenant_id, connection_id=one.pk, actor=asked.person, now=asked.now
        )
    return Done(f"Resumed {listing(sorted(one.name for one in paused))}.")


def _replay(asked: Asked) -> Done:
    rows = Incident.objects.filter(state=IncidentState.OPEN, kind=RECORDS).order_by("pk")
    found = list(rows[:MOST_INCIDENTS])
    if not found:
        raise NothingToDo("No incident with records is open.")
    records, begun, left = 0, 0, set()
    for incident in found:
        try:
            with transaction.atomic():
                started = group_replay.start(incident, actor=asked.person, now=asked.now)
        except CannotReplay as error:
            left.add(str(error))
            continue
        begun += 1
        records += started.replay_total
    if not begun:
        raise NothingToDo(" ".join(sorted(left)))
    said = (
        f"{counted(begun, 'incident')} with {counted(records, 'record')}: one of each goes first."
    )
    more = len(found) - begun
    return Done(f"{said} {counted(more, 'other')} left: {' '.join(sorted(left))}" if more else said)


def _try_connections(asked: Asked) -> Sequence[tuple[str, str]]:
    """Each connection that is not ended, with what it says against us, "" for nothing."""
    with scope.tenant(asked.tenant_id):
        rows = Connection.objects.exclude(state=ConnectionState.DISCONNECTED)
        found = list(rows.order_by("name", "pk"))
    return [(f"{one.name} ({system_of(one)})", _trouble(one)) for one in found]


def _trouble(connection: Connection) -> str:
    try:
        connection_trial.ask(connection)
    except ConnectorError as error:
        return error.message or "It gave no answer."
    except CannotTry as error:
        # It was disconnected at this moment.
        return str(error)
    return ""


def _tell_connections(asked: Asked) -> Done:
    found: Sequence[tuple[str, str]] = asked.looked
    if not found:
        raise NothingToDo("No system is connected.")
    bad = [f"{name}: {said}" for name, said in found if said]
    good = [name for name, said in found if not said]
    said = ([f"{listing(good)} answer{'s' if len(good) == 1 else ''}."] if good else []) + bad
    return Done(" ".join(said), is_bad=bool(bad))


def _note(asked: Asked) -> Done:
    form_id = uuid5(asked.job_id, str(asked.tenant_id))
    staff_door.keep_note(
        asked.person, text=str(asked.settings["text"]), form_id=form_id, now=asked.now
    )
    return Done("The note is kept.")


def _announce(asked: Asked) -> Done:
    found = Announcement.objects.filter(pk=asked.settings["announcement"]).first()
    if found is None or found.ended_at is not None or found.ends_at <= asked.now:
        raise CannotDo("The announcement is over.")
    if not announcements.post(found, actor=asked.person):
        raise NothingToDo("It is announced here already.")
    return Done("Its members see it from its beginning on.")


def _join(asked: Asked) -> Done:
    group = TenantGroup.objects.filter(pk=asked.settings["group"]).first()
    if group is None:
        raise CannotDo("The group was deleted.")
    if not groups.put_in(group, actor=asked.person):
        raise NothingToDo(f"It is in {group.name} already.")
    return Done(f"It is in {group.name} now.")


def _look_over(asked: Asked) -> Done:
    return template_steps.look_over(_version(asked), actor=asked.person, now=asked.now)


def _make_drafts(asked: Asked) -> Done:
    return template_steps.carry_out(
        _version(asked),
        looked=UUID(asked.settings["looked"]),
        with_tables=bool(asked.settings.get("with_tables")),
        with_policies=bool(asked.settings.get("with_policies")),
        actor=asked.person,
        now=asked.now,
    )


def _version(asked: Asked) -> TemplateVersion:
    rows = TemplateVersion.objects.select_related("template")
    found: TemplateVersion | None = rows.filter(pk=asked.settings["version"]).first()
    if found is None:
        raise CannotDo("The template was deleted.")
    return found


def counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listing(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


# What the services say when they refuse; everything else is an error of ours.
REFUSALS = (
    CannotDo,
    CannotReplay,
    CannotRead,
    connection_state.CannotChange,
    mapping_versions.CannotChange,
    mapping_tables.BadTable,
    merging.BadMergeRule,
)

ACTS: Mapping[str, Act] = {
    "resume": Act(_resume, words="resume connections"),
    "replay": Act(_replay, words="replay incidents"),
    "retest": Act(_tell_connections, look=_try_connections, words="test connections"),
    "note": Act(_note, words="write a note"),
    "announce": Act(_announce, words="announce something"),
    "join": Act(_join, words="put into a group"),
    "template_look": Act(_look_over, words="look a template over"),
    "template": Act(_make_drafts, words="make drafts of a template"),
}
