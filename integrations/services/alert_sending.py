"""Sends the messages that wait: takes one, lets go of the database, sends, writes down how it ended.

At least once: whoever takes a message holds it for a while. When the holder dies between sending
and writing that down, somebody else sends it a second time with the same id; after a second death
it is given up, so nobody gets one message more than twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection as database
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from integrations.models import (
    AlertChannel,
    AlertMessage,
    ChannelKind,
    MessageKind,
    MessageState,
)
from integrations.services import (
    alert_mail,
    alert_outbox,
    alert_posting,
    alert_rules,
    alert_secrets,
    alert_words,
)
from integrations.services.alert_posting import Told
from integrations.services.alert_words import Content
from integrations.sync import pipeline
from tenants import scope
from tenants.models import Tenant

log = logging.getLogger(__name__)

TURN_SECONDS = 40.0
AT_ONCE = 8
# Longer than any try takes.
HELD_FOR = timedelta(seconds=120)
_OUR_ERROR = Told(False, "An error of ours stopped it; we have been told.")
_SWITCHED_OFF = "The channel was switched off."
# Mail to somebody else than the channel's own receivers says nothing of the channel.
_BESIDE = (MessageKind.FAILING, MessageKind.CONFIRM)

# One message of each channel at a time, the oldest first; channels that work go first.
_DUE = """
SELECT tenant_id, id FROM (
    SELECT DISTINCT ON (m.channel_id) m.tenant_id, m.id, m.due_at, coalesce(c.failures, 0) AS failures
    FROM integrations_alertmessage m
    JOIN tenants_tenant t ON t.id = m.tenant_id AND t.erasing_since IS NULL
    LEFT JOIN integrations_alertchannel c ON c.id = m.channel_id
    WHERE m.state = 'waiting' AND m.due_at <= %(now)s
      AND (m.held_until IS NULL OR m.held_until < %(now)s)
    ORDER BY m.channel_id, m.created_at, m.id
) AS heads
ORDER BY failures, due_at, id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Taken:
    """A message that is ours for a while, and how to send it: `send` needs no database."""

    message: AlertMessage
    send: Callable[[], Told]


def send_due(now: datetime) -> None:
    """Sends what is due, several at once, until nothing is left or the turn is over."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alerts") as pool:
        while (passed := time.monotonic() - began) < TURN_SECONDS:
            at = now + timedelta(seconds=passed)
            taken = [found for ids in _due(at) if (found := take(*ids, now=at)) is not None]
            if not taken:
                return
            told = list(pool.map(_send, taken))
            at = now + timedelta(seconds=time.monotonic() - began)
            for each, ended in zip(taken, told, strict=True):
                finish(each.message, ended, now=at)


def _due(now: datetime) -> Sequence[tuple[UUID, UUID]]:
    with scope.door("alert messages that are due"), database.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "limit": AT_ONCE})
        return [(row[0], row[1]) for row in cursor.fetchall()]


def take(tenant_id: UUID, message_id: UUID, *, now: datetime) -> Taken | None:
    """Takes the message when it is due and nobody has it; None when it need not be sent by us.

    Call outside any scope.
    """
    with scope.tenant(tenant_id):
        message: AlertMessage | None = (
            AlertMessage.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("channel")
            .filter(pk=message_id, state=MessageState.WAITING, due_at__lte=now)
            .first()
        )
        if message is None or (message.held_until and message.held_until > now):
            return None
        if message.held_until is not None:
            message.interrupted += 1
        reason = _why_not(message)
        if reason:
            _give_up(message, reason, now=now)
            return None
        message.token, message.attempts = message.token + 1, message.attempts + 1
        message.held_until = now + HELD_FOR
        message.save(update_fields=["token", "attempts", "held_until", "interrupted"])
        return Taken(message, _sender(message, now))


def _why_not(message: AlertMessage) -> str:
    if message.interrupted > 1:
        return "Our worker stopped twice while it was sent, so it may have arrived twice."
    if message.channel is None:
        return "The channel was deleted."
    is_own = message.kind not in (*_BESIDE, MessageKind.TEST)
    return _SWITCHED_OFF if is_own and not message.channel.is_on else ""


def _sender(message: AlertMessage, now: datetime) -> Callable[[], Told]:
    """Everything that sending needs, read now, while the scope is open."""
    channel = message.channel
    if channel is None or channel.kind == ChannelKind.EMAIL or message.kind in _BESIDE:
        to = alert_mail.recipients(message)
        if not to:
            nobody = Told(False, alert_mail.NOBODY, is_final=True)
            return lambda: nobody
        tenant = Tenant.objects.get(pk=message.tenant_id)
        mail = alert_mail.made(
            message, to, tenant=tenant, manage=alert_words.link("alerts", tenant)
        )
        return partial(alert_mail.send, mail)
    try:
        where = alert_secrets.unseal(channel)
    except alert_secrets.VaultError as error:
        log.warning("alert channel %s cannot be opened: %s", channel.pk, type(error).__name__)
        gone = Told(False, "Its address can no longer be read. Enter it again.", is_final=True)
        return lambda: gone
    if channel.kind == ChannelKind.SLACK:
        return partial(alert_posting.post_slack, message, url=where.url)
    return partial(alert_posting.post_signed, message, url=where.url, key=where.key, now=now)


def _send(taken: Taken) -> Told:
    """Runs in a thread of its own, without the database."""
    ended = [_OUR_ERROR]

    def work() -> None:
        ended[0] = taken.send()

    pipeline.survives(f"alert message {taken.message.pk}", work)
    return ended[0]


def send_now(tenant_id: UUID, message_id: UUID, *, now: datetime) -> Told | None:
    """Sends one message at once and answers how that ended; None when somebody else sends it.

    Call outside any scope.
    """
    taken = take(tenant_id, message_id, now=now)
    if taken is None:
        return None
    told = _send(taken)
    finish(taken.message, told, now=timezone.now())
    return told


def finish(message: AlertMessage, told: Told, *, now: datetime) -> None:
    """Writes down how a try ended, unless the message was taken by somebody else meanwhile."""
    with scope.tenant(message.tenant_id):
        mine = AlertMessage.objects.select_for_update().filter(
            pk=message.pk, token=message.token, state=MessageState.WAITING
        )
        if not mine.exists():
            log.warning("alert message %s was taken over while it was sent", message.pk)
            return
        if told.went_out:
            mine.update(
                state=MessageState.SENT, held_until=None, finished_at=now, outcome=told.said[:400]
            )
        elif _is_last(message, told, now=now):
            _give_up(message, told.said, now=now)
        else:
            due_at = now + alert_rules.try_again(message.attempts, after=told.after)
            mine.update(held_until=None, due_at=due_at, outcome=told.said[:400])
            if told.is_down:
                # Nothing else can get through either; nobody hammers at a receiver that is down.
                AlertMessage.objects.filter(
                    channel_id=message.channel_id, state=MessageState.WAITING, held_until=None
                ).exclude(kind__in=_BESIDE).update(due_at=Greatest("due_at", Value(due_at)))
        if message.channel_id and message.kind not in _BESIDE:
            _note(message.channel_id, told, now=now)


def _is_last(message: AlertMessage, told: Told, *, now: datetime) -> bool:
    """Whether this was the last try. A test is tried once: its answer is what was asked for."""
    return (
        told.is_final
        or message.kind == MessageKind.TEST
        or message.attempts >= alert_rules.MOST_ATTEMPTS
        or now - message.created_at >= alert_rules.GIVE_UP_AFTER
    )


def _give_up(message: AlertMessage, reason: str, *, now: datetime) -> None:
    AlertMessage.objects.filter(pk=message.pk).update(
        state=MessageState.GIVEN_UP,
        held_until=None,
        finished_at=now,
        interrupted=message.interrupted,
        outcome=reason[:400],
    )


def _note(channel_id: UUID, told: Told, *, now: datetime) -> None:
    """How the channel is doing; the owners hear once of one that fails again and again."""
    channels = AlertChannel.objects.filter(pk=channel_id)
    if told.went_out:
        channels.update(
            last_sent_at=now, problem="", failures=0, failing_since=None, owners_told_at=None
        )
        return
    channels.update(
        last_failed_at=now,
        problem=told.said[:400],
        failures=F("failures") + 1,
        failing_since=Case(When(failing_since=None, then=Value(now)), default=F("failing_since")),
    )
    untold = channels.filter(failures__gte=alert_rules.FAILING_FROM, owners_told_at=None).exclude(
        # They would be told by the very way that does not work.
        kind=ChannelKind.EMAIL,
        to_owners=True,
    )
    if untold.update(owners_told_at=now):
        _tell_owners(channels.get(), now=now)


def _tell_owners(channel: AlertChannel, *, now: datetime) -> None:
    tenant = Tenant.objects.get(pk=channel.tenant_id)
    content = Content(
        event="channel.failing",
        title=f"The alert channel {channel.name} does not work",
        said=(
            f"The last {channel.failures} tries to send a message to it failed. It stays switched"
            " on, and each message is tried for a day. You get this message once."
        ),
        advice="Open the channel, correct its address, and send a test message.",
        link=alert_words.link("alert-channel", tenant, channel_id=channel.pk),
        link_words="Open the channel",
        tenant=tenant.name,
        facts=[["What went wrong", channel.problem]],
    )
    alert_outbox.write([channel], MessageKind.FAILING, content, now=now)
