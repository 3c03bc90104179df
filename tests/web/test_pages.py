from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import (
    Attempt,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Lane,
    Link,
)
from integrations.services.conservation import recount
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.web.shops import Shop, delivered_order, delivery, held_order, make_shop, notice


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


def test_every_tenant_page_is_404_for_a_member_of_another_tenant(
    page: Client, shop: Shop, other_shop: Shop
) -> None:
    item = held_order(other_shop, "#1001")
    addresses = [
        other_shop.live,
        *(f"{other_shop.live}{piece}/" for piece in ("now", "records", "stock")),
        other_shop.record(item),
        f"{other_shop.record(item)}replay/",
    ]
    for address in addresses:
        assert page.get(address).status_code == 404, address
        # The own tenant's address with the other's ids opens nothing either.
        mixed = address.replace(other_shop.tenant.slug, shop.tenant.slug)
        assert page.get(mixed).status_code == 404, mixed
    assert page.post(f"{other_shop.record(item)}replay/").status_code == 404
    with scope.tenant(other_shop.tenant.pk):
        assert Delivery.objects.get(inbox_item=item).state == DeliveryState.HELD
    assert "#1001" not in text(page.get(shop.live))


def test_each_tenant_page_sends_a_stranger_to_sign_in(shop: Shop) -> None:
    item = held_order(shop, "#1001")
    for address in (shop.live, shop.record(item), f"{shop.record(item)}replay/", "/"):
        response = Client().get(address)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in/")
    piece = Client().get(f"{shop.live}now/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece["HX-Refresh"]) == (401, "true")


def test_home_goes_straight_to_a_single_business_and_lists_several(
    page: Client, shop: Shop
) -> None:
    assert page.get("/")["Location"] == f"/t/{shop.tenant.slug}/"
    second = make_shop("Second Branch")
    with scope.tenant(second.tenant.pk):
        Membership.objects.create(user=shop.owner, role=Role.VIEWER)
    listed = text(page.get("/"))
    assert shop.live in listed
    assert second.live in listed


def test_home_says_what_to_do_without_a_pair(transactional_db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody@example.com"))
    shown = text(client.get("/"))
    assert "simulated stores first" in shown
    assert "You are not a member of any account yet" in shown


def test_live_page_of_a_fresh_pair_says_what_to_do(page: Client, shop: Shop) -> None:
    shown = text(page.get(shop.live))
    assert "Nothing has arrived in the last 24 hours." in shown
    assert "Place an order in Web shop" in shown


def test_live_page_shows_verdict_states_and_reasons_in_words(page: Client, shop: Shop) -> None:
    delivered_order(shop, "#1001", there="100321")
    held = held_order(shop, "#1002")
    shown = text(page.get(shop.live))
    assert "1 order is held: no Heartland item for SKU MUG-BLUE." in shown
    assert "S-1001" in shown
    assert shop.record(held) in shown
    for word in ("Delivered", "Held"):
        assert word in shown
    assert 'style="' not in shown


def test_pieces_answer_304_until_something_changes(page: Client, shop: Shop) -> None:
    delivered_order(shop, "#1001", there="100321")
    for piece in ("now", "records"):
        first = page.get(f"{shop.live}{piece}/")
        assert first.status_code == 200
        again = page.get(f"{shop.live}{piece}/", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    notice(shop, number="#1002")
    changed = page.get(f"{shop.live}records/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "#1002" in text(changed)


def test_records_are_narrowed_and_paged(page: Client, shop: Shop) -> None:
    for number in range(1001, 1031):
        delivered_order(shop, f"#{number}", there=f"1003{number}")
    held_order(shop, "#2001")
    pieces = f"{shop.live}records/"
    held = text(page.get(f"{pieces}?show=held"))
    assert "#2001" in held
    assert "#1030" not in held
    assert "#1007" in text(page.get(f"{pieces}?q=1007"))
    assert "S-1007" in text(page.get(f"{pieces}?q=s-1007"))
    assert "No record fits" in text(page.get(f"{pieces}?entity=shipment"))
    first = page.get(shop.live)
    older = first.context["older"]
    second = text(page.get(f"{shop.live}?{older}"))
    assert "#1001" in second
    assert "#1030" not in second
    # Odd values are no error.
    for odd in ("?before=x", "?before=99999999999999999999-1", "?show=odd"):
        assert page.get(f"{pieces}{odd}").status_code == 200


def test_number_of_queries_does_not_grow_with_the_records(
    page: Client, shop: Shop, django_assert_max_num_queries: object
) -> None:
    held_order(shop, "#1001")
    notice(shop, number="#1002")
    for number in range(20):
        delivered_order(shop, f"#11{number:02}", there=str(number))
    with django_assert_max_num_queries(46):  # type: ignore[operator]
        page.get(shop.live)


def test_timeline_tells_every_step_and_escapes_documents(page: Client, shop: Shop) -> None:
    item = delivered_order(shop, "#1001", there="100321")
    shown = text(page.get(shop.record(item)))
    assert "Order #1001 came from Web shop and reached Store till as S-1001 in 0.40 s." in shown
    for step in ("Received from Web shop", "Checked and mapped", "Sent to Store till"):
        assert step in shown
    assert "heartland/order@1" in shown
    assert "lines[0].unit_price" in shown
    assert "&lt;b&gt;not markup&lt;/b&gt;" in shown
    assert "<b>not markup" not in shown
    assert "POST https://till.example.com/api/sales/orders" in shown
    assert "Replay" not in shown


def test_timeline_says_when_documents_are_gone(page: Client, shop: Shop) -> None:
    item = delivered_order(shop, "#1001", there="100321")
    with scope.tenant(shop.tenant.pk):
        from integrations.models import Payload

        Payload.objects.all().delete()
    assert "deleted when their time was up" in text(page.get(shop.record(item)))


def test_times_are_shown_in_the_tenants_zone(page: Client, shop: Shop) -> None:
    item = notice(shop, at=timezone.datetime.fromisoformat("2026-03-02T15:04:05+00:00"))
    assert "10:04:05" in text(page.get(shop.record(item)))
    with scope.tenant(shop.tenant.pk):
        shop.tenant.settings["time_zone"] = "Nowhere/Else"
        shop.tenant.save()
    assert "15:04:05" in text(page.get(shop.record(item)))


def test_held_record_is_replayed_after_a_question(page: Client, shop: Shop) -> None:
    item = held_order(shop, "#1002")
    shown = text(page.get(shop.record(item)))
    assert "lines[0].sku" in shown
    assert "Add the article in Heartland" in shown
    asked = text(page.get(f"{shop.record(item)}replay/"))
    assert "Replay Order #1002?" in asked
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.get(pk=item.pk).state == InboxState.PASSED
    done = page.post(f"{shop.record(item)}replay/", follow=True)
    assert "Order #1002 runs again." in text(done)
    with scope.tenant(shop.tenant.pk):
        assert InboxItem.objects.get(pk=item.pk).state == InboxState.WAITING
        assert Delivery.objects.get(inbox_item=item).state == DeliveryState.REPLACED
        assert Lane.objects.get(connection=shop.pair.store).hinted_at is not None
        entry = AuditEntry.objects.get(action="record.replayed")
        assert (entry.object_id, entry.actor_id) == (str(item.pk), shop.owner.pk)
    again = page.post(f"{shop.record(item)}replay/", follow=True)
    assert "already waiting" in text(again)
    with scope.tenant(shop.tenant.pk):
        assert AuditEntry.objects.filter(action="record.replayed").count() == 1


def test_viewer_looks_but_does_not_replay(shop: Shop) -> None:
    item = held_order(shop, "#1002")
    viewer = User.objects.create_user("viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=viewer, role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    assert "Replay this record" not in text(client.get(shop.record(item)))
    refused = client.post(f"{shop.record(item)}replay/")
    assert refused.status_code == 403
    assert "your role is viewer" in text(refused)
    with scope.tenant(shop.tenant.pk):
        assert Delivery.objects.get(inbox_item=item).state == DeliveryState.HELD


def test_replay_needs_the_csrf_token(shop: Shop) -> None:
    item = held_order(shop, "#1002")
    client = Client(enforce_csrf_checks=True)
    client.force_login(shop.owner)
    refused = client.post(f"{shop.record(item)}replay/")
    assert refused.status_code == 403
    assert "open for too long" in text(refused)
    with scope.tenant(shop.tenant.pk):
        assert Delivery.objects.get(inbox_item=item).state == DeliveryState.HELD


@pytest.mark.parametrize("number", ["999999999", "99999999999999999999999"])
def test_record_that_does_not_exist_is_404(page: Client, shop: Shop, number: str) -> None:
    response = page.get(f"/t/{shop.tenant.slug}/records/{number}/")
    assert response.status_code == 404
    assert "There is no such page" in text(response)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (InboxState.FILTERED, "was left out on purpose"),
        (InboxState.MERGED, "A newer notice of the same record spoke for it"),
        (InboxState.HELD, "waits for a person"),
        (InboxState.DEAD, "was given up after many tries"),
        (InboxState.WAITING, "is on its way"),
    ],
)
def test_timeline_of_an_item_that_became_nothing_yet(
    page: Client, shop: Shop, state: InboxState, words: str
) -> None:
    item = notice(shop, number="#1003", state=state, reason="said so" if state != "waiting" else "")
    shown = text(page.get(shop.record(item)))
    assert words in shown
    assert ("said so" in shown) == (state != InboxState.WAITING)


def test_retries_are_numbered_with_their_reasons(page: Client, shop: Shop) -> None:
    item = notice(shop, number="#1004", state=InboxState.PASSED)
    tries = [("TryLater", "answered 503"), ("", "")]
    delivery(shop, item, DeliveryState.WAITING, attempts=tries)
    shown = text(page.get(shop.record(item)))
    assert "Not possible just then: answered 503" in shown
    assert "Sent to Store till, attempt 2" in shown
    assert "Begun; no outcome is known yet" in shown


def test_the_live_page_accounts_for_every_record(shop: Shop, page: Client) -> None:
    delivered_order(shop, "#1", there="1")
    held_order(shop, "#2")
    notice(shop, number="#3")
    shown = page.get(shop.live).content.decode()
    assert "Every record accounted for" in shown
    text = " ".join(re.sub(r"<[^>]+>", "", shown).split())
    assert "3 received = 1 delivered + 1 held + 1 on the way" in text
    assert 'href="?show=held&amp;entity=order"' in shown


def test_the_live_page_shows_what_is_off(shop: Shop, page: Client) -> None:
    item = delivered_order(shop, "#1", there="1")
    with scope.tenant(shop.tenant.pk):
        Lane.objects.update(due_at=timezone.now())
        Link.objects.all().delete()
        Attempt.objects.all().delete()
    recount(shop.tenant.pk, now=timezone.now())
    shown = page.get(shop.live).content.decode()
    assert "The books do not agree" in shown
    assert "1 record was delivered, but not linked to what they became" in shown
    assert f'href="{shop.record(item)}"' in shown


def test_a_search_finds_a_whole_number_however_old(
    shop: Shop, page: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = notice(shop, number="#1", at=timezone.now() - timedelta(days=20))
    for number in range(2, 6):
        notice(shop, number=f"#{number}")
    monkeypatch.setattr("integrations.services.records.WINDOW", 3)
    found = page.get(f"{shop.live}records/?q=1").content.decode()
    assert shop.record(old) in found
    part = page.get(f"{shop.live}records/?q=nothing").content.decode()
    assert "Look further back" in part
    assert "No record back to" in part
