"""What every request shares: answers, lists, filters, the gate in front of the handlers."""

from __future__ import annotations
