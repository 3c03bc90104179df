"""System checks of an installation that strangers can reach: `manage.py check --deploy`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host

from integrations.services.connections import master_key_problem

SHORTEST_SECRET = 50


@register(Tags.security, deploy=True)
def fit_for_strangers(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """What would be unsafe, or would not work, outside of one machine. Each says what to set."""
    return [*_mode(), *_address(), *_secrets(), *_mail()]


def _mode() -> Iterator[CheckMessage]:
    if not settings.CLARITY_PRODUCTION:
        yield Error(
            "CLARITY_PRODUCTION is off, so secrets may be made up and checks are left out.",
            hint="Set CLARITY_PRODUCTION=true.",
            id="clarity.E001",
        )


def _address() -> Iterator[CheckMessage]:
    url = settings.CLARITY_PUBLIC_URL
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        yield Error(
            f"CLARITY_PUBLIC_URL is {url}: sessions and webhooks would travel unencrypted.",
            hint="Set CLARITY_PUBLIC_URL to the https address people and stores use.",
            id="clarity.E002",
        )
    elif not validate_host(address.hostname, settings.ALLOWED_HOSTS):
        yield Error(
            f"CLARITY_ALLOWED_HOSTS does not name {address.hostname}, the host of"
            " CLARITY_PUBLIC_URL: every page and webhook would be refused.",
            hint=f"Add {address.hostname} to CLARITY_ALLOWED_HOSTS.",
            id="clarity.E003",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "CLARITY_ALLOWED_HOSTS is *, so links in e-mails could lead to any host a sender names.",
            hint="Name the hosts, separated by commas.",
            id="clarity.E004",
        )


def _secrets() -> Iterator[CheckMessage]:
    secret = settings.SECRET_KEY
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 5:
        yield Error(
            f"CLARITY_SECRET_KEY is shorter than {SHORTEST_SECRET} characters, or repeats a few.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="clarity.E005",
        )
    problem = master_key_problem()
    if problem:
        yield Error(
            f"CLARITY_MASTER_KEYS cannot be used: {problem}",
            hint="See docs/settings.md for its form.",
            id="clarity.E006",
        )


def _mail() -> Iterator[CheckMessage]:
    if not settings.EMAIL_HOST:
        yield Warning(
            "CLARITY_EMAIL_HOST is not set: nobody can confirm an e-mail address or reset a"
            " password, and no alarm is mailed.",
            hint="Set CLARITY_EMAIL_HOST and its companions.",
            id="clarity.W001",
        )
