"""The environment of a production host, complete and safe."""

from __future__ import annotations

import os
from collections.abc import Mapping

NEEDED = {
    "CLARITY_PRODUCTION": "true",
    "CLARITY_SECRET_KEY": "kX8-" * 3 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
    "CLARITY_MASTER_KEYS": "one:" + "A" * 43 + "=",
    "CLARITY_ALLOWED_HOSTS": "sync.example.com",
    "CLARITY_PUBLIC_URL": "https://sync.example.com",
    "CLARITY_BEHIND_PROXY": "true",
    "CLARITY_EMAIL_HOST": "mail.example.com",
    "DATABASE_URL": "postgres://clarity@127.0.0.1:1/none",
}


def environment(**other: str) -> Mapping[str, str]:
    """That of this process with these values on top, and `other` on top of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLARITY_")}
    folder = {"CLARITY_DATA_DIR": os.environ.get("CLARITY_DATA_DIR", "")}
    return {**kept, **folder, **NEEDED, **other}
