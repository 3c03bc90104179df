"""Bulk acts, groups of accounts, templates and announcements, for our own people."""

from __future__ import annotations
