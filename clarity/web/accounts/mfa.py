"""Second steps and passkeys: their words, and their secrets at rest."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from integrations.services import sign_in_secrets
from tenants.models import User

SAID = {
    "cannot_delete_authenticator": "This cannot be switched off.",
    "cannot_generate_recovery_codes": (
        "Recovery codes belong to an authenticator app or a passkey. Set one of these up first."
    ),
    "incorrect_code": (
        "This code is not right. Take the one your app shows now; it changes every 30 seconds."
    ),
    "unverified_email": "Prove your e-mail address first, then set this up.",
}


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = {**DefaultMFAAdapter.error_messages, **SAID}

    def encrypt(self, text: str) -> str:
        return sign_in_secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sign_in_secrets.opened(encrypted_text)

    def _get_site_name(self) -> str:
        return "Clarity Connect"

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "My passkey" if count == 0 else f"Passkey {count + 1}"
