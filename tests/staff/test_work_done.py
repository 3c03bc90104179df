"""What is done from the work list: narrowed, left alone, written about; and troubles with bills."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from integrations.models import Connection, ConnectionState, Lane
from integrations.services import connections, onboarding, troubles
from tenants import scope
from tenants.billing.models import Invoice, Letter, PaymentTry, Receivable, TryState
from tenants.billing.services import catalogue
from tenants.models import AuditEntry, Invitation, Membership, Role, Snooze, StaffNote, User
from tenants.services import groups, invitations, staff
from tests.billing.conftest import Account, account, at
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop
from tests.web.test_incidents import stuck, unread

NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def manager(shop: Shop, people: dict[str, User]) -> User:
    staff.assign(tenant_id=shop.tenant.pk, staff=people["account_manager"], actor=None)
    return people["account_manager"]


def pause(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(
            state=ConnectionState.PAUSED, state_since=timezone.now()
        )


def look(shop: Shop, *, now: datetime | None = None) -> dict[str, bool]:
    """Kinds found, and whether each is left alone; the list is as urgent as the worst that is not."""
    with scope.tenant(shop.tenant.pk):
        row = troubles.look(now=now or timezone.now())
    awake = [troubles.URGENCY[one["kind"]] for one in row.troubles if not one["is_alone"]]
    assert row.urgency == max(awake, default=0)
    return {one["kind"]: one["is_alone"] for one in row.troubles}


def told(shop: Shop, action: str) -> list[AuditEntry]:
    with scope.tenant(shop.tenant.pk):
        return list(AuditEntry.objects.filter(action=action).order_by("id"))


def leave_alone(client: Any, shop: Shop, kind: str, which: object = "", **fields: str) -> Any:
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    return client.post(
        f"/admin/accounts/{shop.tenant.slug}/leave-alone/{kind}/?which={which}",
        {"until": day, "reason": "closed for a refit", **fields},
    )


def test_a_trouble_is_left_alone_until_a_day_or_until_it_is_another(
    shop: Shop, manager: User
) -> None:
    client, pos = browser_of(manager), shop.pair.pos.pk
    pause(shop)
    stuck(shop, "#1001")
    assert look(shop) == {"incidents": False, "paused": False}
    page = client.get("/admin/").content.decode()
    assert f"leave-alone/paused/?which={pos}" in page
    asked = client.get(f"/admin/accounts/{shop.tenant.slug}/leave-alone/paused/?which={pos}")
    assert "Store till is paused." in asked.content.decode()
    for wrong in ({"reason": "x"}, {"until": "soon"}, {"until": "2020-01-01"}):
        assert leave_alone(client, shop, "paused", pos, **wrong).status_code == 422, wrong
    assert leave_alone(client, shop, "king").status_code == 404
    for kind, which in (("paused", uuid4()), ("trial", "")):
        said = client.get(leave_alone(client, shop, kind, which)["Location"]).content.decode()
        assert "That trouble is over already." in said
    assert told(shop, "work.left_alone") == []
    assert leave_alone(client, shop, "paused", pos).status_code == 302
    leave_alone(client, shop, "incidents")
    assert look(shop) == {"incidents": True, "paused": True}
    assert "All is well." in client.get("/admin/").content.decode()
    alone = client.get("/admin/?kind=alone").content.decode()
    assert "left alone until" in alone
    assert [one.reason for one in told(shop, "work.left_alone")] == ["closed for a refit"] * 2
    # A new incident is another trouble, and so is the connection when it was paused anew.
    unread(shop, 1002)
    pause(shop)
    assert look(shop) == {"incidents": False, "paused": False}
    leave_alone(client, shop, "paused", pos)
    assert look(shop, now=timezone.now() + timedelta(days=4))["paused"] is False
    with scope.tenant(shop.tenant.pk):
        row = Snooze.objects.get(kind="paused")
    page = client.get(f"/admin/accounts/{shop.tenant.slug}/").content.decode()
    assert "“closed for a refit”" in page
    for _ in range(2):
        client.post(f"/admin/accounts/{shop.tenant.slug}/take-up/{row.pk}/")
    assert len(told(shop, "work.taken_up")) == 1
    assert look(shop)["paused"] is False


def test_the_list_is_narrowed_and_renews_itself(shop: Shop, manager: User) -> None:
    other = make_shop("Other Retailer")
    staff.assign(tenant_id=other.tenant.pk, staff=manager, actor=None)
    pause(shop)
    stuck(other, "#7")
    for one in (shop, other):
        look(one)
    client = browser_of(manager)

    def named(asked: str) -> list[str]:
        page = client.get(f"/admin/{asked}").content.decode()
        return [name for name in ("Harbour Goods", "Other Retailer") if f">{name}</a>" in page]

    assert named("") == ["Harbour Goods", "Other Retailer"]
    assert named("?kind=paused") == ["Harbour Goods"]
    assert named("?kind=incidents") == ["Other Retailer"]
    assert named("?q=retail") == ["Other Retailer"]
    assert named("?kind=token") == named("?q=nobody") == named("?kind=alone") == []
    group = groups.create(name="Booksellers", by=manager)
    with scope.tenant(other.tenant.pk):
        groups.put_in(group, actor=manager)
    assert named(f"?group={group.pk}") == ["Other Retailer"]
    assert named(f"?group={group.pk}&kind=paused") == []
    assert named("?group=x") == ["Harbour Goods", "Other Retailer"]
    assert named("?kind=king") == ["Harbour Goods", "Other Retailer"]
    piece = client.get("/admin/?kind=paused", HTTP_HX_REQUEST="true")
    assert "<html" not in piece.content.decode()
    assert "Store till is paused." in piece.content.decode()
    again = client.get(
        "/admin/?kind=paused", HTTP_HX_REQUEST="true", HTTP_IF_NONE_MATCH=piece["ETag"]
    )
    assert again.status_code == 304


def test_a_letter_goes_once_and_is_kept(shop: Shop, manager: User) -> None:
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.NEEDS_OWNER)
    look(shop)
    client = browser_of(manager)
    address = f"/admin/accounts/{shop.tenant.slug}/write/"
    asked = client.get(f"{address}?about=reconnect&which={shop.pair.pos.pk}")
    page = asked.content.decode()
    assert "To harbour@example.com." in page
    assert "You have to reconnect it" in page
    assert f"/t/{shop.tenant.slug}/settings/connections/" in page
    form = {"form": str(uuid4()), "subject": "Please reconnect", "text": "Hello,\nplease do."}
    for wrong in ({"subject": ""}, {"text": "hi"}, {"text": "x" * 4000}):
        assert client.post(address, {**form, **wrong}).status_code == 422
    assert client.post(address, {**form, "form": "x"}).status_code == 404
    assert mail.outbox == []
    for _ in range(2):
        assert client.post(address, form).status_code == 302
    (letter,) = mail.outbox
    assert (letter.to, letter.reply_to) == (["harbour@example.com"], [manager.email])
    assert letter.body.startswith("Hello,\nplease do.\n\n")
    with scope.tenant(shop.tenant.pk):
        assert "Please reconnect" in StaffNote.objects.get().text
    assert {one.reason for one in told(shop, "staff.acted")} == {"Please reconnect"}


def test_a_letter_the_mail_server_refuses_is_not_told_as_sent(
    shop: Shop, manager: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    address = f"/admin/accounts/{shop.tenant.slug}/write/"
    form = {"form": str(uuid4()), "subject": "Please reconnect", "text": "Hello, please do."}
    answer = browser_of(manager).post(address, form)
    assert answer.status_code == 503
    assert "nothing was sent" in answer.content.decode()
    assert "Hello, please do." in answer.content.decode()
    with scope.tenant(shop.tenant.pk):
        assert StaffNote.objects.count() == 0
    assert told(shop, "staff.acted") == []


def test_support_may_do_none_of_it(shop: Shop, people: dict[str, User]) -> None:
    person = people["support"]
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    pause(shop)
    look(shop)
    client, base = browser_of(person), f"/admin/accounts/{shop.tenant.slug}/"
    page = client.get("/admin/").content.decode() + client.get(base).content.decode()
    for shut in ("Leave it until…", "Write to the owners", "Act on behalf", "Resume"):
        assert shut not in page, shut
    for address in (f"leave-alone/paused/?which={shop.pair.pos.pk}", "write/", "take-up/1/"):
        assert client.post(base + address, {"reason": "they rang"}).status_code == 403, address
    assert "Subscription" in page


def test_an_invitation_is_sent_again(shop: Shop, manager: User) -> None:
    with scope.tenant(shop.tenant.pk):
        owner = Membership.objects.get()
        made = [
            invitations.invite(email=f"{role}@example.com", role=role, by=owner, now=NOW).invitation
            for role in (Role.VIEWER, Role.OWNER)
        ]
    client, base = browser_of(manager), f"/admin/accounts/{shop.tenant.slug}/"
    viewer, boss = (f"{base}invitations/{one.pk}/resend/" for one in made)
    page = client.get(base).content.decode()
    assert viewer in page
    assert boss not in page
    assert "viewer@example.com again?" in client.get(viewer).content.decode()
    assert client.post(viewer, {"reason": ""}).status_code == 422
    before = made[0].token_hash
    client.post(viewer, {"reason": "it never came"})
    client.post(boss, {"reason": "it never came"})
    assert [one.to for one in mail.outbox] == [["viewer@example.com"]]
    with scope.tenant(shop.tenant.pk):
        assert Invitation.objects.get(pk=made[0].pk).token_hash != before
    assert client.get(f"{base}invitations/{uuid4()}/resend/").status_code == 404
    assert len(told(shop, "staff.acted")) == 1


def test_credentials_that_end_say_when(shop: Shop) -> None:
    ends = {"access_token_expires_at": NOW, "refresh_token_expires_at": NOW + timedelta(days=12)}
    connections.move(
        shop.pair.store,
        base_url="http://127.0.0.1:9/",
        settings={},
        credentials={name: one.isoformat() for name, one in ends.items()},
        now=NOW,
    )
    with scope.tenant(shop.tenant.pk):
        Lane.objects.filter(pk=shop.pair.store.pk).update(refresh_at=NOW - timedelta(hours=2))
        row = troubles.look(now=NOW)
        assert [one["said"] for one in row.troubles] == [
            "The credentials of Web shop were not renewed in time. They end in 12 days; then the owner"
            " has to reconnect it."
        ]
        row = troubles.look(now=NOW + timedelta(days=13))
        assert "They have ended" in row.troubles[0]["said"]
    assert "12 days" not in json.dumps(row.troubles)


@pytest.fixture
def payer(db: None) -> Account:
    return account("Payer")


def found(payer: Account, day: str) -> dict[str, str]:
    with scope.tenant(payer.tenant.pk):
        return {one["kind"]: one["said"] for one in troubles.look(now=at(day)).troubles}


def test_bills_that_need_somebody(payer: Account, people: dict[str, User]) -> None:
    payer.go_live(at("2026-03-01"))
    (invoice,) = payer.invoices()
    assert found(payer, "2026-03-15") == {}
    assert found(payer, "2026-03-16") == {
        "unpaid": "1 invoice is overdue: 7,140.00 USD, the oldest due on 15 Mar 2026."
    }
    with scope.tenant(payer.tenant.pk):
        tries = [
            PaymentTry.objects.create(
                invoice=Invoice.objects.get(), number=number, way="kept", state=state,
                amount=invoice.total, currency="USD", created_at=at("2026-03-16"),
                problem="The card has expired.",
            )
            for number, state in ((1, TryState.FAILED), (2, TryState.FAILED))
        ]  # fmt: skip
        grace = Receivable.objects.get().grace_ends_on
    late = found(payer, grace.isoformat())
    assert late == {
        "past_grace": "1 invoice is overdue: 7,140.00 USD, past the grace period.",
        "charge": f"7,140.00 USD for {invoice.number} could not be charged: The card has expired.",
    }
    # Finance sees what is about money, and nothing else.
    person = people["finance"]
    staff.assign(tenant_id=payer.tenant.pk, staff=person, actor=None)
    client = browser_of(person)
    page = client.get("/admin/").content.decode()
    assert "could not be charged" in page
    assert "Payer" in page
    with scope.tenant(payer.tenant.pk):
        PaymentTry.objects.filter(pk=tries[1].pk).update(state=TryState.PAID)
        Receivable.objects.update(open=0)
        Connection.objects.create(
            connector="shopify", flavour="admin", name="Shop", environment="sandbox",
            base_url="http://127.0.0.1:9/", state=ConnectionState.PAUSED,
        )  # fmt: skip
    assert list(found(payer, "2026-05-01")) == ["paused"]
    assert "Payer" not in client.get("/admin/").content.decode()
    assert "Payer" not in client.get("/admin/?kind=paused").content.decode()


def test_a_mail_about_bills_that_was_not_sent_is_sent_again_from_the_list(
    payer: Account, people: dict[str, User]
) -> None:
    payer.go_live(at("2026-03-01"))
    with scope.tenant(payer.tenant.pk):
        letter = Letter.objects.get()
        Letter.objects.update(attempts=1, outcome="The mail server could not be used.")
    assert found(payer, "2026-03-02") == {}, "a server that is away for a moment is no trouble"
    with scope.tenant(payer.tenant.pk):
        Letter.objects.update(state="given_up", outcome="The mail server refused it.")
    number = payer.invoices()[0].number
    assert found(payer, "2026-03-02") == {
        "mail": f"1 mail about bills could not be sent, the oldest Invoice {number}: The mail server"
        " refused it."
    }
    again = f"/admin/accounts/{payer.tenant.slug}/billing/mails/{letter.pk}/again/"
    for role, is_offered in (("finance", True), ("account_manager", False)):
        staff.assign(tenant_id=payer.tenant.pk, staff=people[role], actor=None)
        page = browser_of(people[role]).get("/admin/").content.decode()
        assert "could not be sent" in page
        assert (again in page) is is_offered
        assert ("Write to the owners" in page) is not is_offered
    sure = {"reason": "Their server was full", "sure": "1", "form_id": str(uuid4())}
    assert browser_of(people["finance"]).post(again, sure).status_code == 302
    assert found(payer, "2026-03-02") == {}


def test_a_trial_that_ends_is_told_a_week_before(payer: Account) -> None:
    plan = catalogue.plan()
    plan.trial_days = 14
    plan.save()
    payer.go_live(at("2026-03-01"))
    assert found(payer, "2026-03-07") == {}
    assert found(payer, "2026-03-08") == {
        "trial": "The trial ends in 7 days. Then its pairs are billed."
    }
    assert found(payer, "2026-03-14")["trial"].startswith("The trial ends in 1 day.")


def test_the_page_shows_how_far_setting_up_is(shop: Shop, manager: User) -> None:
    with scope.tenant(shop.tenant.pk):
        onboarding.begin(pos="heartland", store="shopify", actor=shop.owner, now=NOW)
    page = browser_of(manager).get(f"/admin/accounts/{shop.tenant.slug}/").content.decode()
    assert '<progress class="staff-progress" max="8" value="1"' in page
