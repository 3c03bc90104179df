"""The shop's events: who asked for them, what they say, how they are signed and delivered."""

from __future__ import annotations
