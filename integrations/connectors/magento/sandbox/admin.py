"""An administrator's token (Integration/Api/AdminTokenService; with two factors: TwoFactorAuth)."""

from __future__ import annotations

import hmac

from integrations.connectors.magento.sandbox.errors import Refusal, required
from integrations.connectors.magento.sandbox.routing import Call, Route
from integrations.connectors.magento.sandbox.shop import Shop

_WRONG = (
    "The account sign-in was incorrect or your account is disabled temporarily. "
    "Please wait and try again later."
)
_SECOND_FACTOR = "Please use the 2fa provider-specific endpoints to obtain a token."


def _check_password(shop: Shop, call: Call) -> None:
    given = call.values()
    for name in ("username", "password"):
        if not given.get(name):
            raise required(name)
    fits = [
        hmac.compare_digest(str(given[name]).encode(), wanted.encode())
        for name, wanted in (
            ("username", shop.keys.admin_username),
            ("password", shop.keys.admin_password),
        )
    ]
    if not all(fits):
        raise Refusal(_WRONG, status=401)


def _token(shop: Shop, call: Call) -> str:
    _check_password(shop, call)
    if shop.settings.two_factor:
        raise Refusal(_SECOND_FACTOR, status=401, parameters={"active_providers": ["google"]})
    return shop.keys.admin_token()


ROUTES = (Route("POST", "integration/admin/token", _token, "anonymous"),)
