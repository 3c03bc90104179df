"""Refuses what a member's role does not allow."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


def refuse_unless(allowed: bool) -> None:
    """Raises PermissionDenied; the page is open to look at for more roles than may change it."""
    if not allowed:
        raise PermissionDenied
