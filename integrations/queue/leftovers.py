"""What the queue leaves lying about."""

from __future__ import annotations

from datetime import datetime

from django_q.models import Task


def drop_failed_tasks(*, before: datetime) -> int:
    """Drops django-q2's records of tasks that ended before; answers how many."""
    dropped: int = Task.objects.filter(stopped__lt=before).delete()[0]
    return dropped
