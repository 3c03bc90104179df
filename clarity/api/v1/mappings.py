"""Mapping rules of a flow: what runs, the draft over it, and every version there was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.problems import PreconditionFailed
from clarity.api.schema import operation
from clarity.api.shapes import (
    Anything,
    Instant,
    Nothing,
    PageParameters,
    Parameters,
    Shape,
    Text,
    Whole,
    YesNo,
    body_of,
)
from clarity.api.v1 import finding
from clarity.api.v1.mapping_shapes import (
    DRAFT,
    IF_MATCH,
    VERSION,
    DifferencePage,
    DraftAnswer,
    ProblemsAnswer,
    VersionAnswer,
    VersionPage,
    VersionRules,
    version_data,
)
from clarity.api.views import View, no_content
from clarity.api.writing import write
from integrations.models import Flow
from integrations.services import mapping_reading, mapping_versions
from mappings.models import MappingVersion, VersionState
from tenants import scope

MOST_CHANGES = 200
_NO_DRAFT = "This flow has no draft. Change a rule to make one."


class ChangeBody(Shape):
    """A change of one rule: exactly one of `rule`, `removed` and `shipped`."""

    target = Text(max_length=200, help_text="The target field, or its slot such as `tags+vip`.")
    rule = serializers.DictField(
        child=Anything(allow_null=True),
        required=False,
        help_text="The rule as data: one of `source`, `constant`, `lookup`, `expression`, and"
        " `when`, `default`, `required`, `type`.",
    )
    after = Text(required=False, max_length=200, help_text="Behind which rule it stands.")
    removed = YesNo(required=False, help_text="true: the draft has no such rule.")
    shipped = YesNo(required=False, help_text="true: follow the shipped rule again.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError unless it says one thing."""
        said = [name for name in ("rule", "removed", "shipped") if attrs.get(name)]
        if len(said) != 1:
            raise serializers.ValidationError("Say exactly one of rule, removed and shipped.")
        return attrs


class DraftBody(Shape):
    """Changes to put into the draft."""

    changes = serializers.ListField(child=ChangeBody(), allow_empty=False, max_length=MOST_CHANGES)


class PublishBody(Shape):
    """Why, and whether untried rules may go live."""

    note = Text(required=False, allow_blank=True, max_length=400, default="")
    accept_failures = YesNo(
        required=False,
        default=False,
        help_text="Publish although the draft was not tried, or records would newly be held.",
    )


class RollbackBody(Shape):
    """Which version."""

    to = Whole(min_value=0, max_value=10**9, help_text="Its number; 0 for the shipped rules.")
    note = Text(required=False, allow_blank=True, max_length=400, default="")


class DifferenceParameters(Parameters):
    """Which two."""

    before = serializers.RegexField(
        r"^(draft|preset|[0-9]{1,9})$",
        required=False,
        default="preset",
        help_text="A number, `draft` or `preset` for the shipped rules.",
    )
    after = serializers.RegexField(
        r"^(draft|preset|[0-9]{1,9})$",
        required=False,
        help_text="Likewise; the usual one is the draft, or what is published.",
    )


class Versions(View):
    """The versions of a flow's rules."""

    reads = "mappings:read"
    topic = "Mappings"
    parameters = PageParameters

    @operation(
        "List versions",
        name="listMappingVersions",
        answers=VersionPage,
        example={"items": [VERSION], "next": None},
    )
    def get(self, request: Request, flow_id: int) -> Response:
        """Published versions, the newest first. None: the flow follows the shipped rules."""
        with scope.tenant(self.caller.tenant.pk):
            rows = (
                mapping_reading.of_flow(finding.mapped_flow(flow_id))
                .exclude(state=VersionState.DRAFT)
                .select_related("published_by")
            )
            return page_of(request, rows, self.asked, VersionAnswer.each)


class OneVersion(View):
    """One version with its rules."""

    reads = "mappings:read"
    topic = "Mappings"

    @operation(
        "Read a version with its rules",
        name="readMappingVersion",
        answers=VersionRules,
        example={"version": VERSION, "rules": [{"target": "note", "source": "note"}]},
    )
    def get(self, request: Request, flow_id: int, version: str) -> Response:
        """All rules a version stands for: the shipped ones with its changes put on.

        `version` is a number, `draft`, or `preset` for the shipped rules of now.
        """
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            found = mapping_reading.find(flow, version)
            rules = mapping_reading.rules_of(flow, found)
            data = version_data(found) if found else None
            return Response({"version": data, "rules": [rule.row() for rule in rules.rules]})


class Draft(View):
    """The draft of a flow."""

    reads = "mappings:read"
    writes = "mappings:write"
    topic = "Mappings"

    @operation("Read the draft", name="readDraft", answers=DraftAnswer, example=DRAFT)
    def get(self, request: Request, flow_id: int) -> Response:
        """The draft's changes over the shipped rules. Its ETag goes into If-Match."""
        with scope.tenant(self.caller.tenant.pk):
            row = _draft(finding.mapped_flow(flow_id))
            if row is None:
                raise Http404(_NO_DRAFT)
            return _answer(row)

    @operation(
        "Change the draft",
        name="changeDraft",
        body=DraftBody,
        body_example={"changes": [{"target": "note", "rule": {"constant": "Web order"}}]},
        answers=DraftAnswer,
        example=DRAFT,
        more=(412,),
        headers=(IF_MATCH,),
    )
    @write
    def patch(self, request: Request, flow_id: int) -> Response:
        """Puts changes into the draft, which is made when there is none. Nothing flows by it.

        With If-Match, only while the draft is as you have read it.
        """
        body = body_of(request, DraftBody)
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            row = mapping_versions.change(
                flow=flow,
                changes=[_said(one) for one in body["changes"]],
                actor=self.caller.user,
                now=timezone.now(),
                seen=_seen(request, flow),
            )
            return _answer(row)

    @operation(
        "Discard the draft", name="discardDraft", status=204, more=(412,), headers=(IF_MATCH,)
    )
    @write
    def delete(self, request: Request, flow_id: int) -> Response:
        """Throws the draft away. What is published stays."""
        body_of(request, Nothing)
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            _seen(request, flow)
            mapping_versions.discard_draft(flow=flow, actor=self.caller.user)
        return no_content()


class ValidateDraft(View):
    """What is wrong with the draft."""

    reads = "mappings:read"
    topic = "Mappings"

    @operation(
        "Check the draft",
        name="checkDraft",
        answers=ProblemsAnswer,
        example={
            "is_valid": False,
            "problems": [{"target": "note", "message": "note reads nothte, which no order has."}],
        },
    )
    def get(self, request: Request, flow_id: int) -> Response:
        """Everything that keeps the draft from being published, all at once."""
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            if _draft(flow) is None:
                raise Http404(_NO_DRAFT)
            found = mapping_versions.problems(flow=flow)
        problems = [{"target": one.target, "message": one.message} for one in found]
        return Response({"is_valid": not problems, "problems": problems})


class PublishDraft(View):
    """Publishing."""

    writes = "mappings:write"
    topic = "Mappings"

    @operation(
        "Publish the draft",
        name="publishDraft",
        body=PublishBody,
        body_example={"note": "Notes of web orders"},
        answers=VersionAnswer,
        example=VERSION,
        more=(412,),
        headers=(IF_MATCH,),
    )
    @write
    def post(self, request: Request, flow_id: int) -> Response:
        """Lets the flow follow its draft from the next record on.

        The draft must have been tried as it is now, and no record may newly be held by it, unless
        `accept_failures` says otherwise.
        """
        body = body_of(request, PublishBody)
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            _seen(request, flow)
            row = mapping_versions.publish(
                flow=flow, actor=self.caller.user, now=timezone.now(), **body
            )
            return Response(version_data(row))


class Rollback(View):
    """Going back."""

    writes = "mappings:write"
    topic = "Mappings"

    @operation(
        "Publish an earlier version again",
        name="rollbackMapping",
        body=RollbackBody,
        body_example={"to": 3, "note": "Version 4 lost the notes"},
        answers=VersionAnswer,
        example={**VERSION, "restores": 3},
    )
    @write
    def post(self, request: Request, flow_id: int) -> Response:
        """Publishes an earlier version's changes as a new version. A draft stays as it is."""
        body = body_of(request, RollbackBody)
        with scope.tenant(self.caller.tenant.pk):
            row = mapping_versions.rollback(
                flow=finding.mapped_flow(flow_id),
                actor=self.caller.user,
                now=timezone.now(),
                **body,
            )
            return Response(version_data(row))


class Differences(View):
    """What tells two versions apart."""

    reads = "mappings:read"
    topic = "Mappings"
    parameters = DifferenceParameters

    @operation(
        "Compare two versions",
        name="compareMappingVersions",
        answers=DifferencePage,
        example={
            "items": [
                {
                    "target": "note",
                    "before": {"target": "note", "source": "note"},
                    "after": {"target": "note", "constant": "Web order"},
                }
            ],
            "next": None,
        },
    )
    def get(self, request: Request, flow_id: int) -> Response:
        """The rules two versions do not share."""
        with scope.tenant(self.caller.tenant.pk):
            flow = finding.mapped_flow(flow_id)
            after = self.asked.get("after")
            if after is None:
                published = flow.mapping_version
                usual = published.number if published else mapping_reading.PRESET
                after = mapping_reading.DRAFT if _draft(flow) else usual
            found = mapping_versions.difference(flow=flow, before=self.asked["before"], after=after)
        rows = [{"target": one.target, "before": one.before, "after": one.after} for one in found]
        return Response({"items": rows, "next": None})


def _draft(flow: Flow) -> MappingVersion | None:
    found: MappingVersion | None = (
        mapping_reading.of_flow(flow).filter(state=VersionState.DRAFT).first()
    )
    return found


def _said(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in change.items() if value is not False}


def _answer(row: MappingVersion) -> Response:
    data = {
        "preset": row.preset,
        "changes": row.changes,
        "created_at": _utc(row.created_at),
        "changed_at": _utc(row.changed_at),
    }
    return Response(data, headers={"ETag": _tag(row)})


def _utc(at: datetime) -> str:
    return str(Instant().to_representation(at))


def _tag(row: MappingVersion) -> str:
    return f'"{row.pk}-{round(row.changed_at.timestamp() * 1_000_000)}"'


def _seen(request: Request, flow: Flow) -> datetime | None:
    """When the draft was changed last, if If-Match names that state. Raises PreconditionFailed."""
    wanted = request.headers.get("If-Match")
    if wanted is None:
        return None
    row = _draft(flow)
    if wanted.strip() == "*" and row is not None:
        return None
    if row is None or wanted.strip() != _tag(row):
        raise PreconditionFailed
    return row.changed_at
