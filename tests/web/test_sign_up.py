"""Signing up and in: real flows, and what a stranger must not learn or do."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from tenants import scope
from tenants.models import AuditEntry, User
from tenants.services import people
from tenants.services.members import create_tenant, memberships_of
from tenants.services.people import create_person

PASSWORD = "correct horse battery"
WANTED = {
    "business": "Harbour Goods",
    "name": "Ada",
    "email": "Ada@Example.com",
    "password1": PASSWORD,
}


@pytest.fixture(autouse=True)
def _nothing_counted(transactional_db: None) -> None:
    cache.clear()


def sign_up(client: Client, **changes: str) -> Any:
    return client.post("/accounts/signup/", {**WANTED, **changes})


def code() -> str:
    """The code in the newest mail."""
    found = re.search(r"^    (\S+)$", str(mail.outbox[-1].body), re.M)
    assert found, mail.outbox[-1].body
    return found.group(1)


def enter_code(client: Client, value: str) -> Any:
    return client.post("/accounts/confirm-email/", {"code": value})


def tenants_of(email: str) -> Sequence[str]:
    return [row.tenant.name for row in memberships_of(User.objects.get(email=email))]


def body(response: Any) -> str:
    return str(response.content.decode())


def test_signs_up_with_a_code_and_owns_a_tenant() -> None:
    client = Client()
    assert "Make an account" in body(client.get("/accounts/signup/"))
    done = sign_up(client)
    assert (done.status_code, done["Location"]) == (302, "/accounts/confirm-email/")
    asked = body(client.get(done["Location"]))
    assert "ada@example.com" in asked
    assert "no mail server yet" in asked
    # Nothing exists before the address is proven.
    assert tenants_of("ada@example.com") == []
    assert client.get("/").status_code == 302
    assert "This code is not right" in body(enter_code(client, "WRONG1"))
    assert enter_code(client, code())["Location"] == "/"
    assert tenants_of("ada@example.com") == ["Harbour Goods"]
    (membership,) = memberships_of(User.objects.get(email="ada@example.com"))
    assert (membership.role, membership.user.name) == ("owner", "Ada")
    assert client.get("/").status_code in (200, 302)
    assert client.session["_auth_user_id"] == str(membership.user_id)
    with scope.tenant(membership.tenant_id):
        assert AuditEntry.objects.get(action="tenant.created").actor_id == membership.user_id


def test_without_a_mail_server_production_tells_people_and_writes_no_code(
    settings: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "clarity.unsent_mail.EmailBackend"
    client = Client()
    done = sign_up(client)
    assert done.status_code == 302
    assert "The mail could not be sent just now." in client.get(done.url).content.decode()
    assert mail.outbox == []
    assert "@example.com" not in "".join(capfd.readouterr()).lower()


def test_mistakes_stand_beside_their_fields() -> None:
    shown = body(sign_up(Client(), business=" ", email="nothing", password1="short"))
    assert "Say what your business is called." in shown
    assert "too short" in shown
    assert 'aria-describedby="id_password1-error id_password1-hint"' in shown
    empty = body(sign_up(Client(), email="", password1=""))
    assert "Type the address the code should go to." in empty
    assert "Choose a password." in empty
    assert not User.objects.exists()
    assert mail.outbox == []


def test_a_known_address_looks_like_a_new_one_from_outside() -> None:
    create_person(email="ada@example.com", password="another password 1")
    known, unknown = Client(), Client()
    answers = [sign_up(known), sign_up(unknown, email="new@example.com")]
    assert {(each.status_code, each["Location"]) for each in answers} == {
        (302, "/accounts/confirm-email/")
    }
    pages = [body(each.get("/accounts/confirm-email/")) for each in (known, unknown)]
    plain = [
        re.sub(r"csrfmiddlewaretoken\" value=\"\w+|\w+@example.com", "", page) for page in pages
    ]
    assert plain[0] == plain[1]
    assert [message.subject for message in mail.outbox] == [
        "You have an account at Clarity Connect already",
        "Your code for Clarity Connect",
    ]
    person = User.objects.get(email="ada@example.com")
    assert person.check_password("another password 1")
    assert person.asked_business == ""


def test_a_strangers_unfinished_sign_up_leaves_nothing_behind() -> None:
    stranger, owner = Client(), Client()
    sign_up(stranger, business="Not yours", password1="the strangers password")
    strangers_code = code()
    sign_up(owner)
    person = User.objects.get(email="ada@example.com")
    assert person.check_password(PASSWORD)
    assert enter_code(owner, code())["Location"] == "/"
    assert tenants_of("ada@example.com") == ["Harbour Goods"]
    # The stranger's session leads nowhere, even with the code it was sent.
    enter_code(stranger, strangers_code)
    assert "_auth_user_id" not in stranger.session
    assert stranger.get("/").status_code == 302


def test_an_address_is_proven_before_anyone_comes_in() -> None:
    sign_up(Client())
    later = Client()
    done = later.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert done["Location"].startswith("/accounts/confirm-email/")
    assert later.get("/").status_code == 302
    assert enter_code(later, code())["Location"] == "/"
    assert tenants_of("ada@example.com") == ["Harbour Goods"]


@override_settings(CLARITY_SIGNUP="invited")
def test_sign_up_can_be_closed() -> None:
    client = Client()
    assert "by invitation" in body(client.get("/accounts/signup/"))
    sign_up(client)
    assert not User.objects.exists()
    assert "Accounts here are by invitation" in body(client.get("/sign-in/"))


def test_guessing_a_password_ends_after_five_tries_from_wherever() -> None:
    create_person(email="ada@example.com", password=PASSWORD)
    wrong = {"login": "ada@example.com", "password": "a wrong password"}
    for number in range(5):
        shown = Client().post("/sign-in/", wrong, REMOTE_ADDR=f"192.0.2.{number + 1}")
        assert "do not match" in body(shown)
    right = Client().post("/sign-in/", {**wrong, "password": PASSWORD}, REMOTE_ADDR="192.0.2.99")
    assert "Too many tries went wrong" in body(right)
    assert right.status_code == 200


def test_unknown_and_known_addresses_fail_in_the_same_words() -> None:
    create_person(email="ada@example.com", password=PASSWORD)
    pages = [
        body(Client().post("/sign-in/", {"login": email, "password": "a wrong password"}))
        for email in ("ada@example.com", "bob@example.com")
    ]
    plain = [re.sub(r"csrfmiddlewaretoken\" value=\"\w+|(ada|bob)@", "", page) for page in pages]
    assert plain[0] == plain[1]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example.com/",
        "//elsewhere.example.com/",
        "/\\elsewhere.example.com/",
        "javascript:alert(1)",
        "https:elsewhere.example.com",
    ],
)
def test_no_way_in_leads_to_another_site(elsewhere: str) -> None:
    create_person(email="ada@example.com", password=PASSWORD)
    client = Client()
    done = client.post(
        f"/sign-in/?next={elsewhere}",
        {"login": "ada@example.com", "password": PASSWORD, "next": elsewhere},
    )
    assert done["Location"] == "/"
    out = client.post("/sign-out/", {"next": elsewhere})
    assert out["Location"] == "/signed-out/"
    again = sign_up(Client(), email="new@example.com", next=elsewhere)
    assert again["Location"] == "/accounts/confirm-email/"


def test_a_new_password_comes_by_mail_and_its_link_works_once() -> None:
    person = create_person(email="ada@example.com", password=PASSWORD)
    tenant = create_tenant(name="Harbour Goods", owner_email=person.email)
    signed_in = Client()
    signed_in.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    client = Client()
    assert client.get("/accounts/password/reset/").status_code == 200
    done = client.post("/accounts/password/reset/", {"email": "ada@example.com"}, follow=True)
    assert "If there is an account" in body(done)
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert link
    form = client.get(link.group(1), follow=True)
    place = form.redirect_chain[-1][0]
    new = {"password1": "a whole new password", "password2": "a whole new password"}
    assert (
        "at least 10"
        in body(client.post(place, {"password1": "short", "password2": "short"})).lower()
    )
    assert "is set" in body(client.post(place, new, follow=True))
    # Sessions of the old password are over, and the link is.
    assert signed_in.get("/new-account/").status_code == 302
    assert "used up or too old" in body(Client().get(link.group(1), follow=True))
    with scope.tenant(tenant.pk):
        assert AuditEntry.objects.filter(action="person.password_changed").count() == 1


def test_asking_for_a_new_password_tells_nobody_who_is_known() -> None:
    create_person(email="ada@example.com", password=PASSWORD)
    pages = [
        body(Client().post("/accounts/password/reset/", {"email": email}, follow=True))
        for email in ("ada@example.com", "bob@example.com")
    ]
    plain = [re.sub(r"csrfmiddlewaretoken\" value=\"\w+", "", page) for page in pages]
    assert plain[0] == plain[1]
    assert len(mail.outbox) == 2


def test_another_address_counts_once_its_code_is_entered() -> None:
    person = create_person(email="ada@example.com", password=PASSWORD)
    client = Client()
    client.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    wanted = {"action_add": "1", "email": "Lovelace@example.com"}
    asked = client.post("/accounts/email/", wanted)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert "This password is not right" in body(client.post(asked["Location"], {"password": "x"}))
    client.post(asked["Location"], {"password": PASSWORD})
    assert "lovelace@example.com" in body(client.get("/accounts/confirm-email/"))
    person.refresh_from_db()
    assert person.email == "ada@example.com"
    enter_code(client, code())
    person.refresh_from_db()
    assert person.email == "lovelace@example.com"
    address = EmailAddress.objects.get(user=person)
    assert (address.email, address.verified, address.primary) == (person.email, True, True)
    assert any("was changed" in message.subject for message in mail.outbox)


def test_someone_elses_address_cannot_be_taken() -> None:
    create_person(email="bob@example.com", password=PASSWORD)
    person = create_person(email="ada@example.com", password=PASSWORD)
    client = Client()
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"action_add": "1", "email": "bob@example.com"})
    person.refresh_from_db()
    assert person.email == "ada@example.com"
    assert EmailAddress.objects.get(email="bob@example.com").user.email == "bob@example.com"


def test_an_expired_session_leads_through_sign_in_and_back() -> None:
    person = create_person(email="ada@example.com", password=PASSWORD)
    client = Client()
    client.force_login(person)
    client.session.flush()
    asked = client.get("/new-account/")
    assert asked["Location"] == "/sign-in/?next=/new-account/"
    back = client.post(asked["Location"], {"login": person.email, "password": PASSWORD})
    assert back["Location"] == "/new-account/"


def test_another_account_is_made_once_however_often_the_form_is_sent() -> None:
    person = create_person(email="ada@example.com", password=PASSWORD)
    client = Client()
    client.force_login(person)
    assert client.get("/new-account/").status_code == 200
    for _ in range(2):
        assert client.post("/new-account/", {"business": "Second Branch"}).status_code == 302
    assert tenants_of(person.email) == ["Second Branch"]
    refused = client.post("/new-account/", {"business": "x" * 201})
    assert refused.status_code == 422
    assert "Say what the business" in body(client.post("/new-account/", {"business": "  "}))


def test_signing_up_over_and_over_is_slowed_down() -> None:
    answers = [
        Client().post("/accounts/signup/", {}, REMOTE_ADDR="192.0.2.7").status_code
        for _ in range(21)
    ]
    assert answers == [200] * 20 + [429]
    shown = Client().post("/accounts/signup/", {}, REMOTE_ADDR="192.0.2.7")
    assert "That was too often" in body(shown)
    assert Client().post("/accounts/signup/", {}, REMOTE_ADDR="192.0.2.8").status_code == 200


def test_people_who_could_sign_in_before_still_can() -> None:
    """The data migration: whoever has no address on record has proven the one they have."""
    old = User.objects.create_user("old@example.com", PASSWORD)
    pending = User.objects.create_user("pending@example.com", PASSWORD)
    EmailAddress.objects.create(user=pending, email=pending.email, primary=True)
    migration = importlib.import_module(
        "tenants.migrations.0003_known_people_have_proven_their_address"
    )
    migration.prove(apps, connection.schema_editor())
    assert EmailAddress.objects.get(user=old).verified
    assert not EmailAddress.objects.get(user=pending).verified
    client = Client()
    done = client.post("/sign-in/", {"login": "OLD@example.com", "password": PASSWORD})
    assert done["Location"] == "/"


def test_what_nobody_finished_is_forgotten_after_a_month() -> None:
    sign_up(Client())
    person = create_person(email="bob@example.com", password=PASSWORD)
    Client().post("/sign-in/", {"login": "bob@example.com", "password": PASSWORD})
    Session.objects.all().delete()
    now = timezone.now()
    people.tidy(now)
    assert User.objects.count() == 2
    assert not UserSession.objects.exists()
    people.tidy(now + timedelta(days=31))
    assert list(User.objects.all()) == [person]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clarity_cache")
        assert cursor.fetchone() == (0,)
