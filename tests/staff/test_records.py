"""Inbox, deliveries, attempts and incidents of an account in the admin: lists, pages, acts, searches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from clarity.web.staff.records import find, lists, opened
from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    ReplayState,
)
from integrations.services import incident_lists, row_pages
from integrations.services.row_lists import Asked, Item, Try, attempts, deliveries, inbox_items
from integrations.services.row_walks import Place
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, StaffRole, User
from tenants.services import staff
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, delivered_order, delivery, make_shop, notice
from tests.web.test_incidents import stuck, unread

WHY = {"reason": "They rang about it"}


@dataclass(frozen=True)
class Rig:
    """An account, somebody who looks after it, and an account nobody here looks after."""

    shop: Shop
    other: Shop
    manager: User
    client: Client

    @property
    def base(self) -> str:
        return f"/admin/accounts/{self.shop.tenant.slug}/"

    def text(self, path: str, *, status: int = 200) -> str:
        answer = self.client.get(self.base + path)
        assert answer.status_code == status, path
        return str(answer.content.decode())

    def post(self, path: str, data: Mapping[str, Any], *, status: int = 200) -> str:
        answer = self.client.post(self.base + path, data, follow=True)
        assert answer.status_code == status, path
        return str(answer.content.decode())


@pytest.fixture
def rig(db: None) -> Rig:
    shop, other = make_shop("Harbour Goods"), make_shop("Field Supplies")
    manager = colleague("manager", StaffRole.ACCOUNT_MANAGER)
    staff.assign(tenant_id=shop.tenant.pk, staff=manager, actor=None)
    return Rig(shop, other, manager, browser_of(manager))


def told(shop: Shop, *prefixes: str) -> list[tuple[str, Any, str]]:
    """(action, what is said of it, reason) of the account's own log, oldest first."""
    with scope.tenant(shop.tenant.pk):
        rows = AuditEntry.objects.order_by("id")
        return [
            (row.action, row.after, row.reason) for row in rows if row.action.startswith(prefixes)
        ]


def ids(page: str) -> list[int]:
    """The records a list leads to, in its order."""
    return [
        int(pk) for pk in re.findall(r'<th scope="row"[^>]*><a href="[^"]*/records/(\d+)/', page)
    ]


def walked(rig: Rig, path: str) -> list[int]:
    """What all pages of a list lead to, from the first to the last."""
    found: list[int] = []
    query = ""
    for _ in range(9):
        page = rig.text(f"{path}{query}")
        found += ids(page)
        (older,) = re.findall(r'href="(\?[^"]*after=[^"]*)"', page)[-1:] or [""]
        if not older:
            return found
        query = older.replace("&amp;", "&")
    pytest.fail("the pages have no end")


@pytest.fixture
def busy(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> dict[str, InboxItem]:
    """Records of every sort, pages of two rows."""
    monkeypatch.setattr(lists, "ROWS", 2)
    shop, now = rig.shop, timezone.now()

    def ago(minutes: int) -> Any:
        return now - timedelta(minutes=minutes)

    found = {
        "delivered": delivered_order(shop, "#1001", there="501", at=ago(50)),
        "waiting": notice(shop, number="#1002", at=ago(40)),
        "merged": notice(shop, number="#1003", at=ago(30), state=InboxState.MERGED),
        "stock": notice(shop, Entity.INVENTORY, key="TEE", at=ago(20), state=InboxState.PASSED),
        "held": stuck(shop, "#1004"),
        "unread": unread(shop, 1005),
    }
    delivery(shop, found["stock"], attempts=[("TryLater", "Timed out"), ("updated", "")])
    delivered_order(rig.other, "#1001", there="900")
    stuck(rig.other, "#1004")
    return found


def test_every_list_has_each_row_once_and_the_newest_first(
    rig: Rig, busy: dict[str, InboxItem]
) -> None:
    newest = ["unread", "held", "stock", "merged", "waiting", "delivered"]
    assert walked(rig, "inbox/") == [busy[name].pk for name in newest]
    assert ids(rig.text("deliveries/")) == [busy["held"].pk, busy["stock"].pk]
    assert ids(rig.text("attempts/")) == [busy["held"].pk, busy["stock"].pk]
    assert len(re.findall(r"incidents/\d+/\"", rig.text("incidents/"))) == 2


def test_what_makes_no_sense_as_a_place_is_the_first_page() -> None:
    for after in ("", "x", "1-", "9" * 18 + "-1", "1-2-3", "-1--1", "\u0661-1"):
        assert Place.parse(after) is None, after
    last = Place.parse("9" * 17 + "-" + "9" * 17)
    assert last is not None
    assert last.moment.year == 5138
    at = datetime.fromisoformat("2026-11-21T12:00:00.000001+00:00")
    assert Place.parse(Place.at(at, 7).as_text()) == Place.at(at, 7)
    assert Place.at(at, 7).moment == at


def test_lists_are_narrowed_however_little_is_looked_through(
    rig: Rig, busy: dict[str, InboxItem], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, flow = rig.shop.pair, {one: each.pk for one, each in rig.shop.flows.items()}
    asked: list[tuple[Any, Asked, list[str]]] = [
        (inbox_items, Asked(state="waiting"), ["waiting"]),
        (inbox_items, Asked(state="held"), ["unread"]),
        (inbox_items, Asked(state="merged"), ["merged"]),
        (inbox_items, Asked(state="passed"), ["held", "stock", "delivered"]),
        (inbox_items, Asked(entity="inventory"), ["stock"]),
        (inbox_items, Asked(connection_id=pair.pos.pk), ["stock"]),
        (inbox_items, Asked(flow_id=flow[Entity.INVENTORY], entity="order"), []),
        (inbox_items, Asked(flow_id=flow[Entity.ORDER], state="merged"), ["merged"]),
        (deliveries, Asked(state="held"), ["held"]),
        (deliveries, Asked(state="delivered"), ["stock", "delivered"]),
        (deliveries, Asked(connection_id=pair.store.pk), ["stock"]),
        (deliveries, Asked(flow_id=99), []),
        (attempts, Asked(state="bad"), ["held", "stock"]),
        (attempts, Asked(state="good", entity="order"), ["delivered"]),
        (attempts, Asked(flow_id=flow[Entity.INVENTORY]), ["stock", "stock"]),
    ]
    monkeypatch.setattr(row_pages, "_NEAR", 1)
    for window in (2, 3, row_pages.WINDOW):
        monkeypatch.setattr(row_pages, "WINDOW", window)
        with scope.tenant(rig.shop.tenant.pk):
            for read, narrowed, names in asked:
                found = every_row(read, narrowed)
                assert found == [busy[name].pk for name in names], (window, narrowed)
        said = "Looked through 2 of them for this page, and none fits."
        assert (said in rig.text("deliveries/?state=replaced")) is (window == 2)
    # A choice that is none of ours narrows nothing.
    query = "inbox/?state=nonsense&entity=x&connection=y&flow=z&incident=w"
    assert ids(rig.text(query)) == [busy["unread"].pk, busy["held"].pk]


def every_row(read: Any, asked: Asked) -> list[int]:
    """The inbox items behind the rows of all pages, two rows a page."""
    found: list[int] = []
    after = ""
    for _ in range(20):
        page = read(asked, after=after, limit=2)
        found += [item_of(row) for row in page.rows]
        after = page.older
        if not after:
            return found
    pytest.fail("the pages have no end")


def item_of(row: Item | Delivery | Try) -> int:
    if isinstance(row, Item):
        return int(row.item.pk)
    delivered = row.delivery if isinstance(row, Try) else row
    assert delivered is not None
    return int(delivered.inbox_item_id)


def test_times_are_those_of_the_account(rig: Rig) -> None:
    at = datetime.fromisoformat("2026-06-30T23:30:00-04:00")
    item = notice(rig.shop, number="#1", at=at, state=InboxState.HELD)
    for query, is_there in {
        "from=2026-06-30T23:30": True,
        "from=2026-06-30T23:31": False,
        "to=2026-06-30T23:31": True,
        "to=2026-06-30T23:30": False,
        "from=2026-06-30&to=2026-07-01": True,
        "from=2026-07-01T03:30%2B00:00": True,
    }.items():
        for state in ("", "&state=held"):
            assert ids(rig.text(f"inbox/?{query}{state}")) == [item.pk] * is_there, (query, state)
    page = rig.text("inbox/?from=yesterday", status=422)
    assert 'id="from-error">This is no date and time.' in page
    assert 'value="yesterday"' in page
    backwards = rig.text("deliveries/?from=2026-06-30T10:00&to=2026-06-30T09:00", status=422)
    assert "later than the time it begins at" in backwards
    assert "no date" in rig.text("attempts/?to=0001-01-01T00:00%2B23:00", status=422)


def test_documents_open_for_a_reason_that_holds_for_a_while(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = delivered_order(rig.shop, "#1001", there="501")
    path = f"records/{item.pk}/"
    needs = [["customer", "77", ""], ["order", "78", "S-78"]]
    with scope.tenant(rig.shop.tenant.pk):
        Delivery.objects.update(needs=needs)
    page = rig.text(path)
    assert "Sent to Store till" in page
    assert "customer 77, order S-78" in page
    assert "public_id" not in page
    assert "till.example.com" not in page
    assert "Say why" in rig.post(f"{path}documents/", {"reason": "x"}, status=422)
    page = rig.post(f"{path}documents/", {"reason": "The sum looked wrong"})
    assert "&lt;b&gt;not markup&lt;/b&gt;" in page
    assert "till.example.com" in page
    later = delivered_order(rig.shop, "#1002", there="502")
    assert "till.example.com" in rig.text(f"records/{later.pk}/")
    at = f"record {item.pk}"
    assert told(rig.shop, "staff.") == [
        ("staff.assigned", {"staff": rig.manager.email}, ""),
        ("staff.looked", {"at": at}, ""),
        ("staff.looked", {"at": at}, ""),
        ("staff.looked", {"at": f"{at} with its documents"}, "The sum looked wrong"),
        ("staff.looked", {"at": f"record {later.pk} with its documents"}, "The sum looked wrong"),
    ]
    soon = opened.time.time() + opened.MINUTES * 60
    monkeypatch.setattr(opened.time, "time", lambda: soon)
    assert "till.example.com" not in rig.text(path)
    # The reason was for this account only.
    staff.assign(tenant_id=rig.other.tenant.pk, staff=rig.manager, actor=None)
    monkeypatch.undo()
    theirs = delivered_order(rig.other, "#7", there="9")
    assert (
        "till.example.com"
        not in rig.client.get(
            f"/admin/accounts/{rig.other.tenant.slug}/records/{theirs.pk}/"
        ).content.decode()
    )


def test_one_record_is_replayed_or_discarded_for_a_reason(rig: Rig) -> None:
    first, second = stuck(rig.shop, "#1001"), stuck(rig.shop, "#1002")
    again, away = f"records/{first.pk}/replay/", f"records/{second.pk}/discard/"
    assert "Replay Order #1001?" in rig.text(again)
    assert "Say why" in rig.post(again, {"reason": " "}, status=422)
    assert states(rig.shop) == {"#1001": "held", "#1002": "held"}
    assert "Order #1001 runs again." in rig.post(again, WHY)
    assert "already waiting" in rig.post(again, WHY)
    assert "Discard Order #1002?" in rig.text(away)
    assert "at most 400 are kept" in rig.post(away, {"reason": "x" * 450}, status=422)
    assert "is left out" in rig.post(away, WHY)
    assert "does not wait for a person any more" in rig.post(away, WHY, status=422)
    assert states(rig.shop) == {"#1001": "replaced", "#1002": "filtered"}
    about = [{"act": "replay", "about": f"record {first.pk}"}]
    about += [{"act": "discard", "about": f"record {second.pk}"}]
    assert [one for one in told(rig.shop, "staff.acted", "record.") if one[0] != "record.x"] == [
        ("staff.acted", about[0], WHY["reason"]),
        ("record.replayed", None, ""),
        ("staff.acted", about[1], WHY["reason"]),
        ("record.discarded", {"state": "filtered"}, WHY["reason"]),
    ]


def states(shop: Shop) -> dict[str, str]:
    with scope.tenant(shop.tenant.pk):
        return dict(Delivery.objects.order_by("id").values_list("number", "state"))


def test_an_incident_is_replayed_stopped_and_discarded(rig: Rig) -> None:
    for number in ("#1001", "#1002", "#1003"):
        stuck(rig.shop, number, sku="MUG-RED" if number == "#1003" else "MUG-BLUE")
    with scope.tenant(rig.shop.tenant.pk):
        one = Incident.objects.get()
    path = f"incidents/{one.pk}/"
    page = rig.text(path)
    assert "3 orders are stuck on the way to Store till." in page
    assert "MUG-RED" in page
    assert len(ids(page)) == 3
    assert "Only those with the value" in rig.text(f"{path}discard/?value=MUG-RED")
    assert "1 record is left out." in rig.post(f"{path}discard/", {**WHY, "value": "MUG-RED"})
    assert "One goes first" in rig.text(f"{path}replay-all/")
    assert "The first record runs again." in rig.post(f"{path}replay-all/", WHY)
    looked = len(told(rig.shop, "staff.looked"))
    assert "One record goes first." in rig.text(f"{path}now/")
    assert len(told(rig.shop, "staff.looked")) == looked
    assert "being replayed already" in rig.post(f"{path}replay-all/", WHY)
    assert "Stop that first" in rig.post(f"{path}discard/", WHY, status=422)
    assert "No further record follows." in rig.post(f"{path}stop/", WHY)
    assert "was over already" in rig.post(f"{path}stop/", WHY)
    with scope.tenant(rig.shop.tenant.pk):
        assert Incident.objects.get().replay_state == ReplayState.STOPPED
    assert sorted(states(rig.shop).values()) == ["filtered", "held", "replaced"]
    acts = [after["act"] for _, after, _ in told(rig.shop, "staff.acted")]
    assert acts == ["discard", "replay", "stop the replay"]
    assert ids(rig.text(f"deliveries/?incident={one.pk}")) == ids(rig.text(path))


def test_a_large_incident_is_not_counted_out(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_lists, "MOST", 2)
    monkeypatch.setattr("clarity.web.staff.records.incidents.MOST", 2)
    for number in ("#1001", "#1002", "#1003"):
        stuck(rig.shop, number)
    unread(rig.shop, 1004)
    page = rig.text("incidents/")
    assert "over 2" in page
    assert ">1</span>" in page
    with scope.tenant(rig.shop.tenant.pk):
        one = Incident.objects.get(side="target")
    page = rig.text(f"incidents/{one.pk}/")
    assert "More than 2 orders are stuck on the way to Store till." in page


def test_who_only_reads_changes_nothing_and_strangers_ids_are_not_there(rig: Rig) -> None:
    item, theirs = stuck(rig.shop, "#1001"), stuck(rig.other, "#1001")
    with scope.tenant(rig.other.tenant.pk):
        not_mine = Incident.objects.get().pk
    with scope.tenant(rig.shop.tenant.pk):
        mine = Incident.objects.get().pk
    reader = colleague("reader", StaffRole.SUPPORT)
    staff.assign(tenant_id=rig.shop.tenant.pk, staff=reader, actor=None)
    client = browser_of(reader)
    pages = [
        client.get(f"{rig.base}{path}") for path in (f"records/{item.pk}/", f"incidents/{mine}/")
    ]
    for page in pages:
        assert page.status_code == 200
        assert "/replay" not in page.content.decode()
        assert "/discard" not in page.content.decode()
        assert page["Cache-Control"] == "private, no-store"
    acts = ("records/{item}/replay/", "records/{item}/discard/", "incidents/{incident}/replay-all/",
            "incidents/{incident}/stop/", "incidents/{incident}/discard/")  # fmt: skip
    for path in acts:
        address = rig.base + path.format(item=item.pk, incident=mine)
        assert client.get(address).status_code == 403
        assert client.post(address, WHY).status_code == 403
        strange = path.format(item=theirs.pk, incident=not_mine)
        rig.text(strange, status=404)
        rig.post(strange, WHY, status=404)
    for strange in (
        f"records/{theirs.pk}/",
        f"incidents/{not_mine}/",
        f"incidents/{not_mine}/now/",
        f"records/{2**63}/",
    ):
        rig.text(strange, status=404)
    assert ids(rig.text(f"deliveries/?incident={not_mine}")) == []
    assert ids(rig.text(f"inbox/?connection={rig.other.pair.store.pk}")) == []
    foreign = rig.client.get(f"/admin/accounts/{rig.other.tenant.slug}/inbox/")
    assert foreign.status_code == 404
    assert states(rig.shop) == states(rig.other) == {"#1001": DeliveryState.HELD}
    assert told(rig.other, "staff.") == []


def test_records_of_an_account_are_found_as_the_business_finds_them(rig: Rig) -> None:
    items = [delivered_order(rig.shop, number, there=number) for number in ("#10010", "#10011")]
    answer = rig.client.get(f"{rig.base}search/?q=10010")
    assert answer["Location"] == f"{rig.base}records/{items[0].pk}/"
    assert ids(rig.text("search/?q=10010&list")) == [items[0].pk]
    assert "Nothing fits" in rig.text("search/?q=ann@example.com")
    assert "at least 2 characters" in rig.text("search/?q=x", status=422)
    assert "ann@example.com" not in str(told(rig.shop, "staff."))


def test_a_number_is_found_over_the_accounts_one_looks_after(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = make_shop("Tall Trees")
    staff.assign(tenant_id=third.tenant.pk, staff=rig.manager, actor=None)
    delivered_order(rig.shop, "#20077", there="1")
    delivered_order(rig.other, "#20077", there="2")
    notice(third, number="#20078")

    def found(query: str, *, status: int = 200) -> str:
        answer = rig.client.get(f"/admin/find/{query}")
        assert answer.status_code == status
        return str(answer.content.decode())

    assert "Known at" not in found("")
    for number in ("20077", "%2320077", "%20%2320077%20"):
        page = found(f"?q={number}")
        assert "Known at 1 of 2 accounts" in page
        assert f'href="{rig.base}search/?q=' in page
        assert "Field Supplies" not in page
    assert "None of 2 accounts knows" in found("?q=2007")
    for refused, said in {
        "ann@example.com": "within one account only",
        "7": "at least 3 characters",
        "%23%231": "at least 3 characters",
        "9" * 90: "too long",
    }.items():
        assert said in found(f"?q={refused}", status=422)
    looked = [after["at"] for _, after, _ in told(rig.shop, "staff.looked")]
    assert looked == ["the search for a number over several accounts: it is known here"] * 3
    assert told(third, "staff.looked") == told(rig.other, "staff.looked") == []

    monkeypatch.setattr(find, "ACCOUNTS", 1)
    page = found("?q=20078")
    assert "None of 1 account knows" in page
    (link,) = re.findall(r'href="(\?q=20078&amp;after=[^"]*)"', page)
    assert "Tall Trees" in found(link.replace("&amp;", "&"))
    for role in (StaffRole.FINANCE, StaffRole.SUPERUSER):
        person = colleague(role.value, role)
        answer = browser_of(person).get("/admin/find/?q=20077")
        if role == StaffRole.FINANCE:
            assert answer.status_code == 403
        else:
            # A superuser sees assigned accounts only, as everybody.
            assert "You look after no account yet." in answer.content.decode()
