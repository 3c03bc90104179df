"""Who may do what with money: owners for their account, finance for what came in and was agreed.

Which accounts somebody of finance looks after is asked at the door of our people.

`None` is whoever runs the installation: commands and chores know no roles.
"""

from __future__ import annotations

from tenants import on_behalf, scope
from tenants.billing.services.problems import NotAllowed
from tenants.models import Membership, User
from tenants.services import permissions, staff
from tenants.services.staff import May


def by_owner(actor: User | None) -> None:
    """Raises NotAllowed for anybody but an owner of the account in scope."""
    _on_behalf()
    if actor is not None and not _owns(actor):
        raise NotAllowed(
            "Only owners agree to prices, cancel and see invoices. Ask an owner of this account."
        )


def by_finance(actor: User | None) -> None:
    """Raises NotAllowed for anybody but finance, and for who belongs to the account in scope: nobody
    marks their own bill as paid."""
    _on_behalf()
    if actor is None:
        return
    if not staff.may(actor, May.KEEP_BOOKS):
        raise NotAllowed("Only the finance staff enters payments, credits and agreed prices.")
    if scope.maybe_current() and Membership.objects.filter(user=actor).exists():
        raise NotAllowed(
            "You are a member of this account. Somebody else of finance has to do it: nobody keeps"
            " the books of their own account."
        )


def by_owner_or_finance(actor: User | None) -> None:
    """Raises NotAllowed for anybody but an owner of the account in scope, or finance in their name."""
    _on_behalf()
    if actor is None or _owns(actor):
        return
    if staff.role_of(actor) is None:
        by_owner(actor)
    by_finance(actor)


def _on_behalf() -> None:
    """Who acts on an account's behalf agrees to nothing, whatever their role with us."""
    if on_behalf.current() is not None:
        raise NotAllowed("Nobody agrees to prices or changes bills on an account's behalf.")


def _owns(actor: User) -> bool:
    role = Membership.objects.filter(user=actor).values_list("role", flat=True).first()
    return role in permissions.OWNERS
