"""Mapping rules of an account's flows: versions compared, a draft tried, published and taken back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clarity.web.flows.words import name_of
from clarity.web.fragments import fragment
from clarity.web.mapping_editor import drafts, versions
from clarity.web.mapping_editor.place import Place, place_of
from clarity.web.once_more import once_more
from clarity.web.staff.engine.acts import Act, Mistake, Question, Wrong, carry_out
from clarity.web.staff.frame import account_page
from clarity.web.staff.gate import staff_page
from integrations.models import Flow, Pair, ShadowState
from integrations.services import mapping_reading, mapping_shadow, mapping_tables, mapping_versions
from integrations.services.mapping_reading import has_rules
from integrations.services.mapping_versions import BadRules, CannotChange, CannotPublish, CannotRead
from mappings.models import VersionState
from tenants.models import User
from tenants.services import staff, staff_door
from tenants.services.staff import May

TAB = "account-rules"
ROWS = 25
_asks_first = require_http_methods(["GET", "HEAD", "POST"])
_REFUSED = (BadRules, CannotChange, CannotRead)


@staff_page
@require_safe
def overview(request: HttpRequest, person: User, slug: str) -> HttpResponse:
    """Every flow that has rules, with what runs and what is drafted, and every lookup table."""
    with staff_door.looking(person, slug, at="the mapping rules") as tenant:
        pairs = [
            {
                "pair": pair,
                "flows": [
                    {"rules": one, "name": name_of(one.flow)}
                    for one in mapping_versions.overview(pair=pair)
                    if has_rules(one.flow)
                ],
                "tables": mapping_tables.tables(pair=pair),
            }
            for pair in Pair.objects.select_related("mapping_set").order_by("name", "pk")
        ]
    return account_page(
        request,
        person,
        "staff/engine/rules.html",
        tenant=tenant,
        tab=TAB,
        context={"pairs": pairs},
    )


@staff_page
@require_safe
def flow(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """One flow: its draft with the trial, and its versions, newest first."""
    before = request.GET.get("before", "")
    with staff_door.looking(person, slug, at="the rules of a flow") as tenant:
        place = _place(person, flow_id)
        rows = (
            mapping_reading.of_flow(place.flow)
            .exclude(state=VersionState.DRAFT)
            .select_related("published_by")
            .order_by("-number")
        )
        if before.isdecimal() and len(before) < 10:
            rows = rows.filter(number__lt=int(before))
        found = list(rows[: ROWS + 1])
        context = {
            **place.shown(),
            **drafts.trial(place),
            "changes": drafts.changes(place) if place.draft else [],
            "troubles": mapping_versions.problems(flow=place.flow) if place.draft else [],
            "versions": [{"row": row, "changed": len(row.changes)} for row in found[:ROWS]],
            "older": found[ROWS - 1].number if len(found) > ROWS else 0,
            "is_first": not before,
            "newer": versions.newer(place),
            "choices": versions.choices(place),
        }
    return account_page(
        request, person, "staff/engine/flow.html", tenant=tenant, tab=TAB, context=context
    )


@staff_page
@require_safe
def now(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """How far the trial is, in counts; when it has ended the page is loaded anew, and that is noted."""
    with staff_door.glancing(person, slug):
        run = mapping_shadow.latest(flow=_place(person, flow_id).flow)
    if run is None or run.state != ShadowState.RUNNING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"run": run, "looked_at": mapping_shadow.done(run)}
    return fragment(request, "staff/engine/trial_now.html", context)


@staff_page
@require_safe
def compare(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """What tells two versions apart, rule by rule."""
    error, changes = "", []
    with staff_door.looking(person, slug, at="two versions of rules") as tenant:
        place = _place(person, flow_id)
        usual = str(place.published.number) if place.published else mapping_reading.PRESET
        before = request.GET.get("before") or mapping_reading.PRESET
        after = request.GET.get("after") or (mapping_reading.DRAFT if place.draft else usual)
        try:
            found = mapping_versions.difference(flow=place.flow, before=before, after=after)
            changes = versions.in_words(place, found)
        except CannotRead as problem:
            error = str(problem)
        choices = versions.choices(place)
    names = dict(choices)
    context = {
        **place.shown(),
        "choices": choices,
        "before": before,
        "after": after,
        "before_name": names.get(before, before),
        "after_name": names.get(after, after),
        "changes": changes,
        "error": error,
    }
    return account_page(
        request,
        person,
        "staff/engine/compare.html",
        tenant=tenant,
        tab=TAB,
        context=context,
        status=404 if error else 200,
    )


@staff_page
@_asks_first
@once_more
def try_it(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """Lets workers try the draft on the last stored records."""

    def question(place: Place, wrong: Wrong) -> Question:
        return Question(
            f"Try the draft of {place.name.lower()}?",
            (
                f"It is tried on the last {mapping_shadow.RECORDS} records that are kept. Nobody is"
                " called and nothing is sent.",
                "The page then shows which fields, amounts and holds would be others.",
            ),
            "Start the dry run",
            "play",
        )

    def do(place: Place) -> str:
        mapping_shadow.start(flow=place.flow, actor=person, now=timezone.now())
        return "The dry run has begun."

    return carry_out(
        request, person, slug, _act("try a draft", person, slug, flow_id, question, do)
    )


@staff_page
@_asks_first
@once_more
def stop(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """Ends a trial that runs."""

    def question(place: Place, wrong: Wrong) -> Question:
        return Question(
            "Stop the dry run?", ("What it has counted so far stays.",), "Stop it", "pause"
        )

    def do(place: Place) -> str:
        run = mapping_shadow.latest(flow=place.flow)
        if run is None or not mapping_shadow.cancel(run=run, now=timezone.now()):
            raise CannotChange("No dry run is under way.")
        return "The dry run is stopped."

    return carry_out(
        request, person, slug, _act("stop a trial", person, slug, flow_id, question, do)
    )


@staff_page
@_asks_first
@once_more
def publish(request: HttpRequest, person: User, slug: str, flow_id: int) -> HttpResponse:
    """Lets the flow follow its draft, by the gate of the account's own people: tried, or accepted."""
    accepts = request.POST.get("accept") == "yes"

    def question(place: Place, wrong: Wrong) -> Question:
        if place.draft is None:
            raise Http404
        changes = drafts.changes(place)
        count = "1 change" if len(changes) == 1 else f"{len(changes)} changes"
        return Question(
            f"Publish {count} of {place.name.lower()}?",
            (
                f"From the next record that comes in, {place.name.lower()} from"
                f" {place.flow.source.name} to {place.flow.target.name} follow these rules.",
                "Records that wait already keep the fields they have. An earlier version can be"
                " published again at any time.",
            ),
            "Publish",
            "check",
            template="staff/engine/publish.html",
            more={
                **place.shown(),
                **drafts.trial(place),
                "changes": changes,
                "accept_error": wrong.get("accept", ""),
                "accepts": accepts,
            },
        )

    def do(place: Place) -> str:
        if place.draft is None:
            raise CannotChange(drafts.no_draft(place))
        if request.POST.get("seen") != place.draft.changed_at.isoformat():
            raise CannotChange("The draft was changed meanwhile. Look at it first.")
        try:
            made = mapping_versions.publish(
                flow=place.flow,
                actor=person,
                now=timezone.now(),
                note=" ".join(request.POST.get("reason", "").split()),
                accept_failures=accepts,
                seen=place.draft.changed_at,
                running=drafts.running(request),
            )
        except CannotPublish as error:
            raise Mistake({"accept": str(error)}) from None
        return f"Version {made.number} is published. The next record that comes in follows it."

    name = "publish rules in spite of the trial" if accepts else "publish rules"
    return carry_out(request, person, slug, _act(name, person, slug, flow_id, question, do))


@staff_page
@_asks_first
@once_more
def back(request: HttpRequest, person: User, slug: str, flow_id: int, number: int) -> HttpResponse:
    """Publishes the rules of an earlier version again; 0 is: as shipped."""

    def question(place: Place, wrong: Wrong) -> Question:
        running = place.published.number if place.published else 0
        try:
            found = mapping_versions.difference(flow=place.flow, before=running, after=number)
        except CannotRead:
            raise Http404 from None
        named = f"version {number}" if number else "the shipped rules"
        return Question(
            f"Go back to {named} of {place.name.lower()}?",
            (
                "They become a new version, from the next record that comes in. The history stays as"
                " it is, and so does a draft.",
                "Records that wait already keep the fields they have.",
            ),
            "Go back",
            "again",
            template="staff/engine/back.html",
            more={**place.shown(), "number": number, "changes": versions.in_words(place, found)},
        )

    def do(place: Place) -> str:
        made = mapping_versions.rollback(
            flow=place.flow,
            to=number,
            actor=person,
            now=timezone.now(),
            note=" ".join(request.POST.get("reason", "").split()),
            running=drafts.running(request),
        )
        what = f"Version {number} is" if number else "The shipped rules are"
        return f"{what} published again as version {made.number}. The next record follows it."

    return carry_out(
        request, person, slug, _act("go back to earlier rules", person, slug, flow_id, question, do)
    )


def _place(person: User, flow_id: int) -> Place:
    """The flow with its versions, within the scope. Raises Http404."""
    rows = Flow.objects.select_related("tenant")
    found: Flow | None = rows.filter(pk=flow_id).first() if flow_id < 2**63 else None
    if found is None:
        raise Http404
    return place_of(
        found.tenant,
        found.pair_id,
        flow_id,
        actor=person,
        may_change=staff.may(person, May.ACT),
    )


def _act(name: str, person: User, slug: str, flow_id: int, question: Any, do: Any) -> Act:
    return Act(
        name=name,
        about=str(flow_id),
        tab=TAB,
        part="Rules",
        back=reverse("admin:account-flow-rules", kwargs={"slug": slug, "flow_id": flow_id}),
        row=lambda: _place(person, flow_id),
        question=question,
        do=do,
        refused=_REFUSED,
    )
