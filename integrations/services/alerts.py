"""What people ask for: alert channels made, changed, switched, tried out and deleted.

Every function is called inside the tenant's scope, unless it says otherwise. Those that change
something write an audit entry; web addresses and signing keys never stand in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from integrations.connector_kit.network import TargetRefused
from integrations.models import (
    AlertChannel,
    AlertMessage,
    AlertPlan,
    ChannelKind,
    MessageKind,
    Topic,
)
from integrations.services import (
    alert_addresses,
    alert_defaults,
    alert_outbox,
    alert_posting,
    alert_rules,
    alert_secrets,
    alert_sending,
    alert_words,
)
from integrations.services.alert_errors import BadChannel
from integrations.services.alert_posting import Told
from integrations.services.alert_secrets import Sealed
from integrations.services.alert_words import Content
from tenants import scope
from tenants.models import Membership, Tenant, User
from tenants.services import audit

LONGEST_NAME = 80
MOST_CHANNELS = 20
MOST_TESTS = 20
TESTS_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class Wanted:
    """What a channel shall be. `url` "" leaves the address of a channel that has one as it is.

    `hears`: names of topics. `members`: user ids; `addresses`: e-mail addresses of others.
    """

    name: str
    hears: Sequence[str]
    has_digest: bool = False
    to_owners: bool = False
    members: Sequence[str] = ()
    addresses: Sequence[str] = ()
    url: str = ""


@dataclass(frozen=True)
class Made:
    """A new channel. `key` signs its messages; it is shown now and never again ("" if none)."""

    channel: AlertChannel
    key: str = ""


def channels() -> QuerySet[AlertChannel]:
    """The tenant's channels by name."""
    rows: QuerySet[AlertChannel] = AlertChannel.objects.order_by("name", "pk")
    return rows


def plan(*, now: datetime) -> AlertPlan:
    """When the tenant gets its digest; made with its first channel when there is none yet."""
    return alert_defaults.plan(_tenant(), now=now)


def messages(*, channel: AlertChannel | None = None) -> QuerySet[AlertMessage]:
    """What was told, the newest first."""
    rows: QuerySet[AlertMessage] = AlertMessage.objects.select_related("channel")
    if channel is not None:
        rows = rows.filter(channel=channel)
    return rows.order_by("-created_at", "id")


@sensitive_variables("key", "wanted")
def create(*, kind: ChannelKind, wanted: Wanted, actor: User | None, now: datetime) -> Made:
    """A new channel, which hears of what begins from now on. Raises BadChannel."""
    plan(now=now)
    if AlertChannel.objects.count() >= MOST_CHANNELS:
        raise BadChannel(f"There are {MOST_CHANNELS} channels already.", field="name")
    channel = AlertChannel(id=uuid4(), kind=kind, hears_from=now, created_at=now, created_by=actor)
    key = alert_secrets.new_key() if kind == ChannelKind.WEBHOOK else ""
    _fill(channel, wanted, key=key)
    _save(channel)
    alert_addresses.settle(channel, wanted.addresses, actor=actor, now=now)
    _record("created", channel, actor, after=_shown(channel))
    return Made(channel, key)


@sensitive_variables("wanted")
def change(*, channel: AlertChannel, wanted: Wanted, actor: User | None, now: datetime) -> None:
    """Another name, other topics, receivers or another address. Raises BadChannel."""
    before = _shown(channel)
    key = ""
    if channel.kind == ChannelKind.WEBHOOK and wanted.url:
        key = alert_secrets.unseal(channel).key
    _fill(channel, wanted, key=key)
    if wanted.url:
        channel.failures, channel.failing_since, channel.owners_told_at = 0, None, None
    _save(channel)
    alert_addresses.settle(channel, wanted.addresses, actor=actor, now=now)
    after = _shown(channel) | ({"address": "changed"} if wanted.url else {})
    if after != before:
        _record("changed", channel, actor, before=before, after=after)


@sensitive_variables("key")
def renew_key(*, channel: AlertChannel, actor: User | None) -> str:
    """A new signing key, from the next message on; the old one signs nothing any more."""
    if channel.kind != ChannelKind.WEBHOOK:
        raise BadChannel("Only signed webhooks have a key.", field="kind")
    key = alert_secrets.new_key()
    url = alert_secrets.unseal(channel).url
    channel.sealed = alert_secrets.seal(channel.tenant_id, channel.pk, Sealed(url, key))
    channel.save(update_fields=["sealed"])
    _record("key_renewed", channel, actor)
    return key


def switch(*, channel: AlertChannel, is_on: bool, actor: User | None) -> bool:
    """On or off; False when it was so already. Off, messages that wait are given up."""
    changed = AlertChannel.objects.filter(pk=channel.pk, is_on=not is_on).update(is_on=is_on)
    if changed:
        _record("switched", channel, actor, before={"is_on": not is_on}, after={"is_on": is_on})
    channel.is_on = is_on
    return bool(changed)


def delete(*, channel: AlertChannel, actor: User | None) -> None:
    """Its messages stay in the history."""
    _record("deleted", channel, actor, before=_shown(channel))
    channel.delete()


def set_digest(*, hour: int, digests_nothing: bool, actor: User | None, now: datetime) -> AlertPlan:
    """When the daily digest comes, in the tenant's zone. Raises BadChannel."""
    if not 0 <= hour < 24:
        raise BadChannel("Choose an hour from 0 to 23.", field="hour")
    found = plan(now=now)
    before = {"hour": found.digest_hour, "digests_nothing": found.digests_nothing}
    after = {"hour": hour, "digests_nothing": digests_nothing}
    if before == after:
        return found
    if hour != found.digest_hour:
        zone = alert_words.zone_of(_tenant())
        # A day that had its digest gets no second one.
        first = alert_rules.day_before_first(now=now, zone=zone, hour=hour)
        found.digest_day = max(first, found.digest_day or first)
    found.digest_hour, found.digests_nothing = hour, digests_nothing
    found.save(update_fields=["digest_hour", "digests_nothing", "digest_day"])
    audit.record(
        action="alert_digest.changed",
        object_type="AlertPlan",
        object_id=found.pk,
        actor=actor,
        before=before,
        after=after,
    )
    return found


def send_test(*, tenant_id: UUID, channel_id: UUID, actor: User | None, now: datetime) -> Told:
    """Sends a test message at once and answers what the receiver said.

    Call outside any scope: nothing is locked while the receiver is asked. Raises BadChannel when
    too many were sent, and AlertChannel.DoesNotExist.
    """
    with scope.tenant(tenant_id):
        channel = AlertChannel.objects.get(pk=channel_id)
        since = now - TESTS_WITHIN
        tests = AlertMessage.objects.filter(kind=MessageKind.TEST, created_at__gt=since)
        if tests.count() >= MOST_TESTS:
            raise BadChannel(
                f"{MOST_TESTS} test messages were sent within the last hour. Try again later.",
                field="name",
            )
        tenant = _tenant()
        content = Content(
            event="test",
            title="Test message from Clarity Connect",
            said=f"The alert channel {channel.name} of {tenant.name} works. Nothing is wrong.",
            link=alert_words.link("alerts", tenant),
            link_words="Open the alert channels",
            tenant=tenant.name,
        )
        (message,) = alert_outbox.write([channel], MessageKind.TEST, content, now=now)
        _record("tested", channel, actor)
    told = alert_sending.send_now(tenant_id, message.pk, now=now)
    return told or Told(False, "It is being sent by a worker; the history below shows how it ends.")


def _fill(channel: AlertChannel, wanted: Wanted, *, key: str) -> None:
    """The wanted values on the row. Raises BadChannel naming the field."""
    channel.name = _name(wanted.name)
    unknown = sorted(set(wanted.hears) - set(Topic.values))
    if unknown:
        raise BadChannel(f"There is no kind of message {unknown[0]!r}.", field="hears")
    if not wanted.hears and not wanted.has_digest:
        raise BadChannel("Choose at least one kind of message, or the daily digest.", field="hears")
    channel.hears = [topic for topic in Topic.values if topic in wanted.hears]
    channel.has_digest = wanted.has_digest
    if channel.kind == ChannelKind.EMAIL:
        _fill_receivers(channel, wanted)
    elif wanted.url:
        _fill_address(channel, wanted.url, key)
    elif not channel.sealed:
        raise BadChannel("Enter the address of the webhook.", field="url")


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise BadChannel("Give the channel a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise BadChannel(f"Use at most {LONGEST_NAME} characters.", field="name")
    return name


def _fill_receivers(channel: AlertChannel, wanted: Wanted) -> None:
    known = {str(pk) for pk in Membership.objects.values_list("user_id", flat=True)}
    if set(wanted.members) - known:
        raise BadChannel("One of these people is not a member any more.", field="members")
    if not (wanted.to_owners or wanted.members or wanted.addresses):
        raise BadChannel("Choose who gets the messages.", field="members")
    channel.to_owners = wanted.to_owners
    channel.member_ids = sorted(wanted.members)


def _fill_address(channel: AlertChannel, url: str, key: str) -> None:
    try:
        channel.host = alert_posting.check_address(url)[:255]
    except TargetRefused as error:
        raise BadChannel(error.message, field="url") from None
    channel.sealed = alert_secrets.seal(scope.current(), channel.pk, Sealed(url.strip(), key))


def _save(channel: AlertChannel) -> None:
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError:
        raise BadChannel(f"There is a channel {channel.name!r} already.", field="name") from None


def _shown(channel: AlertChannel) -> dict[str, Any]:
    """What of a channel may stand in the audit log."""
    return {
        "name": channel.name,
        "kind": channel.kind,
        "hears": channel.hears,
        "has_digest": channel.has_digest,
        "to_owners": channel.to_owners,
        "members": channel.member_ids,
        "host": channel.host,
    }


def _record(
    what: str,
    channel: AlertChannel,
    actor: User | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        action=f"alert_channel.{what}",
        object_type="AlertChannel",
        object_id=channel.pk,
        actor=actor,
        before=before,
        after=after,
    )


def _tenant() -> Tenant:
    found: Tenant = Tenant.objects.get(pk=scope.current())
    return found
