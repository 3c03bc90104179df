"""Authenticator apps, recovery codes and sessions, by allauth's real flows."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from integrations.services import sign_in_secrets
from integrations.services.connections import VaultError
from tenants import scope
from tenants.models import AuditEntry, Tenant, User
from tenants.services.members import create_tenant
from tenants.services.people import create_person

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nothing_counted(transactional_db: None) -> None:
    cache.clear()


@pytest.fixture
def tenant() -> Tenant:
    create_person(email="ada@example.com", password=PASSWORD)
    return create_tenant(name="Harbour Goods", owner_email="ada@example.com")


def signed_in() -> Client:
    client = Client()
    done = client.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert done["Location"] == "/"
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


def now_shown(secret: str) -> str:
    """What an authenticator app shows at this moment."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def switch_on(client: Client) -> str:
    """Sets the app up and returns its secret."""
    asked = client.get("/accounts/2fa/totp/activate/")
    if asked.status_code == 302:
        # Who has signed in just now is asked again before the first change.
        client.post(asked["Location"], {"password": PASSWORD})
        asked = client.get("/accounts/2fa/totp/activate/")
    found = re.search(r'id="totp-key">([A-Z2-7]+)<', body(asked))
    assert found, body(asked)
    secret = found.group(1)
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "This code is not right" in body(wrong)
    done = client.post("/accounts/2fa/totp/activate/", {"code": now_shown(secret)})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


def test_with_an_app_the_password_alone_lets_nobody_in(tenant: Tenant) -> None:
    client = signed_in()
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    secret = switch_on(client)
    codes = re.findall(r"<code>(\d{8})</code>", body(client.get("/accounts/2fa/recovery-codes/")))
    assert len(codes) == 10
    assert "authenticator app" in body(client.get("/accounts/2fa/")).lower()

    second = Client()
    done = second.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert done["Location"] == "/accounts/2fa/authenticate/"
    assert second.get("/new-account/").status_code == 302
    assert "The second step" in body(second.get(done["Location"]))
    assert "not right" in body(second.post(done["Location"], {"code": "000000"}))
    assert second.get("/new-account/").status_code == 302
    # A recovery code works once.
    assert second.post(done["Location"], {"code": codes[0]})["Location"] == "/"
    assert second.get("/new-account/").status_code == 200
    third = Client()
    third.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    assert "not right" in body(third.post("/accounts/2fa/authenticate/", {"code": codes[0]}))
    # A code of the app works once as well; that it was used is remembered in the cache.
    cache.clear()
    assert third.post("/accounts/2fa/authenticate/", {"code": now_shown(secret)})["Location"] == "/"
    with scope.tenant(tenant.pk):
        entries = AuditEntry.objects.filter(action="person.second_step_added")
        assert sorted(entry.after["kind"] for entry in entries) == [
            "authenticator app",
            "recovery codes",
        ]


def test_switching_it_off_asks_for_proof_and_is_told(tenant: Tenant) -> None:
    switch_on(signed_in())
    other = Client()
    other.force_login(User.objects.get())
    asked = other.get("/accounts/2fa/totp/deactivate/")
    assert "/reauthenticate/" in asked["Location"]
    assert other.post("/accounts/2fa/totp/deactivate/")["Location"].startswith("/accounts/")
    assert Authenticator.objects.filter(type="totp").exists()
    other.post(asked["Location"], {"password": PASSWORD})
    other.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    with scope.tenant(tenant.pk):
        assert AuditEntry.objects.filter(action="person.second_step_removed").exists()


def test_guessing_codes_ends_soon(tenant: Tenant) -> None:
    secret = switch_on(signed_in())
    cache.clear()
    client = Client()
    client.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    for _ in range(6):
        said = body(client.post("/accounts/2fa/authenticate/", {"code": "000000"}))
    assert "Too many tries" in said
    right = client.post("/accounts/2fa/authenticate/", {"code": now_shown(secret)})
    assert "Too many tries" in body(right)
    assert "_auth_user_id" not in client.session


def test_the_secrets_lie_sealed_and_follow_the_master_key(
    tenant: Tenant, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = switch_on(signed_in())
    kept = {row.type: row.data for row in Authenticator.objects.all()}
    assert secret not in str(kept)
    assert sign_in_secrets.opened(kept["totp"]["secret"]) == secret
    assert sign_in_secrets.rotate(check=True).remaining == 0
    newer = f"newer:{'A' * 43}="
    settings.CLARITY_MASTER_KEYS = [newer, *settings.CLARITY_MASTER_KEYS]
    assert sign_in_secrets.rotate(check=True).remaining == 2
    call_command("rotate_master_key")
    assert "second steps of 2 people" in capsys.readouterr().out
    changed = Authenticator.objects.get(type="totp").data["secret"]
    assert changed.startswith("m1:newer:")
    assert sign_in_secrets.opened(changed) == secret
    for broken in ("", secret, changed[:-8], changed.replace("newer", "gone")):
        with pytest.raises(VaultError):
            sign_in_secrets.opened(broken)


def test_other_browsers_can_be_signed_out(tenant: Tenant) -> None:
    first, second = signed_in(), signed_in()
    assert "2 browsers" in body(first.get("/accounts/sessions/"))
    first.post("/accounts/sessions/")
    assert second.get("/new-account/").status_code == 302
    assert first.get("/new-account/").status_code == 200


def test_a_password_is_changed_by_who_knows_it(tenant: Tenant) -> None:
    client, other = signed_in(), signed_in()
    new = {"password1": "a whole new password", "password2": "a whole new password"}
    refused = client.post("/accounts/password/change/", {**new, "oldpassword": "wrong"})
    assert "not your present password" in body(refused)
    done = client.post("/accounts/password/change/", {**new, "oldpassword": PASSWORD})
    assert done["Location"] == "/accounts/2fa/"
    assert client.get("/new-account/").status_code == 200
    assert other.get("/new-account/").status_code == 302
    with scope.tenant(tenant.pk):
        assert AuditEntry.objects.filter(action="person.password_changed").count() == 1


@pytest.mark.parametrize(
    "page",
    [
        "2fa/",
        "2fa/webauthn/",
        "email/",
        "password/change/",
        "sessions/",
        "logout/",
        "inactive/",
    ],
)
def test_pages_of_ones_sign_in_are_there(tenant: Tenant, page: str) -> None:
    shown = signed_in().get(f"/accounts/{page}")
    assert shown.status_code == 200
    assert "unsafe-inline" not in shown["Content-Security-Policy"]
    assert "no-store" in shown["Cache-Control"]
    assert not re.search(r"<script(?![^>]*(src=|application/json))|style=|\son\w+=", body(shown))


def test_who_lost_everything_is_let_in_by_whoever_runs_it(
    tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    switch_on(signed_in())
    call_command("person", "ADA@example.com")
    said = capsys.readouterr().out
    assert "recovery_codes, totp" in said
    assert "owner of Harbour Goods" in said
    call_command("person", "ada@example.com", forget_second_step=True, enter=True)
    link = capsys.readouterr().out.splitlines()[-1]
    assert not Authenticator.objects.exists()
    assert Client().get(urlsplit(link).path)["Location"] == "/"
    signed_in()
    with scope.tenant(tenant.pk):
        assert AuditEntry.objects.get(action="person.second_steps_reset").actor_id is None
    with pytest.raises(CommandError, match="Nobody has"):
        call_command("person", "nobody@example.com")
