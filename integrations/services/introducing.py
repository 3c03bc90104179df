"""Connecting by a system that calls us first: two addresses of ours are entered there.

Anybody can call an address, so nothing that comes in is believed by itself: its token names one
started connecting of one tenant, the host must be the one the person typed, and the system is called
back only once that person, signed in and with the right to, stands there and agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.db import IntegrityError

from integrations.connector_kit import base
from integrations.connector_kit.base import Account, Introduced, WebhookRequest
from integrations.connector_kit.errors import ConnectorError, NotTheirs
from integrations.connector_kit.network import TargetRefused, check_base_url
from integrations.connector_kit.registry import UnknownConnector, get
from integrations.models import Connection, Environment, Introduction, Onboarding
from integrations.services import connecting, onboarding
from integrations.services.connections import BadConnection, NewConnection
from integrations.sync.sessions import may_be_private, opened, seal
from tenants import scope
from tenants.models import User
from tenants.services import audit

_SALT = "introduction"
# To find one's way through the pages of the other system, and for somebody else to press a button.
OPEN_FOR = timedelta(hours=2)


class NotOpen(LookupError):
    """No connecting waits behind this address; make new addresses and enter them there."""


@dataclass(frozen=True)
class Here:
    """A person who came from the system. `back`: where it wants them, "" when that is not its host."""

    base_url: str
    back: str


def offers(connector: str) -> bool:
    """Whether this system can call us first."""
    return get(connector).introduction is not None


def begin(
    *, row: Onboarding, side: str, typed: str, actor: User | None, now: datetime
) -> Introduction:
    """Opens an address for the system of one side; an earlier one is closed by it.

    Call outside any scope. Raises BadConnection naming the field, and CannotGoOn.
    """
    connector = getattr(row, f"{side}_connector")
    if not offers(connector):
        raise BadConnection("This system does not connect by itself; enter its keys.", field="")
    url = connecting.address(typed, get(connector).manifest)
    connecting.refuse_twice(connector, url, tenant_id=row.tenant_id)
    with scope.tenant(row.tenant_id):
        if getattr(row, f"{side}_id"):
            raise onboarding.CannotGoOn("This system is connected already.")
        Introduction.objects.filter(onboarding=row, side=side).delete()
        try:
            made: Introduction = Introduction.objects.create(
                id=uuid4(),
                onboarding=row,
                side=side,
                connector=connector,
                base_url=url,
                begun_by=actor,
                begun_at=now,
            )
        except IntegrityError:
            raise onboarding.CannotGoOn(
                "Somebody else began the same just now; load the page again."
            ) from None
        audit.record(
            action="onboarding.introduction_begun",
            object_type="onboarding",
            object_id=row.pk,
            actor=actor,
            after={"side": side, "base_url": url},
        )
    return made


def of(row: Onboarding, side: str) -> Introduction | None:
    """What was begun for this side. Call inside the tenant's scope."""
    found: Introduction | None = Introduction.objects.filter(onboarding=row, side=side).first()
    return found


def is_open(one: Introduction, *, now: datetime) -> bool:
    """Whether the system may still call."""
    return one.used_at is None and now - one.begun_at <= OPEN_FOR


def is_heard(one: Introduction, *, now: datetime) -> bool:
    """Whether the system has called, and what it said is still good."""
    good_for = timedelta(seconds=_kit(one.connector).has)
    return one.used_at is None and one.told_at is not None and now - one.told_at <= good_for


def address(one: Introduction) -> str:
    """The address the system calls; whoever knows it may speak for the system."""
    token = signing.dumps([one.tenant_id.hex, one.pk.hex], salt=_SALT)
    return f"{settings.CLARITY_PUBLIC_URL}/introductions/{one.connector}/{token}/"


# --- the system calls ----------------------------------------------------------------------------


def hear(*, connector: str, token: str, request: WebhookRequest, now: datetime) -> None:
    """Keeps, sealed, what the system says of itself; calls nobody. A later call replaces it.

    Call outside any scope. Raises NotOpen and NotTheirs.
    """
    tenant_id, pk = _read(token)
    kit = _kit(connector)
    with scope.tenant(tenant_id):
        one = (
            Introduction.objects.select_for_update()
            .filter(pk=pk, connector=connector, tenant__erasing_since__isnull=True)
            .first()
        )
        if one is None or not is_open(one, now=now) or _is_connected(one):
            raise NotOpen(NotOpen.__doc__)
        try:
            said = kit.read(request)
            _place(one, said)
        except NotTheirs as error:
            refused = error
            one.problem = error.message[:400]
            one.save(update_fields=["problem"])
        else:
            kept = {"base_url": said.base_url, "given": dict(said.given)}
            one.sealed = seal(tenant_id, _context(one), kept)
            one.told_at, one.problem = now, ""
            one.save(update_fields=["sealed", "told_at", "problem"])
            return
    raise refused


def _is_connected(one: Introduction) -> bool:
    """Whether the side has its account by now, got in some other way as well."""
    mine = Onboarding.objects.filter(pk=one.onboarding_id)
    return bool(mine.exclude(**{f"{one.side}_id": None}).exists())


def forget_unused(now: datetime) -> None:
    """Drops what systems said that nobody has used in time: it holds secrets of theirs."""
    with scope.door("forget what systems said of themselves"):
        Introduction.objects.filter(sealed__isnull=False, begun_at__lt=now - 2 * OPEN_FOR).update(
            sealed=None
        )


def _read(token: str) -> tuple[UUID, UUID]:
    try:
        tenant_id, pk = signing.loads(token, salt=_SALT)
        return UUID(hex=tenant_id), UUID(hex=pk)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise NotOpen(NotOpen.__doc__) from None


def _kit(connector: str) -> base.Introduction:
    try:
        found = get(connector).introduction
    except UnknownConnector:
        found = None
    if found is None:
        raise NotOpen(NotOpen.__doc__)
    return found


def _place(one: Introduction, said: Introduced) -> str:
    """The base URL of the account: the host the person typed, the folder the system knows better.

    Raises NotTheirs when it says that it is somewhere else.
    """
    typed, theirs = urlsplit(one.base_url), urlsplit(said.base_url)
    if not theirs.hostname or theirs.hostname.lower().rstrip(".") != typed.hostname:
        shown = "no address" if not theirs.hostname else theirs.hostname[:120]
        raise NotTheirs(
            f"What called says that it is at {shown}, and {typed.hostname} was entered here. It was"
            " not taken.",
            status=400,
        )
    folder = typed.path or theirs.path
    try:
        return check_base_url(
            f"{typed.scheme}://{typed.netloc}{folder}",
            private_network=may_be_private(Environment.PRODUCTION),
        )
    except TargetRefused as error:
        raise NotTheirs(error.message, status=400) from None


def _context(one: Introduction) -> str:
    return f"introduction/{one.pk}"


# --- the person comes from there -----------------------------------------------------------------


def arrived(one: Introduction, query: Mapping[str, str], *, now: datetime) -> Here:
    """Who came with this query: from the system that called. Changes nothing, calls nobody.

    Call inside the tenant's scope. Raises BadConnection saying what is wrong.
    """
    said = _said(one, now=now)
    try:
        back = _kit(one.connector).arrived(said, query)
        place = _place(one, said)
    except NotTheirs as error:
        raise BadConnection(error.message, field="") from None
    return Here(place, back if _leads_to(place, back) else "")


def _said(one: Introduction, *, now: datetime) -> Introduced:
    label = get(one.connector).manifest.label
    if one.sealed is None or not is_heard(one, now=now):
        late = one.told_at is not None
        raise BadConnection(
            f"{label} has called too long ago. Begin there once more."
            if late
            else one.problem
            or f"{label} has not called us yet. Check the address you entered there for its call,"
            " and that it can be reached from that server, then begin there once more.",
            field="",
        )
    kept = opened(one.tenant_id, _context(one), bytes(one.sealed))
    if kept is None:
        raise BadConnection(
            "What was said cannot be read any more. Begin there once more.", field=""
        )
    return Introduced(base_url=str(kept["base_url"]), given=dict(kept["given"]))


def _leads_to(place: str, back: str) -> bool:
    """Whether an address that came in a query is a page of that very host, encrypted as the host is."""
    here = urlsplit(place)
    try:
        there = urlsplit(back)
        same = (there.scheme, there.hostname, there.port) == (
            here.scheme,
            here.hostname,
            here.port,
        )
    except ValueError:
        return False
    return same and "@" not in there.netloc and back.isprintable() and "\\" not in back


def connect(
    *, row: Onboarding, side: str, query: Mapping[str, str], actor: User | None, now: datetime
) -> tuple[Connection, str]:
    """Trades what the system said for credentials, tries and keeps them; where the person goes back.

    What was said is used once, also when that fails. Call outside any scope. Raises BadConnection and
    CannotGoOn.
    """
    with scope.tenant(row.tenant_id):
        one = Introduction.objects.select_for_update().filter(onboarding=row, side=side).first()
        if one is None or not is_open(one, now=now):
            raise BadConnection(NotOpen.__doc__ or "", field="")
        if _is_connected(one):
            raise onboarding.CannotGoOn("This system is connected already.")
        here, said = arrived(one, query, now=now), _said(one, now=now)
        one.sealed, one.told_at = None, None
        one.save(update_fields=["sealed", "told_at"])
    granted = _granted(one, here, said)
    made = connecting.connect_granted(row=row, side=side, granted=granted, actor=actor, now=now)
    with scope.tenant(row.tenant_id):
        Introduction.objects.filter(pk=one.pk).update(used_at=now, problem="")
    return made, here.back


def _granted(one: Introduction, here: Here, said: Introduced) -> NewConnection:
    manifest = get(one.connector).manifest
    flavour = next(iter(manifest.flavours))
    account = Account(
        id="new",
        base_url=here.base_url,
        flavour=flavour,
        settings={},
        credentials={},
        private_network=may_be_private(Environment.PRODUCTION),
    )
    try:
        credentials = _kit(one.connector).exchange(account, said)
    except ConnectorError as error:
        raise BadConnection(f"{error.message} Begin there once more.", field="") from None
    return NewConnection(
        connector=one.connector,
        flavour=flavour,
        name=manifest.label,
        environment=Environment.PRODUCTION,
        base_url=here.base_url,
        settings={},
        credentials=credentials,
    )
