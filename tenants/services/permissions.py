"""What each role may do: the one table that pages, docs/roles.md and access checks are made from."""

from __future__ import annotations

from dataclasses import dataclass

from tenants.models import Role

EVERYBODY = (Role.OWNER, Role.ADMIN, Role.OPERATOR, Role.VIEWER)
OPERATORS = (Role.OWNER, Role.ADMIN, Role.OPERATOR)
ADMINS = (Role.OWNER, Role.ADMIN)
OWNERS = (Role.OWNER,)

MEANING = {
    Role.OWNER: "Answers for the account: everything, and the other owners.",
    Role.ADMIN: "Sets things up: connections, settings and people, except owners.",
    Role.OPERATOR: "Runs the day: replays, corrections, flows, rules and backfills.",
    Role.VIEWER: "Looks, and changes nothing.",
}


@dataclass(frozen=True)
class Permission:
    """One row of the table: what may be done, as a sentence goes on after "may"."""

    may: str
    roles: tuple[Role, ...]

    def allows(self, role: str) -> bool:
        return role in self.roles


TABLE = (
    Permission("see records, incidents, figures, rules and settings (no secrets)", EVERYBODY),
    Permission("see who the members are, and leave the account", EVERYBODY),
    Permission("see the audit log", OPERATORS),
    Permission("replay, edit and discard records", OPERATORS),
    Permission("run the preflight audit, backfills and comparisons", OPERATORS),
    Permission("switch flows, pause and resume a pair", OPERATORS),
    Permission("change mapping rules and tables", OPERATORS),
    Permission("connect and reconnect systems, change their settings", ADMINS),
    Permission("change a pair's settings and go live", ADMINS),
    Permission("set up alerts and API tokens", ADMINS),
    Permission("invite, change and remove members who are no owners", ADMINS),
    Permission("export data and the audit log", ADMINS),
    Permission("see the plan, prices, invoices and payments", ADMINS),
    Permission("end support access of our staff, and forbid it", OWNERS),
    Permission("make, change and remove owners", OWNERS),
    Permission(
        "agree to prices, pay, say which card is charged, cancel, change the plan and say whom"
        " invoices are for",
        OWNERS,
    ),
    Permission("erase the account and its data", OWNERS),
)


def named(roles: tuple[Role, ...]) -> str:
    """The roles as in a sentence: "owners, admins and operators"."""
    words = [f"{role.label.lower()}s" for role in roles]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def may_grant(role: str, *, by: str) -> bool:
    """Whether a member with the role `by` may give or take away `role`."""
    if role == Role.OWNER:
        return by in OWNERS
    return by in ADMINS
