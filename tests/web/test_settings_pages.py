"""Settings of an account, its connections and its pairs."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from integrations.models import (
    Connection,
    ConnectionState,
    DayTotal,
    Flow,
    InboxItem,
    Pair,
    PairState,
    SafetyStock,
    StockedArticle,
)
from integrations.services import (
    connection_settings,
    connections,
    conservation,
    pair_settings,
    pairs,
)
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, Tenant, User
from tests.web.shops import Shop, delivered_order


def base(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/settings/"


def pair_base(shop: Shop) -> str:
    return f"{base(shop)}pairs/{shop.pair.pk}/"


def connection_base(shop: Shop, connection: Connection | None = None) -> str:
    return f"{base(shop)}connections/{(connection or shop.pair.store).pk}/"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def seen(response: Any) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', response.content.decode())
    assert found
    return found[1]


def last_audit(shop: Shop) -> AuditEntry:
    with scope.tenant(shop.tenant.pk):
        return AuditEntry.objects.order_by("-id").first()


def member(shop: Shop, role: Role) -> Client:
    user = User.objects.create_user(f"{role}@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


# --- general -------------------------------------------------------------------------------------


def test_general_settings_are_saved_with_what_was_there_before(page: Client, shop: Shop) -> None:
    form = {
        "name": "Harbour Goods & Co",
        "time_zone": "Europe/Berlin",
        "retention_days": "45",
        "seen": seen(page.get(base(shop))),
    }
    assert page.post(base(shop), form).status_code == 302
    with scope.tenant(shop.tenant.pk):
        tenant = Tenant.objects.get()
    assert (tenant.name, tenant.time_zone, tenant.retention_days) == (
        "Harbour Goods & Co",
        "Europe/Berlin",
        45,
    )
    entry = last_audit(shop)
    assert entry.actor_id == shop.owner.pk
    assert entry.before["retention_days"] == 30
    assert entry.after["retention_days"] == 45


def test_a_bad_value_is_told_beside_its_field_and_nothing_is_saved(
    page: Client, shop: Shop
) -> None:
    good = {
        "name": "Other",
        "time_zone": "UTC",
        "retention_days": "40",
        "seen": seen(page.get(base(shop))),
    }
    for field, value, said in (
        ("name", "  ", "Enter the name of your business."),
        ("time_zone", "Mars/Olympus", "Mars/Olympus is no time zone."),
        ("retention_days", "0", "Enter a whole number of days from 1 to 365."),
        ("retention_days", "9" * 5, "Enter a whole number of days"),
        ("retention_days", "ten", "ten cannot be kept."),
    ):
        answer = page.post(base(shop), {**good, field: value})
        assert answer.status_code == 400
        assert said in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Tenant.objects.get().name == "Harbour Goods"


def test_a_form_that_was_opened_before_another_change_overwrites_nothing(
    page: Client, shop: Shop
) -> None:
    stale = seen(page.get(base(shop)))
    form = {"name": "First", "time_zone": "UTC", "retention_days": "30"}
    assert page.post(base(shop), {**form, "seen": stale}).status_code == 302
    answer = page.post(base(shop), {**form, "name": "Second", "seen": stale})
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Tenant.objects.get().name == "First"


def test_viewers_see_settings_and_change_none(shop: Shop) -> None:
    viewer = member(shop, Role.VIEWER)
    assert "Owners and admins can change this." in text(viewer.get(base(shop)))
    assert viewer.post(base(shop), {"name": "Taken"}).status_code == 403
    assert viewer.get(f"{connection_base(shop)}settings/").status_code == 403
    assert viewer.post(f"{connection_base(shop)}resume/").status_code == 403
    assert viewer.post(f"{pair_base(shop)}safety-stock/", {"sku": "A"}).status_code == 403
    assert viewer.get(f"{base(shop)}data/erase/").status_code == 403
    operator = member(shop, Role.OPERATOR)
    assert operator.get(f"{connection_base(shop)}disconnect/").status_code == 403
    assert operator.get(f"{pair_base(shop)}pause/").status_code == 200


def test_another_accounts_ids_are_not_found(page: Client, shop: Shop, other_shop: Shop) -> None:
    theirs = other_shop.pair
    for path in (
        f"{base(shop)}connections/{theirs.store_id}/",
        f"{base(shop)}connections/{theirs.store_id}/settings/",
        f"{base(shop)}connections/{theirs.store_id}/disconnect/",
        f"{base(shop)}connections/{theirs.store_id}/webhooks/",
        f"{base(shop)}pairs/{theirs.pk}/",
        f"{base(shop)}pairs/{theirs.pk}/safety-stock/",
        f"{base(shop)}pairs/{theirs.pk}/merge-rules/",
        f"{base(shop)}pairs/{theirs.pk}/delete/",
    ):
        assert page.get(path).status_code == 404, path
    assert page.post(f"{base(shop)}connections/{theirs.store_id}/resume/").status_code == 404
    assert page.post(f"{base(shop)}pairs/{theirs.pk}/resume/").status_code == 404


# --- connections ---------------------------------------------------------------------------------


def test_connections_are_listed_and_shown_without_secrets(page: Client, shop: Shop) -> None:
    with scope.tenant(shop.tenant.pk):
        connections.store.put(shop.pair.store_id, {"access_token": "shpat_very_secret"})
    assert "Web shop" in text(page.get(f"{base(shop)}connections/"))
    shown = text(page.get(connection_base(shop)))
    assert "Admin API access token" in shown
    assert "set on" in shown
    assert "shpat_very_secret" not in shown
    assert "shpat_very_secret" not in text(page.get(f"{connection_base(shop)}reconnect/"))


def test_safety_stock_of_a_connection_has_published_stock_worked_out_again(
    page: Client, shop: Shop
) -> None:
    till = shop.pair.pos
    with scope.tenant(shop.tenant.pk):
        StockedArticle.objects.create(till=till, key="100", sku="MUG")
    address = f"{connection_base(shop, till)}settings/"
    form = {"safety_stock": "2", "poll_seconds": "45", "seen": seen(page.get(address))}
    answer = page.post(address, form, follow=True)
    assert "Saved. The stock of 1 article is worked out again." in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Connection.objects.get(pk=till.pk).settings == {
            "safety_stock": "2",
            "poll_seconds": "45",
        }
        assert InboxItem.objects.filter(connection=till, key="100").count() == 1
    entry = last_audit(shop)
    assert entry.before == {"poll_seconds": "", "safety_stock": ""}
    assert entry.after == {"poll_seconds": "45", "safety_stock": "2"}


def test_a_bad_connection_setting_is_told_and_not_saved(page: Client, shop: Shop) -> None:
    address = f"{connection_base(shop, shop.pair.pos)}settings/"
    opened = seen(page.get(address))
    for field, value, said in (
        ("poll_seconds", "soon", "a number that is not negative is needed"),
        ("who_fulfils", "nobody", "choose one of: auto_invoice, merchant_fulfils"),
        ("tax_item", "x" * 4001, "at most 4,000 are kept"),
    ):
        answer = page.post(address, {field: value, "seen": opened})
        assert answer.status_code == 400
        assert said in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Connection.objects.get(pk=shop.pair.pos_id).settings == {}


def test_a_value_of_the_account_is_not_saved_while_the_account_cannot_be_asked(
    page: Client, shop: Shop
) -> None:
    """The account of this shop lies at a closed port."""
    address = f"{connection_base(shop, shop.pair.pos)}settings/"
    answer = page.post(address, {"location_id": "100005", "seen": seen(page.get(address))})
    assert answer.status_code == 400
    assert "could not be asked whether 100005 exists there" in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Connection.objects.get(pk=shop.pair.pos_id).settings == {}


def test_two_people_do_not_overwrite_each_others_connection_settings(
    page: Client, shop: Shop
) -> None:
    address = f"{connection_base(shop, shop.pair.pos)}settings/"
    stale = seen(page.get(address))
    page.post(address, {"poll_seconds": "45", "seen": stale})
    assert page.post(address, {"poll_seconds": "60", "seen": stale}).status_code == 409
    assert page.post(address, {"poll_seconds": "60"}).status_code == 409
    with scope.tenant(shop.tenant.pk):
        assert Connection.objects.get(pk=shop.pair.pos_id).settings["poll_seconds"] == "45"


def test_a_connection_is_paused_resumed_and_disconnected(page: Client, shop: Shop) -> None:
    def state() -> str:
        with scope.tenant(shop.tenant.pk):
            return Connection.objects.get(pk=shop.pair.pos_id).state

    address = connection_base(shop, shop.pair.pos)
    with scope.tenant(shop.tenant.pk):
        connections.store.put(shop.pair.pos_id, {"token": "secret", "webhook_secret": "x"})
    page.post(f"{address}pause/")
    page.post(f"{address}pause/")
    assert state() == ConnectionState.PAUSED
    page.post(f"{address}resume/")
    assert state() == ConnectionState.ACTIVE
    assert "These pairs stop" in text(page.get(f"{address}disconnect/"))
    answer = page.post(f"{address}disconnect/", follow=True)
    assert "its credentials are destroyed" in text(answer)
    assert "Our webhooks could not be taken away there" in text(answer)
    assert state() == ConnectionState.DISCONNECTED
    with scope.tenant(shop.tenant.pk):
        assert connections.credentials_set(shop.pair.pos) == {}
        assert Pair.objects.get().state == PairState.PAUSED
    entry = last_audit(shop)
    assert entry.after["pairs_paused"] == ["Store till and web shop"]
    assert "secret" not in str(entry.before["state"])
    answer = page.post(f"{address}resume/", follow=True)
    assert "This connection needs new credentials" in text(answer)
    answer = page.post(f"{pair_base(shop)}resume/", follow=True)
    assert "is disconnected. Reconnect it first" in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.get().state == PairState.PAUSED


def test_a_refused_credential_changes_nothing(page: Client, shop: Shop) -> None:
    address = f"{connection_base(shop, shop.pair.pos)}reconnect/"
    assert "Enter what is to be replaced" in text(page.post(address, {}))
    answer = page.post(address, {"token": "new-token"})
    assert answer.status_code == 400
    assert "Nothing was changed." in text(answer)
    assert "new-token" not in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert connections.credentials_set(shop.pair.pos) == {}


def test_a_connection_is_renamed_to_a_name_nobody_else_has(page: Client, shop: Shop) -> None:
    address = f"{connection_base(shop)}name/"
    assert "Another connection is called Store till" in text(
        page.post(address, {"name": "Store till"})
    )
    assert page.post(address, {"name": "Main shop"}).status_code == 302
    with scope.tenant(shop.tenant.pk):
        assert Connection.objects.get(pk=shop.pair.store_id).name == "Main shop"


# --- pairs ---------------------------------------------------------------------------------------


def test_a_pair_is_renamed_paused_and_goes_on_as_before(page: Client, shop: Shop) -> None:
    address = pair_base(shop)
    assert page.post(f"{address}name/", {"name": ""}).status_code == 400
    page.post(f"{address}name/", {"name": "Downtown"})
    assert "Downtown" in text(page.get(address))
    page.post(f"{address}pause/")
    page.post(f"{address}pause/")
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.get().state == PairState.PAUSED
    page.post(f"{address}resume/")
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.get().state == PairState.TESTING
        said = AuditEntry.objects.filter(object_type="Pair").order_by("id")
        assert [entry.action for entry in said] == ["pair.renamed", "pair.paused", "pair.resumed"]


def test_only_a_pair_that_does_not_run_is_deleted_with_what_it_delivered(
    page: Client, shop: Shop
) -> None:
    delivered_order(shop, "#1001", there="100321")
    address = f"{pair_base(shop)}delete/"
    assert "It runs. Pause it first." in text(page.get(address))
    page.post(address)
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.count() == 1
        Pair.objects.update(state=PairState.PAUSED)
    assert "Delete Store till and web shop?" in text(page.get(address))
    assert "is deleted" in text(page.post(address, follow=True))
    with scope.tenant(shop.tenant.pk):
        assert (Pair.objects.count(), Flow.objects.count()) == (0, 0)
        assert Connection.objects.count() == 2
    assert page.get(address).status_code == 404


def test_safety_stock_by_row_and_by_file(page: Client, shop: Shop) -> None:
    address = f"{pair_base(shop)}safety-stock/"
    assert "Nothing is kept back here." in text(page.get(address))
    answer = page.post(address, {"sku": "MUG", "location": "", "units": "2"}, follow=True)
    assert "2 of MUG kept back" in text(answer)
    assert "No stock of MUG was published yet" in text(answer)
    wrong = page.post(address, {"sku": "MUG", "location": "", "units": "many"})
    assert wrong.status_code == 400
    assert "&#x27;many&#x27; is no number of units." in text(wrong)
    file = "sku,location,units\nTEE,,1\n=cmd,,5\nBAD,,-1\n,,3\n"
    answer = page.post(f"{address}upload/", {"file": SimpleUploadedFile("s.csv", file.encode())})
    assert answer.status_code == 400
    assert "Line 4: BAD" in text(answer)
    assert "Line 5: A row needs a SKU" in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert SafetyStock.objects.count() == 1
    file = "sku,location,units\nTEE,,1\n=cmd,,5\nMUG,,\n"
    answer = page.post(
        f"{address}upload/", {"file": SimpleUploadedFile("s.csv", file.encode())}, follow=True
    )
    assert "3 rows changed" in text(answer)
    kept = page.get(f"{address}file/").content.decode()
    assert kept.splitlines() == ["sku,location,units", "'=cmd,,5", "TEE,,1"]
    again = SimpleUploadedFile("s.csv", kept.encode())
    assert "0 rows changed" in text(page.post(f"{address}upload/", {"file": again}, follow=True))
    binary = SimpleUploadedFile("s.csv", b"\xff\xfe\x00")
    assert "no text in UTF-8" in text(page.post(f"{address}upload/", {"file": binary}))
    page.post(address, {"sku": "TEE", "location": "", "units": "", "remove": "yes"})
    with scope.tenant(shop.tenant.pk):
        assert list(SafetyStock.objects.values_list("sku", flat=True)) == ["=cmd"]


def test_merge_rules_are_chosen_in_words(page: Client, shop: Shop) -> None:
    address = f"{pair_base(shop)}merge-rules/"
    assert "Nothing goes both ways in this pair." in text(page.get(address))
    with scope.tenant(shop.tenant.pk):
        Flow.objects.create(
            pair=shop.pair,
            entity="customer",
            direction="to_store",
            source=shop.pair.pos,
            target=shop.pair.store,
        )
    opened = page.get(address)
    assert "The point of sale decides" in text(opened)
    form = {"entity": "customer", "seen": seen(opened), "rule-*": "hold", "rule-email": "pos"}
    assert page.post(address, form).status_code == 302
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.get().merge_rules == {"customer": {"*": "hold", "email": "pos"}}
    assert page.post(address, form).status_code == 409
    fresh = {"entity": "customer", "seen": seen(page.get(address)), "rule-*": "nobody"}
    assert page.post(address, fresh).status_code == 400


def test_a_flow_that_a_person_switched_stays_so_when_the_pair_goes_on(
    page: Client, shop: Shop
) -> None:
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        store = Connection.objects.get(pk=shop.pair.store_id)
        connection_settings.keep(store.pk, {"gift_cards": "both"}, actor=None, now=now)
        cards = Flow.objects.filter(entity="gift_card").order_by("pk")
        assert [one.is_on for one in cards] == [True, True]
        pairs.switch(cards[0], is_on=False, now=now)
        pair_settings.pause(pair_id=shop.pair.pk, actor=None)
        pair_settings.resume(pair_id=shop.pair.pk, actor=None, now=now)
        assert [one.is_on for one in cards.all()] == [False, True]
        # The setting rules again when it is changed, also while the pair is paused.
        pair_settings.pause(pair_id=shop.pair.pk, actor=None)
        connection_settings.keep(store.pk, {"gift_cards": "off"}, actor=None, now=now)
        assert [one.is_on for one in cards.all()] == [False, False]


def test_the_books_balance_when_a_pair_was_deleted(shop: Shop) -> None:
    item = delivered_order(shop, "#1001", there="S-1001")
    day = item.received_at.date()
    common = {"entity": "order", "day": day, "count": 3}
    with scope.tenant(shop.tenant.pk):
        InboxItem.objects.filter(pk=item.pk).update(passed_to=1)
        flow = shop.flows[Entity.ORDER]
        DayTotal.objects.create(
            connection=flow.source, row="item", outcome="passed", passed_to=3, **common
        )
        DayTotal.objects.create(
            connection=flow.source, flow=flow, row="delivery", outcome="delivered", **common
        )
        pair_settings.pause(pair_id=shop.pair.pk, actor=None)

    def off() -> set[str]:
        found = conservation.report(shop.tenant.pk, now=timezone.now()).imbalances
        return {one.kind for one in found} & {"missing", "surplus", "orphan", "vanished"}

    assert off() == set()
    pair_settings.delete(tenant_id=shop.tenant.pk, pair_id=shop.pair.pk, actor=None)
    assert off() == set()
