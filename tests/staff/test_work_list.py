"""From a tenant in trouble to the button that leads there."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clarity.web.staff.lines import MONEY
from integrations.models import (
    Connection,
    ConnectionState,
    ConvergenceRun,
    ConvergenceState,
    InboxItem,
    Incident,
    Lane,
    Pair,
    PairState,
)
from integrations.services import onboarding, troubles
from integrations.services.troubles import URGENCY, Kind
from tenants import scope
from tenants.models import ApiToken, AuditEntry, StaffAssignment, StaffNote, Standing, Tenant, User
from tenants.services import staff, standings
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop, notice
from tests.web.test_incidents import stuck

NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")


def kinds(shop: Shop, *, at: datetime = NOW) -> list[str]:
    """What a look finds, worst first."""
    with scope.tenant(shop.tenant.pk):
        return [one["kind"] for one in troubles.look(now=at).troubles]


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


def test_a_tenant_without_trouble_has_none(shop: Shop) -> None:
    assert kinds(shop) == []


def test_each_trouble_is_found_and_the_worst_comes_first(shop: Shop) -> None:
    now = timezone.now()
    notice(shop, at=now - timedelta(minutes=20))
    stuck(shop, "#1001")
    with scope.tenant(shop.tenant.pk):
        third = Connection.objects.create(
            connector="shopify", flavour="admin", name="Old shop", environment="sandbox",
            base_url="http://127.0.0.1:9/", state=ConnectionState.NEEDS_OWNER,
        )  # fmt: skip
        Pair.objects.create(name="Old", pos=shop.pair.pos, store=third, state=PairState.PAUSED)
        Connection.objects.filter(pk=shop.pair.store.pk).update(state=ConnectionState.PAUSED)
        Lane.objects.filter(pk=shop.pair.pos.pk).update(refresh_at=now - timedelta(hours=2))
        ConvergenceRun.objects.create(
            pair=shop.pair, state=ConvergenceState.DONE, started_at=now, matched=1000, equal=994
        )
        ApiToken.objects.create(
            name="Reports", prefix="abc", secret_hash="x", expires_at=now + timedelta(days=3)
        )
        onboarding.begin(
            pos="heartland", store="shopify", actor=shop.owner, now=now - timedelta(hours=25)
        )
        row = troubles.look(now=now)
    own = [kind for kind in URGENCY if kind not in MONEY]
    assert [one["kind"] for one in row.troubles] == own
    assert row.urgency == URGENCY[Kind.RECONNECT]
    said = {one["kind"]: one["said"] for one in row.troubles}
    assert said["incidents"] == "1 incident is open."
    assert said["backlog"] == "1 record waits, the oldest for 20 minutes."
    assert said["accuracy"].endswith("6 of 1,000 articles differ in stock between both sides.")
    assert said["onboarding"].startswith("Setting up has stood at step 2 of 8 for 25 hours:")
    assert said["token"].startswith("The API token Reports ends in ")


def test_what_is_just_within_its_limit_is_no_trouble(shop: Shop) -> None:
    now = timezone.now()
    notice(shop, at=now - timedelta(minutes=14))
    with scope.tenant(shop.tenant.pk):
        Lane.objects.filter(pk=shop.pair.pos.pk).update(refresh_at=now - timedelta(minutes=59))
        ConvergenceRun.objects.create(
            pair=shop.pair, state=ConvergenceState.DONE, started_at=now, matched=1000, equal=995
        )
        for days, revoked in ((15, None), (-1, None), (3, now)):
            ApiToken.objects.create(
                name="T", prefix=f"p{days}", secret_hash="x", revoked_at=revoked,
                expires_at=now + timedelta(days=days),
            )  # fmt: skip
    assert kinds(shop, at=now) == []


def test_a_step_counts_from_when_it_was_reached(shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        way = onboarding.begin(pos="heartland", store="shopify", actor=shop.owner, now=NOW)
    assert kinds(shop, at=NOW + timedelta(hours=23)) == []
    assert kinds(shop, at=NOW + timedelta(hours=25)) == ["onboarding"]
    with scope.tenant(shop.tenant.pk):
        Pair.objects.all().delete()
        for side in ("pos", "store"):
            onboarding.take(way, side=side, connection=getattr(shop.pair, side), actor=None)
    # Another step by now: its day begins.
    assert kinds(shop, at=NOW + timedelta(hours=26)) == []
    assert kinds(shop, at=NOW + timedelta(hours=49)) == []
    assert kinds(shop, at=NOW + timedelta(hours=51)) == ["onboarding"]


def test_the_chore_looks_at_everybody_in_turn(shop: Shop) -> None:
    other = make_shop("Other Retailer")
    with scope.tenant(other.tenant.pk):
        Connection.objects.filter(pk=other.pair.pos.pk).update(state=ConnectionState.PAUSED)
    with scope.door("leaving"):
        gone = Tenant.objects.create(name="Gone", slug="gone", erasing_since=NOW)
    troubles.look_at_all(NOW)
    with scope.door("what was kept"):
        assert dict(Standing.objects.values_list("tenant_id", "urgency")) == {
            shop.tenant.pk: 0,
            other.tenant.pk: URGENCY[Kind.PAUSED],
        }
        Standing.objects.filter(tenant=other.tenant).update(looked_at=NOW - timedelta(hours=1))
    assert list(standings.to_look_at(limit=1)) == [other.tenant.pk]
    assert gone.pk not in standings.to_look_at(limit=9)


@pytest.fixture
def manager(shop: Shop, people: dict[str, User]) -> User:
    staff.assign(tenant_id=shop.tenant.pk, staff=people["account_manager"], actor=None)
    return people["account_manager"]


def test_from_the_list_a_paused_connection_goes_on_for_a_reason(shop: Shop, manager: User) -> None:
    other = make_shop("Other Retailer")
    for one in (shop, other):
        with scope.tenant(one.tenant.pk):
            Connection.objects.filter(pk=one.pair.pos.pk).update(state=ConnectionState.PAUSED)
    troubles.look_at_all(timezone.now())
    client = browser_of(manager)
    page = client.get("/admin/").content.decode()
    address = f"/admin/accounts/{shop.tenant.slug}/connections/{shop.pair.pos.pk}/resume/"
    assert f'href="{address}"' in page
    assert other.tenant.name not in page
    assert "Resume Store till?" in client.get(address).content.decode()
    refused = client.post(address, {"reason": "x"})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert state(shop) == ConnectionState.PAUSED
    for _ in range(2):
        assert client.post(address, {"reason": "They rang: shop reopened"}).status_code == 302
    assert state(shop) == ConnectionState.ACTIVE
    with scope.tenant(shop.tenant.pk):
        own = AuditEntry.objects.get(action="connection.resumed")
        acted = AuditEntry.objects.filter(action="staff.acted").first()
        assert acted is not None
        assert own.actor_id == acted.actor_id == manager.pk
        assert acted.reason == "They rang: shop reopened"
        assert acted.after == {"act": "resume", "about": str(shop.pair.pos.pk)}
    # Opening the account puts the list right at once.
    client.get(f"/admin/accounts/{shop.tenant.slug}/")
    assert "All is well." in client.get("/admin/").content.decode()


def state(shop: Shop) -> str:
    with scope.tenant(shop.tenant.pk):
        return str(Connection.objects.get(pk=shop.pair.pos.pk).state)


def test_another_tenants_ids_are_not_found_at_mine(shop: Shop, manager: User) -> None:
    other = make_shop("Other Retailer")
    stuck(other, "#7")
    with scope.tenant(other.tenant.pk):
        incident = Incident.objects.get()
    client, base = browser_of(manager), f"/admin/accounts/{shop.tenant.slug}"
    for address in (
        f"{base}/connections/{other.pair.pos.pk}/resume/",
        f"{base}/incidents/{incident.pk}/replay/",
        f"{base}/incidents/{2**63}/replay/",
        f"/admin/accounts/{other.tenant.slug}/connections/{other.pair.pos.pk}/resume/",
    ):
        assert client.get(address).status_code == 404, address
        assert client.post(address, {"reason": "just trying"}).status_code == 404, address
    with scope.tenant(shop.tenant.pk):
        assert AuditEntry.objects.filter(action="staff.acted").count() == 0


def test_an_incident_is_replayed_canary_first(shop: Shop, manager: User) -> None:
    for number in ("#1001", "#1002"):
        stuck(shop, number)
    with scope.tenant(shop.tenant.pk):
        incident = Incident.objects.get()
    client = browser_of(manager)
    page = client.get(f"/admin/accounts/{shop.tenant.slug}/").content.decode()
    address = f"/admin/accounts/{shop.tenant.slug}/incidents/{incident.pk}/replay/"
    assert f'href="{address}"' in page
    assert "Replay 2 records?" in client.get(address).content.decode()
    done = client.post(address, {"reason": "mapped the status"}, follow=True).content.decode()
    assert "The first record runs again." in done
    again = client.post(address, {"reason": "mapped the status"}, follow=True).content.decode()
    assert "are being replayed already" in again
    with scope.tenant(shop.tenant.pk):
        incident.refresh_from_db()
        assert (incident.replay_state, incident.replay_by_id) == ("canary", manager.pk)
        # The second was not done, and so is not told as done.
        assert AuditEntry.objects.filter(action="staff.acted").count() == 1


def test_support_reads_and_does_nothing(shop: Shop, people: dict[str, User]) -> None:
    person = people["support"]
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.PAUSED)
    client, base = browser_of(person), f"/admin/accounts/{shop.tenant.slug}/"
    assert "Keep the note" not in client.get(base).content.decode()
    address = f"{base}connections/{shop.pair.pos.pk}/resume/"
    assert address not in client.get(base).content.decode()
    for asked in (client.get(address), client.post(address, {"reason": "they rang us"})):
        assert asked.status_code == 403
    assert client.post(f"{base}notes/", {"form": uuid4(), "text": "Hm."}).status_code == 403
    assert state(shop) == ConnectionState.PAUSED


def test_a_note_is_kept_once(shop: Shop, manager: User) -> None:
    client, base = browser_of(manager), f"/admin/accounts/{shop.tenant.slug}/"
    form = uuid4()
    for _ in range(2):
        client.post(f"{base}notes/", {"form": form, "text": "<b>Rang</b> on Monday"})
    assert client.post(f"{base}notes/", {"form": "x", "text": "Hm."}).status_code == 404
    assert client.get(f"{base}notes/").status_code == 405
    with scope.tenant(shop.tenant.pk):
        assert StaffNote.objects.count() == 1
    assert "&lt;b&gt;Rang&lt;/b&gt; on Monday" in client.get(base).content.decode()


def test_the_list_costs_the_same_for_two_hundred_tenants(manager: User) -> None:
    client = browser_of(manager)

    def cost() -> int:
        with CaptureQueriesContext(
            database,
        ) as asked:
            assert client.get("/admin/").status_code == 200
        return len(asked)

    troubles.look_at_all(NOW)
    with scope.door("one in trouble"):
        Standing.objects.update(urgency=50)
    cost()
    few = cost()
    with scope.door("rows for the test"):
        made = Tenant.objects.bulk_create(
            [Tenant(name=f"T {number}", slug=f"t-{number}") for number in range(200)]
        )
        StaffAssignment.objects.bulk_create(
            [StaffAssignment(tenant=one, staff=manager) for one in made]
        )
        Standing.objects.bulk_create(
            [Standing(tenant=one, urgency=80, since=NOW, looked_at=NOW) for one in made]
        )
    assert cost() == few
    assert client.get("/admin/").content.decode().count("<section") == 50


def test_only_who_is_in_trouble_is_listed(manager: User, shop: Shop) -> None:
    client: Client = browser_of(manager)
    assert "All is well." in client.get("/admin/").content.decode()
    notice(shop, at=timezone.now() - timedelta(hours=1))
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.count() == 1
    troubles.look_at_all(timezone.now())
    assert "1 record waits" in client.get("/admin/").content.decode()
