"""The owner of an account: told once when its credentials are lost, so that someone reconnects it.

The loss is written down with the state of the connection. The message is sent by the holder of the
lane, so that one process sends it; the lane stays due until it went out.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse

from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, ConnectionState, Delivery, DeliveryState, Lane, Pair
from integrations.sync import lanes
from integrations.sync.lanes import Lease
from tenants import scope
from tenants.models import Membership, Role, Tenant
from tenants.services import audit

log = logging.getLogger(__name__)

# Nobody needs to be told of a loss in these states.
LOST = (ConnectionState.NEEDS_OWNER, ConnectionState.DISCONNECTED)

_BODY = """\
{system} does not let us into {name} any more, so nothing goes to it or comes from it.

What it said: {reason}

Please reconnect it: {link}

Nothing is lost. What arrives meanwhile is kept{waiting} and goes on by itself, in order, as soon as
the connection works again.
"""


def lose(*, connection_id: UUID, reason: str, before: datetime, now: datetime) -> bool:
    """Pauses a connection that refused us; answers whether that is news.

    `before`: a connection that was reconnected later than this has other credentials than the ones
    that were refused. Call inside the tenant's scope, with the lane's advisory lock.
    """
    lost = (
        Connection.objects.filter(pk=connection_id, state_since__lt=before)
        .exclude(state__in=LOST)
        .update(state=ConnectionState.NEEDS_OWNER, state_reason=reason[:400], state_since=now)
    )
    if lost:
        audit.record(
            action="connection.lost",
            object_type="Connection",
            object_id=connection_id,
            after={"state": ConnectionState.NEEDS_OWNER.value},
            reason=reason[:400],
        )
    return bool(lost)


def is_untold(connection: Connection) -> bool:
    """Whether nobody was told of this loss yet. Call inside the tenant's scope."""
    if connection.state != ConnectionState.NEEDS_OWNER:
        return False
    return not Lane.objects.filter(pk=connection.pk, told_of=connection.state_since).exists()


def tell(lease: Lease, connection: Connection) -> bool:
    """Sends the one message about this loss; False when it could not be sent.

    Call outside any scope. Only a process that dies between sending and writing it down repeats it;
    then both copies bear the same Message-ID.
    """
    with scope.tenant(lease.tenant_id):
        message = _message(connection)
    try:
        if message is not None:
            message.send()
    except (smtplib.SMTPException, OSError) as error:
        log.warning(
            "the owner of connection %s could not be told: %s", connection.pk, type(error).__name__
        )
        return False
    with scope.tenant(lease.tenant_id):
        lanes.check(lease)
        Lane.objects.filter(pk=connection.pk).update(told_of=connection.state_since)
        audit.record(
            action="connection.owner_told",
            object_type="Connection",
            object_id=connection.pk,
            after={"messages": 0 if message is None else 1},
        )
    return True


def _message(connection: Connection) -> EmailMessage | None:
    owners = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    addresses = sorted(owners.values_list("user__email", flat=True))
    if not addresses:
        log.warning("connection %s was lost and its tenant has no owner", connection.pk)
        return None
    system = _system(connection)
    waiting = Delivery.objects.filter(target=connection, state=DeliveryState.WAITING).count()
    return EmailMessage(
        subject=" ".join(f"Please reconnect {connection.name} ({system})".split()),
        body=_BODY.format(
            system=system,
            name=connection.name,
            reason=connection.state_reason,
            link=_link(connection),
            waiting=f" ({waiting:,} so far)" if waiting else "",
        ),
        to=addresses,
        headers={
            "Message-ID": f"<{connection.pk}.{connection.state_since:%Y%m%d%H%M%S%f}@clarity-connect>"
        },
    )


def _link(connection: Connection) -> str:
    """The page that shows the connection, as part of the pair that uses it."""
    pair = Pair.objects.filter(Q(pos=connection) | Q(store=connection)).order_by("pk").first()
    if pair is None:
        return f"{settings.CLARITY_PUBLIC_URL}/"
    slug = Tenant.objects.get(pk=connection.tenant_id).slug
    return f"{settings.CLARITY_PUBLIC_URL}{reverse('live', args=[slug, pair.pk])}"


def _system(connection: Connection) -> str:
    try:
        return get(connection.connector).manifest.label
    except UnknownConnector:
        return connection.connector
