"""Every value the environment may set, read in one way.

`secret` reads NAME, or the file named by NAME_FILE, and refuses to start when that file cannot be
read. Values of a `.env` file beside manage.py are read first; the real environment wins.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

_env = environ.Env()


def load(root: Path) -> None:
    """Reads `.env` of the project root when there is one."""
    file = root / ".env"
    if file.is_file():
        environ.Env.read_env(file)


def text(name: str, default: str = "") -> str:
    """The value; a variable that is set to nothing counts as not set, here and below."""
    return os.environ.get(name) or default


def flag(name: str, *, default: bool) -> bool:
    return bool(_env.bool(name)) if text(name) else default


def address(name: str) -> str:
    """One e-mail address and nothing else, "" when it is not set: it stands in links and in mails."""
    found = text(name).strip()
    if found and not re.fullmatch(r"[^@\s<>\"',;?&]+@[^@\s<>\"',;?&]+", found):
        raise ImproperlyConfigured(f"{name} is {found!r}; one e-mail address is needed")
    return found


def number(name: str, default: int) -> int:
    try:
        return int(text(name) or default)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is {os.environ.get(name)!r}; a whole number is needed"
        ) from None


def words(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    return [str(word) for word in _env.list(name)] if text(name) else default


def named(name: str) -> dict[str, str]:
    """Values by name out of "shopify=http://127.0.0.1:9101 heartland=...", read like a secret."""
    found = {}
    for word in secret(name).split():
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise ImproperlyConfigured(f"{name} needs words such as name=value with spaces between")
        found[key] = value
    return found


def secret(name: str) -> str:
    """The secret, "" when it is not set. Never logged."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return text(name)
    try:
        return Path(file).read_text("utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}") from None


def database(name: str) -> dict[str, Any] | None:
    """Django's form of a database URL; None when it is not set."""
    if not text(name):
        return None
    parsed = dict(_env.db(name))
    if "postgres" not in str(parsed.get("ENGINE")):
        raise ImproperlyConfigured(
            f"{name} must be a postgres:// URL; only PostgreSQL is supported"
        )
    return parsed
