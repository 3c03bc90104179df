"""Orders and their documents as REST shows them."""

from __future__ import annotations
