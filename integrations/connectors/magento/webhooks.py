"""Events in: are they of this shop, and which records do they name.

Four modules can send them, each with a proof of its own. None is taken at its word: an event only
says which record to read.

Mage-OS async events: HMAC-SHA256 of the body. Adobe I/O Events: RSA over the body, with keys that
Adobe publishes. Adobe Commerce Webhooks: RSA over the body in base64, with a key shown in the Admin.
Mageplaza Webhook signs nothing: the merchant adds our secret as a header.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from integrations.connector_kit.base import Account, Notice, WebhookRequest
from integrations.connector_kit.errors import NotTheirs, TryLater, Unsupported
from integrations.connector_kit.numbers import decode
from integrations.connector_kit.published_keys import PublishedKeys
from integrations.connector_kit.signatures import NoPublicKey, rsa_sha256
from integrations.connectors.magento import events

Body = Mapping[str, Any]

ASYNC_SIGNATURE = "x-magento-signature"
COMMERCE_SIGNATURE = "x-adobe-commerce-webhook-signature"
IO_SIGNATURES = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")
IO_KEY_PATHS = ("x-adobe-public-key1-path", "x-adobe-public-key2-path")
BEARS = "x-clarity-secret"
# In the address: which event it is, where the body does not say.
EVENT = "event"

_IO_TYPE = "com.adobe.commerce."
_CHALLENGE = re.compile(r"[A-Za-z0-9._~+/=-]{1,200}")

ADOBE_KEYS = PublishedKeys(
    "https://static.adobeioevents.com",
    re.compile(r"/(?:prod|stage)/keys/pub-key-[A-Za-z0-9-]{1,64}\.pem"),
)


def verify(request: WebhookRequest, account: Account) -> None:
    """Raises NotTheirs unless the request bears one of the four proofs, TryLater when Adobe's key
    cannot be had just now."""
    headers = request.headers
    if any(name in headers for name in IO_SIGNATURES):
        _verify_io(request, account)
    elif COMMERCE_SIGNATURE in headers:
        _verify_commerce(request, account)
    elif ASYNC_SIGNATURE in headers:
        _verify_async(request, account)
    else:
        _verify_secret(request, account)


def _verify_async(request: WebhookRequest, account: Account) -> None:
    secret = account.credentials.get("webhook_secret", "")
    given = request.headers[ASYNC_SIGNATURE].strip().lower().encode()
    made = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(given, made) or not secret:
        raise NotTheirs("The event is not signed with the webhook secret of this connection.")


def _verify_secret(request: WebhookRequest, account: Account) -> None:
    secret = account.credentials.get("webhook_secret", "").encode()
    given = request.headers.get(BEARS, "").encode()
    if not hmac.compare_digest(given, secret) or not secret:
        raise NotTheirs("The event is not signed, and does not bear the webhook secret either.")


def _verify_commerce(request: WebhookRequest, account: Account) -> None:
    key = account.setting("webhook_public_key")
    if not key:
        raise NotTheirs("The webhook is signed, and its public key is not entered here.")
    signature = _binary(request.headers[COMMERCE_SIGNATURE])
    # Adobe signs the body as base64 text, not the body itself.
    message = base64.b64encode(request.body)
    try:
        is_theirs = rsa_sha256(key, signature=signature, message=message)
    except NoPublicKey:
        raise NotTheirs("The public key that is entered here for webhooks is none.") from None
    if not is_theirs:
        raise NotTheirs("The webhook is not signed with the key that is entered here.")


def _verify_io(request: WebhookRequest, account: Account) -> None:
    """Either of two signatures will do, since Adobe changes its keys one after the other."""
    missing: TryLater | None = None
    for name, place in zip(IO_SIGNATURES, IO_KEY_PATHS, strict=True):
        signature, path = request.headers.get(name, ""), request.headers.get(place, "")
        if not (signature and path):
            continue
        try:
            key = ADOBE_KEYS.get(path, host=_keys_host(account))
            if rsa_sha256(key, signature=_binary(signature), message=request.body):
                _check_recipient(request, account)
                return
        except TryLater as error:
            missing = error
        except NoPublicKey:
            continue
    raise missing or NotTheirs("The event is not signed by Adobe.")


def _check_recipient(request: WebhookRequest, account: Account) -> None:
    """Adobe signs the events of all its customers with the same keys."""
    expected = account.setting("io_client_id")
    if not expected:
        raise NotTheirs("The client ID of the Adobe project is not entered here.")
    body = _body(request.body)
    named = body.get("recipientclientid") or body.get("recipient_client_id")
    if named != expected:
        raise NotTheirs("The event is meant for another Adobe project.")


def _keys_host(account: Account) -> str:
    """ "" for Adobe's own. Only an account in a private network, as a sandbox is, has another."""
    return account.setting("io_keys_url") if account.private_network else ""


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotTheirs("The signature is not written in base64.") from None


# --- what they say -----------------------------------------------------------------------------


def notices(request: WebhookRequest) -> list[Notice]:
    """Thin notices of the records an event names.

    Raises NotTheirs when the body cannot be read, Unsupported for an event we do not carry.
    """
    body = _body(request.body)
    if body.get("type") and body.get("specversion"):
        event, name, record = _of_io(body)
    else:
        event, name, record = request.query.get(EVENT, ""), "", _of_shop(body)
    if not events.is_known(event):
        raise Unsupported(f"Magento event {event or '(none)'} is not carried.")
    try:
        named = events.records(event, record)
    except ValueError:
        raise NotTheirs(f"The body is not that of {event}.", status=400) from None
    return [
        Notice(
            entity=entity,
            key=key,
            topic=event,
            # One event speaks of several records; each needs a name of its own.
            event=f"{name}:{entity}" if name else "",
            delivery=name,
        )
        for entity, key in named
    ]


def _of_io(body: Body) -> tuple[str, str, Body]:
    """The event, its id, and the record in a cloud event of Adobe."""
    data = body.get("data")
    value = data.get("value") if isinstance(data, Mapping) else None
    name = str(body.get("event_id") or body.get("eventid") or body.get("id") or "")
    event = str(body["type"]).removeprefix(_IO_TYPE)
    return event, name, value if isinstance(value, Mapping) else {}


def _of_shop(body: Body) -> Body:
    """The record: Mage-OS puts it under `data`, the templates of others hold it as it is."""
    data = body.get("data")
    return data if isinstance(data, Mapping) else body


def _body(raw: bytes) -> Body:
    try:
        found = decode(raw)
    except ValueError:
        raise NotTheirs("The body is not JSON.", status=400) from None
    if not isinstance(found, Mapping):
        raise NotTheirs("The body is not a JSON object.", status=400)
    return found


# --- what vendors ask and read -----------------------------------------------------------------


def challenge(request: WebhookRequest, account: Account) -> str:
    """Adobe I/O Events: the address is ours when it sends the word back."""
    asked = request.query.get("challenge", "")
    if not _CHALLENGE.fullmatch(asked):
        raise NotTheirs("Events are sent here by POST.", status=400)
    return asked


def acknowledge(request: WebhookRequest) -> Mapping[str, Any] | None:
    """Adobe Commerce Webhooks read what the shop shall do: go on. None for all others."""
    return {"op": "success"} if COMMERCE_SIGNATURE in request.headers else None
