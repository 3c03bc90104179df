"""Announcements of our own people, as members of an account see them."""

from __future__ import annotations
