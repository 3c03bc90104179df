"""The keys of a shop, and who may make a call.

Source: Magento's guides on tokens and OAuth, Framework/Oauth/Oauth.php, Integration/Model/Oauth/Nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from integrations.connectors.magento.sandbox import signing
from integrations.connectors.magento.sandbox.errors import Refusal
from integrations.connectors.magento.sandbox.settings import Settings

ADMIN_SECONDS = 4 * 3600
AHEAD_SECONDS = 600
_MOST_NONCES = 100_000
_REQUIRED = (
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_signature",
)


@dataclass(frozen=True)
class Asked:
    """What a signature is about. `url`: with scheme and host, the path as it was sent, no query."""

    method: str
    url: str
    query: str
    authorization: str
    now: float


@dataclass(frozen=True)
class Login:
    """Who calls: 1 integration, 2 administrator (their numbers in bulk answers)."""

    user_type: int


INTEGRATION, ADMINISTRATOR = Login(1), Login(2)


def unauthorized(resource: str) -> Refusal:
    """The same words for a missing resource and for a token that is not let in alone."""
    return Refusal(
        "The consumer isn't authorized to access %resources.",
        status=401,
        parameters={"resources": resource or "self"},
    )


class KeyRing:
    """The integration's four keys, and the tokens of administrators. Safe for threads."""

    def __init__(self, settings: Settings) -> None:
        seed = (settings.seed, settings.name)
        self.consumer_key = _digest("consumer-key", *seed)
        self.consumer_secret = _digest("consumer-secret", *seed)
        self.access_token = _digest("access-token", *seed)
        self.access_token_secret = _digest("access-token-secret", *seed)
        self.webhook_secret = _digest("webhook-secret", *seed)
        self.admin_username = "sandbox-admin"
        self.admin_password = _digest("admin-password", *seed)[:16]
        self.is_active = True
        self._lock = threading.Lock()
        self._nonces: dict[str, None] = {}
        self._admins: dict[str, float] = {}

    def credentials(self) -> dict[str, str]:
        return {
            "consumer_key": self.consumer_key,
            "consumer_secret": self.consumer_secret,
            "access_token": self.access_token,
            "access_token_secret": self.access_token_secret,
            "webhook_secret": self.webhook_secret,
            "admin_username": self.admin_username,
            "admin_password": self.admin_password,
        }

    def remove_integration(self) -> None:
        """The merchant deletes the integration: its keys are dead."""
        self.is_active = False

    def restore_integration(self) -> None:
        self.is_active = True

    def admin_token(self) -> str:
        token = secrets.token_hex(16)
        with self._lock:
            self._admins[token] = time.monotonic() + ADMIN_SECONDS
        return token

    def check(self, asked: Asked, resource: str, settings: Settings) -> Login:
        """Who makes this call. Raises Refusal: no login, a wrong one, or one without `resource`."""
        protocol = signing.header_values(asked.authorization)
        if protocol is not None:
            self._check_signed(asked, protocol)
        else:
            kind, _, token = asked.authorization.strip().partition(" ")
            if kind.lower() != "bearer":
                raise unauthorized(resource)
            if self._is_admin(token.strip()):
                return ADMINISTRATOR
            if not (settings.bearer and self._is_own(token.strip())):
                raise unauthorized(resource)
        granted = settings.resources
        if resource and granted is not None and resource not in granted:
            raise unauthorized(resource)
        return INTEGRATION

    def _is_admin(self, token: str) -> bool:
        with self._lock:
            return self._admins.get(token, 0.0) > time.monotonic()

    def _is_own(self, token: str) -> bool:
        return self.is_active and hmac.compare_digest(token, self.access_token)

    def _check_signed(self, asked: Asked, protocol: Mapping[str, str]) -> None:
        self.check_protocol(asked, protocol)
        if not protocol.get("oauth_token"):
            raise _missing("oauth_token")
        if not self.is_active:
            raise Refusal("Token is not associated with the specified consumer", status=401)
        if not hmac.compare_digest(protocol["oauth_token"], self.access_token):
            raise Refusal("Specified token does not exist", status=401)
        self.check_signature(asked, protocol, self.access_token_secret)

    def check_protocol(self, asked: Asked, protocol: Mapping[str, str]) -> None:
        """Everything but token and signature. Raises Refusal."""
        for name in _REQUIRED:
            if not protocol.get(name):
                raise _missing(name)
        if protocol.get("oauth_version", "1.0") != "1.0":
            raise Refusal(
                "The oauth_version is invalid. Verify and try again.",
                parameters={"oauth_problem": "version_rejected"},
            )
        method = protocol["oauth_signature_method"]
        if method != signing.METHOD:
            raise Refusal(f"Signature method {method} is not supported")
        if not hmac.compare_digest(protocol["oauth_consumer_key"], self.consumer_key):
            raise Refusal("A consumer having the specified key does not exist", status=401)
        self._check_time(asked, protocol)

    def _check_time(self, asked: Asked, protocol: Mapping[str, str]) -> None:
        try:
            at = int(protocol["oauth_timestamp"])
        except ValueError:
            at = 0
        if at <= 0 or at > asked.now + AHEAD_SECONDS:
            raise Refusal("The timestamp value in the oauth_timestamp parameter is invalid.")
        with self._lock:
            if protocol["oauth_nonce"] in self._nonces:
                raise Refusal(
                    "The nonce is already being used by the consumer with key "
                    f"{protocol['oauth_consumer_key']}.",
                    status=401,
                )
            self._nonces[protocol["oauth_nonce"]] = None
            # Magento's cron forgets old ones too; a demo may run for weeks.
            if len(self._nonces) > _MOST_NONCES:
                del self._nonces[next(iter(self._nonces))]

    def check_signature(self, asked: Asked, protocol: Mapping[str, str], secret: str) -> None:
        """Raises Refusal. A path with an encoded slash never fits on 2.4.6 and later, however well it
        is signed (magento2#37913)."""
        fits = signing.matches(
            asked.method,
            asked.url,
            asked.query,
            protocol,
            consumer_secret=self.consumer_secret,
            token_secret=secret,
        )
        if not fits or "%2f" in asked.url.lower():
            raise Refusal("The signature is invalid. Verify and try again.", status=401)


def _missing(name: str) -> Refusal:
    return Refusal(f"oauth_problem=parameter_absent&oauth_parameters_absent={name}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
