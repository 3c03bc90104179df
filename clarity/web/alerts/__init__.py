"""Who is told of what: alert channels, their tests and what was sent."""

from __future__ import annotations
