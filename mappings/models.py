"""No rows yet: rules are the preset files of the connectors.

The module exists so that the layering contracts already keep the canonical records and the engine
away from it.
"""

from __future__ import annotations
