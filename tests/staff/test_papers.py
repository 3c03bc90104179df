"""Finance takes a PDF, sees which mails did not go out, and has one sent again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from tenants import scope
from tenants.billing.models import Letter
from tenants.billing.services import letter_sending
from tenants.models import StaffRole, User
from tenants.services import staff
from tests.billing.test_letters import survives
from tests.staff.signing_in import browser_of
from tests.staff.test_books import REASON, Rig, rig, text, told

__all__ = ["rig"]


def test_a_pdf_is_looked_at_and_a_mail_that_failed_is_sent_again(
    rig: Rig, people: dict[str, User], settings: Any
) -> None:
    file = rig.client.get(f"{rig.of_invoice}pdf/")
    assert file["Content-Disposition"] == f'attachment; filename="{rig.invoice.number}.pdf"'
    assert file.content.startswith(b"%PDF")
    theirs = rig.of_invoice.replace(rig.shop.tenant.slug, rig.other.tenant.slug)
    assert rig.client.get(f"{theirs}pdf/").status_code == 404
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.billing.test_letters.RefusesAll"
    letter_sending.run_due(timezone.now(), survives=survives)
    settings.EMAIL_BACKEND = works
    with scope.tenant(rig.shop.tenant.pk):
        again = f"{rig.base}mails/{Letter.objects.get().pk}/again/"
    for page in (rig.base, rig.of_invoice):
        said = text(rig.client.get(page))
        assert f"The mail server refused {rig.shop.owner.email}." in said
        assert again in said
    assert f"The mail goes to {rig.shop.owner.email}" in text(rig.ask(again))
    for _ in range(2):
        assert "The mail goes out in a minute." in rig.sure(again)
    for _ in range(2):
        letter_sending.run_due(timezone.now(), survives=survives)
    assert [one.to for one in mail.outbox if one.to == [rig.shop.owner.email]] == [
        [rig.shop.owner.email]
    ]
    assert ("staff.acted", REASON) in told(rig.shop.tenant, "staff.acted")
    assert "Mails that did not go out" not in text(rig.client.get(rig.base))


@pytest.mark.parametrize("role", [StaffRole.ACCOUNT_MANAGER, StaffRole.SUPPORT])
def test_others_of_ours_take_the_pdf_and_send_nothing(
    rig: Rig, people: dict[str, User], role: StaffRole
) -> None:
    person = people[role.value]
    staff.assign(tenant_id=rig.shop.tenant.pk, staff=person, actor=None)
    with scope.tenant(rig.shop.tenant.pk):
        again = f"{rig.base}mails/{Letter.objects.get().pk}/again/"
    client = browser_of(person)
    assert client.get(f"{rig.of_invoice}pdf/").status_code == 200
    assert client.post(again, {"reason": REASON, "sure": "1"}).status_code == 403
    assert "Send again" not in text(client.get(rig.of_invoice))
