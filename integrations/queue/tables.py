"""The queue's own rows, for those who look after the installation: what waits, failed, is scheduled.

They are django-q2's tables. They belong to no tenant and hold ids only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django_q.models import Failure, OrmQ, Schedule

from integrations import queue

__all__ = ["Failure", "Queued", "Schedule", "about", "task_words", "what_broke"]

Queued = OrmQ

WORDS: Mapping[str, str] = {
    queue.WORK_LANE: "Work a lane",
    queue.TEND_INCIDENT: "Take the next step of an incident's replay",
    queue.DO_CHORES: "Do the chores that are due",
    queue.RUN_PREFLIGHT: "Run a preflight",
    queue.RUN_DRY_RUN: "Try the newest orders",
    queue.RUN_SHADOW: "Try a draft of rules",
    queue.RUN_CONVERGENCE: "Compare the stock of a pair",
    queue.RUN_BULK: "Act at several accounts",
}
_ID = re.compile(r"[0-9a-f-]{36}|\d{1,19}")
_PLACE = re.compile(r'File "[^"]*?([\w-]+/[\w.]+)", line (\d+), in (\w+)')
_ERROR = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Timeout|Lost|Missing|Exit)\b)", re.M)


def task_words(func: object) -> str:
    """What a task does; its dotted name where there are no words."""
    name = str(func or "")
    return WORDS.get(name, name or "unknown")


def about(kwargs: Any) -> str:
    """The ids a task is about, and nothing else it may hold."""
    if not isinstance(kwargs, Mapping):
        return ""
    found = [
        f"{str(name).removesuffix('_id')} {value}"
        for name, value in kwargs.items()
        if _ID.fullmatch(str(value))
    ]
    return ", ".join(found)


def what_broke(result: object) -> str:
    """The kind of an error and where it was raised. Its message may hold what a record says, and stays
    out."""
    text = str(result or "")
    kinds, places = _ERROR.findall(text), _PLACE.findall(text)
    kind = kinds[-1].rpartition(".")[2] if kinds else "unknown"
    if not places:
        return kind
    file, line, function = places[-1]
    return f"{kind} in {function} ({file}:{line})"
