"""Signing in and out, entry links, health."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from clarity.web import entry
from clarity.web.entry import entry_link
from clarity.web.health import views as health
from tenants.models import User
from tenants.services.people import create_person
from tests.web.shops import Shop

VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"


@pytest.fixture
def user(transactional_db: None) -> User:
    return create_person(email="owner@example.com", password="correct horse battery")


def path_of(link: str) -> str:
    assert link.startswith("http://127.0.0.1:8000/enter/")
    return urlsplit(link).path


def test_signs_in_in_any_case_and_goes_on_to_the_page_asked_for(shop: Shop, user: User) -> None:
    client = Client()
    shown = client.get(f"/sign-in/?next={shop.live}").content.decode()
    assert "go on to the page you asked for" in shown
    done = client.post(
        "/sign-in/",
        {"login": "Owner@Example.com", "password": "correct horse battery", "next": shop.live},
    )
    assert (done.status_code, done["Location"]) == (302, shop.live)


def test_sign_in_never_leads_to_another_site(user: User) -> None:
    done = Client().post(
        "/sign-in/",
        {
            "login": user.email,
            "password": "correct horse battery",
            "next": "https://elsewhere.example.com/",
        },
    )
    assert done["Location"] == "/"


def test_wrong_password_is_told_in_words(user: User) -> None:
    client = Client()
    done = client.post("/sign-in/", {"login": user.email, "password": "wrong"})
    assert done.status_code == 200
    assert "E-mail address and password do not match" in done.content.decode()
    assert "_auth_user_id" not in client.session
    empty = client.post("/sign-in/", {"login": "", "password": ""})
    assert "Fill in both fields" in empty.content.decode()


def test_sign_out_ends_the_session(user: User) -> None:
    client = Client()
    client.force_login(user)
    assert "You are signed out" in client.post("/sign-out/", follow=True).content.decode()
    assert client.get("/").status_code == 302


def test_entry_link_works_once(user: User) -> None:
    address = path_of(entry_link(user, "http://127.0.0.1:8000/"))
    first, second = Client(), Client()
    assert first.get(address)["Location"] == "/"
    assert first.session["_auth_user_id"] == str(user.pk)
    used = second.get(address)
    assert used.status_code == 410
    assert "This link is used up" in used.content.decode()
    assert "_auth_user_id" not in second.session
    # Who is in already is not shown a dead end.
    assert first.get(address)["Location"] == "/"


def test_entry_link_opened_by_many_at_once_lets_one_in(user: User) -> None:
    address = path_of(entry_link(user, "http://127.0.0.1:8000"))

    def open_it(_: int) -> int:
        try:
            return Client().get(address).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(open_it, range(6)))
    assert answers == [302, 410, 410, 410, 410, 410]


def test_entry_link_ends_with_any_sign_in_and_after_ten_minutes(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path_of(entry_link(user, "http://127.0.0.1:8000"))
    Client().post("/sign-in/", {"login": user.email, "password": "correct horse battery"})
    assert Client().get(before).status_code == 410
    user.refresh_from_db()
    fresh = path_of(entry_link(user, "http://127.0.0.1:8000"))
    real = entry._tokens._now
    monkeypatch.setattr(entry._tokens, "_now", lambda: real() + timedelta(minutes=10, seconds=2))
    assert Client().get(fresh).status_code == 410
    monkeypatch.setattr(entry._tokens, "_now", lambda: real() + timedelta(minutes=9))
    assert Client().get(fresh).status_code == 302


@pytest.mark.parametrize("token", ["x", "x.y-z", "00000000000000000000000000000000.a-b"])
def test_made_up_entry_link_is_used_up(transactional_db: None, token: str) -> None:
    assert Client().get(f"/enter/{token}/").status_code == 410


def test_entry_link_of_someone_switched_off_lets_nobody_in(user: User) -> None:
    address = path_of(entry_link(user, "http://127.0.0.1:8000"))
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert Client().get(address).status_code == 410


def test_alive_asks_no_database() -> None:
    # No database mark: pytest-django refuses any query here.
    assert Client().get("/healthz").content == b"alive\n"


def test_ready_names_what_is_missing(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Client().get("/readyz")
    parts = {"database": "ok", "migrations": "ok", "master_key": "ok"}
    assert (good.status_code, good.json()) == (200, {**parts, "workers": "never seen"})
    monkeypatch.setattr(health, "_unapplied", lambda: ["tenants.0002_more"])
    missing = Client().get("/readyz")
    assert (missing.status_code, missing.json()["migrations"]) == (503, "1 not applied")


def test_answers_carry_the_policy_that_forbids_inline_code(user: User) -> None:
    answer = Client().get("/sign-in/")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["tabler/tabler.min.css", "htmx/htmx.min.js"])
def test_compressed_twin_is_the_same_file(name: str) -> None:
    twin = gzip.decompress((VENDOR / f"{name}.gz").read_bytes())
    assert twin == (VENDOR / name).read_bytes()
