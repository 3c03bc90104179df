"""The handshake by which a Magento integration hands over its four credentials by itself.

Magento: OAuth-based authentication, "Activate the integration". Magento posts a consumer key, its
secret and a verifier to the callback URL, then opens the identity link in the browser; what it said
is traded for an access token in two signed calls within 300 seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hmac import compare_digest
from typing import cast
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client

from integrations.connector_kit.base import Account, Introduced, Introduction, WebhookRequest
from integrations.connector_kit.errors import NeedsOwner, NotTheirs, Rejected
from integrations.connector_kit.http import CredentialsRefused, Session
from integrations.connectors.magento.auth import Signing, shop_root

# Names of the form Magento posts -> ours.
_SAID = {
    "oauth_consumer_key": "consumer_key",
    "oauth_consumer_secret": "consumer_secret",
    "oauth_verifier": "verifier",
}
_VALUE = re.compile(r"[\x21-\x7e]{8,255}")
_REQUEST, _ACCESS = "/oauth/token/request", "/oauth/token/access"
_EXPIRED = 300.0
_FORM = "application/x-www-form-urlencoded"


def read(request: WebhookRequest) -> Introduced:
    """The form that Magento posts. Raises NotTheirs when a field is missing or not plain text."""
    try:
        form = parse_qs(request.body.decode("ascii"), max_num_fields=20)
    except ValueError:
        raise NotTheirs("This is not the form that Magento sends.", status=400) from None
    said = {name: _one(form, name) for name in (*_SAID, "store_base_url")}
    for name in _SAID:
        if not _VALUE.fullmatch(said[name]):
            raise NotTheirs(f"{name} is missing, or not what Magento sends.", status=400)
    try:
        is_address = bool(urlsplit(said["store_base_url"]).hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise NotTheirs("store_base_url is missing, or no web address.", status=400)
    return Introduced(
        base_url=shop_root(said["store_base_url"]),
        given={ours: said[theirs] for theirs, ours in _SAID.items()},
    )


def _one(form: Mapping[str, list[str]], name: str) -> str:
    values = form.get(name, [])
    return values[0].strip() if len(values) == 1 else ""


def arrived(introduced: Introduced, query: Mapping[str, str]) -> str:
    """Where the person goes back. Raises NotTheirs when another integration sent them."""
    key = query.get("oauth_consumer_key", "")
    if not compare_digest(key.encode(), introduced.given["consumer_key"].encode()):
        raise NotTheirs(
            "The window you came from belongs to another integration than the one that called us."
            " Press Activate, or Reauthorize, in Magento once more."
        )
    return query.get("success_call_back", "")


def exchange(
    account: Account, introduced: Introduced, signing: Signing | None = None
) -> Mapping[str, str]:
    """The four credentials of the integration, for what it said. Raises NeedsOwner, TryLater."""
    given, made = introduced.given, signing or Signing()
    session = Session(account, read_timeout=20)
    try:
        token, secret = _token(session, account, given, _REQUEST, made)
        pending = {**given, "token": token, "token_secret": secret}
        token, secret = _token(session, account, pending, _ACCESS, made)
    except CredentialsRefused as refused:
        raise NeedsOwner(
            "Magento did not hand over the access token"
            f"{_problem(refused.answer.text)}. It waits for five minutes after Activate; press"
            " Reauthorize in Magento and come back at once."
        ) from None
    finally:
        session.close()
    return {
        "consumer_key": given["consumer_key"],
        "consumer_secret": given["consumer_secret"],
        "access_token": token,
        "access_token_secret": secret,
    }


def _token(
    session: Session, account: Account, given: Mapping[str, str], path: str, signing: Signing
) -> tuple[str, str]:
    """Token and secret that one signed call answers."""
    client = Client(
        given["consumer_key"],
        client_secret=given["consumer_secret"],
        resource_owner_key=given.get("token"),
        resource_owner_secret=given.get("token_secret"),
        verifier=given["verifier"] if path == _ACCESS else None,
        signature_method=SIGNATURE_HMAC_SHA256,
        nonce=signing.nonce(),
        timestamp=str(int(signing.now())),
    )
    root = shop_root(account.base_url)
    _, headers, _ = client.sign(f"{root}{path}", http_method="POST")
    proof = cast(Mapping[str, str], headers)["Authorization"]
    sent = {"Authorization": proof, "Content-Type": _FORM, "Accept": _FORM}
    answer = session.request("POST", path, headers=sent, body=b"", secret=True)
    if answer.status >= 400:
        raise CredentialsRefused(f"HTTP {answer.status}", answer=answer)
    found = parse_qs(answer.text.strip())
    token, secret = _one(found, "oauth_token"), _one(found, "oauth_token_secret")
    if not (_VALUE.fullmatch(token) and _VALUE.fullmatch(secret)):
        raise Rejected(
            f"What answers at {path} is not Magento's token service",
            field="address",
            advice="Check the address of the shop: some need /index.php behind it.",
        )
    return token, secret


def _problem(text: str) -> str:
    """Their reason, "" when they give none that can be shown."""
    found = re.search(r"oauth_problem=([\w .]{1,80})", text)
    return f" ({found[1].strip()})" if found else ""


INTRODUCTION = Introduction(
    callback="Callback URL",
    arrival="Identity Link URL",
    steps=(
        "In Magento, open System, Extensions, Integrations, and press Add New Integration.",
        "Name it Clarity Connect, and paste the two addresses below into its form.",
        "On the page API, choose all resources, or those the help page lists.",
        "Save it, press Activate in the list of integrations, then Allow. A window opens that leads"
        " here: sign in if it asks you to, and press Connect there.",
    ),
    has=_EXPIRED,
    read=read,
    arrived=arrived,
    exchange=exchange,
)
