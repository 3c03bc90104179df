"""Who may do what with money: owners for their account, finance for what came in and was agreed.

`None` is whoever runs the installation: commands and chores know no roles.
"""

from __future__ import annotations

from tenants.billing.services.problems import NotAllowed
from tenants.models import Membership, User
from tenants.services import permissions


def by_owner(actor: User | None) -> None:
    """Raises NotAllowed for anybody but an owner of the account in scope."""
    if actor is None:
        return
    role = Membership.objects.filter(user=actor).values_list("role", flat=True).first()
    if role not in permissions.OWNERS:
        raise NotAllowed(
            "Only owners agree to prices, cancel and see invoices. Ask an owner of this account."
        )


def by_finance(actor: User | None) -> None:
    """Raises NotAllowed for anybody who is not of our staff: nobody marks their own bill as paid."""
    if actor is not None and not (actor.is_staff and actor.is_active):
        raise NotAllowed("Only the finance staff enters payments, credits and agreed prices.")
