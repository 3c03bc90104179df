"""How dates are written where nobody says how: as on all other pages."""

from __future__ import annotations
