"""POST /hooks/<connector>/privacy/ : what buyers and shops that left ask of us through a vendor.

One address for all accounts, since vendors set it in the app and not in each shop. The account is
found by the name the request gives, and the request is checked with that account's own secret, or
with the secret of our app at the vendor.

Answers: 200 kept, known already, or of a shop we have nothing of; 400 not readable; 401 not signed;
404 a connector without such requests; 413 too large.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from integrations.connector_kit.base import Account, Connector, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, Unsupported
from integrations.connector_kit.privacy import PrivacyNotice, PrivacyPort
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection
from integrations.services import privacy_requests
from integrations.sync.sessions import open_account
from integrations.webhooks.views import answer, body_of, headers_of
from tenants import scope

log = logging.getLogger(__name__)

# Nobody connects one shop more often.
_MOST = 20
_NOT_SIGNED = "The request is not signed with the secret of an app we know."


@csrf_exempt
@require_POST
def privacy(request: HttpRequest, connector: str) -> HttpResponse:
    """Verified, kept, answered; carried out later."""
    try:
        kit = get(connector)
    except UnknownConnector:
        return answer(404, "No such connector.")
    if kit.privacy is None or kit.verify is None:
        return answer(404, "This connector has no privacy requests.")
    try:
        incoming = WebhookRequest(
            headers=headers_of(request), query=request.GET.dict(), body=body_of(request)
        )
        found = _verified(kit, kit.privacy, incoming)
        notice = kit.privacy.read(incoming)
    except NotTheirs as error:
        log.info("privacy request at %s refused with %s", connector, error.status)
        return answer(error.status, error.message)
    except Unsupported as error:
        return answer(200, error.message)
    for tenant_id, connection_id in found:
        _keep(tenant_id, connection_id, notice)
    return answer(200, "Kept." if found else "Nothing is stored of this shop.")


def _verified(
    kit: Connector, port: PrivacyPort, incoming: WebhookRequest
) -> Sequence[tuple[UUID, UUID]]:
    """The connections the request is about. Raises NotTheirs unless it is signed."""
    candidates = _named(kit, port, port.account(incoming))
    signed = [one for one in candidates if _is_signed(kit, incoming, _account(*one))]
    if signed:
        return signed
    if _is_signed(kit, incoming, _our_app(kit, port)):
        return candidates
    raise NotTheirs(_NOT_SIGNED)


def _named(kit: Connector, port: PrivacyPort, account: str) -> list[tuple[UUID, UUID]]:
    addresses = (f"https://{account}", f"https://{account}/")
    with scope.door("route a privacy request"):
        rows = Connection.objects.filter(
            Q(**{f"settings__{port.setting}__iexact": account}) | Q(base_url__in=addresses),
            connector=kit.manifest.name,
            tenant__erasing_since__isnull=True,
        )
        # Anybody may give a connection of theirs the shop's name, nobody its address.
        at_home = Case(When(base_url__in=addresses, then=0), default=1)
        return list(rows.order_by(at_home, "pk").values_list("tenant_id", "pk")[:_MOST])


def _account(tenant_id: UUID, connection_id: UUID) -> Account | None:
    with scope.tenant(tenant_id):
        connection = Connection.objects.filter(pk=connection_id).first()
        return open_account(connection) if connection else None


def _our_app(kit: Connector, port: PrivacyPort) -> Account | None:
    client_id, _, secret = (
        getattr(settings, "CLARITY_APPS", {}).get(kit.manifest.name, "").partition(":")
    )
    if not secret:
        return None
    flavour = next(iter(kit.manifest.flavours))
    return Account("app", "", flavour, settings={}, credentials=port.app(client_id, secret))


def _is_signed(kit: Connector, incoming: WebhookRequest, account: Account | None) -> bool:
    if account is None or kit.verify is None:
        return False
    try:
        kit.verify(incoming, account)
    except NotTheirs:
        return False
    return True


def _keep(tenant_id: UUID, connection_id: UUID, notice: PrivacyNotice) -> None:
    with scope.tenant(tenant_id):
        connection = Connection.objects.filter(pk=connection_id).first()
        if connection is not None:
            privacy_requests.accept(notice, connection=connection, now=timezone.now())
