"""The API for programs: access, problems, and every address against its own description."""

from __future__ import annotations
