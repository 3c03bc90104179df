"""The forms that fix a cause once, against rows in a real database."""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from integrations.connector_kit.audit import Article
from integrations.connector_kit.errors import Rejected
from integrations.models import (
    ConnectionState,
    Delivery,
    DeliveryState,
    InboxItem,
    InboxState,
    Incident,
    Link,
    ReplayState,
)
from integrations.services import product_links
from integrations.services.product_links import CannotSearch
from integrations.services.replay import CannotReplay, replay
from integrations.sync import incidents
from integrations.sync.causes import no_entry
from integrations.sync.sessions import keep
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Role
from tests.flow.posting import order_body
from tests.web.shops import Shop, delivered_order, delivery, notice
from tests.web.test_incidents import address, member, one, stuck, text


def ordered(shop: Shop, number: int, *, sku: str = "MUG-BLUE", variant: int = 7001) -> InboxItem:
    """A held order whose notice shows its lines."""
    item = stuck(shop, f"#{number}", sku=sku)
    body = order_body(number, sku=sku)
    body["line_items"][0]["variant_id"] = variant
    with scope.tenant(shop.tenant.pk):
        item.payload_id = keep(shop.tenant.pk, f"inbox/{item.pk}", body)
        item.save()
    return item


def held(shop: Shop, entity: Entity, error: Rejected, *, said: str, **fields: str) -> InboxItem:
    """A record that the target refused, filed as the engine does it."""
    item = notice(shop, entity, state=InboxState.PASSED, **fields)
    row = delivery(shop, item, DeliveryState.HELD, reason=str(error), field=error.field, said=said)
    with scope.tenant(shop.tenant.pk):
        incidents.file(row, error, now=timezone.now())
        row.save()
    return item


def latest_audit(shop: Shop, action: str) -> AuditEntry:
    with scope.tenant(shop.tenant.pk):
        entry: AuditEntry = AuditEntry.objects.filter(action=action).latest("id")
    return entry


def test_an_article_is_looked_for_and_linked(
    page: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1001, 1002):
        ordered(shop, number)
    place = f"{address(shop)}article/"
    shown = text(page.get(address(shop)))
    assert f"{place}?value=MUG-BLUE" in shown

    def found(*, connection: object, text: str) -> Sequence[Article]:
        if text == "down":
            raise CannotSearch("Store till could not be asked: it rests.")
        return [Article("88", "MUG-B", "Blue <b>mug</b>")] if text == "mug" else []

    monkeypatch.setattr(product_links, "articles", found)
    shown = text(page.get(place, {"value": "MUG-BLUE"}))
    assert "2 records wait for this." in shown
    assert "Which article of Store till is this?" in shown
    asked = {"value": "MUG-BLUE"}
    assert "Blue &lt;b&gt;mug&lt;/b&gt;" in text(page.get(place, {**asked, "q": "mug"}))
    assert "No article of Store till fits" in text(page.get(place, {**asked, "q": "cup"}))
    assert "could not be asked" in text(page.get(place, {**asked, "q": "down"}))
    refused = page.post(place, asked)
    assert (refused.status_code, "Choose an article" in text(refused)) == (422, True)

    done = page.post(place, {**asked, "article": "88"}, follow=True)
    assert "2 records run again: one first" in text(done)
    with scope.tenant(shop.tenant.pk):
        link = Link.objects.get(entity=Entity.PRODUCT)
        assert (link.store_key, link.pos_key) == ("7001", "88")
        assert Incident.objects.get().replay_state == ReplayState.CANARY
        # The shop sells by the till's number from now on, not only once that moves again.
        stock = InboxItem.objects.get(entity=Entity.INVENTORY)
        assert (stock.connection_id, stock.key) == (shop.pair.pos_id, "88")
    entry = latest_audit(shop, "product.linked")
    assert (entry.actor, entry.after["pos_key"]) == (shop.owner, "88")
    # Sent twice, it does no harm.
    again = page.post(place, {**asked, "article": "88"}, follow=True)
    assert "being replayed already" in unescape(text(again))
    with scope.tenant(shop.tenant.pk):
        assert Link.objects.filter(entity=Entity.PRODUCT).count() == 1


def test_an_entry_is_added_from_the_incident(page: Client, shop: Shop) -> None:
    for number in ("#1001", "#1002"):
        said = f"payment: {no_entry('web_status', repr('paid'))}"
        error = Rejected(said, field="payment")
        held(shop, Entity.ORDER, error, said="paid", number=number)
    place = f"{address(shop)}entry/"
    assert f"{place}?value=paid" in text(page.get(address(shop)))
    shown = text(page.get(place, {"value": "paid"}))
    assert "2 records wait for this." in shown
    refused = page.post(place, {"value": "paid", "result": " "})
    assert (refused.status_code, "Say what it becomes." in text(refused)) == (422, True)
    done = page.post(place, {"value": "paid", "result": "Paid online"}, follow=True)
    assert "paid becomes Paid online. 2 records run again: one first" in text(done)
    assert latest_audit(shop, "mapping.table_changed").after["rows"] == {"paid": "Paid online"}


def test_one_of_two_customers_is_chosen(page: Client, shop: Shop) -> None:
    said = "family@example.com"
    error = Rejected(
        f"2 customers of Heartland fit “{said}” equally well: “Ana Diaz” (id 7) and “Bo Diaz”"
        " (C-8, id 8)",
        field="email",
    )
    item = held(shop, Entity.CUSTOMER, error, said=said, key="31")
    place = f"{shop.record(item)}customer/"
    assert place in text(page.get(address(shop)))
    assert place in text(page.get(shop.record(item)))
    shown = text(page.get(place))
    assert "“Ana Diaz” (id 7)" in shown
    assert "“Bo Diaz” (C-8, id 8)" in shown
    assert page.post(place, {"customer": "9"}).status_code == 422
    with scope.tenant(shop.tenant.pk):
        taken = Link.objects.create(
            pair=shop.pair,
            entity=Entity.CUSTOMER,
            pos_key="7",
            store_key="30",
            updated_at=timezone.now(),
        )
    assert "linked to another customer already" in text(page.post(place, {"customer": "7"}))
    done = page.post(place, {"customer": "8"}, follow=True)
    assert "The record that waited for it runs again." in text(done)
    with scope.tenant(shop.tenant.pk):
        link = Link.objects.exclude(pk=taken.pk).get()
        assert (link.store_key, link.pos_key) == ("31", "8")
        item.refresh_from_db()
        assert item.state == InboxState.WAITING
    assert latest_audit(shop, "customer.linked").actor == shop.owner
    # There is nothing to choose any more.
    again = page.post(place, {"customer": "8"}, follow=True)
    assert "does not wait for a decision any more" in text(again)


def test_sums_are_shown_and_a_lost_connection_is_named(page: Client, shop: Shop) -> None:
    error = Rejected(
        "Order S-1001: the lines for Heartland come to 19.99, the store's total is 20.00.",
        field="total",
    )
    held(shop, Entity.ORDER, error, said="difference -0.01", number="#1001")
    shown = unescape(text(page.get(address(shop))))
    assert "The sums do not agree" in shown
    assert "come to 19.99, the store's total is 20.00" in shown
    with scope.tenant(shop.tenant.pk):
        shop.pair.pos.state = ConnectionState.NEEDS_OWNER
        shop.pair.pos.save()
    assert "Store till refuses our credentials" in text(page.get(address(shop)))


def test_who_may_not_fix_and_what_is_not_there(page: Client, shop: Shop, other_shop: Shop) -> None:
    item = ordered(shop, 1001)
    viewer = member(shop, Role.VIEWER)
    for place in (f"{address(shop)}article/", f"{address(shop)}entry/"):
        assert viewer.get(place).status_code == 403
        assert viewer.post(place).status_code == 403
        elsewhere = place.replace(shop.tenant.slug, other_shop.tenant.slug)
        assert page.get(elsewhere).status_code == 404
    assert viewer.get(f"{shop.record(item)}customer/").status_code == 403
    assert "article/" not in text(viewer.get(address(shop)))
    # Not the fitting form for this cause.
    shown = page.get(f"{address(shop)}entry/", follow=True)
    assert "nothing to fix here any more" in text(shown)


def test_what_a_newer_notice_took_the_place_of_does_not_run_again(shop: Shop) -> None:
    merged = notice(shop, number="#1001", state=InboxState.MERGED)
    replaced = notice(shop, number="#1002", state=InboxState.PASSED)
    delivery(shop, replaced, DeliveryState.REPLACED)
    done = delivered_order(shop, "#1003", there="100003")
    with scope.tenant(shop.tenant.pk):
        for item in (merged, replaced):
            with pytest.raises(CannotReplay, match="newer notice"):
                replay(item, now=timezone.now())
        replay(done, now=timezone.now())


def test_a_held_record_shows_what_its_rules_make_of_it(page: Client, shop: Shop) -> None:
    item = ordered(shop, 1001)
    with scope.tenant(shop.tenant.pk):
        assert Delivery.objects.get(inbox_item=item).payload_id is None
    shown = unescape(text(page.get(shop.record(item))))
    assert "Nothing was sent, so nothing was kept: this is its notice, read again" in shown
    assert "The record in our words" in shown


def test_incidents_of_one_pair(page: Client, shop: Shop) -> None:
    stuck(shop, "#1001")
    home = f"/t/{shop.tenant.slug}/incidents/"
    assert "1 incident" in text(page.get(home, {"pair": str(shop.pair.pk)}))
    other = "00000000-0000-4000-8000-000000000000"
    assert "No incident fits" in text(page.get(home, {"pair": other}))
    assert one(shop).pk
