"""docs/roles.md is the table the product goes by."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tenants.models import Role
from tenants.services import permissions


def described() -> str:
    meaning = "\n".join(f"| {role.label} | {said} |" for role, said in permissions.MEANING.items())
    rows = "\n".join(
        f"| {row.may} | {' | '.join('yes' if row.allows(role) else 'no' for role in Role)} |"
        for row in permissions.TABLE
    )
    head = " | ".join(role.label for role in Role)
    return (
        f"| Role | Meaning |\n| --- | --- |\n{meaning}\n\n"
        f"| May | {head} |\n| --- | --- | --- | --- | --- |\n{rows}\n"
    )


def test_the_page_of_roles_is_as_the_product_does() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "roles.md").read_text("utf-8")
    assert described() in page, f"docs/roles.md should hold:\n\n{described()}"
