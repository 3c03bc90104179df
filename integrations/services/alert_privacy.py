"""Tells channels of privacy requests: once each, as soon as they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.models import (
    AlertCase,
    AlertChannel,
    MessageKind,
    PrivacyKind,
    PrivacyRequest,
    Topic,
)
from integrations.services import alert_outbox, alert_words
from integrations.services.alert_words import Content
from tenants.models import Tenant

# What nobody was told of for so long is on the data page.
WITHIN = timedelta(days=7)

_TITLES = {
    PrivacyKind.PERSON_DATA: "A shopper asks for their data",
    PrivacyKind.ERASE_PERSON: "A shopper asks to be erased",
    PrivacyKind.ERASE_ACCOUNT: "A shop that has left is to be erased",
}
_SAID = {
    PrivacyKind.PERSON_DATA: "What Clarity Connect stores of the shopper is collected by itself.",
    PrivacyKind.ERASE_PERSON: "What Clarity Connect stores of the shopper is erased by itself.",
    PrivacyKind.ERASE_ACCOUNT: "What Clarity Connect stores of the shop is erased by itself.",
}
_ADVICE = {
    PrivacyKind.PERSON_DATA: "Download the records from the data page and hand them on in time.",
    PrivacyKind.ERASE_PERSON: "Erase the shopper in your point of sale too, if the law asks you to.",
    PrivacyKind.ERASE_ACCOUNT: "Nothing needs to be done if the shop was meant to leave.",
}


def tell_new(tenant: Tenant, *, now: datetime) -> None:
    """Writes a message about each request that was told nobody yet. Call inside the scope, while
    nobody else looks into this tenant."""
    told = AlertCase.objects.filter(privacy_request__isnull=False)
    new = PrivacyRequest.objects.filter(received_at__gt=now - WITHIN).exclude(
        pk__in=told.values("privacy_request_id")
    )
    for request in new.order_by("received_at", "pk"):
        case = AlertCase.objects.create(
            topic=Topic.PRIVACY,
            privacy_request=request,
            began_at=request.received_at,
            told_at=now,
            over_at=now,
            looked_at=now,
        )
        hearing = AlertChannel.objects.filter(is_on=True, hears_from__lte=request.received_at)
        channels = [channel for channel in hearing.order_by("pk") if Topic.PRIVACY in channel.hears]
        content = _content(request, tenant)
        alert_outbox.write(channels, MessageKind.FIRST, content, case=case, now=now)


def _content(request: PrivacyRequest, tenant: Tenant) -> Content:
    """Nothing of the shopper: who it is stands on no page and in no message."""
    kind = PrivacyKind(request.kind)
    return Content(
        event="privacy.requested",
        title=_TITLES[kind],
        said=_SAID[kind],
        advice=_ADVICE[kind],
        link=alert_words.link("data", tenant),
        link_words="Open the data page",
        since=request.received_at.astimezone(UTC).isoformat(),
        tenant=tenant.name,
        facts=[
            ["Shop", request.connection_name],
            ["Came in", alert_words.moment(request.received_at, tenant)],
            ["Due by", alert_words.moment(request.due_at, tenant)],
        ],
        about={"request": str(request.pk), "kind": request.kind},
    )
