"""docs/admin.md is the table our own people go by."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from clarity.web.staff.lines import BADGES
from integrations.services.troubles import URGENCY, Kind
from tenants.models import StaffRole
from tenants.services.staff import TABLE, May


def page() -> str:
    return (Path(settings.BASE_DIR) / "docs" / "admin.md").read_text("utf-8")


def test_the_roles_are_as_described() -> None:
    rows = "\n".join(
        f"| {may.value} | {' | '.join('yes' if may in TABLE[role] else 'no' for role in StaffRole)} |"
        for may in May
    )
    described = f"| May | {' | '.join(role.label for role in StaffRole)} |\n| --- | --- | --- | --- | --- |\n{rows}\n"
    assert described in page(), f"docs/admin.md should hold:\n\n{described}"


def test_every_trouble_has_urgency_badge_and_a_row() -> None:
    assert set(URGENCY) == set(BADGES) == set(Kind)
    rows = [line for line in page().splitlines() if line.startswith("| ")]
    for kind in Kind:
        wanted = sum(BADGES[one].word == BADGES[kind].word for one in Kind)
        found = sum(row.startswith(f"| {BADGES[kind].word} |") for row in rows)
        assert found == wanted, BADGES[kind].word
