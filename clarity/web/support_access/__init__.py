"""What a business sees and says of our people who act on its behalf."""

from __future__ import annotations
