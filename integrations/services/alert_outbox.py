"""Messages that are to go out: written in the transaction that says why, sent later by another step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from integrations.models import AlertCase, AlertChannel, AlertMessage, MessageKind
from integrations.services.alert_words import Content, short


def write(
    channels: Iterable[AlertChannel],
    kind: MessageKind,
    content: Content,
    *,
    now: datetime,
    case: AlertCase | None = None,
    day: date | None = None,
) -> list[AlertMessage]:
    """One message to each channel, which may be sent from now on; those that exist stay as they
    are. Call inside the tenant's scope."""
    rows = [
        AlertMessage(
            channel=channel,
            channel_name=channel.name,
            case=case,
            kind=kind,
            day=day,
            subject=short(content.title),
            content=content.as_json(),
            created_at=now,
            due_at=now,
        )
        for channel in channels
    ]
    return AlertMessage.objects.bulk_create(rows, ignore_conflicts=True)
