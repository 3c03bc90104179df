"""Letters of our people to a tenant: sent once, and kept as a note for colleagues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from tenants.models import Membership, Role, StaffNote, User

LONGEST_SUBJECT = 150
LONGEST = 3_500


class BadLetter(ValueError):
    """A field of the letter is wrong; `field` names it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


def owners() -> Sequence[str]:
    """The addresses of the owners of the tenant in scope."""
    rows = Membership.objects.filter(role=Role.OWNER, user__is_active=True)
    return list(rows.order_by("user__email").values_list("user__email", flat=True))


def checked(subject: str, text: str) -> tuple[str, str]:
    """Both as they are sent. Raises BadLetter."""
    line = " ".join(subject.replace("\x00", "").split())
    body = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not 5 <= len(line) <= LONGEST_SUBJECT:
        raise BadLetter(f"Write a subject of 5 to {LONGEST_SUBJECT} characters.", field="subject")
    if not 10 <= len(body) <= LONGEST:
        raise BadLetter(f"Write a letter of 10 to {LONGEST:,} characters.", field="text")
    return line, body


def send(
    subject: str,
    text: str,
    *,
    to: Sequence[str],
    by: User,
    form_id: UUID,
    now: datetime,
    hand_over: Callable[[], None],
) -> bool:
    """Keeps the letter and hands it to the mail server; False when this form was sent before.

    Call inside the tenant's scope. What `hand_over` raises undoes the note, so that a letter that did
    not go is not told as sent.
    """
    note = f"Letter to {', '.join(to)}: {subject}\n\n{text}"
    _, is_new = StaffNote.objects.get_or_create(
        form_id=form_id, defaults={"text": note[:4000], "author": by, "created_at": now}
    )
    if is_new:
        hand_over()
    return bool(is_new)
