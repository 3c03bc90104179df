"""The admin of our own people, below /admin/: docs/admin.md."""

from __future__ import annotations
