"""Members, invitations and roles: who may do what to whom, and links that end."""

from __future__ import annotations

import re
import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from clarity.web import access
from tenants import scope
from tenants.models import AuditEntry, Invitation, Membership, Role, Tenant, User
from tenants.services import invitations, permissions, roster
from tenants.services.members import create_tenant, memberships_of
from tenants.services.people import create_person

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nothing_counted(transactional_db: None) -> None:
    cache.clear()


@pytest.fixture
def tenant() -> Tenant:
    return create_tenant(name="Harbour Goods", owner_email="owner@example.com")


def member(tenant: Tenant, role: Role, email: str = "") -> Membership:
    user = create_person(email=email or f"{role}@example.com", password=PASSWORD)
    with scope.tenant(tenant.pk):
        return Membership.objects.create(user=user, role=role)


def owner(tenant: Tenant) -> Membership:
    with scope.tenant(tenant.pk):
        return Membership.objects.select_related("user", "tenant").get(role=Role.OWNER)


def browser(who: Membership) -> Client:
    client = Client()
    client.force_login(who.user)
    return client


def at(tenant: Tenant, rest: str = "") -> str:
    return f"/t/{tenant.slug}/settings/members/{rest}"


def body(response: Any) -> str:
    return str(response.content.decode())


def invite(tenant: Tenant, email: str = "new@example.com", role: str = "operator") -> str:
    """Invites as the owner, and returns the path of the link in the mail."""
    done = browser(owner(tenant)).post(at(tenant, "invite/"), {"email": email, "role": role})
    assert done.status_code == 302, body(done)
    link = re.search(r"http://testserver(/invitation/\S+)", str(mail.outbox[-1].body))
    assert link
    return link.group(1)


def role_of(tenant: Tenant, email: str) -> str | None:
    with scope.tenant(tenant.pk):
        return Membership.objects.filter(user__email=email).values_list("role", flat=True).first()


def actions(tenant: Tenant) -> list[str]:
    with scope.tenant(tenant.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_new_person_joins_with_a_password_and_the_link_ends(tenant: Tenant) -> None:
    link = invite(tenant, "New@Example.com")
    assert "invites you to Harbour Goods" in str(mail.outbox[-1].body)
    assert mail.outbox[-1].to == ["new@example.com"]
    client = Client()
    assert "new@example.com" in body(client.get(link))
    refused = client.post(link, {"password": "short", "name": ""})
    assert (refused.status_code, "too short" in body(refused)) == (422, True)
    joined = client.post(link, {"password": PASSWORD, "name": "Neo"})
    assert joined["Location"] == f"/t/{tenant.slug}/"
    assert role_of(tenant, "new@example.com") == "operator"
    assert client.get(at(tenant)).status_code == 200
    # The link is over, for this one and everybody else.
    assert Client().get(link).status_code == 410
    assert Client().post(link, {"password": PASSWORD}).status_code == 410
    signed_in = Client().post("/sign-in/", {"login": "new@example.com", "password": PASSWORD})
    assert signed_in["Location"] == "/"
    assert actions(tenant)[-2:] == ["member.invited", "member.joined"]


def test_someone_with_an_account_signs_in_and_joins(tenant: Tenant) -> None:
    create_person(email="new@example.com", password=PASSWORD)
    link = invite(tenant)
    client = Client()
    asked = body(client.get(link))
    assert "You have an account with this address" in asked
    # Without the password the link alone does not let anybody in.
    assert client.post(link, {"password": "another password"}).status_code == 200
    assert role_of(tenant, "new@example.com") is None
    back = client.post(
        f"/sign-in/?next={link}", {"login": "new@example.com", "password": PASSWORD, "next": link}
    )
    assert back["Location"] == link
    assert role_of(tenant, "new@example.com") is None
    assert client.post(link)["Location"] == f"/t/{tenant.slug}/"
    assert role_of(tenant, "new@example.com") == "operator"
    assert client.post(link).status_code == 410


def test_someone_else_who_is_signed_in_is_told_so(tenant: Tenant) -> None:
    link = invite(tenant)
    other = Client()
    other.force_login(create_person(email="other@example.com", password=PASSWORD))
    assert "which is another address" in body(other.get(link))
    assert "which is another address" in body(other.post(link))
    assert role_of(tenant, "other@example.com") is None
    out = other.post("/sign-out/", {"next": link})
    assert out["Location"] == link


def test_links_run_out_are_replaced_and_taken_back(tenant: Tenant) -> None:
    first = invite(tenant)
    boss = browser(owner(tenant))
    with scope.tenant(tenant.pk):
        row = Invitation.objects.get()
    assert row.token_hash not in first
    assert first.rpartition(".")[2].rstrip("/") not in str(vars(row))
    again = at(tenant, f"invitations/{row.pk}/resend/")
    assert "less than a minute ago" in body(boss.post(again, follow=True))
    with scope.tenant(tenant.pk):
        Invitation.objects.update(
            sent_at=timezone.now() - timedelta(days=8),
            expires_at=timezone.now() - timedelta(seconds=1),
        )
    assert Client().get(first).status_code == 410
    assert "ran out" in body(boss.get(at(tenant)))
    boss.post(again)
    second = re.search(r"(/invitation/\S+)", str(mail.outbox[-1].body))
    assert second
    assert Client().get(first).status_code == 410
    assert Client().get(second.group(1)).status_code == 200
    revoke = at(tenant, f"invitations/{row.pk}/revoke/")
    assert "stops working" in body(boss.get(revoke))
    boss.post(revoke)
    assert Client().get(second.group(1)).status_code == 410
    assert "accepted or taken back already" in body(boss.post(revoke, follow=True))


@pytest.mark.parametrize("token", ["x", "x.y", f"{'0' * 32}.abc", "a" * 3000])
def test_made_up_links_are_over(token: str) -> None:
    assert Client().get(f"/invitation/{token}/").status_code == 410


def test_a_link_opened_by_many_at_once_makes_one_member(tenant: Tenant) -> None:
    link = invite(tenant)

    def join(_: int) -> int:
        try:
            return Client().post(link, {"password": PASSWORD}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(join, range(4)))
    assert answers.count(302) == 1, answers
    assert User.objects.filter(email="new@example.com").count() == 1


def test_mistakes_in_an_invitation_stand_beside_the_field(tenant: Tenant) -> None:
    boss = browser(owner(tenant))
    for sent, said in (
        ({"email": "nothing", "role": "viewer"}, "is no e-mail address"),
        ({"email": "owner@example.com", "role": "viewer"}, "is a member already"),
        ({"email": "a@example.com", "role": "king"}, "Choose one of the roles"),
        ({"email": f"{'a' * 250}@example.com", "role": "viewer"}, "e-mail address"),
    ):
        refused = boss.post(at(tenant, "invite/"), sent)
        assert (refused.status_code, said in body(refused)) == (422, True), sent
    invite(tenant)
    twice = boss.post(at(tenant, "invite/"), {"email": "NEW@example.com", "role": "viewer"})
    assert "is invited already" in body(twice)
    assert len(mail.outbox) == 1


def test_taking_invitations_back_makes_no_room_to_mail_the_world(
    tenant: Tenant, monkeypatch: Any
) -> None:
    monkeypatch.setattr(invitations, "MOST_SENT", 2)
    boss = browser(owner(tenant))
    for _ in range(2):
        invite(tenant)
        with scope.tenant(tenant.pk):
            (row,) = invitations.open_ones()
        boss.post(at(tenant, f"invitations/{row.pk}/revoke/"))
    done = boss.post(at(tenant, "invite/"), {"email": "third@example.com", "role": "viewer"})
    assert done.status_code == 422
    assert "invitations were sent within a day" in body(done)
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_is_told(tenant: Tenant, monkeypatch: Any) -> None:
    def away(*_: Any, **__: Any) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(mail.EmailMessage, "send", away)
    boss = browser(owner(tenant))
    done = boss.post(
        at(tenant, "invite/"), {"email": "new@example.com", "role": "viewer"}, follow=True
    )
    assert "the mail server did not take it" in body(done)


def test_the_last_owner_stays(tenant: Tenant) -> None:
    boss = owner(tenant)
    client = browser(boss)
    for place, sent in ((f"{boss.pk}/", {"role": "admin"}), ("leave/", {})):
        refused = client.post(at(tenant, place), sent)
        assert (refused.status_code, "is the only owner" in body(refused)) == (422, True)
    assert role_of(tenant, "owner@example.com") == "owner"
    second = member(tenant, Role.ADMIN)
    client.post(at(tenant, f"{second.pk}/"), {"role": "owner"})
    assert client.post(at(tenant, "leave/"))["Location"] == "/"
    assert role_of(tenant, "owner@example.com") is None
    assert client.get(at(tenant)).status_code == 404
    assert actions(tenant)[-2:] == ["member.role_changed", "member.left"]


def test_two_owners_cannot_step_down_at_once(tenant: Tenant) -> None:
    first = owner(tenant)
    second = member(tenant, Role.OWNER, "second@example.com")

    def step_down(who: Membership) -> str:
        try:
            with scope.tenant(tenant.pk):
                roster.change_role(target=who, role=Role.VIEWER, by=who)
            return "done"
        except roster.NotAllowed:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(step_down, (first, second))) == ["done", "refused"]


def test_an_admin_leaves_owners_alone(tenant: Tenant) -> None:
    boss, admin = owner(tenant), member(tenant, Role.ADMIN)
    viewer = member(tenant, Role.VIEWER)
    client = browser(admin)
    for place, sent in (
        (f"{boss.pk}/", {"role": "viewer"}),
        (f"{boss.pk}/remove/", {}),
        (f"{viewer.pk}/", {"role": "owner"}),
        (f"{admin.pk}/", {"role": "owner"}),
        ("invite/", {"email": "a@example.com", "role": "owner"}),
    ):
        assert client.post(at(tenant, place), sent).status_code == 422, place
    invite(tenant, "late@example.com", "owner")
    with scope.tenant(tenant.pk):
        row = Invitation.objects.get(email="late@example.com")
    for what in ("resend", "revoke"):
        done = client.post(at(tenant, f"invitations/{row.pk}/{what}/"), follow=True)
        assert "Only an owner changes the invitation of an owner" in body(done)
    assert role_of(tenant, "owner@example.com") == "owner"
    assert client.post(at(tenant, f"{viewer.pk}/"), {"role": "operator"}).status_code == 302
    assert client.post(at(tenant, f"{viewer.pk}/remove/")).status_code == 302
    assert client.post(at(tenant, f"{viewer.pk}/remove/")).status_code == 302
    assert role_of(tenant, "viewer@example.com") is None


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_those_who_run_or_look_change_no_members(tenant: Tenant, role: Role) -> None:
    boss, me = owner(tenant), member(tenant, role)
    client = browser(me)
    assert "Invite someone" not in body(client.get(at(tenant)))
    for place in ("invite/", f"{boss.pk}/", f"{boss.pk}/remove/", f"{me.pk}/"):
        refused = client.post(at(tenant, place), {"role": "owner", "email": "a@example.com"})
        assert refused.status_code == 403, place
        said = body(refused)
        assert f"Only owners and admins may do this, and your role is {role}" in said
        assert at(tenant) in said
    assert role_of(tenant, me.user.email) == role
    assert mail.outbox == []
    assert client.post(at(tenant, "leave/")).status_code == 302


def test_another_tenants_members_are_not_there(tenant: Tenant) -> None:
    other = create_tenant(name="Other", owner_email="other@example.com")
    theirs = owner(other)
    client = browser(owner(tenant))
    for place in (f"{theirs.pk}/", f"{theirs.pk}/remove/"):
        assert client.get(at(tenant, place)).status_code == 404
        assert client.get(at(other, place)).status_code == 404
    client.post(at(tenant, f"{theirs.pk}/"), {"role": "viewer"})
    assert role_of(other, "other@example.com") == "owner"


def test_who_is_removed_sees_nothing_at_once(tenant: Tenant) -> None:
    viewer = member(tenant, Role.VIEWER)
    client = browser(viewer)
    assert client.get(at(tenant)).status_code == 200
    browser(owner(tenant)).post(at(tenant, f"{viewer.pk}/remove/"))
    assert client.get(at(tenant)).status_code == 404
    assert memberships_of(viewer.user) == []


def test_access_and_the_table_speak_of_the_same_roles() -> None:
    assert permissions.ADMINS == access.ADMINS
    assert permissions.OPERATORS == access.OPERATORS
    assert permissions.OWNERS == access.OWNERS
    assert set(permissions.MEANING) == set(Role)
    for row in permissions.TABLE:
        # Who may do less never may more than who may do more.
        assert row.roles == tuple(Role)[: len(row.roles)]
