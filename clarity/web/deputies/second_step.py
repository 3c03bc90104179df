"""Whether one of our people has a second step of signing in, and has used it lately."""

from __future__ import annotations

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from tenants.models import User

# Recovery codes open an account, but are no second step of their own.
_STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def is_set_up(person: User) -> bool:
    return bool(is_mfa_enabled(person, _STEPS))


def has_proven(request: HttpRequest, person: User) -> bool:
    """Whether it was used in this session, lately. An entry link uses none."""
    oldest = time.time() - settings.CLARITY_STAFF_HOURS * 3600
    records = get_authentication_records(request, person)
    return any(one.get("method") == "mfa" and one.get("at", 0) >= oldest for one in records)
