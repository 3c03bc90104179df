"""Bills in the admin: those of one account, and the books over all that one looks after."""

from __future__ import annotations
