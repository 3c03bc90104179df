"""Where allauth asks how this product wants things."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from tenants.models import User
from tenants.services.people import forget_unfinished

log = logging.getLogger(__name__)

SAID = {
    "account_inactive": "This account is switched off.",
    "email_password_mismatch": (
        "E-mail address and password do not match. Check both and try again."
    ),
    "email_taken": "Someone uses this e-mail address here already.",
    "duplicate_email": "This is your e-mail address already.",
    "enter_current_password": "This is not your present password.",
    "incorrect_code": "This code is not right. Use the newest one, and mind every character.",
    "incorrect_password": "This password is not right.",
    "invalid_password_reset": "This link is used up or too old. Ask for a new one.",
    "same_as_current": "This is your e-mail address already.",
    "too_many_login_attempts": (
        "Too many tries went wrong. Wait five minutes, or set a new password."
    ),
    "rate_limited": "That was too often. Wait a minute and try again.",
}

UNSENT = "The mail could not be sent just now. Wait a minute, then ask for it again."

PROOFS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use your authenticator app or a recovery code",
    "mfa_reauthenticate:webauthn": "Use your passkey",
}


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People sign in by e-mail address; their business comes with the proof of that address."""

    error_messages = {**DefaultAccountAdapter.error_messages, **SAID}

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.CLARITY_SIGNUP == "open")

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        user.asked_business = form.cleaned_data.get("business", "").strip()
        user.name = form.cleaned_data.get("name", "").strip()
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Refuses when the address went to someone else while the code was on its way."""
        user = email_address.user
        forget_unfinished(email_address.email, except_for=user)
        if User.objects.filter(email=email_address.email.lower()).exclude(pk=user.pk).exists():
            messages.error(request, SAID["email_taken"])
            return False
        return bool(super().confirm_email(request, email_address))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """What the mail is about has happened already: a mail server that is away undoes nothing."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            # Every failure of smtplib and of the network is one; its text may hold the address.
            log.warning("%s was not sent: %s", template_prefix, type(error).__name__)
            messages.error(self.request, UNSENT)

    def is_safe_url(self, url: str) -> bool:
        """Only this very site: neither other allowed hosts nor trusted origins."""
        request: Any = self.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**one, "description": PROOFS.get(one["id"], one["description"])} for one in found]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")
