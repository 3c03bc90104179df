"""Acting on behalf: one of our people uses a tenant's own pages for a while. docs/admin.md."""

from __future__ import annotations
