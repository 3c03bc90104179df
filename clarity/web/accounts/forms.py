"""Signing up: one form for the person and their business."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm
from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpRequest

from tenants.services.people import forget_unfinished

LONGEST_NAME = 200
_MISSING = {
    "email": "Type the address the code should go to.",
    "password1": "Choose a password.",
}


class SignUpForm(SignupForm):  # type: ignore[misc]
    """The tenant is made when the code in the mail is entered, not before."""

    business = forms.CharField(
        label="Name of your business",
        max_length=LONGEST_NAME,
        validators=[ProhibitNullCharactersValidator()],
        error_messages={"required": "Say what your business is called."},
    )
    name = forms.CharField(
        label="Your name",
        max_length=LONGEST_NAME,
        required=False,
        validators=[ProhibitNullCharactersValidator()],
    )
    account_already_exists: bool
    field_order = ("business", "name", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # allauth builds these two.
        for name, missing in _MISSING.items():
            self.fields[name].error_messages["required"] = missing

    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        """A sign-up that was never finished gives way to this one.

        Otherwise whoever types an address first would keep its owner out, or leave them a
        password that is not theirs. Both cases look the same from outside: a code was sent.
        """
        if self.account_already_exists and forget_unfinished(self.cleaned_data["email"]):
            self.account_already_exists = False
        saved: tuple[Any, Any] = super().try_save(request)
        return saved
