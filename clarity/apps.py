"""The project and people-facing side."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from clarity import error_reports


class ClarityConfig(AppConfig):
    name = "clarity"
    label = "clarity"
    verbose_name = "Clarity Connect"

    def ready(self) -> None:
        from clarity import checks  # noqa: F401 - registers them
        from clarity.web.accounts import receivers

        receivers.connect()
        if settings.CLARITY_SENTRY_DSN:
            error_reports.start(
                settings.CLARITY_SENTRY_DSN,
                environment="production" if settings.CLARITY_PRODUCTION else "development",
            )
