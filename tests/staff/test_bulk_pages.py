"""From the choice of accounts to what came of each, in pages."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import BulkJob, Connection, ConnectionState
from integrations.services import bulk_running, troubles
from tenants import scope
from tenants.models import Announcement, AuditEntry, GroupMember, StaffNote, TenantGroup, User
from tenants.services import staff
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop

WHY = "their maintenance is over"


@pytest.fixture
def shops(db: None) -> list[Shop]:
    return [make_shop(name) for name in ("Anchor Goods", "Buoy Goods", "Cove Goods")]


@pytest.fixture
def manager(shops: list[Shop], people: dict[str, User]) -> User:
    """Looks after the first two."""
    for shop in shops[:2]:
        staff.assign(tenant_id=shop.tenant.pk, staff=people["account_manager"], actor=None)
    return people["account_manager"]


@pytest.fixture
def client(manager: User) -> Client:
    return browser_of(manager)


def form_in(page: str) -> str:
    found = re.search(r'name="form" value="([0-9a-f-]{36})"', page)
    assert found is not None
    return found[1]


def test_from_the_choice_to_the_outcome(client: Client, shops: list[Shop]) -> None:
    with scope.tenant(shops[1].tenant.pk):
        Connection.objects.filter(pk=shops[1].pair.pos.pk).update(state=ConnectionState.PAUSED)
    troubles.look_at_all(timezone.now())
    page = client.get("/admin/bulk/new/").content.decode()
    assert "Anchor Goods" in page
    assert "Cove Goods" not in page
    page = client.get("/admin/bulk/new/?trouble=paused&act=resume").content.decode()
    assert "Buoy Goods" in page
    assert "Anchor Goods" not in page
    assert client.post("/admin/bulk/ask/", {"act": "resume"}).status_code == 422
    assert client.post("/admin/bulk/ask/", {"act": "erase", "all": "1"}).status_code == 422
    asked = client.post(
        "/admin/bulk/ask/", {"act": "resume", "all": "1", "trouble": "paused"}
    ).content.decode()
    assert "Resume paused connections at 1 account?" in asked
    form = {
        "act": "resume", "form": form_in(asked), "over": "in trouble: paused",
        "account": [shops[1].tenant.slug, shops[2].tenant.slug],
    }  # fmt: skip
    refused = client.post("/admin/bulk/start/", {**form, "reason": "x"})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert BulkJob.objects.count() == 0
    for _ in range(2):
        begun = client.post("/admin/bulk/start/", {**form, "reason": WHY})
        assert begun.status_code == 302
    job = BulkJob.objects.get()
    # Of what was sent, only accounts they look after take part.
    assert job.accounts == [str(shops[1].tenant.pk)]
    address = begun["Location"]
    assert client.get(f"{address}now/").status_code == 200
    assert "1 account, 1 to go" in client.get(address).content.decode()
    bulk_running.run(job_id=job.pk)
    last = client.get(f"{address}now/")
    assert last.status_code == 286
    assert "Resumed Store till." in last.content.decode()
    assert "None of this kind" in client.get(f"{address}?state=failed").content.decode()
    assert "in trouble: paused" in client.get("/admin/bulk/").content.decode()


def test_a_stopped_job_is_gone_on_with_by_a_button(client: Client, shops: list[Shop]) -> None:
    sent = {
        "act": "note", "form": str(uuid4()), "account": [one.tenant.slug for one in shops],
        "over": "chosen", "reason": WHY, "text": "Rang them.",
    }  # fmt: skip
    assert client.post("/admin/bulk/start/", {**sent, "text": " "}).status_code == 422
    address = client.post("/admin/bulk/start/", sent)["Location"]
    assert "It stops." in client.post(f"{address}stop/", follow=True).content.decode()
    job = BulkJob.objects.get()
    assert bulk_running.run(job_id=job.pk)
    page = client.get(address).content.decode()
    assert "Go on" in page
    assert "It goes on" in client.post(f"{address}go-on/", follow=True).content.decode()
    bulk_running.run(job_id=job.pk)
    for shop, notes in zip(shops, (1, 1, 0), strict=True):
        with scope.tenant(shop.tenant.pk):
            assert StaffNote.objects.count() == notes


def test_jobs_of_others_and_roles_without_acts_are_shut_out(
    client: Client, shops: list[Shop], people: dict[str, User]
) -> None:
    address = client.post(
        "/admin/bulk/start/",
        {"act": "retest", "form": str(uuid4()), "account": shops[0].tenant.slug, "reason": WHY},
    )["Location"]
    other = people["support"]
    staff.assign(tenant_id=shops[0].tenant.pk, staff=other, actor=None)
    support = browser_of(other)
    for one in (
        address,
        "/admin/bulk/",
        "/admin/groups/",
        "/admin/templates/",
        "/admin/announcements/",
    ):
        assert support.get(one).status_code == 403, one
    assert "Several at once" not in support.get("/admin/").content.decode()
    staff.appoint(user=people["finance"], role=staff.StaffRole.ACCOUNT_MANAGER, actor=None)
    colleague = browser_of(people["finance"])
    for part in ("", "now/", "drafts/"):
        assert colleague.get(address + part).status_code == 404, part
    for part in ("stop/", "go-on/"):
        assert colleague.post(address + part).status_code == 404, part
    assert client.get(f"{address}drafts/").status_code == 404


def test_groups_hold_only_what_one_sees(
    client: Client, shops: list[Shop], people: dict[str, User]
) -> None:
    made = client.post("/admin/groups/", {"name": "  Gift   shops "}, follow=True)
    assert "Gift shops" in made.content.decode()
    group = TenantGroup.objects.get()
    address = f"/admin/groups/{group.pk}/"
    taken = client.post("/admin/groups/", {"name": "Gift shops"})
    assert taken.status_code == 422
    assert "called Gift shops already" in taken.content.decode()
    for _ in range(2):
        client.post(f"{address}add/", {"slug": shops[0].tenant.slug})
    assert client.post(f"{address}add/", {"slug": shops[2].tenant.slug}).status_code == 422
    with scope.tenant(shops[0].tenant.pk):
        assert AuditEntry.objects.get(action="staff.grouped").after == {"group": "Gift shops"}
    # A colleague's account in it is not seen, and keeps the group from being deleted.
    with scope.tenant(shops[2].tenant.pk):
        GroupMember.objects.create(group=group)
    page = client.get(address).content.decode()
    assert "Anchor Goods" in page
    assert "Cove Goods" not in page
    assert "1 account of yours" in client.get("/admin/groups/").content.decode()
    chosen = client.get(f"/admin/bulk/new/?group={group.pk}").content.decode()
    assert ("Anchor Goods" in chosen, "Buoy Goods" in chosen) == (True, False)
    assert client.post(f"{address}remove/{shops[2].tenant.slug}/").status_code == 404
    client.post(f"{address}remove/{shops[0].tenant.slug}/")
    assert "None of your accounts" in client.get(address).content.decode()
    assert client.get(f"{address}delete/").status_code == 200
    still = client.post(f"{address}delete/", follow=True).content.decode()
    assert "still accounts in Gift shops" in still
    with scope.tenant(shops[2].tenant.pk):
        GroupMember.objects.all().delete()
    client.post(f"{address}name/", {"name": "Gifts"})
    assert "Gifts is deleted" in client.post(f"{address}delete/", follow=True).content.decode()
    assert TenantGroup.objects.count() == 0
    with scope.door("what the installation's log says"):
        told = AuditEntry.objects.filter(action__startswith="group.").order_by("id")
        assert [(one.action, one.actor.email, one.before) for one in told] == [
            ("group.created", "account_manager@staff.example.com", None),
            ("group.renamed", "account_manager@staff.example.com", {"group": "Gift shops"}),
            ("group.deleted", "account_manager@staff.example.com", None),
        ]


def test_putting_several_into_a_group(client: Client, shops: list[Shop], manager: User) -> None:
    group = TenantGroup.objects.create(name="Gifts", created_by=manager)
    address = client.post(
        "/admin/bulk/start/",
        {
            "act": "join", "form": str(uuid4()), "reason": WHY, "group_id": group.pk,
            "account": [one.tenant.slug for one in shops],
        },
    )["Location"]  # fmt: skip
    bulk_running.run(job_id=UUID(address.split("/")[3]))
    assert "It is in Gifts now." in client.get(address).content.decode()
    assert "2 accounts of yours" in client.get("/admin/groups/").content.decode()


def test_an_announcement_reaches_whom_it_was_meant_for(
    client: Client, shops: list[Shop], people: dict[str, User]
) -> None:
    sent = {
        "act": "announce", "form": str(uuid4()), "account": shops[0].tenant.slug, "over": "one",
        "announcement": "The till is <b>updated</b> tonight.", "severity": "warning",
        "begins": "2026-01-01T08:00", "ends": "2026-01-02T08:00", "zone": "America/New_York",
        "reason": WHY,
    }  # fmt: skip
    late = client.post("/admin/bulk/start/", sent)
    assert late.status_code == 422
    assert "over already" in late.content.decode()
    now = timezone.now()
    sent |= {
        "begins": now.strftime("%Y-%m-%dT%H:%M"), "zone": "UTC",
        "ends": (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    for wrong in (
        {"ends": sent["begins"]}, {"zone": "Mars/North"}, {"begins": "soon"},
        {"begins": "0001-01-01T00:00", "zone": "Asia/Tokyo"},
    ):  # fmt: skip
        assert client.post("/admin/bulk/start/", {**sent, **wrong}).status_code == 422, wrong
    assert Announcement.objects.count() == 0
    shown = client.post("/admin/bulk/start/", {**sent, "preview": "1"}).content.decode()
    assert "So it looks" in shown
    assert "&lt;b&gt;updated&lt;/b&gt;" in shown
    for _ in range(2):
        address = client.post("/admin/bulk/start/", sent)["Location"]
    made = Announcement.objects.get()
    members = {shop.tenant.slug: Client() for shop in shops[:2]}
    for shop in shops[:2]:
        members[shop.tenant.slug].force_login(shop.owner)
    mine, other = (f"/t/{one.tenant.slug}/settings/" for one in shops[:2])
    reader, stranger = members[shops[0].tenant.slug], members[shops[1].tenant.slug]
    assert "updated" not in reader.get(mine).content.decode()
    bulk_running.run(job_id=UUID(address.split("/")[3]))
    assert "The till is &lt;b&gt;updated&lt;/b&gt; tonight." in reader.get(mine).content.decode()
    assert "updated" not in stranger.get(other).content.decode()
    dismiss = f"/t/{{}}/announcements/{made.pk}/dismiss/"
    assert stranger.post(dismiss.format(shops[1].tenant.slug)).status_code == 404
    assert stranger.post(dismiss.format(shops[0].tenant.slug)).status_code == 404
    gone = reader.post(dismiss.format(shops[0].tenant.slug), {"next": mine})
    assert gone["Location"] == mine
    away = reader.post(dismiss.format(shops[0].tenant.slug), {"next": "//evil.example.com/t/"})
    assert away["Location"] == f"/t/{shops[0].tenant.slug}/"
    assert "updated" not in reader.get(mine).content.decode()
    page = client.get(f"/admin/announcements/{made.pk}/").content.decode()
    assert "1 of yours" in page
    assert "1 person" in page
    # However many are urgent elsewhere, what is meant for this account is shown.
    Announcement.objects.bulk_create(
        Announcement(
            form_id=uuid4(), text="Elsewhere.", severity="urgent", meant_for="others",
            begins_at=now, ends_at=now + timedelta(days=1),
        )
        for _ in range(60)
    )  # fmt: skip
    made.dismissals.all().delete()
    assert "updated" in reader.get(mine).content.decode()
    with scope.tenant(shops[0].tenant.pk):
        assert AuditEntry.objects.filter(action="announcement.posted").count() == 1


def test_only_superusers_announce_to_all_and_it_ends_at_once(
    client: Client, shops: list[Shop], people: dict[str, User]
) -> None:
    now = timezone.now()
    sent = {
        "form": str(uuid4()), "announcement": "We move tonight.", "severity": "urgent",
        "begins": now.strftime("%Y-%m-%dT%H:%M"), "zone": "UTC",
        "ends": (now + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M"), "reason": WHY,
    }  # fmt: skip
    assert client.post("/admin/announcements/all/", sent).status_code == 403
    boss = browser_of(people["superuser"])
    assert boss.post("/admin/announcements/all/", {**sent, "reason": ""}).status_code == 422
    assert boss.post("/admin/announcements/all/", {**sent, "preview": "1"}).status_code == 200
    for _ in range(2):
        assert boss.post("/admin/announcements/all/", sent).status_code == 302
    made = Announcement.objects.get()
    member = Client()
    member.force_login(shops[2].owner)
    page = f"/t/{shops[2].tenant.slug}/settings/"
    assert "We move tonight." in member.get(page).content.decode()
    address = f"/admin/announcements/{made.pk}/"
    assert "End it now" not in client.get(address).content.decode()
    assert client.post(address).status_code == 403
    assert "Nobody sees it" in boss.post(address, follow=True).content.decode()
    assert "We move tonight." not in member.get(page).content.decode()
    with scope.door("what the platform's log says"):
        told = AuditEntry.objects.filter(action__startswith="announcement.", tenant=None)
        assert [(one.action, one.reason) for one in told.order_by("pk")] == [
            ("announcement.posted", WHY), ("announcement.ended", ""),
        ]  # fmt: skip
    assert "Ended early" in client.get("/admin/announcements/").content.decode()
