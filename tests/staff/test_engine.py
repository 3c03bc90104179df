"""Pairs, connections, rules, tables, cursors and chores below /admin/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clarity.demo.sandboxes import Sandbox
from clarity.web.staff.engine import urls
from conftest import SandboxProcess
from integrations.models import Connection, ConnectionState, Cursor, Flow, Pair, PairState
from integrations.services import (
    connections,
    credential_renewal,
    mapping_shadow,
    mapping_tables,
    mapping_versions,
)
from mappings.canonical.record import Entity
from mappings.models import LookupTable, MappingVersion, VersionState
from tenants import scope
from tenants.models import AuditEntry, StaffRole, User
from tenants.services import staff
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop
from tests.web.test_mapping_rules import flow_of, kept_order

WHY = "They asked us to by telephone"


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop("Harbour Goods")


@pytest.fixture
def manager(shop: Shop) -> User:
    person = colleague("ada", StaffRole.ACCOUNT_MANAGER)
    staff.assign(tenant_id=shop.tenant.pk, staff=person, actor=None)
    return person


@pytest.fixture
def page(manager: User) -> Client:
    return browser_of(manager)


def at(shop: Shop, name: str, /, **more: Any) -> str:
    return reverse(f"admin:{name}", kwargs={"slug": shop.tenant.slug, **more})


def text(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def sent(page: Client, address: str, **fields: Any) -> str:
    return text(page.post(address, {"reason": WHY, **fields}, follow=True))


def hidden(answer: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found, f"no field {name}"
    return unescape(found[1])


def entries(shop: Shop, action: str) -> list[AuditEntry]:
    with scope.tenant(shop.tenant.pk):
        return list(AuditEntry.objects.filter(action=action).order_by("id"))


def objects(shop: Shop) -> dict[str, Any]:
    """One of each thing an address of these pages names; two versions' worth of rules."""
    with scope.tenant(shop.tenant.pk):
        kept_order(shop)
        drafted(shop, "note", "One")
        flow = flow_of(shop)
        mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), accept_failures=True)
        drafted(shop, "note", "Two")
    return named(shop)


def named(shop: Shop) -> dict[str, Any]:
    """What an address of these pages names."""
    with scope.tenant(shop.tenant.pk):
        place = Cursor.objects.create(
            connection=shop.pair.pos, entity="customer", due_at=timezone.now()
        )
    return {
        "pair_id": shop.pair.pk,
        "flow_id": shop.flows[Entity.ORDER].pk,
        "connection_id": shop.pair.pos.pk,
        "cursor_id": place.pk,
        "name": "payment_type",
        "number": 1,
    }


def drafted(shop: Shop, target: str, constant: str) -> MappingVersion:
    with scope.tenant(shop.tenant.pk):
        return mapping_versions.change(
            flow=flow_of(shop),
            changes=[{"target": target, "rule": {"constant": constant}}],
            actor=shop.owner,
            now=timezone.now(),
        )


def addresses(shop: Shop, there: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each page of an account with these objects, by name."""
    for name, asks in _routes(urls.urlpatterns, ""):
        if name.startswith("account-"):
            yield name, at(shop, name, **{one: there[one] for one in asks if one != "slug"})


def _routes(patterns: Any, before: str) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield pattern.name, re.findall(r"<\w+:(\w+)>", route)


def test_every_page_opens_for_who_looks_after_it_and_for_nobody_else(
    page: Client, shop: Shop
) -> None:
    mine = objects(shop)
    stranger = make_shop("Other Retailer")
    # Their objects, asked for below our own account.
    foreign = named(stranger)
    reader = colleague("sue", StaffRole.SUPPORT)
    staff.assign(tenant_id=shop.tenant.pk, staff=reader, actor=None)
    looker, money = browser_of(reader), browser_of(colleague("fin", StaffRole.FINANCE))
    reads = {"account-pair", "account-connection", "account-table", "account-flow-rules"}
    reads |= {f"account-{one}" for one in ("pairs", "connections", "rules", "advanced")}
    reads |= {"account-rules-now", "account-rules-compare"}
    # The questions of the other acts are asked where these are done.
    asked = reads | {f"account-{one}" for one in ("pair-pause", "connection-renew", "rules-stop")}
    for name, address in addresses(shop, mine):
        if name in asked:
            answer = page.get(address)
            assert answer.status_code == 200, (name, text(answer)[:300])
        refused = 405 if name in reads else 403
        assert looker.post(address, {"reason": WHY}).status_code == refused, name
    assert looker.get(at(shop, "account-pair", pair_id=shop.pair.pk)).status_code == 200
    assert money.get(at(shop, "account-pairs")).status_code == 403
    of_all = {"account-pairs", "account-connections", "account-rules", "account-advanced"}
    for name, address in addresses(shop, foreign):
        if name not in of_all | {"account-key"}:
            fields = {"reason": WHY, "value": "x", "result": "y"}
            send = page.get if name in reads else page.post
            assert send(address, fields).status_code == 404, name
    for name in of_all | {"account-key"}:
        assert page.get(at(stranger, name)).status_code == 404, name
    with scope.tenant(stranger.tenant.pk):
        assert Pair.objects.get().state == PairState.TESTING
        assert not AuditEntry.objects.filter(action__startswith="staff.")


def test_a_pair_is_paused_and_goes_on_for_a_reason(page: Client, shop: Shop) -> None:
    pause = at(shop, "account-pair-pause", pair_id=shop.pair.pk)
    answer = page.post(pause, {"reason": "no"})
    assert answer.status_code == 422
    assert "Say why, in at least 5 characters" in text(answer)
    with scope.tenant(shop.tenant.pk):
        assert Pair.objects.get().state == PairState.TESTING
    assert "is paused. What comes meanwhile is kept." in sent(page, pause)
    (done,) = entries(shop, "pair.paused")
    assert done.actor is not None
    assert done.actor.email == "ada@staff.example.com"
    (told,) = entries(shop, "staff.acted")
    assert (told.reason, told.after["act"]) == (WHY, "pause a pair")
    resume = at(shop, "account-pair-resume", pair_id=shop.pair.pk)
    assert "It goes on as it was before: testing." in text(page.get(resume))
    assert "goes on. What waited flows now" in sent(page, resume)
    # A second click changes nothing.
    sent(page, resume)
    assert len(entries(shop, "pair.resumed")) == 1
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.DISCONNECTED)
        Pair.objects.update(state=PairState.PAUSED)
    assert "Store till is disconnected. Reconnect it first" in sent(page, resume)


def test_a_flow_is_switched_the_way_the_question_said(page: Client, shop: Shop) -> None:
    flow = shop.flows[Entity.SHIPMENT]
    address = at(shop, "account-flow-switch", pair_id=shop.pair.pk, flow_id=flow.pk)
    asked = page.get(address)
    assert "Nothing of this kind goes from Store till to Web shop any more." in text(asked)
    owner = Client()
    owner.force_login(shop.owner)
    theirs = f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/flows/{flow.pk}/"
    for browser, there in ((page, address), (owner, theirs)):
        for fields in ({}, {"to": "maybe"}):
            unclear = browser.post(there, {"reason": WHY, **fields})
            assert unclear.status_code == 422
            assert "Nothing was switched: the field “to”" in text(unclear)
    assert entries(shop, "flow.switched") == []
    for _ in range(2):
        sent(page, address, to=hidden(asked, "to"))
        with scope.tenant(shop.tenant.pk):
            assert Flow.objects.get(pk=flow.pk).is_on is False
    began = entries(shop, "staff.began")[-1]
    assert (began.reason, began.after["about"]) == (WHY, str(flow.pk))
    assert entries(shop, "flow.switched")[0].actor_id == began.actor_id


def test_new_credentials_are_tried_first_and_shown_to_nobody(
    page: Client,
    shop: Shop,
    sandboxes: Mapping[str, SandboxProcess],
    account_name: str,
    settings: Any,
) -> None:
    settings.CLARITY_ALLOW_PRIVATE_TARGETS = True
    account = Sandbox(sandboxes["heartland"].url, account_name).open_account(size=2)
    till = shop.pair.pos
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=till.pk).update(
            base_url=account["base_url"], state=ConnectionState.NEEDS_OWNER
        )
    replace = at(shop, "account-connection-credentials", connection_id=till.pk)
    assert "Enter what is to be replaced" in text(page.post(replace, {"reason": WHY}))
    refused = page.post(replace, {"reason": WHY, "token": "hl_wrong_4711"})
    assert refused.status_code == 422
    assert "Nothing was changed." in text(refused)
    assert "hl_wrong_4711" not in text(refused)
    assert WHY in text(refused)
    test = at(shop, "account-connection-test", connection_id=till.pk)
    assert "Store till does not work:" in text(page.post(test, follow=True))
    token = account["credentials"]["token"]
    said = sent(page, replace, token=token)
    assert "Store till is connected with the new credentials." in said
    shown = text(page.get(at(shop, "account-connection", connection_id=till.pk)))
    assert "set on" in shown
    assert token not in said + shown
    assert "Store till lets us in" in text(page.post(test, follow=True))
    (done,) = entries(shop, "connection.reconnected")
    assert done.actor is not None
    kept = [str((one.before, one.after, one.reason)) for one in entries(shop, "staff.began")]
    assert len(kept) == 3
    assert token not in " ".join(kept)


def test_a_connection_is_paused_and_the_data_key_is_renewed_once(page: Client, shop: Shop) -> None:
    kept_order(shop)
    pause = at(shop, "account-connection-pause", connection_id=shop.pair.pos.pk)
    assert "Store till is paused." in sent(page, pause)
    shown = text(page.get(at(shop, "account-connection", connection_id=shop.pair.pos.pk)))
    assert "Nothing is asked of it or written to it until somebody resumes it." in shown
    key = at(shop, "account-key")
    seen = hidden(page.get(key), "seen")
    assert "The data key is renewed" in sent(page, key, seen=seen)
    assert "was renewed meanwhile. Nothing was done" in sent(page, key, seen=seen)
    with scope.tenant(shop.tenant.pk):
        now = credential_renewal.data_key()
        assert now is not None
        assert now.version == int(seen) + 1
    (done,) = entries(shop, "keys.rotated")
    assert done.after["version"] == now.version
    with pytest.raises(credential_renewal.CannotRenew, match="no credential that is renewed"):
        credential_renewal.renew(shop.pair.pos, actor=None, now=timezone.now())


# --- rules and tables ------------------------------------------------------------------------------


def test_a_draft_is_published_through_the_gate_of_the_account(page: Client, shop: Shop) -> None:
    kept_order(shop)
    drafted(shop, "note", "From the web")
    flow = {"flow_id": shop.flows[Entity.ORDER].pk}
    publish = at(shop, "account-rules-publish", **flow)
    asked = page.get(publish)
    assert "This draft was not tried on stored records as it is now." in text(asked)
    fields = {"seen": hidden(asked, "seen"), "running": hidden(asked, "running")}
    refused = page.post(publish, {"reason": WHY, **fields})
    assert refused.status_code == 422
    assert "Try it first, or say that you publish it untried." in text(refused)
    assert "The dry run has begun." in sent(page, at(shop, "account-rules-try", **flow))
    now = page.get(at(shop, "account-rules-now", **flow))
    assert "Trying it: 0 of up to 500 records" in text(now)
    assert "From the web" not in text(now)
    with scope.tenant(shop.tenant.pk):
        run = mapping_shadow.latest(flow=flow_of(shop))
    assert run is not None
    mapping_shadow.run_to_the_end(tenant_id=shop.tenant.pk, run_id=run.pk)
    assert page.get(at(shop, "account-rules-now", **flow))["HX-Refresh"] == "true"
    shown = text(page.get(at(shop, "account-flow-rules", **flow)))
    assert "Tried on 1 record." in shown
    assert "becomes</span> From the web" in shown
    assert "Version 1 is published." in sent(page, publish, **fields)
    with scope.tenant(shop.tenant.pk):
        made = MappingVersion.objects.get(state=VersionState.PUBLISHED)
        assert (made.number, made.note, made.published_by) == (1, WHY, made.published_by)
        assert made.published_by is not None
        assert made.published_by.email == "ada@staff.example.com"
    back = at(shop, "account-rules-back", number=0, **flow)
    running = hidden(page.get(back), "running")
    assert "The shipped rules are published again as version 2." in sent(
        page, back, running=running
    )


def test_of_two_who_publish_at_once_the_second_is_told_and_changes_nothing(
    page: Client, shop: Shop
) -> None:
    there = objects(shop)
    flow = {"flow_id": there["flow_id"]}
    publish = at(shop, "account-rules-publish", **flow)
    asked = page.get(publish)
    fields = {
        "seen": hidden(asked, "seen"), "running": hidden(asked, "running"), "accept": "yes",
    }  # fmt: skip
    owner = Client()
    owner.force_login(shop.owner)
    theirs = f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/flows/{there['flow_id']}/draft/publish/"
    owned = owner.get(theirs)
    mine = {name: hidden(owned, name) for name in ("seen", "running")}
    assert "Version 2 is published." in sent(page, publish, **fields)
    # The owner at the same moment, and once more with a draft that was made since.
    said = text(owner.post(theirs, {**mine, "accept": "yes"}, follow=True))
    assert "ada@staff.example.com has published version 2 of these rules" in said
    assert "There is no draft any more" in sent(page, publish, **fields)
    row = drafted(shop, "note", "Three")
    said = sent(page, publish, **{**fields, "seen": row.changed_at.isoformat()})
    assert "has published version 2 of these rules meanwhile" in said
    back = at(shop, "account-rules-back", number=0, **flow)
    assert "so nothing was changed by you" in sent(page, back, running="1")
    with scope.tenant(shop.tenant.pk):
        assert MappingVersion.objects.get(state=VersionState.PUBLISHED).number == 2
        assert MappingVersion.objects.filter(state=VersionState.DRAFT).count() == 1


def test_an_entry_of_a_table_is_added_changed_and_removed(page: Client, shop: Shop) -> None:
    where = {"pair_id": shop.pair.pk, "name": "payment_type"}
    put, table = at(shop, "account-table-put", **where), at(shop, "account-table", **where)
    answer = page.post(put, {"reason": WHY, "value": "paypal", "result": " "})
    assert answer.status_code == 422
    assert "Say both: the value that comes" in text(answer)
    assert "paypal becomes 7." in sent(page, put, value="paypal", result="7")
    assert 'value="7"' in text(page.get(put, {"value": "paypal"}))
    assert "<code>paypal</code> becomes <b>7</b>" in text(page.get(table))
    remove = f"{at(shop, 'account-table-remove', **where)}?value=paypal"
    assert "It becomes 7 now." in text(page.get(remove))
    assert "paypal has no entry any more." in sent(page, remove)
    assert "has no entry for paypal" in sent(page, remove)
    with scope.tenant(shop.tenant.pk):
        assert LookupTable.objects.get().rows == {}
        assert mapping_tables.tables(pair=shop.pair)[0].unmapped == 0
    assert [one.actor.email for one in entries(shop, "mapping.table_changed") if one.actor] == [
        "ada@staff.example.com"
    ] * 2


def test_no_address_that_was_made_up_ends_in_an_error(page: Client, shop: Shop) -> None:
    compare = at(shop, "account-rules-compare", flow_id=shop.flows[Entity.ORDER].pk)
    # Times that Python reads, and PostgreSQL or the calendar of UTC does not have; an endless number.
    odd = ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "9" * 4_400)
    for address, name, way in (
        (reverse("admin:index"), "after", "1_{}_5"),
        (at(shop, "account-audit"), "after", "{}_5"),
        (reverse("admin:bulk-jobs"), "before", f"{{}}_{shop.pair.pk}"),
        (compare, "before", "{}"),
        (compare, "after", "{}"),
    ):
        for one in odd:
            answer = page.get(address, {name: way.format(one)})
            assert answer.status_code in (200, 404), (address, name, one)
    nobody = at(shop, "account-documents", item_id=10**9)
    assert page.post(nobody, {"reason": WHY}).status_code == 404


# --- cursors ---------------------------------------------------------------------------------------


def test_a_cursor_is_moved_after_its_meaning_was_said(page: Client, shop: Shop) -> None:
    now = timezone.now()
    stands = (now - timedelta(hours=2)).isoformat()
    with scope.tenant(shop.tenant.pk):
        cursor = Cursor.objects.create(
            connection=shop.pair.pos,
            entity="customer",
            value=f'{{"floor": "{stands}", "from": "{stands}", "page": 1, "seen": {{}}}}',
            due_at=now + timedelta(hours=1),
            failures=2,
            problem="It was away",
        )
    move = at(shop, "account-cursor-move", cursor_id=cursor.pk)
    assert "It has read what changed until" in text(page.get(move))
    for typed, said in (
        ("soon", "'soon' is no date and time."),
        ("2999-01-01T00:00", "This time is still to come."),
        ("2020-01-01T00:00", "That is more than 90 days ago."),
        ((now - timedelta(hours=2)).isoformat(), "It stands there already."),
    ):
        answer = page.get(move, {"to": typed})
        assert said in text(answer), typed
        assert 'aria-describedby="to-help to-error"' in text(answer)
    later = (now - timedelta(hours=1)).isoformat()
    assert "An order that is skipped does not reach the other side" in text(
        page.get(move, {"to": later})
    )
    assert "from this moment on, or from the first record" in text(page.get(move, {"anew": "yes"}))
    earlier = (now - timedelta(days=3)).replace(microsecond=0)
    asked = page.get(move, {"to": earlier.isoformat()})
    assert "is read again." in text(asked)
    fields = {"to": earlier.isoformat(), "seen": hidden(asked, "seen")}
    assert "are read from the new place on, at once." in sent(page, move, **fields)
    assert "somebody else has moved it. Nothing was changed" in sent(page, move, **fields)
    with scope.tenant(shop.tenant.pk):
        cursor.refresh_from_db()
    assert earlier.isoformat(timespec="microseconds") in cursor.value
    assert (cursor.failures, cursor.problem) == (0, "")
    assert cursor.due_at <= timezone.now()
    (told,) = entries(shop, "cursor.moved")
    assert told.before["entity"] == "customer"
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.pos.pk).update(state=ConnectionState.DISCONNECTED)
    assert "nothing is read from it" in sent(page, move, anew="yes", seen="x")
    with scope.tenant(shop.tenant.pk):
        assert connections.credentials_set(shop.pair.pos) == {}
