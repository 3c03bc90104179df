"""What every page of billing has in common."""

from __future__ import annotations

from typing import Any

from clarity.web.access import may_own
from tenants.models import Membership


def context(membership: Membership) -> dict[str, Any]:
    """Whose page it is, and whether they may agree, pay and cancel."""
    return {
        "tenant": membership.tenant,
        "membership": membership,
        "may_own": may_own(membership),
    }
