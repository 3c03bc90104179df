"""The project and people-facing side."""

from __future__ import annotations

from django.apps import AppConfig


class ClarityConfig(AppConfig):
    name = "clarity"
    label = "clarity"
    verbose_name = "Clarity Connect"

    def ready(self) -> None:
        from clarity.web.accounts import receivers

        receivers.connect()
