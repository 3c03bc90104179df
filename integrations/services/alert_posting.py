"""Messages as HTTP: to a Slack-compatible webhook, and to a program of the merchant's, signed.

The signature is `t=<seconds>,v1=<hex>`: HMAC-SHA256 with the channel's key over "<seconds>.<body>".
docs/alerts.md tells receivers how to check it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from integrations.connector_kit.answers import Answer, CredentialsRefused
from integrations.connector_kit.base import Account
from integrations.connector_kit.errors import ConnectorError, NeedsOwner, TryLater
from integrations.connector_kit.http import Session
from integrations.connector_kit.network import TargetRefused, check_base_url
from integrations.connector_kit.redact import redact_secrets, redact_text
from integrations.models import AlertMessage
from integrations.services import alert_words
from integrations.services.alert_words import Content

SIGNATURE = "Clarity-Signature"
MESSAGE_ID = "Clarity-Message-Id"
LONGEST_URL = 2000
CONNECT_SECONDS = 4.0
READ_SECONDS = 5.0
_SLACK_TEXT = 2900


@dataclass(frozen=True)
class Told:
    """How a try ended. `said` is for people; `after`: seconds the receiver asked us to wait.

    `is_down`: the receiver cannot take any message now. `is_final`: trying again is no use.
    """

    went_out: bool
    said: str
    is_down: bool = False
    is_final: bool = False
    after: float | None = None


def check_address(url: str) -> str:
    """The address of a webhook, checked; its host. Raises TargetRefused with a sentence for the
    person who typed it. Names are resolved, and judged, on every connect."""
    text = url.strip()
    if len(text) > LONGEST_URL:
        raise TargetRefused(f"The address is longer than {LONGEST_URL:,} characters.")
    if "#" in text:
        raise TargetRefused("Leave out everything from # on.")
    # The query of such an address is a secret: it is not shown, and belongs to it.
    bare = text.partition("?")[0]
    check_base_url(bare, private_network=may_be_private())
    return urlsplit(bare).hostname or ""


def may_be_private() -> bool:
    """Whether a receiver may lie in a private network and do without encryption: on a machine for
    trying things out, or where the operator says so."""
    return settings.CLARITY_ALLOW_PRIVATE_TARGETS or not settings.CLARITY_PRODUCTION


@sensitive_variables("key")
def signature(key: str, body: bytes, *, at: datetime) -> str:
    """The value of the signature header for a body sent now."""
    seconds = int(at.timestamp())
    signed = f"{seconds}.".encode() + body
    return f"t={seconds},v1={hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()}"


@sensitive_variables("url", "key")
def post_signed(message: AlertMessage, *, url: str, key: str, now: datetime) -> Told:
    """Sends the message to a program. The body of one message is the same in each try; its
    signature bears the time of the try."""
    body = json.dumps(as_event(message), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {SIGNATURE: signature(key, body, at=now), MESSAGE_ID: str(message.pk)}
    return _post(url, body, headers)


@sensitive_variables("url")
def post_slack(message: AlertMessage, *, url: str) -> Told:
    """Sends the message to a chat."""
    return _post(url, json.dumps(as_slack(alert_words.read(message.content))).encode(), {})


def as_event(message: AlertMessage) -> dict[str, Any]:
    """The body a program gets."""
    content = alert_words.read(message.content)
    return {
        "id": str(message.pk),
        "type": content.event,
        "created_at": message.created_at.astimezone(UTC).isoformat(),
        "tenant": content.tenant,
        "title": content.title,
        "text": " ".join(filter(None, (content.said, *content.lines))),
        "what_to_do": content.advice,
        "since": content.since or None,
        "url": content.link,
        "about": content.about,
    }


def as_slack(content: Content) -> dict[str, Any]:
    """Text for notifications, and simple blocks."""
    blocks = [_section(f"*{_escaped(content.title)}*")]
    said = "\n".join(filter(None, (content.said, *(f"• {line}" for line in content.lines))))
    if content.advice:
        said = f"{said}\n\n*What to do:* {content.advice}".strip()
    if said:
        blocks.append(_section(_escaped(said)))
    facts = [[name, value] for name, value in content.facts if value]
    if facts:
        blocks.append(
            {
                "type": "section",
                "fields": [
                    {"type": "mrkdwn", "text": f"*{_escaped(name)}*\n{_escaped(value)[:1900]}"}
                    for name, value in facts[:10]
                ],
            }
        )
    if content.link:
        words = _escaped(content.link_words or "Open")
        blocks.append(_section(f"<{content.link}|{words}>"))
    return {"text": _escaped(content.title), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SLACK_TEXT]}}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@sensitive_variables("url")
def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Told:
    parts = urlsplit(url)
    host = parts.hostname or "The receiver"
    try:
        session = Session(
            Account(
                id="alerts",
                base_url=f"{parts.scheme}://{parts.netloc}",
                flavour="",
                settings={},
                credentials={},
                private_network=may_be_private(),
            ),
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )
    except TargetRefused as error:
        return Told(False, error.message, is_down=True, is_final=True)
    try:
        answer = session.request(
            "POST", url, body=body, headers={"Content-Type": "application/json", **headers}
        )
    except ConnectorError as error:
        return _refused(host, error)
    finally:
        session.close()
    said = f"{host} answered {answer.status}{_words(answer)}"
    return Told(200 <= answer.status < 300, f"{said}.")


def _refused(host: str, error: ConnectorError) -> Told:
    if isinstance(error, TryLater):
        # The name of the error in Python, which comes last, says nothing to a merchant.
        said = re.sub(r" \(\w+\)$", "", error.message)
        return Told(False, f"{said}.", is_down=True, after=error.after)
    if isinstance(error, TargetRefused):
        return Told(False, error.message, is_down=True, is_final=True)
    if isinstance(error, CredentialsRefused):
        return Told(False, f"{host} answered {error.answer.status}{_words(error.answer)}.")
    if isinstance(error, NeedsOwner):
        said = f"{host} redirects to another address. Enter the address it leads to."
        return Told(False, said, is_down=True)
    return Told(False, f"{host} gave an answer that cannot be read.")


def _words(answer: Answer) -> str:
    """Their own words, short; "" for a page made for a browser."""
    if "html" in answer.headers.get("content-type", "") or not answer.body:
        return ""
    text = " ".join(redact_secrets(redact_text(answer.text[:2000])).split())
    return f": {text if len(text) <= 160 else text[:157] + '...'}" if text.isprintable() else ""
