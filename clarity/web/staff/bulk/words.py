"""Bulk acts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clarity.web.activity.words import Badge
from integrations.models import BulkJob, BulkStep, JobState, StepState


@dataclass(frozen=True)
class Words:
    """An act: how a list names it, the button that starts it, and what follows from it."""

    label: str
    button: str
    will: Sequence[str]


_EACH = "Each account is done by itself, in the background; one that fails stops no other."

ACTS: Mapping[str, Words] = {
    "resume": Words(
        "Resume paused connections",
        "Resume",
        (
            "Every paused connection of these accounts goes on, with what waited, in order.",
            "Somebody at the business may have paused one on purpose: ask them first.",
            _EACH,
        ),
    ),
    "replay": Words(
        "Replay open incidents",
        "Replay",
        (
            "Of each open incident one record goes first; when it goes through, the others follow.",
            "What a target already has exactly like this is not written twice.",
            _EACH,
        ),
    ),
    "retest": Words(
        "Test the connections again",
        "Test",
        (
            "Each connected system is asked once who it is. Nothing is changed there or here.",
            _EACH,
        ),
    ),
    "note": Words(
        "Write a note",
        "Keep the note",
        ("The note stands at each of these accounts. The businesses do not see it.", _EACH),
    ),
    "announce": Words(
        "Announce something",
        "Announce",
        (
            "Members of these accounts see it above their pages until they dismiss it.",
            "It cannot be changed afterwards, only ended.",
        ),
    ),
    "join": Words(
        "Put into a group",
        "Put into the group",
        ("The name of the group stands in the audit log of the account.", _EACH),
    ),
    "template_look": Words(
        "See what a template changes",
        "Look it over",
        (
            "What the template would change is shown for each account. Nothing is changed yet.",
            _EACH,
        ),
    ),
    "template": Words(
        "Make drafts of a template",
        "Make the drafts",
        (
            "Rules become drafts. Nothing flows by a draft before it is tried on stored records and"
            " published, account by account.",
            "Where something changed since it was looked over, nothing is done.",
            _EACH,
        ),
    ),
}
# Those a person begins with; the others follow from a page of their own.
OFFERED = ("resume", "replay", "retest", "note", "announce", "join", "template_look")

_JOBS: Mapping[str, Badge] = {
    JobState.RUNNING.value: Badge("Running", "azure", "clock"),
    JobState.STOPPED.value: Badge("Stopped", "orange", "pause"),
    JobState.DONE.value: Badge("Finished", "green", "check"),
}
_STEPS: Mapping[str, Badge] = {
    StepState.WAITING.value: Badge("Waiting", "muted", "clock"),
    StepState.DONE.value: Badge("Done", "green", "check"),
    StepState.NOTHING.value: Badge("Nothing to do", "muted", "minus"),
    StepState.FAILED.value: Badge("Look at it", "red", "alert"),
}


def job_badge(job: BulkJob) -> Badge:
    return _JOBS[job.state]


def step_badge(step: BulkStep | None) -> Badge:
    return _STEPS[step.state if step else StepState.WAITING.value]


def accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"
