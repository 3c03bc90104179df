"""Stock as the API shows and takes it: sources, and the one stock item of old."""

from __future__ import annotations
