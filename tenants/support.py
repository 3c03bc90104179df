"""To whom people of an account write."""

from __future__ import annotations

from django.conf import settings

# An account knows who introduced it to us, even where no address is set.
NOBODY_NAMED = "your contact at Clarity Connect"


def whom() -> str:
    """What stands behind "write to": us with an address, or who they know here."""
    address = settings.CLARITY_SUPPORT_EMAIL
    return f"us at {address}" if address else NOBODY_NAMED
