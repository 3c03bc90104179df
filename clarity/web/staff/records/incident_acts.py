"""What is done about a whole incident, with the services that its own page uses."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clarity.web.incidents import sentences
from clarity.web.incidents.one import find
from clarity.web.once_more import once_more
from clarity.web.staff.gate import staff_page
from clarity.web.staff.records.asking import Question, ask
from clarity.web.staff.records.incidents import stuck_words
from clarity.web.staff.records.shown import INCIDENTS
from integrations.models import Incident
from integrations.services import group_replay, incident_lists
from integrations.services.discard import discard_group
from integrations.services.replay import CannotReplay
from tenants.models import User

_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@staff_page
@_asks_first
@once_more
def replay_all(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """Replays one record; the others follow when it went through."""
    value = _value(request)

    def question() -> Question:
        found = find(incident_id)
        return Question(
            asks="Replay the records of this incident?",
            quiet=_quiet(found),
            will=[
                "One goes first. When it goes through, the others follow by themselves; when it fails"
                " again, they are left alone and the incident says why.",
                "What the target already has exactly like this is not written twice.",
            ],
            button="Replay",
            icon="again",
            back=_page_of(slug, incident_id),
            tab=INCIDENTS,
            value=value,
        )

    def do(reason: str) -> str:
        group_replay.start(find(incident_id), actor=person, now=timezone.now(), value=value)
        return "The first record runs again."

    return ask(
        request,
        person,
        slug,
        act="replay",
        about=f"incident {incident_id}",
        question=question,
        do=do,
    )


@staff_page
@_asks_first
@once_more
def stop(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """Lets no further record follow."""

    def question() -> Question:
        return Question(
            asks="Stop the replay?",
            quiet=sentences.title(find(incident_id)),
            will=[
                "Records that are on their way go on.",
                "No further one follows; those stay stuck, and can be replayed later.",
            ],
            button="Stop",
            icon="pause",
            back=_page_of(slug, incident_id),
            tab=INCIDENTS,
        )

    def do(reason: str) -> str:
        if not group_replay.stop(find(incident_id), actor=person, now=timezone.now()):
            raise CannotReplay("The replay was over already.")
        return "No further record follows."

    return ask(
        request,
        person,
        slug,
        act="stop the replay",
        about=f"incident {incident_id}",
        question=question,
        do=do,
    )


@staff_page
@_asks_first
@once_more
def discard_all(request: HttpRequest, person: User, slug: str, incident_id: int) -> HttpResponse:
    """Leaves out every record that is stuck in it."""
    value = _value(request)

    def question() -> Question:
        found = find(incident_id)
        return Question(
            asks="Discard the records of this incident?",
            quiet=_quiet(found),
            will=[
                "None of them is delivered. They count as left out, with the reason on each.",
                "They can be replayed later, one by one.",
                "This is for the business to decide: ask them first.",
            ],
            button="Discard",
            icon="cross",
            back=_page_of(slug, incident_id),
            tab=INCIDENTS,
            value=value,
        )

    def do(reason: str) -> str:
        count = discard_group(
            find(incident_id), reason=reason, actor=person, now=timezone.now(), value=value
        )
        return f"{count:,} {'record is' if count == 1 else 'records are'} left out."

    return ask(
        request,
        person,
        slug,
        act="discard",
        about=f"incident {incident_id}",
        question=question,
        do=do,
    )


def _quiet(found: Incident) -> str:
    said = stuck_words(incident_lists.counted([found])[0])
    return f"{sentences.title(found)}. {said}".replace("..", ".")


def _value(request: HttpRequest) -> str:
    """Only the records that stopped at this value, when one is named."""
    named = request.POST if request.method == "POST" else request.GET
    return named.get("value", "").replace("\x00", "")[:400]


def _page_of(slug: str, incident_id: int) -> str:
    return reverse("admin:account-incident", kwargs={"slug": slug, "incident_id": incident_id})
