"""The API for programs of merchants, below /api/. Views call the same services as the pages."""

from __future__ import annotations
