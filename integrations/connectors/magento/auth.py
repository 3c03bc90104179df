"""How a request proves whose it is: OAuth 1.0a, or the access token alone.

Magento: OAuth-based authentication; token-based authentication. An integration has four credentials
and signs with all of them, which works on every installation. Its access token alone is taken only
where the merchant allows it, which is off since 2.4.4.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import NeedsOwner
from integrations.connector_kit.network import check_base_url

OAUTH, BEARER = "oauth1", "token"
Method = Literal["GET", "POST", "PUT", "DELETE"]

# What an integration has besides its access token.
_SIGNING = {
    "consumer_key": "consumer key",
    "consumer_secret": "consumer secret",
    "access_token_secret": "access token secret",
}
# What people copy along with the address of their shop.
_API_PATH = re.compile(r"/rest(?:/[^/]*)?(?:/V1)?$", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+(?:/[^\s?#]*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Signing:
    """What a signature is made of besides the request."""

    nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    now: Callable[[], float] = time.time


def shop_root(base_url: str) -> str:
    """The address of the shop, with its folder and `index.php` where it has them, without the API's
    own path."""
    return _API_PATH.sub("", base_url.strip().rstrip("/"))


def kind(account: Account) -> str:
    """OAUTH or BEARER. Raises NeedsOwner naming what is missing."""
    given = account.credentials
    if not given.get("access_token", "").strip():
        raise NeedsOwner("No access token is stored for Magento; enter one, then reconnect.")
    missing = [label for name, label in _SIGNING.items() if not given.get(name, "").strip()]
    if len(missing) == len(_SIGNING):
        return BEARER
    if missing:
        raise NeedsOwner(
            f"The {' and the '.join(missing)} of the Magento integration must be entered as well:"
            " a signature needs all four values. Or leave all but the access token empty."
        )
    return OAUTH


def _signed_as(account: Account) -> str:
    """The address of the settings, "" when there is none. Nothing is ever sent there."""
    root = shop_root(account.setting("signing_base_url"))
    if root and not _WEB_ADDRESS.match(root):
        raise NeedsOwner(
            f"The address used for signatures is “{root}”. Enter it with http:// or https:// before"
            " it, such as http://www.example.com."
        )
    return root


class Proof:
    """Writes the Authorization header of each request of one account. Safe for threads."""

    def __init__(self, account: Account, signing: Signing | None = None) -> None:
        """Raises NeedsOwner when credentials are missing or the address to sign cannot be used."""
        self.kind = kind(account)
        self._given = {name: value.strip() for name, value in account.credentials.items()}
        self._signing = signing or Signing()
        # Behind a proxy a shop may take itself to be at http:// or at an inner name, and signs that.
        self._base = _signed_as(account) or check_base_url(
            shop_root(account.base_url), private_network=account.private_network
        )

    def header(self, method: Method, path: str, *, ahead: float = 0) -> str:
        """`path`: from the shop's address on, with its query as it is sent. `ahead`: seconds by
        which the shop's clock is ahead of ours."""
        if self.kind == BEARER:
            return f"Bearer {self._given['access_token']}"
        client = Client(
            self._given["consumer_key"],
            client_secret=self._given["consumer_secret"],
            resource_owner_key=self._given["access_token"],
            resource_owner_secret=self._given["access_token_secret"],
            signature_method=SIGNATURE_HMAC_SHA256,
            nonce=self._signing.nonce(),
            timestamp=str(int(self._signing.now() + ahead)),
        )
        # Without the body: Magento signs no JSON, and oauthlib would add a hash of it.
        _, headers, _ = client.sign(f"{self._base}{path}", http_method=method)
        return cast(Mapping[str, str], headers)["Authorization"]
