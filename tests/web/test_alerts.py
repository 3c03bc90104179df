"""The pages of alert channels: what they show, who may change what, and what is refused."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import AlertAddress, AlertChannel, AlertPlan, ChannelKind, Topic
from integrations.services import alert_secrets, alert_sending, alerts
from integrations.services.alerts import Wanted
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, User
from tests.web.shops import Shop, make_shop

URL = "https://hooks.example.com/services/T1/B1/secret-part"


@pytest.fixture
def shop(db: None) -> Shop:
    """Nothing here needs a second process, so each test is rolled back."""
    return make_shop("Harbour Goods")


@pytest.fixture
def other_shop(db: None) -> Shop:
    return make_shop("Other Retailer")


def url(shop: Shop, name: str = "alerts", **names: Any) -> str:
    return reverse(name, kwargs={"slug": shop.tenant.slug, **names})


def text(response: Any) -> str:
    return str(response.content.decode())


def made(shop: Shop, kind: ChannelKind = ChannelKind.SLACK, **fields: Any) -> AlertChannel:
    wanted = {"name": "Team chat", "hears": Topic.values, "url": URL} | fields
    with scope.tenant(shop.tenant.pk):
        return alerts.create(
            kind=kind, wanted=Wanted(**wanted), actor=shop.owner, now=timezone.now()
        ).channel


def channels(shop: Shop) -> dict[str, AlertChannel]:
    with scope.tenant(shop.tenant.pk):
        return {row.name: row for row in AlertChannel.objects.all()}


def member(shop: Shop, role: Role) -> Client:
    user = User.objects.create_user(f"{role.value}@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_a_new_tenant_tells_its_owners(shop: Shop, page: Client) -> None:
    shown = text(page.get(url(shop)))
    assert "Owners" in shown
    assert "Everything that needs a person; daily digest" in shown
    assert "Nothing was sent yet." in shown
    assert "In the time zone of Harbour Goods: America/New_York." in shown


def test_without_a_channel_the_page_says_what_that_means(shop: Shop, page: Client) -> None:
    page.get(url(shop))
    owners = channels(shop)["Owners"]
    asked = text(page.get(url(shop, "alert-delete", channel_id=owners.pk)))
    assert "Delete Owners?" in asked
    assert list(channels(shop)) == ["Owners"]
    page.post(url(shop, "alert-delete", channel_id=owners.pk))
    assert "Nobody is told of anything." in text(page.get(url(shop)))


def test_a_chat_is_added_once_and_its_address_is_not_shown(shop: Shop, page: Client) -> None:
    form = {"name": "Team chat", "url": URL, "hears": ["records", "owner"]}
    target = url(shop, "alert-new", kind="slack")
    answer = page.post(target, form)
    channel = channels(shop)["Team chat"]
    assert answer["Location"] == url(shop, "alert-channel", channel_id=channel.pk)
    again = page.post(target, form)
    assert again.status_code == 422
    assert "There is a channel &#x27;Team chat&#x27; already." in text(again)
    shown = text(page.get(answer["Location"]))
    assert "hooks.example.com" in shown
    assert "secret-part" not in shown
    assert (channel.hears, channel.has_digest) == (["records", "owner"], False)


def test_the_key_of_a_signed_webhook_is_shown_once(shop: Shop, page: Client) -> None:
    form = {"name": "Our program", "url": URL, "hears": Topic.values}
    answer = page.post(url(shop, "alert-new", kind="webhook"), form)
    key = re.search(r"readonly[^>]*>(ccwh_[\w-]+)<", text(answer))
    assert key is not None
    assert answer["Cache-Control"] == "private, no-store"
    channel = channels(shop)["Our program"]
    with scope.tenant(shop.tenant.pk):
        assert alert_secrets.unseal(channel).key == key[1]
    for name in ("alert-channel", "alert-key"):
        assert key[1] not in text(page.get(url(shop, name, channel_id=channel.pk)))
    renewed = text(page.post(url(shop, "alert-key", channel_id=channel.pk)))
    assert "ccwh_" in renewed
    assert key[1] not in renewed


@pytest.mark.parametrize(
    ("kind", "form", "field", "said"),
    [
        ("slack", {"name": "", "url": URL, "hears": "records"}, "name", "Give the channel a name."),
        ("slack", {"name": "x" * 500, "url": URL, "hears": "records"}, "name", "at most 80"),
        ("slack", {"name": "A", "url": "", "hears": "records"}, "url", "Enter the address"),
        ("slack", {"name": "A", "url": "nonsense", "hears": "records"}, "url", "https://"),
        ("slack", {"name": "A", "url": URL}, "hears", "at least one kind"),
        ("slack", {"name": "A", "url": URL, "hears": "gossip"}, "hears", "no kind of message"),
        ("email", {"name": "A", "hears": "records"}, "members", "Choose who gets"),
        (
            "email",
            {"name": "A", "hears": "records", "addresses": "<script>"},
            "addresses",
            "is not an e-mail address",
        ),
        (
            "email",
            {"name": "A", "hears": "records", "members": str(uuid4())},
            "members",
            "not a member any more",
        ),
    ],
)
def test_mistakes_stand_beside_their_field(
    shop: Shop, page: Client, kind: str, form: dict[str, str], field: str, said: str
) -> None:
    answer = page.post(url(shop, "alert-new", kind=kind), form)
    shown = text(answer)
    assert answer.status_code == 422
    told = re.search(rf'<p class="field-error" id="{field}-error" role="alert">([^<]*)', shown)
    assert told is not None
    assert said in told[1]
    assert f"{field}-error" in shown.replace(told[0], "")
    assert "<script>" not in shown.split("</head>")[1]
    assert list(channels(shop)) in ([], ["Owners"])


def test_a_change_keeps_the_address_when_none_is_entered(shop: Shop, page: Client) -> None:
    channel = made(shop)
    target = url(shop, "alert-channel", channel_id=channel.pk)
    page.post(target, {"name": "Back office", "url": "", "hears": ["owner"]})
    changed = channels(shop)["Back office"]
    with scope.tenant(shop.tenant.pk):
        assert alert_secrets.unseal(changed).url == URL
        entry = AuditEntry.objects.get(action="alert_channel.changed")
    assert (entry.actor_id, entry.before["name"], entry.after["hears"]) == (
        shop.owner.pk,
        "Team chat",
        ["owner"],
    )
    page.post(
        target, {"name": "Back office", "url": "https://other.example.com/x", "hears": "owner"}
    )
    assert channels(shop)["Back office"].host == "other.example.com"
    refused = page.post(target, {"name": "", "hears": "owner"})
    assert refused.status_code == 422


def test_a_test_shows_what_happened(shop: Shop, page: Client) -> None:
    page.get(url(shop))
    owners = channels(shop)["Owners"]
    shown = text(page.post(url(shop, "alert-test", channel_id=owners.pk), follow=True))
    assert "The test message to Owners went out. Handed to the mail server for 1 address." in shown
    assert mail.outbox[0].subject == "Test message from Clarity Connect"
    channel = made(shop, url="http://127.0.0.1:9/closed")
    shown = text(page.post(url(shop, "alert-test", channel_id=channel.pk), follow=True))
    assert "did not get through. 127.0.0.1 could not be reached" in shown
    assert "Last try failed" in shown
    history = text(page.get(url(shop, "alert-messages")))
    assert history.count("Test message from Clarity Connect") == 2
    assert "Not sent" in history


def test_a_channel_is_switched_off_and_on(shop: Shop, page: Client) -> None:
    channel = made(shop)
    target = url(shop, "alert-switch", channel_id=channel.pk)
    for _ in range(2):
        shown = text(page.post(target, {"to": "off"}, follow=True))
        assert "Switch on" in shown
    assert not channels(shop)["Team chat"].is_on
    page.post(target, {"to": "on"})
    assert channels(shop)["Team chat"].is_on
    with scope.tenant(shop.tenant.pk):
        assert AuditEntry.objects.filter(action="alert_channel.switched").count() == 2


def test_the_digest_hour_is_kept_and_a_wrong_one_refused(shop: Shop, page: Client) -> None:
    page.post(url(shop, "alert-digest"), {"hour": "6", "digests_nothing": "on"})
    for wrong in ("24", "-1", "six", "", "٣"):
        shown = text(page.post(url(shop, "alert-digest"), {"hour": wrong}, follow=True))
        assert "Choose an hour from 0 to 23." in shown
    with scope.tenant(shop.tenant.pk):
        plan = AlertPlan.objects.get()
    assert (plan.digest_hour, plan.digests_nothing) == (6, True)


def test_an_address_agrees_by_pressing_not_by_opening(shop: Shop, page: Client) -> None:
    channel = made(shop, ChannelKind.EMAIL, url="", addresses=["books@example.com"])
    alert_sending.send_due(timezone.now())
    link = re.search(r"http://127\.0\.0\.1:8000(/alerts/address/\S+)", str(mail.outbox[0].body))
    assert link is not None
    stranger = Client()
    opened = stranger.get(link[1])
    assert "Yes, send them" in text(opened)
    assert opened["Referrer-Policy"] == "no-referrer"
    here = url(shop, "alert-channel", channel_id=channel.pk)
    assert "Has not agreed yet" in text(page.get(here))
    assert "You get the messages" in text(stranger.post(link[1], {"answer": "yes"}))
    assert "Agreed" in text(page.get(here))
    assert "No more messages" in text(stranger.post(link[1], {"answer": "no"}))
    assert "Wants no more messages" in text(page.get(here))
    broken = stranger.get("/alerts/address/made-up:token/")
    assert (broken.status_code, "This link does not work" in text(broken)) == (410, True)


def test_an_address_is_asked_again(shop: Shop, page: Client) -> None:
    channel = made(shop, ChannelKind.EMAIL, url="", addresses=["books@example.com"])
    with scope.tenant(shop.tenant.pk):
        address = AlertAddress.objects.get()
    target = url(shop, "alert-ask", channel_id=channel.pk, address_id=address.pk)
    page.post(target)
    alert_sending.send_due(timezone.now())
    assert [message.to for message in mail.outbox] == [["books@example.com"]] * 2
    wrong = url(shop, "alert-ask", channel_id=channel.pk, address_id=uuid4())
    assert page.post(wrong).status_code == 404


CHANGING = ("alert-test", "alert-switch", "alert-key", "alert-delete")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_only_admins_and_owners_change_anything(shop: Shop, role: Role) -> None:
    channel = made(shop, ChannelKind.WEBHOOK)
    client = member(shop, role)
    shown = text(client.get(url(shop, "alert-channel", channel_id=channel.pk)))
    assert "Admins and owners can change it." in shown
    assert '<form method="post" class' not in shown
    for name in CHANGING:
        assert client.post(url(shop, name, channel_id=channel.pk)).status_code == 403
    here = url(shop, "alert-channel", channel_id=channel.pk)
    assert client.post(here, {"name": "Mine", "hears": "owner"}).status_code == 403
    assert client.post(url(shop, "alert-digest"), {"hour": "3"}).status_code == 403
    assert client.get(url(shop, "alert-new", kind="slack")).status_code == 403
    assert sorted(channels(shop)) == ["Owners", "Team chat"]
    assert channels(shop)["Team chat"].is_on


def test_an_admin_changes_everything(shop: Shop) -> None:
    client = member(shop, Role.ADMIN)
    form = {"name": "Team chat", "url": URL, "hears": ["records"]}
    client.post(url(shop, "alert-new", kind="slack"), form)
    channel = channels(shop)["Team chat"]
    assert client.post(url(shop, "alert-delete", channel_id=channel.pk)).status_code == 302
    assert "Team chat" not in channels(shop)


def test_channels_of_another_tenant_do_not_exist(
    shop: Shop, other_shop: Shop, page: Client
) -> None:
    theirs = made(other_shop, ChannelKind.WEBHOOK)
    assert page.get(url(shop, "alert-channel", channel_id=theirs.pk)).status_code == 404
    assert page.get(url(other_shop)).status_code == 404
    for name in CHANGING:
        assert page.post(url(shop, name, channel_id=theirs.pk)).status_code == 404
    assert channels(other_shop)["Team chat"].is_on
    assert "Team chat" not in text(page.get(url(shop)))
    assert page.get(f"{url(shop)}new/pigeon/").status_code == 404


def test_the_history_has_pages(shop: Shop, page: Client) -> None:
    page.get(url(shop))
    with scope.tenant(shop.tenant.pk):
        channel = AlertChannel.objects.get()
        content = alert_sending.Content(event="digest", title="<b>Day</b>")
        for _ in range(30):
            alert_sending.alert_outbox.write(
                [channel], alert_sending.MessageKind.TEST, content, now=timezone.now()
            )
    first = text(page.get(url(shop, "alert-messages")))
    assert "1–25 of 30" in first
    assert "&lt;b&gt;Day" in first
    second = text(page.get(url(shop, "alert-messages") + "?page=2"))
    assert second.count("&lt;b&gt;Day") == 5
    assert "26–30 of 30" in text(page.get(url(shop, "alert-messages") + "?page=none&page=99"))
