"""Entry links: sign in once, without a password, within ten minutes.

Made on the server for someone who is already trusted there (the demo prints one). A link holds no
row of its own: it is bound to the moment of the user's last sign-in, so any sign-in ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth import login
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import base36_to_int
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from clarity.web.access import signed_in
from tenants.models import User

LIVES = timedelta(minutes=10)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "clarity.web.entry"

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not super().check_token(user, token) or token is None:
            return False
        made = base36_to_int(token.split("-")[0])
        age = self._num_seconds(self._now()) - made
        return bool(age <= LIVES.total_seconds())

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        # To the microsecond: Django's own drops them, and then a link used within the second of
        # the sign-in before it would work twice.
        last = user.last_login.isoformat() if user.last_login else ""
        return f"{user.pk}{user.password}{last}{timestamp}"


_tokens = _Tokens()


def entry_link(user: User, base_url: str) -> str:
    """An address that signs `user` in, once, within ten minutes and until their next sign-in."""
    token = f"{user.pk.hex}.{_tokens.make_token(user)}"
    return base_url.rstrip("/") + reverse("enter", args=[token])


@never_cache
@require_GET
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Signs in by an entry link. A link that is used up, too old or made up answers 410."""
    user = _user_of(token)
    if user is not None and _tokens.check_token(user, token.partition(".")[2]) and _claimed(user):
        login(request, user, backend=BACKEND)
        return redirect("home")
    if signed_in(request) is not None:
        return redirect("home")
    return render(request, "entry/used.html", status=410)


def _user_of(token: str) -> User | None:
    try:
        return User.objects.filter(pk=UUID(hex=token.partition(".")[0]), is_active=True).first()
    except (ValueError, ValidationError):
        return None


def _claimed(user: User) -> bool:
    """Whether this request is the one that uses the link: of several at once, one is."""
    now: datetime = timezone.now()
    return bool(User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now))
