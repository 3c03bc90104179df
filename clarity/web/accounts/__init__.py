"""Signing up and in, one's own security settings, and the accounts one belongs to."""

from __future__ import annotations
