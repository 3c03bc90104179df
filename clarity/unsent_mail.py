"""Stands for the mail server where a production installation names none.

Mail holds codes and links that let people in. It is refused here rather than written to the log, so
that whoever asked for it is told that none will come.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Takes no mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Raises ConnectionError, as a mail server that is away would."""
        if email_messages:
            raise ConnectionError("CLARITY_EMAIL_HOST is not set")
        return 0
