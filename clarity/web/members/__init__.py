"""Who belongs to a tenant, and inviting more."""

from __future__ import annotations
