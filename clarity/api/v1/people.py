"""Who is behind a tenant: the tenant itself, its members, and the audit log of what they did."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clarity.api.paging import page_of
from clarity.api.schema import operation
from clarity.api.shapes import Answered, Id, Instant, PageParameters, Text
from clarity.api.views import View
from tenants import scope
from tenants.models import AuditEntry, Membership, Role
from tenants.services.audit_log import masked

ROLES = [(one.value, one.label) for one in Role]
MEMBER: dict[str, Any] = {
    "user": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d",
    "email": "owner@example.com",
    "name": "",
    "role": "owner",
    "since": "2026-11-02T08:00:00Z",
}
ENTRY: dict[str, Any] = {
    "id": 901,
    "at": "2026-11-20T16:45:00Z",
    "actor": "owner@example.com",
    "action": "mapping.published",
    "object_type": "MappingVersion",
    "object_id": "17",
    "before": {"number": 3},
    "after": {"number": 4},
    "reason": "Notes of web orders",
}


_FIELDS = {"type": ["object", "null"], "additionalProperties": {}}


class TenantAnswer(Answered):
    """For whom and as what the request is made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField(help_text="The short name, for the header Clarity-Tenant.")
    time_zone = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLES)
    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="What the token or session may do now."
    )


class MemberAnswer(Answered):
    """A member."""

    user = serializers.UUIDField(source="user_id")
    email = serializers.CharField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=ROLES)
    since = Instant(source="created_at")


class MemberPage(Answered):
    """A page of members."""

    items = MemberAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class EntryAnswer(Answered):
    """Something that was done."""

    id = serializers.IntegerField()
    at = Instant()
    actor = serializers.CharField(
        source="actor.email", default=None, allow_null=True, help_text="null: the product itself."
    )
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    reason = serializers.CharField()
    on_behalf = serializers.SerializerMethodField(
        help_text="Whether one of our staff did it on the tenant's behalf."
    )

    def get_on_behalf(self, entry: AuditEntry) -> bool:
        return entry.deputation_id is not None

    @extend_schema_field(_FIELDS)
    def get_before(self, entry: AuditEntry) -> dict[str, Any] | None:
        """What it was, without secrets."""
        return None if entry.before is None else masked(entry.before)

    @extend_schema_field(_FIELDS)
    def get_after(self, entry: AuditEntry) -> dict[str, Any] | None:
        """What it is since, without secrets."""
        return None if entry.after is None else masked(entry.after)


class EntryPage(Answered):
    """A page of the audit log."""

    items = EntryAnswer(many=True)
    next = serializers.CharField(allow_null=True, help_text="`cursor` of the next page.")


class MemberParameters(PageParameters):
    """Narrows the list."""

    role = serializers.ChoiceField(choices=ROLES, required=False)


class EntryParameters(PageParameters):
    """Narrows the log."""

    action = Text(required=False, max_length=80)
    object_type = Text(required=False, max_length=80)
    object_id = Text(required=False, max_length=80)
    actor = Id(required=False, help_text="A member's user id.")
    since = Instant(required=False, help_text="At this time or later.")
    until = Instant(required=False, help_text="Before this time.")


class ThisTenant(View):
    """The tenant of the request."""

    topic = "Tenant"

    @operation(
        "Read the tenant",
        name="readTenant",
        answers=TenantAnswer,
        example={
            "id": "3c2b1a09-8f7e-4d6c-a5b4-c3d2e1f0a9b8",
            "name": "Harbour Goods",
            "slug": "harbour-goods",
            "time_zone": "America/New_York",
            "role": "owner",
            "scopes": ["pairs:read", "records:read"],
        },
    )
    def get(self, request: Request) -> Response:
        """For which tenant a token is, and what it may do now. A good first request."""
        caller = self.caller
        tenant = caller.tenant
        data = {
            "id": tenant.pk,
            "name": tenant.name,
            "slug": tenant.slug,
            "time_zone": tenant.time_zone,
            "role": caller.role,
            "scopes": sorted(caller.scopes),
        }
        return Response(TenantAnswer(data).data)


class Members(View):
    """All members."""

    reads = "members:read"
    topic = "Tenant"
    parameters = MemberParameters

    @operation(
        "List members",
        name="listMembers",
        answers=MemberPage,
        example={"items": [MEMBER], "next": None},
    )
    def get(self, request: Request) -> Response:
        """Members with their roles, the first one first."""
        with scope.tenant(self.caller.tenant.pk):
            rows = Membership.objects.select_related("user")
            if role := self.asked.get("role"):
                rows = rows.filter(role=role)
            return page_of(request, rows, self.asked, MemberAnswer.each, newest_first=False)


class AuditLog(View):
    """The audit log."""

    reads = "audit:read"
    topic = "Tenant"
    parameters = EntryParameters

    @operation(
        "Read the audit log",
        name="listAuditEntries",
        answers=EntryPage,
        example={"items": [ENTRY], "next": None},
    )
    def get(self, request: Request) -> Response:
        """Every change with who made it, before and after, the newest first. No secrets are in it."""
        with scope.tenant(self.caller.tenant.pk):
            rows = AuditEntry.objects.select_related("actor")
            for name in ("action", "object_type", "object_id", "actor"):
                if name in self.asked:
                    rows = rows.filter(**{name: self.asked[name]})
            if since := self.asked.get("since"):
                rows = rows.filter(at__gte=since)
            if until := self.asked.get("until"):
                rows = rows.filter(at__lt=until)
            return page_of(request, rows, self.asked, EntryAnswer.each)
