"""Search: records by what a person has at hand."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import answer_page, cursor_at, place_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, PageParameters, Text
from clarity.api.v1.records import EXAMPLE, RecordAnswer, of_timeline
from clarity.api.views import View
from integrations.services import search
from integrations.services.trace import timeline
from tenants import scope


class HitAnswer(Answered):
    """A record, and by what it was found."""

    by = serializers.CharField(
        help_text="`number`, `sku`, `email`, `id`, `tracking`, `order`, `line`, `ending` or `begins`."
    )
    record = RecordAnswer()


class HitPage(Answered):
    """A page of what was found."""

    items = HitAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class SearchParameters(PageParameters):
    """What to search for."""

    q = Text(
        min_length=search.SHORTEST,
        max_length=search.LONGEST,
        help_text="A number, SKU, e-mail address, tracking number or id; of numbers and SKUs also"
        " the beginning.",
    )


class Search(View):
    """Searching."""

    reads = "records:read"
    topic = "Records"
    parameters = SearchParameters

    @operation(
        "Search records",
        name="searchRecords",
        answers=HitPage,
        example={"items": [{"by": "number", "record": EXAMPLE}], "next": None},
    )
    def get(self, request: Request) -> Response:
        """The newest notice of each record that fits, orders first. At most 500 are found."""
        place = place_of(request, self.asked)
        with scope.tenant(self.caller.tenant.pk):
            found = search.find(
                q=self.asked["q"], limit=self.asked["limit"], cursor=place[0] if place else ""
            )
            items: list[dict[str, Any]] = [
                {"by": hit.by, "record": of_timeline(timeline(item=hit.item))} for hit in found.hits
            ]
            answers = HitAnswer.each(items)
        return answer_page(answers, cursor_at(request, [found.cursor]) if found.cursor else None)
