"""What follows when something happens to a person's account: the tenant, and audit entries.

Whoever signs out acts on nobody's behalf any more.
"""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from clarity.web.deputies import session as deputy
from tenants.models import User
from tenants.services.members import open_asked_business
from tenants.services.people import note

KINDS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def connect() -> None:
    """Called once, when the project has started."""
    account.email_confirmed.connect(_proven, dispatch_uid="clarity")
    account.email_changed.connect(_email_changed, dispatch_uid="clarity")
    for changed in (account.password_changed, account.password_set, account.password_reset):
        changed.connect(_password_changed, dispatch_uid="clarity")
    mfa.authenticator_added.connect(_added, dispatch_uid="clarity")
    mfa.authenticator_removed.connect(_removed, dispatch_uid="clarity")
    mfa.authenticator_reset.connect(_reset, dispatch_uid="clarity")
    user_logged_out.connect(_signed_out, dispatch_uid="clarity")


def _proven(email_address: EmailAddress, **_: Any) -> None:
    open_asked_business(email_address.user)


def _email_changed(
    user: User, from_email_address: EmailAddress | None, to_email_address: EmailAddress, **_: Any
) -> None:
    if from_email_address is not None and from_email_address.email != to_email_address.email:
        note(user, "person.email_changed", email=to_email_address.email)


def _password_changed(user: User, **_: Any) -> None:
    note(user, "person.password_changed")


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Told while the session is still there."""
    if user is not None:
        deputy.give_up(request, user)


def _added(user: User, authenticator: Authenticator, **_: Any) -> None:
    note(user, "person.second_step_added", kind=KINDS[Authenticator.Type(authenticator.type)])


def _removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    note(user, "person.second_step_removed", kind=KINDS[Authenticator.Type(authenticator.type)])


def _reset(user: User, authenticator: Authenticator, **_: Any) -> None:
    note(user, "person.recovery_codes_renewed")
