"""One channel: added, looked at and changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clarity.web.access import ADMINS, may_administer, member_required, signed_in
from clarity.web.alerts import words
from clarity.web.alerts.listing import lines
from clarity.web.alerts.place import find, shown
from clarity.web.deputies import session as deputy
from integrations.models import AlertChannel, ChannelKind, Topic
from integrations.services import alerts as service
from integrations.services.alert_errors import BadChannel
from integrations.services.alerts import Wanted
from tenants import scope
from tenants.models import Membership

LATEST = 10
_LONGEST = 4_000
_KEY_NOT_SHOWN = (
    "The key that signs its messages is not shown to who acts on the account's behalf. An owner or admin"
    " of the account makes a new one on this page, and sees that."
)
_asks_first = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters("url")
@_asks_first
@member_required(*ADMINS)
def new(request: HttpRequest, membership: Membership, kind: str) -> HttpResponse:
    """Adds a channel. The key of a signed webhook is shown in the answer, and never again."""
    with scope.tenant(membership.tenant_id):
        if request.method != "POST":
            wanted = Wanted(name="", hears=Topic.values, has_digest=kind == ChannelKind.EMAIL)
            return _form(request, membership, ChannelKind(kind), wanted)
        wanted = _wanted(request)
        try:
            with transaction.atomic():
                made = service.create(
                    kind=ChannelKind(kind),
                    wanted=wanted,
                    actor=signed_in(request),
                    now=timezone.now(),
                )
        except BadChannel as error:
            return _form(request, membership, ChannelKind(kind), wanted, error=error)
        if made.key and deputy.held_in(request) is None:
            context = {"channel": made.channel, "key": made.key, "is_new": True}
            return shown(request, membership, "key.html", context)
    messages.success(request, f"{made.channel.name} is added. Send a test message to be sure.")
    if made.key:
        messages.info(request, _KEY_NOT_SHOWN)
    return _to(membership, made.channel)


@sensitive_post_parameters("url")
@_asks_first
@member_required()
def channel(request: HttpRequest, membership: Membership, channel_id: UUID) -> HttpResponse:
    """What a channel does and did, and the form to change it."""
    if request.method == "POST" and not may_administer(membership):
        raise PermissionDenied
    with scope.tenant(membership.tenant_id):
        found = find(channel_id)
        if request.method != "POST":
            return _one(request, membership, found, _as_wanted(found))
        wanted = _wanted(request)
        try:
            with transaction.atomic():
                service.change(
                    channel=found, wanted=wanted, actor=signed_in(request), now=timezone.now()
                )
        except BadChannel as error:
            return _one(request, membership, find(channel_id), wanted, error=error)
    messages.success(request, "Saved.")
    return _to(membership, found)


def _one(
    request: HttpRequest,
    membership: Membership,
    found: AlertChannel,
    wanted: Wanted,
    *,
    error: BadChannel | None = None,
) -> HttpResponse:
    context = {
        "channel": found,
        "badge": words.state(found),
        "hears_said": words.hears(found),
        "addresses": list(found.addresses.order_by("email")),
        "latest": lines(service.messages(channel=found)[:LATEST]),
        **_fields(ChannelKind(found.kind), wanted, error),
    }
    return shown(request, membership, "channel.html", context, status=422 if error else 200)


def _form(
    request: HttpRequest,
    membership: Membership,
    kind: ChannelKind,
    wanted: Wanted,
    *,
    error: BadChannel | None = None,
) -> HttpResponse:
    context = _fields(kind, wanted, error)
    return shown(request, membership, "new.html", context, status=422 if error else 200)


def _fields(kind: ChannelKind, wanted: Wanted, error: BadChannel | None) -> Mapping[str, Any]:
    """What the form of a channel shows."""
    members = Membership.objects.filter(user__is_active=True).select_related("user")
    return {
        "kind": kind.value,
        "kind_word": words.KINDS[kind][0],
        "wanted": wanted,
        "typed_addresses": "\n".join(wanted.addresses),
        "topics": [
            (topic.value, *said, topic.value in wanted.hears)
            for topic, said in words.TOPICS.items()
        ],
        "members": [
            (
                str(one.user_id),
                one.user.email,
                one.get_role_display(),
                str(one.user_id) in wanted.members,
            )
            for one in members.order_by("user__email")
        ],
        "errors": {error.field: str(error)} if error else {},
        "longest": service.LONGEST_NAME,
    }


def _wanted(request: HttpRequest) -> Wanted:
    """What was typed; the service says what is wrong with it."""
    posted = request.POST

    def text(name: str) -> str:
        return posted.get(name, "").replace("\x00", "")[:_LONGEST].strip()

    return Wanted(
        name=text("name"),
        hears=posted.getlist("hears")[:20],
        has_digest="has_digest" in posted,
        to_owners="to_owners" in posted,
        members=posted.getlist("members")[:500],
        addresses=_split(text("addresses")),
        url=text("url"),
    )


def _as_wanted(found: AlertChannel) -> Wanted:
    return Wanted(
        name=found.name,
        hears=found.hears,
        has_digest=found.has_digest,
        to_owners=found.to_owners,
        members=found.member_ids,
        addresses=list(found.addresses.order_by("email").values_list("email", flat=True)),
    )


def _split(text: str) -> Sequence[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


def _to(membership: Membership, found: AlertChannel) -> HttpResponse:
    return redirect("alert-channel", slug=membership.tenant.slug, channel_id=found.pk)
