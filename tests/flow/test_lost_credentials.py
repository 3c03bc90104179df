"""Credentials that are lost, or end: work is kept, the owner hears of it once, and it goes on."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from integrations.connector_kit.errors import NeedsOwner
from integrations.connectors.shopify import auth
from integrations.models import (
    Attempt,
    Connection,
    ConnectionState,
    DeliveryState,
    Lane,
)
from integrations.services import (
    alert_sending,
    alert_watching,
    connections,
    credential_renewal,
)
from integrations.sync import kept_sessions, sessions
from tenants import scope
from tenants.models import AuditEntry
from tests.flow.conftest import Rig
from tests.flow.posting import call, hook_headers, secret_of, sign
from tests.flow.scripted import ScriptedRig
from tests.flow.scripted import make_rig as make_scripted

LOST = "Please reconnect Till (Heartland)"
BACK = "Till (Heartland) works again"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, account_name: str) -> ScriptedRig:
    return make_scripted(monkeypatch, account_name)


def lose(rig: ScriptedRig, count: int = 3) -> None:
    rig.script.write_error = lambda _: NeedsOwner("answered 401 to the token")
    for number in range(count):
        rig.note(str(number), f"{number}@example.com")
    rig.work()


def tell() -> None:
    now = timezone.now()
    alert_watching.watch(now)
    alert_sending.send_due(now)


def actions(rig: ScriptedRig) -> list[str]:
    with rig.scope():
        found = AuditEntry.objects.filter(object_id=str(rig.pos.pk)).order_by("id")
        return list(found.values_list("action", flat=True))


def test_the_owner_is_told_once_and_in_plain_words(rig: ScriptedRig) -> None:
    lose(rig)
    for _ in range(4):
        rig.make_due()
        rig.work()
        tell()
    (message,) = mail.outbox
    assert message.to == ["owner@example.com"]
    assert message.subject == LOST
    assert "answered 401 to the token" in str(message.body)
    assert "(3 so far)" in str(message.body)
    assert f"/settings/connections/{rig.pos.pk}/" in str(message.body)
    assert actions(rig) == ["connection.lost"]


def test_each_loss_has_its_own_message_and_everything_drains(rig: ScriptedRig) -> None:
    lose(rig)
    tell()
    connections.reconnect(rig.pos, credentials={}, now=timezone.now())
    rig.run(rig.pos)
    rig.run(rig.pos)
    tell()
    assert [message.subject for message in mail.outbox] == [LOST, LOST], "lost again"
    rig.note("later", "later@example.com")
    rig.work()
    rig.script.write_error = lambda _: None
    connections.reconnect(rig.pos, credentials={}, now=timezone.now())
    rig.make_due()
    rig.run(rig.pos)
    assert {row.state for row in rig.deliveries()} == {DeliveryState.DELIVERED}
    assert len(rig.deliveries()) == 4
    tell()
    assert [message.subject for message in mail.outbox] == [LOST, LOST, BACK]


def test_a_call_refused_for_credentials_is_no_failure_of_the_record(rig: ScriptedRig) -> None:
    lose(rig, 1)
    with rig.scope():
        assert Attempt.objects.get().outcome == "NeedsOwner"
        assert Connection.objects.get(pk=rig.pos.pk).state == ConnectionState.NEEDS_OWNER
    assert rig.delivery().state == DeliveryState.WAITING
    assert rig.lane(rig.pos).failures == 0


def goodbye(rig: Rig, at: datetime) -> None:
    body = b'{"id": 1}'
    headers = hook_headers(topic="app/uninstalled", signature=sign(secret_of(rig), body))
    headers["X-Shopify-Triggered-At"] = at.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
    assert call("POST", rig.hook, body, headers).status == 200


def shop(rig: Rig) -> Connection:
    with scope.tenant(rig.tenant.pk):
        found: Connection = Connection.objects.get(pk=rig.store.pk)
    return found


def test_an_old_goodbye_does_not_undo_a_reconnect(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1)
    said_at = datetime.now(UTC)
    goodbye(rig, said_at)
    assert shop(rig).state == ConnectionState.NEEDS_OWNER
    rig.work()
    tell()
    assert len(mail.outbox) == 1
    connections.reconnect(shop(rig), credentials={}, now=timezone.now())
    goodbye(rig, said_at)
    assert shop(rig).state == ConnectionState.ACTIVE
    goodbye(rig, datetime.now(UTC) + timedelta(seconds=1))
    assert shop(rig).state == ConnectionState.NEEDS_OWNER
    rig.work()
    tell()
    assert len(mail.outbox) == 2


def test_an_idle_shop_renews_its_token_in_time(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(size=1)
    account = _account(rig)
    tokens = auth.exchange_code(account, _code(rig), now=datetime.now(UTC))
    soon = datetime.now(UTC) + timedelta(minutes=8)
    account.renewed({**tokens, "access_token_expires_at": soon.isoformat()})
    with scope.tenant(rig.tenant.pk):
        Lane.objects.filter(pk=rig.store.pk).update(refresh_at=timezone.now(), due_at=None)
    rig.work()
    renewed = _account(rig).credentials
    assert renewed["access_token"] != tokens["access_token"]
    assert renewed["refresh_token"] != tokens["refresh_token"]
    with scope.tenant(rig.tenant.pk):
        lane = Lane.objects.get(pk=rig.store.pk)
    assert lane.refresh_at is not None
    assert lane.due_at is not None
    assert timedelta(minutes=45) < lane.refresh_at - timezone.now() < timedelta(minutes=55)
    assert lane.due_at <= lane.refresh_at, "the lane is looked at in time though nothing happens"
    assert shop(rig).state == ConnectionState.ACTIVE

    # A person who fears that it was seen need not wait: it is renewed long before its end.
    due = credential_renewal.renew(shop(rig), actor=None, now=timezone.now())
    again = _account(rig).credentials
    assert again["access_token"] not in (renewed["access_token"], tokens["access_token"])
    assert timedelta(minutes=45) < due - timezone.now() < timedelta(minutes=55)
    with scope.tenant(rig.tenant.pk):
        told = AuditEntry.objects.get(action="connection.credentials_renewed")
    assert again["access_token"] not in str(told.after)


def _account(rig: Rig) -> Any:
    with scope.tenant(rig.tenant.pk):
        return sessions.open_account(shop(rig))


def _code(rig: Rig) -> str:
    """What Shopify hands to the app when the owner of the shop agrees."""
    account = _account(rig)
    url = auth.authorise_url(
        base_url=account.base_url,
        client_id=account.credentials["client_id"],
        redirect_uri="http://127.0.0.1:1/back",
        state="state",
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any, **kwargs: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(urllib.request.Request(url, method="POST", data=b""))
    except urllib.error.HTTPError as answer:
        query = urllib.parse.urlsplit(answer.headers["Location"]).query
        return urllib.parse.parse_qs(query)["code"][0]
    raise AssertionError("the consent page did not lead back")


def test_a_store_that_refused_us_is_served_once_it_is_connected_again(
    make_rig: Callable[..., Rig], store: str
) -> None:
    rig = make_rig(store=store)
    rig.shop.act("faults", kind="revoke", times=-1)
    rig.till.act("sales", count=2, seed=3)
    rig.until(lambda: shop(rig).state == ConnectionState.NEEDS_OWNER, "the refusal is noticed")
    with pytest.raises(NeedsOwner):
        connections.reconnect(shop(rig), credentials={}, now=timezone.now())
    rig.shop.clear_faults()
    rig.shop.act("orders", count=2, seed=5)
    connections.reconnect(shop(rig), credentials={}, now=timezone.now())
    rig.until(lambda: rig.compare().agrees, "both sides agree")
    assert rig.compare().orders_in_heartland == 2


def test_a_kept_session_is_opened_anew_when_something_changed(rig: ScriptedRig) -> None:
    rig.note("1", "a@example.com")
    rig.work()
    opens = rig.script.opens
    for number in range(2, 5):
        rig.note(str(number), f"{number}@example.com")
        rig.work()
    assert rig.script.opens == opens, "between slices the client is kept"
    with rig.scope():
        account = sessions.open_account(rig.pos)
    assert account.renewed is not None
    account.renewed({"token": "another"})
    rig.note("5", "five@example.com")
    rig.work()
    assert rig.script.opens == opens + 1
    with rig.scope():
        Connection.objects.filter(pk=rig.pos.pk).update(settings={"poll_seconds": "9"})
    rig.note("6", "six@example.com")
    rig.work()
    assert rig.script.opens == opens + 2
    kept_sessions.close_all()
    rig.note("7", "seven@example.com")
    rig.work()
    assert rig.script.opens > opens + 2
