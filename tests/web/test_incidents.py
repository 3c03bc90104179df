"""The pages of what is stuck, against rows in a real database."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.errors import Rejected
from integrations.models import (
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    ReplayState,
)
from integrations.services.editing import edits
from integrations.sync import incidents
from integrations.sync.sessions import keep, load
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.flow.posting import order_body
from tests.web.shops import Shop, held_order, notice

CARD = "4111 1111 1111 1111"


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


def stuck(shop: Shop, number: str, *, sku: str = "MUG-BLUE") -> InboxItem:
    """A held order, filed as the engine does it."""
    item = held_order(shop, number, sku=sku)
    with scope.tenant(shop.tenant.pk):
        row = Delivery.objects.get(inbox_item=item)
        incidents.file(row, Rejected(row.reason, field=row.field), now=timezone.now())
        row.save()
    return item


def unread(shop: Shop, number: int, **changes: object) -> InboxItem:
    """An order that could not be read, with its payload as it came."""
    body = order_body(number, sku="MUG", **changes)  # type: ignore[arg-type]
    item = notice(shop, number=f"#{number}", key=str(number), state=InboxState.HELD)
    with scope.tenant(shop.tenant.pk):
        context = f"inbox/{item.connection_id}/order/{item.key}"
        item.payload_id = keep(shop.tenant.pk, context, body)
        item.reason, item.field, item.said = "currency is missing", "currency", ""
        item.advice = "Correct it, then replay."
        incidents.file(item, Rejected(item.reason, field="currency"), now=timezone.now())
        item.save()
    return item


def one(shop: Shop) -> Incident:
    with scope.tenant(shop.tenant.pk):
        found: Incident = Incident.objects.get()
    return found


def home(shop: Shop) -> str:
    return f"/t/{shop.tenant.slug}/incidents/"


def address(shop: Shop) -> str:
    return f"{home(shop)}{one(shop).pk}/"


def member(shop: Shop, role: Role) -> Client:
    user = User.objects.create_user(f"{role.value}@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


# --- looking -------------------------------------------------------------------------------------


def test_nothing_stuck_says_so(page: Client, shop: Shop) -> None:
    assert "Nothing is stuck." in text(page.get(home(shop)))


def test_the_list_groups_counts_and_narrows(page: Client, shop: Shop) -> None:
    stuck(shop, "#1001", sku="MUG-BLUE")
    stuck(shop, "#1002", sku="MUG-RED")
    unread(shop, 1003)
    shown = text(page.get(home(shop)))
    assert "No Heartland item for SKU […]" in shown
    assert "Currency is missing" in shown
    assert shown.count('class="row-link"') == 2
    pos = text(page.get(f"{home(shop)}?connection={shop.pair.pos_id}"))
    assert "No Heartland item" in pos
    assert "Currency is missing" not in pos
    assert "No incident fits" in text(page.get(f"{home(shop)}?entity=customer"))
    assert "No incident fits" in text(page.get(f"{home(shop)}?state=closed"))
    for odd in ("?connection=x", "?page=x", "?entity=odd", "?page=-1"):
        assert page.get(f"{home(shop)}{odd}").status_code == 200


def test_the_list_is_paged_without_more_queries_for_more_rows(
    page: Client, shop: Shop, django_assert_max_num_queries: object
) -> None:
    with scope.tenant(shop.tenant.pk):
        for number in range(45):
            incidents.raise_alarm(
                tenant_id=shop.tenant.pk,
                kind=f"kind-{number}",
                connection=None,
                message=f"Alarm {number}",
                advice="",
                now=timezone.now(),
            )
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        first = text(page.get(home(shop)))
    assert "1–20 of 45" in first
    last = text(page.get(f"{home(shop)}?page=3"))
    assert "41–45 of 45" in last
    assert "Alarm 0" in last


def test_an_incident_says_what_to_do_and_lists_its_records(page: Client, shop: Shop) -> None:
    items = [stuck(shop, f"#{1000 + number}") for number in range(25)]
    odd = stuck(shop, "#2000", sku="<b>CUP</b>")
    shown = text(page.get(address(shop)))
    assert "26 orders are stuck on the way to Store till." in shown
    assert "Add the article in Heartland" in shown
    assert "1–20 of 26" in shown
    assert shop.record(odd) in shown
    assert "<b>CUP" not in shown
    assert shop.record(items[0]) in text(page.get(f"{address(shop)}?page=2"))
    narrowed = text(page.get(f"{address(shop)}?value=MUG-BLUE"))
    assert shop.record(odd) not in narrowed
    assert "No record is stuck at this value" in text(page.get(f"{address(shop)}?value=x"))
    for piece in ("now", "records"):
        first = page.get(f"{address(shop)}{piece}/")
        again = page.get(f"{address(shop)}{piece}/", headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304)


def test_an_alarm_of_the_engine_has_no_buttons(page: Client, shop: Shop) -> None:
    incidents.raise_alarm(
        tenant_id=shop.tenant.pk,
        kind="late",
        connection=shop.pair.pos,
        message="The oldest order has waited 4 min.",
        advice="Look whether Store till answers.",
        now=timezone.now(),
    )
    shown = text(page.get(address(shop)))
    assert "Look whether Store till answers." in shown
    assert "do-replay" not in shown
    assert "do-discard" not in shown
    assert "records-title" not in shown


def test_pages_lead_to_the_incident(page: Client, shop: Shop) -> None:
    item = stuck(shop, "#1001")
    assert "1 open incident" in text(page.get(shop.live))
    assert address(shop) in text(page.get(shop.record(item)))


# --- who may -------------------------------------------------------------------------------------


def pages_of(shop: Shop, item: InboxItem) -> list[str]:
    pieces = ("", "now/", "records/", "replay/", "stop/", "discard/")
    return [
        home(shop),
        *(f"{address(shop)}{piece}" for piece in pieces),
        f"{shop.record(item)}edit/",
        f"{shop.record(item)}discard/",
    ]


def test_every_page_is_404_for_a_member_of_another_tenant(
    page: Client, shop: Shop, other_shop: Shop
) -> None:
    item = unread(other_shop, 1001)
    for each in pages_of(other_shop, item):
        assert page.get(each).status_code == 404, each
        assert page.post(each, {"reason": "x"}).status_code in (404, 405), each
        # The own tenant's address with the other's ids opens nothing either.
        mixed = each.replace(other_shop.tenant.slug, shop.tenant.slug)
        if each != home(other_shop):
            assert page.get(mixed).status_code == 404, mixed
            assert page.post(mixed, {"reason": "x"}).status_code in (404, 405), mixed
    assert "Currency is missing" not in text(page.get(home(shop)))
    with scope.tenant(other_shop.tenant.pk):
        assert InboxItem.objects.get(pk=item.pk).state == InboxState.HELD
        assert not AuditEntry.objects.exclude(action="tenant.created").exists()


def test_a_stranger_is_sent_to_sign_in(shop: Shop) -> None:
    item = unread(shop, 1001)
    for each in pages_of(shop, item):
        assert Client().get(each).status_code == 302, each


def test_a_viewer_looks_and_does_nothing(shop: Shop) -> None:
    item = unread(shop, 1001)
    viewer = member(shop, Role.VIEWER)
    shown = text(viewer.get(address(shop)))
    assert "Currency is missing" in shown
    for word in ("do-replay", "do-discard"):
        assert word not in shown
    record = text(viewer.get(shop.record(item)))
    assert "edit/" not in record
    assert "discard/" not in record
    for each in (
        f"{address(shop)}replay/",
        f"{address(shop)}stop/",
        f"{address(shop)}discard/",
        f"{shop.record(item)}edit/",
        f"{shop.record(item)}discard/",
    ):
        assert viewer.get(each).status_code == 403, each
        assert viewer.post(each, {"reason": "x"}).status_code == 403, each
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.get(pk=item.pk).state == InboxState.HELD


def test_an_operator_acts(shop: Shop) -> None:
    stuck(shop, "#1001")
    client = member(shop, Role.OPERATOR)
    done = client.post(f"{address(shop)}replay/", follow=True)
    assert "The first record runs again." in text(done)
    assert one(shop).replay_state == ReplayState.CANARY


def test_each_action_needs_the_csrf_token(shop: Shop) -> None:
    item = unread(shop, 1001)
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.owner)
    for each in pages_of(shop, item)[4:]:
        assert client.post(each, {"reason": "x"}).status_code == 403, each
    assert one(shop).replay_state == ""


# --- doing ---------------------------------------------------------------------------------------


def test_a_replay_is_asked_for_started_shown_and_stopped(page: Client, shop: Shop) -> None:
    for number in range(3):
        stuck(shop, f"#{1001 + number}")
    asked = text(page.get(f"{address(shop)}replay/"))
    assert "Replay 3 records?" in asked
    assert "the other 2 follow by themselves" in asked
    shown = text(page.post(f"{address(shop)}replay/", follow=True))
    assert "One record goes first." in shown
    assert "2 records wait until it went through" in shown
    assert shop.owner.email in shown
    again = text(page.post(f"{address(shop)}replay/", follow=True))
    assert "being replayed already" in again
    refused = page.post(f"{address(shop)}discard/", {"reason": "x"})
    assert (refused.status_code, "Stop that first" in text(refused)) == (422, True)
    assert "No further record follows." in text(page.post(f"{address(shop)}stop/", follow=True))
    assert "The replay stopped." in text(page.get(address(shop)))
    with scope.tenant(shop.tenant.pk):
        actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
        assert actions[1:] == ["incident.replayed", "incident.replay_stopped"]
        assert Delivery.objects.filter(state=DeliveryState.HELD).count() == 2


def test_a_group_is_discarded_with_a_reason(page: Client, shop: Shop) -> None:
    stuck(shop, "#1001", sku="MUG-RED")
    kept = stuck(shop, "#1002", sku="MUG-BLUE")
    asked = text(page.get(f"{address(shop)}discard/?value=MUG-RED"))
    assert "Discard 1 record?" in asked
    empty = page.post(f"{address(shop)}discard/", {"reason": " ", "value": "MUG-RED"})
    assert (empty.status_code, "Say why" in text(empty)) == (422, True)
    done = page.post(
        f"{address(shop)}discard/", {"reason": "Sold out", "value": "MUG-RED"}, follow=True
    )
    assert "1 record is left out." in text(done)
    with scope.tenant(shop.tenant.pk):
        assert Delivery.objects.get(state=DeliveryState.HELD).inbox_item_id == kept.pk
        entry = AuditEntry.objects.get(action="incident.discarded")
        assert (entry.reason, entry.actor_id, entry.after["records"]) == (
            "Sold out",
            shop.owner.pk,
            1,
        )


def test_one_record_is_discarded_and_says_why(page: Client, shop: Shop) -> None:
    item = stuck(shop, "#1001")
    assert "Discard Order #1001?" in text(page.get(f"{shop.record(item)}discard/"))
    long = page.post(f"{shop.record(item)}discard/", {"reason": "x" * 401})
    assert (long.status_code, "at most 400" in text(long)) == (422, True)
    shown = text(page.post(f"{shop.record(item)}discard/", {"reason": "A test"}, follow=True))
    assert "Discarded: A test" in shown
    assert "was left out on purpose" in shown
    assert not one(shop).is_open
    assert "Nothing is stuck" not in text(page.get(home(shop)))
    assert "1 order was stuck; none is any more." in text(page.get(address(shop)))


# --- editing -------------------------------------------------------------------------------------


def payload_in(response: object) -> str:
    return response.context["text"]  # type: ignore[attr-defined]


def test_a_payload_is_edited_kept_beside_the_original_and_replayed(
    page: Client, shop: Shop
) -> None:
    item = unread(shop, 1001, currency=None, total_tax=Decimal("0.10"), big=12345678901234567890)
    edit = f"{shop.record(item)}edit/"
    shown = payload_in(page.get(edit))
    assert '"total_tax": 0.10' in shown
    assert "12345678901234567890" in shown
    changed = shown.replace('"currency": null', '"currency": "USD"').replace("\n", "\r\n")
    noted = changed.replace('"test": false', f'"test": false, "note": "card {CARD}"')
    first = page.get(edit).context["item"].payload_id
    done = page.post(edit, {"payload": noted, "seen": first, "then": "replay"}, follow=True)
    assert "The edit is kept, and the record runs again from it." in text(done)
    with scope.tenant(shop.tenant.pk):
        now = InboxItem.objects.get(pk=item.pk)
        stored = load(now.payload_id)
        (kept,) = edits(now)
        assert now.state == InboxState.WAITING
        assert (stored["currency"], stored["total_tax"]) == ("USD", Decimal("0.10"))
        assert CARD not in str(stored)
        assert (kept.entry.actor_id, kept.before["currency"]) == (shop.owner.pk, None)
        assert CARD not in json.dumps([kept.entry.before, kept.entry.after])
    timeline = text(page.get(shop.record(item)))
    assert "Payload edited by hand" in timeline
    assert f"By {shop.owner.email}." in timeline
    assert timeline.index("The notice as it came") < timeline.index("The payload after the edit")
    assert timeline.count("card number removed") == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"test": false', '"test": false,,', "Line "),
        ('"currency": "USD"', '"currency": "US"', "currency"),
        ('"financial_status": "paid"', '"financial_status": "shells"', "financial_status"),
        ('"id": 1001,', '"id": 1002,', "This is another record: its id is 1002"),
        ('"quantity": 1', '"quantity": "many"', "line_items[0].quantity"),
    ],
)
def test_a_bad_edit_is_refused_and_named(
    page: Client, shop: Shop, old: str, new: str, said: str
) -> None:
    item = unread(shop, 1001)
    edit = f"{shop.record(item)}edit/"
    shown = payload_in(page.get(edit))
    assert old in shown
    refused = page.post(edit, {"payload": shown.replace(old, new), "then": "replay"})
    assert refused.status_code == 422
    assert said in text(refused).replace("&#x27;", "'")
    assert new.strip('"') in refused.context["text"]
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.get(pk=item.pk).payload_id == item.payload_id
        assert not AuditEntry.objects.filter(action="record.edited").exists()


@pytest.mark.parametrize("odd", ["", "[]", "null", "{", "[" * 100_000, '{"a": NaN}'])
def test_what_is_no_object_is_refused(page: Client, shop: Shop, odd: str) -> None:
    item = unread(shop, 1001)
    refused = page.post(f"{shop.record(item)}edit/", {"payload": odd})
    assert refused.status_code == 422
    assert "JSON" in text(refused)


def test_two_people_do_not_overwrite_each_other(page: Client, shop: Shop) -> None:
    item = unread(shop, 1001)
    edit = f"{shop.record(item)}edit/"
    opened = page.get(edit)
    seen, shown = opened.context["item"].payload_id, payload_in(opened)
    mine = shown.replace("Article", "Mine")
    theirs = shown.replace("Article", "Theirs")
    page.post(edit, {"payload": theirs, "seen": seen})
    refused = page.post(edit, {"payload": mine, "seen": seen}, follow=True)
    assert "Somebody else has edited it meanwhile" in text(refused)
    with scope.tenant(shop.tenant.pk):
        stored = load(InboxItem.objects.get(pk=item.pk).payload_id)
    assert stored["line_items"][0]["title"] == "Theirs"
    again = page.get(edit)
    assert again.context["original"]


def test_only_a_stopped_record_with_a_payload_can_be_edited(page: Client, shop: Shop) -> None:
    thin = notice(shop, Entity.INVENTORY, number="MUG", state=InboxState.HELD)
    shown = page.get(f"{shop.record(thin)}edit/", follow=True)
    assert "read from its source each time" in text(shown)
    running = notice(shop, number="#1002", payload={"id": 1})
    said = page.post(f"{shop.record(running)}edit/", {"payload": "{}"}, follow=True)
    assert "Only a record that is held" in text(said)


def test_an_unchanged_payload_is_no_edit(page: Client, shop: Shop) -> None:
    item = unread(shop, 1001)
    edit = f"{shop.record(item)}edit/"
    refused = page.post(edit, {"payload": payload_in(page.get(edit))})
    assert (refused.status_code, "Nothing was changed" in text(refused)) == (422, True)
