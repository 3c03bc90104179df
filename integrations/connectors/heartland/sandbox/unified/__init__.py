"""The unified_v1 API: PascalCase, cursors, idempotency keys (reference sections 1 and 6)."""

from __future__ import annotations
