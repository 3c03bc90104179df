"""Incidents and lost accounts are told to channels: few messages, each once, none to the wrong one."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection as database
from django.utils import timezone

from integrations.connector_kit.errors import Rejected
from integrations.connector_kit.privacy import Person, PrivacyAsk, PrivacyNotice
from integrations.models import (
    AlertAddress,
    AlertCase,
    AlertChannel,
    AlertMessage,
    AlertPlan,
    ChannelKind,
    Connection,
    ConnectionState,
    ConvergenceRun,
    ConvergenceState,
    Flow,
    InboxItem,
    InboxState,
    Incident,
    MessageKind,
    MessageState,
    PairState,
    Topic,
)
from integrations.services import (
    alert_addresses,
    alert_digest,
    alert_posting,
    alert_rules,
    alert_secrets,
    alert_sending,
    alert_tidying,
    alert_watching,
    alert_words,
    alerts,
    difference_alarms,
    privacy_requests,
)
from integrations.services.alert_errors import BadChannel
from integrations.services.alerts import Made, Wanted
from integrations.sync import incidents
from mappings.canonical.record import Entity
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.flow.scripted import at_once
from tests.web.shops import Shop, make_shop

pytestmark = pytest.mark.django_db
several_processes = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Receiver:
    """A program somewhere that gets messages, and answers as it is told to."""

    url: str
    status: int = 200
    answer: bytes = b"ok"
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(found.answer)))
            self.end_headers()
            self.wfile.write(found.answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/alerts/in?token=of-the-address"
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def shop() -> Shop:
    return make_shop("Harbour Goods")


def fail(shop: Shop, count: int, *, at: datetime, first: int = 0) -> Incident:
    """So many orders are held for one cause, filed as the engine does it."""
    flow = shop.flows[Entity.ORDER]
    error = Rejected(
        "Order 1042: no payment method for 'gift_voucher'", field="payments[0].gateway"
    )
    with scope.tenant(shop.tenant.pk):
        row = InboxItem(
            tenant_id=shop.tenant.pk,
            connection=flow.source,
            entity=Entity.ORDER,
            topic="orders/create",
            key=f"k{first}",
            state=InboxState.HELD,
            reason=str(error),
            field=error.field,
            said="gift_voucher",
            advice="Add the payment method to the table, then replay.",
            due_at=at,
            received_at=at,
            finished_at=at,
        )
        incidents.file(row, error, now=at)
        row.save()
        copy(row, first + 1, first + count - 1)
        return Incident.objects.get()


def copy(row: InboxItem, first: int, last: int) -> None:
    """The row again and again, with other keys: equal failures by the thousand."""
    table = InboxItem._meta.db_table
    columns = [
        each.column for each in InboxItem._meta.concrete_fields if each.column not in ("id", "key")
    ]
    listed = ", ".join(columns)
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key, {listed}) SELECT 'k' || copy_no, {listed}"
            f" FROM {table}, generate_series(%s, %s) AS copy_no WHERE id = %s",
            [first, last, row.pk],
        )


def settle(shop: Shop, *, at: datetime) -> None:
    """Everything gets through."""
    with scope.tenant(shop.tenant.pk):
        InboxItem.objects.update(state=InboxState.PASSED)
        closed = incidents.close_settled(Incident.objects.values_list("pk", flat=True), now=at)
    assert closed == 1


def tell(at: datetime) -> None:
    alert_watching.watch(at)
    alert_sending.send_due(at)


def told(shop: Shop, **match: Any) -> list[AlertMessage]:
    with scope.tenant(shop.tenant.pk):
        return list(AlertMessage.objects.filter(**match).order_by("created_at", "id"))


def add(shop: Shop, kind: ChannelKind, url: str = "", **fields: Any) -> Made:
    wanted = {"name": kind.label, "hears": Topic.values, "url": url} | fields
    with scope.tenant(shop.tenant.pk):
        return alerts.create(
            kind=kind, wanted=Wanted(**wanted), actor=shop.owner, now=timezone.now()
        )


def only(shop: Shop, made: Made) -> AlertChannel:
    """That channel alone is left; it hears of everything from long ago on."""
    with scope.tenant(shop.tenant.pk):
        AlertChannel.objects.exclude(pk=made.channel.pk).delete()
        AlertChannel.objects.update(hears_from=timezone.now() - timedelta(days=9))
        return AlertChannel.objects.get()


# --- other things to tell ------------------------------------------------------------------------


def compared(shop: Shop, *, off: int, at: datetime) -> None:
    with scope.tenant(shop.tenant.pk):
        ConvergenceRun.objects.create(
            pair=shop.pair,
            state=ConvergenceState.DONE,
            matched=100,
            equal=100 - off - 3,
            on_the_way=3,
            started_at=at,
        )
        difference_alarms.look(pair=shop.pair, now=at)


def test_stock_that_goes_on_differing_is_told_and_its_end_too(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    for hours, off in enumerate([5, 0, 4, 7, 7]):
        compared(shop, off=off, at=start + hours * HOUR)
        tell(start + hours * HOUR + MINUTE)
    (message,) = mail.outbox
    assert message.subject == "7 of 100 SKUs show another number in Web shop than Store till says."
    compared(shop, off=0, at=start + 6 * HOUR)
    tell(start + 7 * HOUR)
    assert mail.outbox[1].subject.startswith("Resolved: 7 of 100 SKUs")


def test_an_alarm_of_stock_that_is_not_compared_any_more_is_closed(shop: Shop) -> None:
    start = timezone.now()
    compared(shop, off=5, at=start)
    compared(shop, off=5, at=start)
    alert_tidying.tidy(start)
    with scope.tenant(shop.tenant.pk):
        assert Incident.objects.get().is_open
        shop.pair.state = PairState.PAUSED
        shop.pair.save()
    alert_tidying.tidy(start)
    with scope.tenant(shop.tenant.pk):
        assert not Incident.objects.get().is_open


def test_nobody_is_alarmed_of_stock_that_was_switched_off(shop: Shop) -> None:
    start = timezone.now()
    with scope.tenant(shop.tenant.pk):
        Flow.objects.filter(pk=shop.flows[Entity.INVENTORY].pk).update(is_on=False)
    compared(shop, off=5, at=start)
    compared(shop, off=5, at=start)
    with scope.tenant(shop.tenant.pk):
        assert not Incident.objects.exists()


def test_a_privacy_request_is_told_once_and_names_nobody(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    person = Person(customers=("771",), orders=(), email="ann@example.com", phone="")
    with scope.tenant(shop.tenant.pk):
        privacy_requests.accept(
            PrivacyNotice(PrivacyAsk.PERSON_DATA, name="request-1", person=person),
            connection=shop.pair.store,
            now=start,
        )
    for minutes in (1, 2, 30):
        tell(start + minutes * MINUTE)
    (message,) = mail.outbox
    assert message.subject == "A shopper asks for their data"
    assert f"/t/{shop.tenant.slug}/settings/data/" in str(message.body)
    assert "ann@example.com" not in str(message.body)
    assert "771" not in str(message.body)


def test_an_account_that_is_being_erased_is_told_nothing(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    alert_watching.watch(start + MINUTE)
    with scope.tenant(shop.tenant.pk):
        shop.tenant.erasing_since = start
        shop.tenant.save()
    tell(start + 2 * MINUTE)
    digest_on(shop, start + timedelta(days=2))
    assert mail.outbox == []


# --- how many ------------------------------------------------------------------------------------


def test_ten_thousand_equal_failures_give_three_messages(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 3, at=start)
    for seconds in (1, 5, 20, 40):
        tell(start + timedelta(seconds=seconds))
    (first,) = mail.outbox
    assert first.subject == "3 orders are held: no payment method for 'gift_voucher'"
    assert first.to == ["harbour@example.com"]
    fail(shop, 9_997, at=start + MINUTE, first=3)
    for minutes in (1, 2, 5, 6, 30, 60):
        tell(start + minutes * MINUTE)
    fail(shop, 1, at=start + 2 * HOUR, first=10_000)
    tell(start + 2 * HOUR)
    settle(shop, at=start + 3 * HOUR)
    for minutes in (180, 182, 186, 200, 300):
        tell(start + minutes * MINUTE)
    assert [message.subject for message in mail.outbox] == [
        first.subject,
        "Now 10,000 orders are held: no payment method for 'gift_voucher'",
        "Resolved: no payment method for 'gift_voucher'",
    ]
    assert {message.state for message in told(shop)} == {MessageState.SENT}


def test_a_message_says_what_to_do_and_holds_nothing_personal(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    found = fail(shop, 1, at=start)
    tell(start + MINUTE)
    (message,) = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.subject.startswith("1 order is held: ")
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    for body in (str(message.body), str(html)):
        assert "Add the payment method to the table, then replay." in body
        assert f"http://127.0.0.1:8000/t/harbour-goods/incidents/{found.pk}/" in body
        assert "/t/harbour-goods/settings/alerts/" in body
        assert "k0" not in body, "the record is named by the page, not by the message"
    assert "src=" not in str(html)


def test_what_comes_and_goes_is_told_once(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    for turn in range(5):
        at = start + turn * 3 * MINUTE
        fail(shop, 1, at=at, first=turn)
        tell(at + timedelta(seconds=30))
        settle(shop, at=at + MINUTE)
        tell(at + 2 * MINUTE)
    assert [message.subject.split(":")[0] for message in mail.outbox] == ["1 order is held"]
    tell(start + 2 * HOUR)
    assert mail.outbox[-1].subject.startswith("Resolved: ")
    assert len(mail.outbox) == 2


def test_what_comes_back_later_waits_for_its_cool_down(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    tell(start + MINUTE)
    settle(shop, at=start + 2 * MINUTE)
    tell(start + 10 * MINUTE)
    assert len(mail.outbox) == 2
    fail(shop, 1, at=start + 20 * MINUTE, first=1)
    tell(start + 50 * MINUTE)
    assert len(mail.outbox) == 2
    tell(start + 62 * MINUTE)
    assert mail.outbox[2].subject.startswith("1 order is held")


def test_what_is_over_before_anyone_was_told_is_not_told(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    alert_watching.watch(start + timedelta(seconds=5))
    settle(shop, at=start + timedelta(seconds=10))
    for minutes in (1, 30):
        tell(start + minutes * MINUTE)
    assert mail.outbox == []
    with scope.tenant(shop.tenant.pk):
        assert AlertCase.objects.get().over_at is not None


def test_a_channel_hears_only_of_its_topics_and_of_what_begins_after_it(
    shop: Shop, receiver: Receiver
) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start - HOUR)
    add(shop, ChannelKind.SLACK, receiver.url)
    deaf = add(shop, ChannelKind.WEBHOOK, receiver.url, hears=[Topic.OWNER])
    with scope.tenant(shop.tenant.pk):
        AlertChannel.objects.filter(pk=deaf.channel.pk).update(hears_from=start - 2 * HOUR)
    tell(start + MINUTE)
    assert receiver.got == []
    assert mail.outbox == [], "it was open before there was a channel"


@several_processes
def test_two_watchers_write_one_message(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 5, at=start)
    at = start + MINUTE
    at_once(*[lambda: alert_watching.watch_tenant(shop.tenant.pk, now=at) for _ in range(4)])
    assert [message.kind for message in told(shop)] == [MessageKind.FIRST]


# --- sent once -----------------------------------------------------------------------------------


@several_processes
def test_two_senders_send_it_once(shop: Shop, receiver: Receiver) -> None:
    start = timezone.now()
    channel = only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    fail(shop, 2, at=start)
    at = start + MINUTE
    alert_watching.watch(at)
    at_once(*[lambda: alert_sending.send_due(at) for _ in range(4)])
    assert len(receiver.got) == 1
    (message,) = told(shop)
    assert (message.channel_id, message.state, message.attempts) == (channel.pk, "sent", 1)


def test_a_sender_that_died_is_replaced_once_and_then_no_more(
    shop: Shop, receiver: Receiver
) -> None:
    start = timezone.now()
    only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    fail(shop, 2, at=start)
    at = start + MINUTE
    alert_watching.watch(at)
    (message,) = told(shop)
    for _ in range(2):
        taken = alert_sending.take(shop.tenant.pk, message.pk, now=at)
        assert taken is not None
        assert taken.send().went_out, "sent, and then it died"
        assert alert_sending.take(shop.tenant.pk, message.pk, now=at) is None, "still held"
        at += alert_sending.HELD_FOR + MINUTE
    alert_sending.send_due(at)
    assert len(receiver.got) == 2
    (message,) = told(shop)
    assert message.state == MessageState.GIVEN_UP
    assert "may have arrived twice" in message.outcome


def test_one_that_comes_late_does_not_report_over_its_successor(
    shop: Shop, receiver: Receiver
) -> None:
    start = timezone.now()
    only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    fail(shop, 2, at=start)
    alert_watching.watch(start + MINUTE)
    (message,) = told(shop)
    slow = alert_sending.take(shop.tenant.pk, message.pk, now=start + MINUTE)
    later = start + MINUTE + alert_sending.HELD_FOR + MINUTE
    quick = alert_sending.take(shop.tenant.pk, message.pk, now=later)
    assert slow is not None
    assert quick is not None
    alert_sending.finish(slow.message, alert_posting.Told(False, "late", is_final=True), now=later)
    assert told(shop)[0].state == MessageState.WAITING
    alert_sending.finish(quick.message, alert_posting.Told(True, "ok"), now=later)
    assert told(shop)[0].state == MessageState.SENT


# --- signed webhooks -----------------------------------------------------------------------------


def is_signed(key: str, header: str, body: bytes, *, now: float, tolerance: int = 300) -> bool:
    """As docs/alerts.md tells receivers to do it."""
    parts = dict(part.split("=", 1) for part in header.split(","))
    made = hmac.new(key.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, parts["v1"]) and abs(now - int(parts["t"])) <= tolerance


def test_a_program_can_check_what_it_gets(shop: Shop, receiver: Receiver) -> None:
    start = timezone.now()
    made = add(shop, ChannelKind.WEBHOOK, receiver.url)
    only(shop, made)
    found = fail(shop, 2, at=start)
    receiver.status = 503
    tell(start + MINUTE)
    receiver.status = 204
    alert_sending.send_due(start + 3 * MINUTE)
    (refused, first), (accepted, second) = receiver.got
    assert first == second, "each try has the same body"
    assert refused["clarity-message-id"] == accepted["clarity-message-id"]
    body = json.loads(second)
    assert body["id"] == accepted["clarity-message-id"]
    assert (body["type"], body["about"]["records"], body["about"]["incident"]) == (
        "incident.opened",
        2,
        found.pk,
    )
    now = timezone.now().timestamp()
    assert accepted["content-type"] == "application/json"
    assert is_signed(made.key, refused["clarity-signature"], first, now=now)
    assert is_signed(made.key, accepted["clarity-signature"], second, now=now + 120)
    assert not is_signed(made.key, accepted["clarity-signature"], second + b" ", now=now)
    assert not is_signed("another", accepted["clarity-signature"], second, now=now)
    assert not is_signed(made.key, accepted["clarity-signature"], second, now=now + 900)


def test_the_key_and_the_address_lie_in_the_vault_only(shop: Shop, receiver: Receiver) -> None:
    made = add(shop, ChannelKind.WEBHOOK, receiver.url)
    with scope.tenant(shop.tenant.pk):
        row = AlertChannel.objects.get(pk=made.channel.pk)
        kept = str({**row.__dict__, "sealed": bytes(row.sealed or b"")})
        entries = str(list(AuditEntry.objects.values_list("before", "after")))
        assert alert_secrets.unseal(row).key == made.key
        renewed = alerts.renew_key(channel=row, actor=shop.owner)
        assert alert_secrets.unseal(row).url == receiver.url
    for secret in (made.key, "of-the-address"):
        assert secret not in kept
        assert secret not in entries
    assert renewed != made.key
    assert row.host == "127.0.0.1"


def test_the_real_answer_of_a_test_is_shown(shop: Shop, receiver: Receiver) -> None:
    made = add(shop, ChannelKind.SLACK, receiver.url)
    receiver.status, receiver.answer = 404, b"no_service"
    said = alerts.send_test(
        tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=shop.owner, now=timezone.now()
    )
    assert (said.went_out, said.said) == (False, "127.0.0.1 answered 404: no_service.")
    receiver.status, receiver.answer = 200, b"ok"
    said = alerts.send_test(
        tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=shop.owner, now=timezone.now()
    )
    assert (said.went_out, said.said) == (True, "127.0.0.1 answered 200: ok.")
    assert json.loads(receiver.got[-1][1])["text"] == "Test message from Clarity Connect"
    states = [message.state for message in told(shop, kind=MessageKind.TEST)]
    assert states == [MessageState.GIVEN_UP, MessageState.SENT]


def test_tests_are_limited(shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    made = add(shop, ChannelKind.SLACK, receiver.url)
    monkeypatch.setattr(alerts, "MOST_TESTS", 2)
    for expected in (True, True):
        said = alerts.send_test(
            tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=None, now=timezone.now()
        )
        assert said.went_out is expected
    with pytest.raises(BadChannel, match="Try again later"):
        alerts.send_test(
            tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=None, now=timezone.now()
        )
    assert len(receiver.got) == 2


def test_a_redirect_is_not_followed(shop: Shop, receiver: Receiver) -> None:
    made = add(shop, ChannelKind.SLACK, receiver.url)
    receiver.status = 302
    said = alerts.send_test(
        tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=None, now=timezone.now()
    )
    assert not said.went_out
    assert "redirects to another address" in said.said


# --- addresses that are refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://10.0.0.5/hook", "private or reserved network"),
        ("https://169.254.169.254/latest/meta-data", "private or reserved network"),
        ("https://[::1]/hook", "private or reserved network"),
        ("https://localhost/hook", "private network"),
        ("http://hooks.example.com/hook", "not encrypted"),
        ("https://user:secret@hooks.example.com/", "user name"),
        ("ftp://hooks.example.com/", "does not start with https"),
        ("javascript:alert(1)", "does not start with https"),
        ("https://hooks.example.com/a#b", "#"),
        ("https://hooks.example.com/\x00", "web address"),
        ("https://" + "a" * 2_100, "longer than"),
        ("", "Enter the address"),
    ],
)
def test_addresses_inside_are_refused_in_production(
    shop: Shop, settings: Any, url: str, said: str
) -> None:
    settings.CLARITY_PRODUCTION = True
    with scope.tenant(shop.tenant.pk), pytest.raises(BadChannel, match=said) as refused:
        alerts.create(
            kind=ChannelKind.SLACK,
            wanted=Wanted(name="Chat", hears=["records"], url=url),
            actor=None,
            now=timezone.now(),
        )
    assert refused.value.field == "url"
    assert "secret@" not in str(refused.value)


def test_a_name_that_leads_inside_is_refused_when_it_is_called(
    shop: Shop, settings: Any, receiver: Receiver
) -> None:
    """What was allowed when it was typed is judged again on each connect."""
    made = add(shop, ChannelKind.SLACK, receiver.url)
    settings.CLARITY_PRODUCTION = True
    said = alerts.send_test(
        tenant_id=shop.tenant.pk, channel_id=made.channel.pk, actor=None, now=timezone.now()
    )
    assert not said.went_out
    assert receiver.got == []


# --- channels that fail --------------------------------------------------------------------------


def test_a_channel_that_fails_is_shown_tried_later_and_told_to_the_owners_once(
    shop: Shop, receiver: Receiver
) -> None:
    start = timezone.now()
    made = add(shop, ChannelKind.SLACK, receiver.url)
    channel = only(shop, made)
    receiver.status, receiver.answer = 500, b"down"
    fail(shop, 1, at=start)
    at = start + MINUTE
    alert_watching.watch(at)
    for wait in (0, 2, 6, 16, 61, 181):
        at += wait * MINUTE
        alert_sending.send_due(at)
        alert_sending.send_due(at)
    with scope.tenant(shop.tenant.pk):
        channel = AlertChannel.objects.get()
    assert (len(receiver.got), channel.failures) == (6, 6)
    assert channel.problem == "127.0.0.1 answered 500: down."
    (notice,) = mail.outbox
    assert notice.subject == "The alert channel Slack-compatible webhook does not work"
    assert notice.to == ["harbour@example.com"]
    receiver.status, receiver.answer = 200, b"ok"
    alert_sending.send_due(at + 4 * HOUR)
    with scope.tenant(shop.tenant.pk):
        channel = AlertChannel.objects.get()
    assert (channel.failures, channel.problem, channel.owners_told_at) == (0, "", None)
    assert channel.last_sent_at is not None
    assert len(mail.outbox) == 1


def test_a_receiver_that_is_down_is_not_hammered(shop: Shop, receiver: Receiver) -> None:
    start = timezone.now()
    channel = only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    receiver.status = 503
    with scope.tenant(shop.tenant.pk):
        for number in range(5):
            alert_sending.alert_outbox.write(
                [channel],
                MessageKind.DIGEST,
                alert_words_content(f"Day {number}"),
                day=(start + timedelta(days=number)).date(),
                now=start,
            )
    alert_sending.send_due(start)
    assert len(receiver.got) == 1
    receiver.status = 200
    alert_sending.send_due(start + 2 * MINUTE)
    assert len(receiver.got) == 6


def alert_words_content(title: str) -> Any:
    return alert_sending.Content(event="digest", title=title)


def test_a_message_is_given_up_after_a_day(shop: Shop, receiver: Receiver) -> None:
    start = timezone.now()
    only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    receiver.status = 500
    fail(shop, 1, at=start)
    alert_watching.watch(start + MINUTE)
    alert_sending.send_due(start + MINUTE)
    alert_sending.send_due(start + MINUTE + alert_rules.GIVE_UP_AFTER)
    (message,) = told(shop, kind=MessageKind.FIRST)
    assert (message.state, message.attempts) == (MessageState.GIVEN_UP, 2)


def test_mail_that_cannot_be_sent_is_sent_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    with monkeypatch.context() as broken:

        def refuse(self: EmailMultiAlternatives, fail_silently: bool = False) -> int:
            raise smtplib.SMTPConnectError(421, "busy")

        broken.setattr(EmailMultiAlternatives, "send", refuse)
        tell(start + MINUTE)
    assert mail.outbox == []
    alert_sending.send_due(start + 3 * MINUTE)
    assert len(mail.outbox) == 1


def test_an_error_of_ours_keeps_the_message_and_says_so(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    start = timezone.now()
    only(shop, add(shop, ChannelKind.SLACK, receiver.url))
    fail(shop, 1, at=start)
    with monkeypatch.context() as broken:

        def stumble(content: object) -> dict[str, Any]:
            raise ValueError("of ours")

        broken.setattr(alert_posting, "as_slack", stumble)
        tell(start + MINUTE)
    (message,) = told(shop)
    assert (message.state, message.held_until) == (MessageState.WAITING, None)
    assert "An error of ours" in message.outcome
    assert "stopped by an error of ours" in caplog.text
    alert_sending.send_due(start + 3 * MINUTE)
    assert len(receiver.got) == 1


# --- switched off, deleted -----------------------------------------------------------------------


def test_a_channel_that_is_off_or_deleted_gets_nothing(shop: Shop, receiver: Receiver) -> None:
    start = timezone.now()
    off = add(shop, ChannelKind.SLACK, receiver.url)
    gone = add(shop, ChannelKind.WEBHOOK, receiver.url)
    fail(shop, 1, at=timezone.now())
    alert_watching.watch(start + MINUTE)
    with scope.tenant(shop.tenant.pk):
        assert AlertMessage.objects.count() == 3
        assert alerts.switch(channel=off.channel, is_on=False, actor=shop.owner)
        assert not alerts.switch(channel=off.channel, is_on=False, actor=shop.owner)
        alerts.delete(channel=gone.channel, actor=shop.owner)
    alert_sending.send_due(start + MINUTE)
    assert receiver.got == []
    outcomes = {message.channel_name: message.outcome for message in told(shop)}
    assert outcomes["Slack-compatible webhook"] == "The channel was switched off."
    assert outcomes["Signed webhook"] == "The channel was deleted."


@several_processes
def test_every_tenant_begins_with_its_owners_and_may_do_without(shop: Shop) -> None:
    now = timezone.now()
    at_once(*[lambda: alert_watching.watch(now) for _ in range(3)])
    with scope.tenant(shop.tenant.pk):
        (channel,) = AlertChannel.objects.all()
        assert (channel.kind, channel.to_owners, channel.has_digest) == ("email", True, True)
        assert channel.hears == list(Topic.values)
        alerts.delete(channel=channel, actor=shop.owner)
    alert_watching.watch(now)
    with scope.tenant(shop.tenant.pk):
        assert AlertChannel.objects.count() == 0


# --- who gets mail -------------------------------------------------------------------------------


def link_in(message: Any) -> str:
    (line,) = [line for line in str(message.body).splitlines() if "/alerts/address/" in line]
    return str(line.rsplit("/", 2)[1])


def test_an_address_hears_nothing_before_it_agrees_and_nothing_after_it_left(shop: Shop) -> None:
    start = timezone.now()
    made = add(shop, ChannelKind.EMAIL, addresses=["books@example.com"])
    channel = only(shop, made)
    alert_sending.send_due(start + MINUTE)
    (question,) = mail.outbox
    assert question.to == ["books@example.com"]
    token = link_in(question)
    with scope.tenant(shop.tenant.pk):
        assert token not in str(AlertMessage.objects.get().content)
        assert len(alert_sending.alert_mail.of_channel(channel)) == 0
    alert_addresses.confirm(token, now=start)
    alert_addresses.confirm(token, now=start)
    fail(shop, 1, at=start)
    tell(start + MINUTE)
    assert [message.to for message in mail.outbox[1:]] == [["books@example.com"]]
    alert_addresses.leave(token, now=start)
    with scope.tenant(shop.tenant.pk):
        assert len(alert_sending.alert_mail.of_channel(channel)) == 0
    with pytest.raises(alert_addresses.LinkBroken):
        alert_addresses.invitation(token + "x", now=start)


def test_an_old_link_does_not_confirm(shop: Shop) -> None:
    start = timezone.now()
    add(shop, ChannelKind.EMAIL, addresses=["books@example.com"])
    alert_sending.send_due(start + MINUTE)
    token = link_in(mail.outbox[0])
    with pytest.raises(alert_addresses.LinkBroken, match="too old"):
        alert_addresses.confirm(token, now=start + timedelta(days=8))
    with scope.tenant(shop.tenant.pk):
        assert AlertAddress.objects.get().confirmed_at is None


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        (["no address"], "is not an e-mail address"),
        (["harbour@example.com"], "is a member"),
        ([f"a{number}@example.com" for number in range(11)], "at most 10"),
    ],
)
def test_addresses_that_cannot_be_taken_are_named(
    shop: Shop, addresses: list[str], said: str
) -> None:
    with pytest.raises(BadChannel, match=said) as refused:
        add(shop, ChannelKind.EMAIL, addresses=addresses)
    assert refused.value.field == "addresses"


def test_members_who_leave_hear_nothing_more(shop: Shop) -> None:
    start = timezone.now()
    clerk = User.objects.create_user("clerk@example.com")
    with scope.tenant(shop.tenant.pk):
        membership = Membership.objects.create(user=clerk, role=Role.OPERATOR)
    channel = only(shop, add(shop, ChannelKind.EMAIL, members=[str(clerk.pk)], to_owners=True))
    with scope.tenant(shop.tenant.pk):
        everyone = alert_sending.alert_mail.of_channel(channel)
        membership.delete()
        left = alert_sending.alert_mail.of_channel(channel)
    assert everyone.members == ("clerk@example.com", "harbour@example.com")
    assert left.members == ("harbour@example.com",)
    assert start <= timezone.now()


# --- the digest ----------------------------------------------------------------------------------


def digest_on(shop: Shop, day: datetime) -> None:
    """The digest of this moment's day, an hour after it is due."""
    due = day.astimezone(alert_words.zone_of(shop.tenant)).replace(hour=9, minute=0)
    alert_digest.make_due(due)
    alert_sending.send_due(due)


def test_the_digest_tells_what_is_open_once_a_day(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 12, at=start)
    with scope.tenant(shop.tenant.pk):
        Connection.objects.filter(pk=shop.pair.store_id).update(
            state=ConnectionState.NEEDS_OWNER, state_since=start
        )
    day = start + timedelta(days=2)
    for _ in range(3):
        digest_on(shop, day)
    (message,) = mail.outbox
    assert message.subject == "Harbour Goods: 1 to reconnect, 1 open incident"
    assert "- 12 orders are held: no payment method for 'gift_voucher' (since" in str(message.body)
    assert "- Please reconnect Web shop" in str(message.body)
    digest_on(shop, day + timedelta(days=1))
    assert len(mail.outbox) == 2


def test_a_digest_says_nothing_when_there_is_nothing_unless_asked(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    digest_on(shop, start + timedelta(days=2))
    assert mail.outbox == []
    with scope.tenant(shop.tenant.pk):
        alerts.set_digest(hour=8, digests_nothing=True, actor=shop.owner, now=start)
    digest_on(shop, start + timedelta(days=3))
    assert [message.subject for message in mail.outbox] == ["Harbour Goods: nothing to report"]


def test_another_hour_gives_no_second_digest_on_one_day(shop: Shop) -> None:
    now = timezone.now()
    with scope.tenant(shop.tenant.pk):
        alerts.plan(now=now)
        today = now.astimezone(alert_words.zone_of(shop.tenant)).date()
        AlertPlan.objects.update(digest_day=today)
        plan = alerts.set_digest(hour=23, digests_nothing=True, actor=None, now=now)
        assert plan.digest_day == today
        with pytest.raises(BadChannel, match="0 to 23"):
            alerts.set_digest(hour=24, digests_nothing=True, actor=None, now=now)


# --- tenants, and what is kept -------------------------------------------------------------------


def test_each_tenant_hears_of_its_own_only(shop: Shop) -> None:
    other = make_shop("Other Retailer")
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    tell(start + MINUTE)
    assert [message.to for message in mail.outbox] == [["harbour@example.com"]]
    assert told(other) == []
    with scope.tenant(shop.tenant.pk):
        (channel,) = AlertChannel.objects.all()
    with pytest.raises(AlertChannel.DoesNotExist):
        alerts.send_test(
            tenant_id=other.tenant.pk, channel_id=channel.pk, actor=None, now=timezone.now()
        )


def test_old_messages_and_cases_are_forgotten(shop: Shop) -> None:
    start = timezone.now()
    alert_watching.watch(start)
    fail(shop, 1, at=start)
    tell(start + MINUTE)
    settle(shop, at=start + 2 * MINUTE)
    tell(start + 10 * MINUTE)
    alert_tidying.tidy(start + timedelta(days=80))
    assert len(told(shop)) == 2
    alert_tidying.tidy(start + timedelta(days=91))
    assert told(shop) == []
    with scope.tenant(shop.tenant.pk):
        assert AlertCase.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "OWNERS"}, "name"),
        ({"hears": ["gossip"]}, "hears"),
        ({"hears": []}, "hears"),
        ({"to_owners": False}, "members"),
        ({"members": ["00000000-0000-0000-0000-000000000000"]}, "members"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    with scope.tenant(shop.tenant.pk):
        alerts.plan(now=timezone.now())
    with pytest.raises(BadChannel) as refused:
        add(shop, ChannelKind.EMAIL, **{"to_owners": True, **changes})
    assert refused.value.field == field
    with scope.tenant(shop.tenant.pk):
        assert AlertChannel.objects.count() == 1
