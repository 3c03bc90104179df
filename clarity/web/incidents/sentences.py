"""Incidents in plain words."""

from __future__ import annotations

import re

from clarity.web.activity.words import Badge
from integrations.models import Incident, ReplayState
from integrations.services.incidents import Listed, Progress
from integrations.services.verdict import counted
from integrations.sync.causes import BLANK

OPEN = Badge("Open", "orange", "hand")
ALARM = Badge("Open", "red", "alert")
CLOSED = Badge("Closed", "green", "check")
REPLAYING = Badge("Replaying", "azure", "clock")

# Which record it was differs from record to record, so the sentence begins behind it.
_WHOSE = re.compile(rf"^\w[\w ]* {re.escape(BLANK)}: ")

# What the engine raises by itself, by the short name it gives.
KINDS = {
    "conservation": "Records do not add up",
    "late": "Records wait too long",
    "circuit": "An account does not answer",
}


def badge(incident: Incident) -> Badge:
    if incident.is_replaying:
        return REPLAYING
    if not incident.is_open:
        return CLOSED
    return OPEN if incident.has_records else ALARM


def title(incident: Incident) -> str:
    """The cause in one sentence, without the values of single records."""
    text = (
        _WHOSE.sub("", incident.message)
        or KINDS.get(incident.kind)
        or "Records stopped without a reason"
    )
    return f"{text[0].upper()}{text[1:]}"


def what_stopped(listed: Listed) -> str:
    """ "12 orders are stuck on the way to Store till."; "" for an alarm of the engine."""
    incident = listed.incident
    if not incident.has_records:
        return ""
    name = incident.connection.name if incident.connection else "the target"
    if not listed.stopped:
        many = "was" if listed.records == 1 else "were"
        return f"{counted(incident.entity, listed.records)} {many} stuck; none is any more."
    verb = "is" if listed.stopped == 1 else "are"
    where = f"after coming from {name}" if incident.side == "source" else f"on the way to {name}"
    return f"{counted(incident.entity, listed.stopped)} {verb} stuck {where}."


def replay_words(incident: Incident, progress: Progress) -> tuple[str, str]:
    """What the replay is doing, and what that means, as two sentences."""
    others = progress.total - 1
    if incident.replay_state == ReplayState.CANARY:
        if not others:
            return "The record is on its way.", "This page shows whether it goes through."
        return (
            "One record goes first.",
            f"{_records(others)} {'waits' if others == 1 else 'wait'} until it went through,"
            " and follow by themselves. You may close this page.",
        )
    if incident.replay_state == ReplayState.REST:
        return (
            "The first one went through; the others follow.",
            "You may close this page: it goes on.",
        )
    if incident.replay_state == ReplayState.STOPPED:
        return "The replay stopped.", incident.replay_note
    through = f"{_records(progress.through)} went through."
    return "The replay is over.", " ".join(filter(None, (through, incident.replay_note)))


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
