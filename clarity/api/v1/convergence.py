"""Convergence runs: the stock of both sides compared, and what differs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Id, Instant, Nothing, PageParameters, body_of
from clarity.api.v1 import finding
from clarity.api.views import View
from clarity.api.writing import write
from integrations.models import ConvergenceRun, ConvergenceState
from integrations.services import accuracy
from integrations.services.stock_differences import Kind
from tenants import scope

STATES = [(one.value, one.label) for one in ConvergenceState]
KINDS = [(one.value, one.value) for one in Kind]
RUN: dict[str, Any] = {
    "id": 31,
    "pair": "6f1c7d0e-3a52-4f0b-9d5e-0c1b2a394857",
    "state": "done",
    "compared": 2011,
    "matched": 2000,
    "equal": 1999,
    "share": 0.9995,
    "on_the_way": 1,
    "counts": {"different": 1, "missing": 0, "extra": 0, "blocked": 0},
    "problem": "",
    "started_at": "2026-11-21T06:00:00Z",
    "finished_at": "2026-11-21T06:00:14Z",
    "mended_at": None,
    "mended": 0,
}


class RunAnswer(Answered):
    """One comparison."""

    id = serializers.IntegerField()
    pair = serializers.UUIDField(source="pair_id")
    state = serializers.ChoiceField(choices=STATES)
    compared = serializers.IntegerField(help_text="SKUs that either side has.")
    matched = serializers.IntegerField(help_text="SKUs that both sides sell.")
    equal = serializers.IntegerField(help_text="Those whose number is as it ought to be.")
    share = serializers.FloatField(allow_null=True, help_text="`equal` of `matched`, 0 to 1.")
    on_the_way = serializers.IntegerField(
        help_text="Differences whose number is being sent at this moment."
    )
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Differences by kind."
    )
    problem = serializers.CharField(help_text="Why it stopped, if it did.")
    started_at = Instant()
    finished_at = Instant(allow_null=True)
    mended_at = Instant(allow_null=True)
    mended = serializers.IntegerField(help_text="Articles whose right number was sent.")


class RunPage(Answered):
    """A page of runs."""

    items = RunAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class ArticleAnswer(Answered):
    """One article that differs."""

    kind = serializers.ChoiceField(choices=KINDS)
    sku = serializers.CharField()
    title = serializers.CharField()
    field = serializers.CharField(help_text="What differs.")
    wanted = serializers.CharField(allow_null=True, help_text="What ought to be there, as text.")
    found = serializers.CharField(allow_null=True, help_text="What is there, as text.")
    arithmetic = serializers.CharField(help_text="How `wanted` comes about.")
    advice = serializers.CharField(help_text="What to do; empty where mending does it.")
    since = Instant()
    is_on_the_way = serializers.BooleanField()


class RunWithDifferences(Answered):
    """A run with what differed; only the newest runs keep that, and at most 500 of them."""

    run = RunAnswer()
    differences = ArticleAnswer(many=True)


class RunParameters(PageParameters):
    """Narrows the list."""

    pair = Id(required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)


class Runs(View):
    """All runs."""

    reads = "convergence:read"
    topic = "Convergence"
    parameters = RunParameters

    @operation(
        "List convergence runs",
        name="listConvergenceRuns",
        answers=RunPage,
        example={"items": [RUN], "next": None},
    )
    def get(self, request: Request) -> Response:
        """Comparisons of all pairs, the newest first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = ConvergenceRun.objects.defer("differences")
            for name in ("pair", "state"):
                if name in self.asked:
                    rows = rows.filter(**{name: self.asked[name]})
            return page_of(request, rows, self.asked, RunAnswer.each)


class StartRun(View):
    """Comparing."""

    writes = "convergence:write"
    topic = "Convergence"

    @operation(
        "Compare the stock of both sides",
        name="startConvergenceRun",
        body=Nothing,
        status=202,
        answers=RunAnswer,
        example={**RUN, "state": "running", "finished_at": None},
    )
    @write
    def post(self, request: Request, pair_id: UUID) -> Response:
        """Reads both sides in the background and compares them, article by article."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            run = accuracy.run(
                pair=finding.pair(pair_id), actor=self.caller.user, now=timezone.now()
            )
            return Response(RunAnswer(run).data, status=202)


class OneRun(View):
    """One run."""

    reads = "convergence:read"
    topic = "Convergence"

    @operation(
        "Read a convergence run",
        name="readConvergenceRun",
        answers=RunWithDifferences,
        example={
            "run": RUN,
            "differences": [
                {
                    "kind": "different",
                    "sku": "MUG-BLUE",
                    "title": "Blue mug",
                    "field": "available",
                    "wanted": "12",
                    "found": "14",
                    "arithmetic": "on hand 14 - committed 2 = 12",
                    "advice": "",
                    "since": "2026-11-21T06:00:00Z",
                    "is_on_the_way": False,
                }
            ],
        },
    )
    def get(self, request: Request, run_id: int) -> Response:
        """A comparison with the articles that differ."""
        with scope.tenant(self.caller.tenant.pk):
            run = _find(run_id)
            rows = [_difference(kept) for kept in accuracy.differences(run)]
            return Response({"run": RunAnswer(run).data, "differences": ArticleAnswer.each(rows)})


class MendRun(View):
    """Mending."""

    writes = "convergence:write"
    topic = "Convergence"

    @operation(
        "Send the right numbers",
        name="mendConvergenceRun",
        body=Nothing,
        answers=RunAnswer,
        example={**RUN, "mended": 1, "mended_at": "2026-11-21T06:05:00Z"},
    )
    @write
    def post(self, request: Request, run_id: int) -> Response:
        """Sends the numbers that differ through the pair's own flow. Of the newest run, and once."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            run = _find(run_id)
            accuracy.mend(run=run, actor=self.caller.user, now=timezone.now())
            return Response(RunAnswer(_find(run_id)).data)


def _find(run_id: int) -> ConvergenceRun:
    found: ConvergenceRun | None = ConvergenceRun.objects.filter(pk=run_id).first()
    if found is None:
        raise Http404("There is no convergence run by this id.")
    return found


def _difference(kept: accuracy.Kept) -> dict[str, Any]:
    one = kept.one
    return {
        "kind": one.kind,
        "sku": one.sku,
        "title": one.title,
        "field": one.field,
        "wanted": None if one.wanted is None else f"{one.wanted:f}",
        "found": None if one.found is None else f"{one.found:f}",
        "arithmetic": one.arithmetic,
        "advice": one.advice,
        "since": kept.since,
        "is_on_the_way": kept.is_moving,
    }
