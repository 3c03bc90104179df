"""Connecting a real account: by keys a person types, or through the vendor's own page (OAuth).

Nothing is saved that was not tried. Which of its APIs an account speaks is found out by asking it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q

from integrations.connector_kit.answers import CredentialsRefused
from integrations.connector_kit.base import Account, Asked, Consent, Place
from integrations.connector_kit.errors import (
    ConnectorError,
    NeedsOwner,
    NotTheirs,
    Rejected,
    TryLater,
)
from integrations.connector_kit.manifest import FieldSpec, Manifest
from integrations.connector_kit.network import TargetRefused, check_base_url
from integrations.connector_kit.registry import get
from integrations.models import Connection, ConnectionState, Environment, Onboarding
from integrations.services import connections, onboarding
from integrations.services.connections import BadConnection, NewConnection
from integrations.sync.sessions import may_be_private
from tenants import scope
from tenants.models import User

CLAIMED_FOR = timedelta(seconds=60)
# A person reads the vendor's page and signs in there.
ANSWERED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Typed:
    """What a person fills in to connect an account. `settings`: those asked for already here."""

    address: str
    name: str
    credentials: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Begun:
    """A person is sent to `url`. `pending` belongs into their session under `state`, nowhere else."""

    url: str
    state: str
    pending: Mapping[str, str]


def connect(
    *, row: Onboarding, side: str, typed: Typed, actor: User | None, now: datetime
) -> Connection:
    """The account of one side by its keys. Call outside any scope; a second call while the first is
    at it is refused.

    Raises BadConnection naming the field, and CannotGoOn.
    """
    manifest = get(getattr(row, f"{side}_connector")).manifest
    _claim(row, now=now)
    try:
        wanted = NewConnection(
            connector=manifest.name,
            flavour=next(iter(manifest.flavours)),
            name=_name(typed.name, manifest, tenant_id=row.tenant_id),
            environment=Environment.PRODUCTION,
            base_url=address(typed.address, manifest),
            settings=_filled(asked(manifest), typed.settings),
            credentials=_filled(manifest.credentials, typed.credentials),
        )
        made = _connect(wanted, manifest, tenant_id=row.tenant_id, now=now)
    except (BadConnection, onboarding.CannotGoOn):
        _let_go(row)
        raise
    return _taken(row, side, made, actor=actor)


def asked(manifest: Manifest) -> list[FieldSpec]:
    """Settings without which some accounts cannot even be tried."""
    return [spec for spec in manifest.settings if spec.asked == "connecting"]


def _filled(specs: Sequence[FieldSpec], typed: Mapping[str, str]) -> dict[str, str]:
    given = {spec.name: (typed.get(spec.name) or "").strip() for spec in specs}
    return {name: value for name, value in given.items() if value}


def _taken(row: Onboarding, side: str, made: Connection, *, actor: User | None) -> Connection:
    with scope.tenant(row.tenant_id):
        onboarding.take(row, side=side, connection=made, actor=actor)
    return made


def _claim(row: Onboarding, *, now: datetime) -> None:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIMED_FOR)
    with scope.tenant(row.tenant_id):
        if not Onboarding.objects.filter(free, pk=row.pk).update(claimed_at=now):
            raise onboarding.CannotGoOn(
                "This account is being connected already; look again in a few seconds."
            )


def _let_go(row: Onboarding) -> None:
    with scope.tenant(row.tenant_id):
        Onboarding.objects.filter(pk=row.pk).update(claimed_at=None)


def address(typed: str, manifest: Manifest) -> str:
    """The base URL a person meant; https:// may be left out. Raises BadConnection."""
    text = typed.strip()
    if not text:
        raise BadConnection(f"{manifest.address.label} is needed.", field="address")
    try:
        return check_base_url(
            text if "://" in text else f"https://{text}",
            private_network=may_be_private(Environment.PRODUCTION),
        )
    except TargetRefused as error:
        raise BadConnection(error.message, field="address") from None


def _name(typed: str, manifest: Manifest, *, tenant_id: UUID) -> str:
    wanted = (typed.strip() or manifest.label)[:120]
    with scope.tenant(tenant_id):
        taken = set(Connection.objects.values_list("name", flat=True))
    if wanted not in taken:
        return wanted
    if typed.strip():
        raise BadConnection(
            f"Another account is called {wanted!r} already. Choose another name.", field="name"
        )
    return next(
        name for number in range(2, len(taken) + 3) if (name := f"{wanted} {number}") not in taken
    )


def _connect(
    wanted: NewConnection, manifest: Manifest, *, tenant_id: UUID, now: datetime
) -> Connection:
    """Tries each API the account may speak; the first whose test passes is the one."""
    refuse_twice(wanted.connector, wanted.base_url, tenant_id=tenant_id)
    first: BadConnection | None = None
    for flavour in manifest.flavours:
        try:
            return connections.connect(
                _with_secrets(wanted, manifest, flavour), tenant_id=tenant_id, now=now
            )
        except BadConnection:
            raise
        except ConnectorError as error:
            first = first or _plain(error, manifest)
        except IntegrityError:
            raise BadConnection(
                f"Another account is called {wanted.name!r} already.", field="name"
            ) from None
    assert first is not None  # noqa: S101 - a manifest names at least one flavour
    raise first


def _with_secrets(wanted: NewConnection, manifest: Manifest, flavour: str) -> NewConnection:
    """As this flavour, with the secrets that we make up ourselves."""
    made = connections.made_up(manifest, flavour, wanted.credentials)
    return replace(wanted, flavour=flavour, credentials={**wanted.credentials, **made})


def refuse_twice(connector: str, base_url: str, *, tenant_id: UUID) -> None:
    """Raises BadConnection when this real account is connected already. Call outside any scope."""
    with scope.tenant(tenant_id):
        known = Connection.objects.filter(
            connector=connector, environment=Environment.PRODUCTION, base_url=base_url
        ).first()
    if known is None:
        return
    how = (
        "It was disconnected; connect it again in its settings."
        if known.state == ConnectionState.DISCONNECTED
        else "Choose it from the list."
    )
    raise BadConnection(
        f"This account is connected already, as {known.name}. {how}", field="address"
    )


def _plain(error: ConnectorError, manifest: Manifest) -> BadConnection:
    """Why an account could not be tried, beside the field that can mend it."""
    secret = next((one for one in manifest.credentials if one.secret), manifest.credentials[0])
    if isinstance(error, CredentialsRefused):
        return BadConnection(
            f"{manifest.label} refuses this {secret.label.lower()}: {error.message}",
            field=secret.name,
        )
    if isinstance(error, NeedsOwner):
        # It has answered and said what its owner is to do, which may be about any of the fields.
        return BadConnection(error.message, field="")
    if isinstance(error, TargetRefused | TryLater):
        return BadConnection(f"Nothing could be asked there: {error.message}", field="address")
    if isinstance(error, Rejected):
        return BadConnection(error.message, field=error.field)
    return BadConnection(
        f"What answers there does not look like {manifest.label}: {error.message}", field="address"
    )


# --- the vendor's own page -----------------------------------------------------------------------


def offers_consent(connector: str) -> bool:
    """Whether a person can connect through the vendor's page: it has one, and we have an app there."""
    return get(connector).consent is not None and connector in settings.CLARITY_APPS


def begin(
    *, connector: str, typed: str, redirect_uri: str, now: datetime, base_url: str = ""
) -> Begun:
    """Where to send the person. `base_url`: where the account answers, when that is known already: an
    address of the vendor's own, or in a sandbox of ours. Raises BadConnection naming the field."""
    consent = _consent(connector)
    _app(connector)
    try:
        place = consent.place(typed)
    except Rejected as error:
        raise BadConnection(error.message, field=error.field) from None
    # The secret of our app goes there: never to a host that somebody typed.
    if base_url.rstrip("/") not in ("", place.base_url) and not _is_our_sandbox(
        connector, base_url
    ):
        label = get(connector).manifest.label
        raise BadConnection(
            f"This account is connected at {base_url}, which is not {label}'s own address for it."
            " Enter its keys by hand instead.",
            field="address",
        )
    return _begun(
        connector, Place(base_url or place.base_url, place.settings), redirect_uri, now=now
    )


def _is_our_sandbox(connector: str, base_url: str) -> bool:
    ours, theirs = urlsplit(settings.CLARITY_SANDBOXES.get(connector, "")), urlsplit(base_url)
    return bool(ours.netloc) and (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)


def _begun(connector: str, place: Place, redirect_uri: str, *, now: datetime) -> Begun:
    client_id, _ = _app(connector)
    state = secrets.token_urlsafe(32)
    asked = Asked(place, client_id, redirect_uri, state)
    pending = {
        "connector": connector,
        "base_url": place.base_url,
        "redirect_uri": redirect_uri,
        "begun_at": now.isoformat(),
        **{f"setting:{name}": value for name, value in place.settings.items()},
    }
    return Begun(_consent(connector).url(asked), state, pending)


def finish(
    *, pending: Mapping[str, str], state: str, query: Mapping[str, str], now: datetime
) -> NewConnection:
    """The account whose owner has let us in, not tried and not saved yet.

    `pending` comes out of the session of the person, who may use it once. Raises BadConnection.
    """
    connector = pending["connector"]
    manifest = get(connector).manifest
    if now - datetime.fromisoformat(pending["begun_at"]) > ANSWERED_WITHIN:
        raise BadConnection(
            f"{manifest.label} took too long to answer. Try again.", field="address"
        )
    client_id, client_secret = _app(connector)
    chosen = {
        name.removeprefix("setting:"): value
        for name, value in pending.items()
        if name.startswith("setting:")
    }
    place = Place(pending["base_url"], chosen)
    app = Account(
        id="new",
        base_url=place.base_url,
        flavour=next(iter(manifest.flavours)),
        settings=chosen,
        credentials={"client_id": client_id, "client_secret": client_secret},
        private_network=may_be_private(Environment.PRODUCTION),
    )
    asked = Asked(place, client_id, pending["redirect_uri"], state)
    try:
        granted = _consent(connector).grant(app, asked, query, now)
    except NotTheirs as error:
        raise BadConnection(f"{error} Nothing was connected; try again.", field="address") from None
    except (NeedsOwner, Rejected, TryLater) as error:
        raise BadConnection(error.message, field="address") from None
    return NewConnection(
        connector=connector,
        flavour=next(iter(manifest.flavours)),
        name=manifest.label,
        environment=Environment.PRODUCTION,
        base_url=place.base_url,
        settings=chosen,
        credentials=granted,
    )


def connect_granted(
    *,
    row: Onboarding,
    side: str,
    granted: NewConnection,
    actor: User | None,
    now: datetime,
) -> Connection:
    """Tries and keeps what `finish` answered. Call outside any scope. Raises BadConnection, CannotGoOn."""
    manifest = get(granted.connector).manifest
    _claim(row, now=now)
    try:
        name = _name("", manifest, tenant_id=row.tenant_id)
        made = _connect(
            replace(granted, name=name),
            manifest,
            tenant_id=row.tenant_id,
            now=now,
        )
    except (BadConnection, onboarding.CannotGoOn):
        _let_go(row)
        raise
    return _taken(row, side, made, actor=actor)


def _consent(connector: str) -> Consent:
    found = get(connector).consent
    if found is None:
        raise BadConnection("This system is connected by a key, not by its own page.", field="")
    return found


def _app(connector: str) -> tuple[str, str]:
    client_id, _, client_secret = settings.CLARITY_APPS.get(connector, "").partition(":")
    if not (client_id and client_secret):
        raise BadConnection(
            "This installation has no app at this vendor yet; connect with a key, or have whoever"
            " runs it set CLARITY_APPS.",
            field="address",
        )
    return client_id, client_secret
