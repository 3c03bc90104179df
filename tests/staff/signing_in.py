"""Browsers of our own people, with and without a second step."""

from __future__ import annotations

import time

from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from tenants.models import User


def with_step(user: User) -> str:
    """Sets an authenticator app up; its secret."""
    secret = generate_totp_secret()
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, secret)
    return str(secret)


def browser_of(user: User, *, step: bool = True, proven_ago: float | None = 0) -> Client:
    """Signed in. `step`: an app is set up; `proven_ago`: seconds since it was used, None for never."""
    if step:
        with_step(user)
    client = Client()
    client.force_login(user)
    if proven_ago is not None:
        session = client.session
        session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "mfa", "at": time.time() - proven_ago, "type": "totp"}
        ]
        session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
    return client
