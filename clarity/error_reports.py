"""Errors of ours, told to a Sentry server, where CLARITY_SENTRY_DSN names one.

A report says where the code failed and in whose turn (ids only). It has no request body, no cookie,
no header, no variable of ours and no line of the log: those hold what people wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from clarity.logs.scrubbing import scrubbed
from tenants import log_context

if TYPE_CHECKING:
    from sentry_sdk.types import Event

_KEPT_OF_REQUEST = ("method",)


def start(dsn: str, *, environment: str) -> None:
    """Reports from now on. Raises ImproperlyConfigured without the package, or for a bad address."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise ImproperlyConfigured(
            "CLARITY_SENTRY_DSN is set and the package sentry-sdk is missing: install"
            " clarity-connect[sentry], or leave the setting out."
        ) from None
    try:
        sentry_sdk.init(
            dsn=dsn,
            environment=environment,
            # What the older option send_default_pii switched off, and more.
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_headers": {"request": {"mode": "off"}},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "database_query_data": False,
                "queues": False,
                "stack_frame_variables": False,
                "frame_context_lines": 5,
            },
            max_breadcrumbs=0,
            server_name="",
            traces_sample_rate=None,
            auto_enabling_integrations=False,
            integrations=[DjangoIntegration(middleware_spans=False, signals_spans=False)],
            before_send=cleaned,
        )
    except BadDsn:
        raise ImproperlyConfigured(
            "CLARITY_SENTRY_DSN is no address of a Sentry project; it looks like"
            " https://key@host/number."
        ) from None


def cleaned(event: Event, hint: dict[str, Any]) -> Event | None:
    """The report without anything that people wrote; every text that is left is scrubbed."""
    kept: dict[str, Any] = dict(event)
    for name in ("user", "breadcrumbs", "extra", "server_name", "modules"):
        kept.pop(name, None)
    request = kept.pop("request", None) or {}
    kept["request"] = {name: request[name] for name in _KEPT_OF_REQUEST if name in request}
    kept["tags"] = dict(log_context.ids())
    # The words of a log line are kept as they were written, without what was put into them.
    entry = kept.get("logentry") or {}
    if entry:
        kept["logentry"] = {"message": entry.get("message", "")}
    clean: Event = _scrubbed(kept)
    return clean


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {name: _scrubbed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(one) for one in value]
    return value
