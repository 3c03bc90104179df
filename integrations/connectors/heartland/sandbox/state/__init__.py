"""What an account holds and how it changes; knows nothing of HTTP."""

from __future__ import annotations
