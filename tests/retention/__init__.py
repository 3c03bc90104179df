"""What is old goes, what is open stays, and the sums stay true."""

from __future__ import annotations
