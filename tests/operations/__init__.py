"""How an installation is run, watched and kept safe."""

from __future__ import annotations
