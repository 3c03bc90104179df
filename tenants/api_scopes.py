"""What an API token may be allowed to do. The one table: pages, API and documents read it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tenants.models.membership import Role


@dataclass(frozen=True)
class ApiScope:
    """One permission. `least`: the lowest role whose members may use it."""

    name: str
    label: str
    least: Role

    @property
    def changes(self) -> bool:
        """Whether it is for changing things, not only for looking."""
        return self.name.endswith(":write")


SCOPES: tuple[ApiScope, ...] = (
    ApiScope("pairs:read", "See pairs and their flows", Role.VIEWER),
    ApiScope("pairs:write", "Pause and resume pairs, switch flows on and off", Role.OPERATOR),
    ApiScope("connections:read", "See connections, without their credentials", Role.VIEWER),
    ApiScope("connections:write", "Give connections new credentials", Role.ADMIN),
    ApiScope("mappings:read", "See mapping rules, versions and lookup tables", Role.VIEWER),
    ApiScope(
        "mappings:write", "Change, try, publish and roll back rules; change tables", Role.OPERATOR
    ),
    ApiScope("records:read", "See records with their timeline and documents", Role.VIEWER),
    ApiScope("records:write", "Replay and discard single records", Role.OPERATOR),
    ApiScope("incidents:read", "See incidents", Role.VIEWER),
    ApiScope("incidents:write", "Replay and discard the records of incidents", Role.OPERATOR),
    ApiScope("convergence:read", "See how far the stock of both sides agrees", Role.VIEWER),
    ApiScope("convergence:write", "Compare the stock of both sides and mend it", Role.OPERATOR),
    ApiScope("webhooks:read", "See the webhooks of connections, and alert channels", Role.VIEWER),
    ApiScope(
        "webhooks:write", "Register webhooks again; make and change alert channels", Role.ADMIN
    ),
    ApiScope("audit:read", "See the audit log", Role.OPERATOR),
    ApiScope("members:read", "See members and their roles", Role.VIEWER),
)

NAMES = frozenset(one.name for one in SCOPES)

_RANKS = (Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.OWNER)


def of_role(role: str) -> frozenset[str]:
    """Every scope a member of this role may use; none for a role nobody knows."""
    if role not in _RANKS:
        return frozenset()
    rank = _RANKS.index(Role(role))
    return frozenset(one.name for one in SCOPES if _RANKS.index(one.least) <= rank)


def in_order(names: Iterable[str]) -> list[ApiScope]:
    """The scopes of these names, in the order of the table."""
    wanted = set(names)
    return [one for one in SCOPES if one.name in wanted]
