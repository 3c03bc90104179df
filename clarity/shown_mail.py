"""Mail of an installation without a mail server: in the log, its files by their names alone."""

from __future__ import annotations

from copy import copy

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend as ConsoleBackend
from django.core.mail.message import EmailAttachment


class EmailBackend(ConsoleBackend):
    """As Django's, except that a PDF would be pages of letters and digits."""

    def write_message(self, message: EmailMessage) -> None:
        bare = copy(message)
        bare.attachments = []
        super().write_message(bare)
        for one in message.attachments:
            if isinstance(one, EmailAttachment):
                self.stream.write(f"Attached: {one.filename}\n")
