"""Who gets into /admin/, and to which page of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver

from clarity.web.entry import entry_link
from clarity.web.security_headers import policy, table_policy
from clarity.web.staff import urls
from clarity.web.staff.tables import site
from tenants import scope
from tenants.models import AuditEntry, StaffRole, Tenant, User
from tenants.services import staff
from tests.staff.conftest import colleague
from tests.staff.signing_in import browser_of, with_step
from tests.web.test_second_step import now_shown

HOUR = 3600.0
FAR = {
    "slug": "nobody",
    "incident_id": 1,
    "item_id": 1,
    "connection_id": uuid4(),
    "user_id": uuid4(),
    "tenant_id": uuid4(),
    "kind": "paused",
    "snooze_id": 1,
    "invitation_id": uuid4(),
    "erasure_id": uuid4(),
    "pair_id": uuid4(),
    "flow_id": 1,
    "cursor_id": 1,
    "number": 1,
    "name": "nothing",
    "chore": "nothing",
    "invoice_id": uuid4(),
    "letter_id": uuid4(),
    "agreement_id": 1,
    "unmatched_id": uuid4(),
    "job_id": uuid4(),
    "group_id": 1,
    "template_id": 1,
    "announcement_id": 1,
}


@pytest.fixture(autouse=True)
def _nothing_counted(db: None) -> None:
    cache.clear()


def addresses() -> list[str]:
    """Every address below /admin/, those of unfold too, with ids that name nothing."""
    return [f"/admin/{one}" for one in sorted(set(_walk(site.get_urls(), "")))]


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, before + str(pattern.pattern))
            continue
        route = before + str(pattern.pattern)
        if "(?P" in route:
            continue
        for name, value in {
            **FAR,
            "path:object_id": 1,
            "content_type_id": 1,
            "object_id": 1,
        }.items():
            for kind in ("", "slug:", "int:", "uuid:", "path:"):
                route = route.replace(f"<{kind}{name}>", str(value))
        assert "<" not in route, f"{route}: say in FAR what stands there"
        yield route


OPEN = {"/admin/login/"}


def test_no_address_opens_without_all_there_is_to_prove(people: dict[str, User]) -> None:
    boss = people["superuser"]
    nobody, stranger = Client(), browser_of(people["stranger"])
    password_only = browser_of(people["support"], step=False, proven_ago=None)
    entered, late = browser_of(boss, proven_ago=None), browser_of(boss, proven_ago=13 * HOUR)
    every = [one for one in addresses() if one not in OPEN]
    assert len(every) > 15
    for address in every:
        # Whoever is turned away here has passed the gate, where all of them are told apart.
        answer = late.post(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"), (
            address
        )
    for address in ("/admin/", "/admin/accounts/nobody/", "/admin/tenants/user/", "/admin/search/"):
        assert nobody.get(address)["Location"].startswith("/sign-in/?next="), address
        assert stranger.get(address).status_code == 404, address
        assert password_only.get(address).status_code == 403, address
        assert entered.get(address)["Location"].startswith("/accounts/2fa/reauthenticate/"), address
    assert browser_of(boss, proven_ago=11 * HOUR).get("/admin/").status_code == 200


def test_who_lost_role_or_second_step_is_out_at_once(people: dict[str, User]) -> None:
    person = people["account_manager"]
    client = browser_of(person)
    assert client.get("/admin/").status_code == 200
    person.authenticator_set.all().delete()
    assert client.get("/admin/").status_code == 403
    with_step(person)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_staff=False)
    assert client.get("/admin/").status_code == 404


def test_the_proof_of_another_person_counts_for_nobody(people: dict[str, User]) -> None:
    client = browser_of(people["support"])
    with_step(people["superuser"])
    client.force_login(people["superuser"])
    assert client.get("/admin/").status_code == 302


def test_an_entry_link_does_not_open_the_admin(people: dict[str, User]) -> None:
    person = people["account_manager"]
    with_step(person)
    client = Client()
    assert client.get(entry_link(person, "")).status_code == 302
    assert "/2fa/reauthenticate/" in client.get("/admin/")["Location"]


def test_the_way_in_by_password_and_app() -> None:
    person = colleague("ada", StaffRole.ACCOUNT_MANAGER, password="correct horse battery")
    secret = with_step(person)
    client = Client()
    asked = client.post(
        "/sign-in/?next=/admin/",
        {"login": person.email, "password": "correct horse battery", "next": "/admin/"},
    )
    assert asked["Location"].startswith("/accounts/2fa/authenticate/")
    done = client.post(asked["Location"], {"code": now_shown(secret)})
    assert done["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


PAGES: dict[str, dict[str, int]] = {
    # Of an assigned account; of another one everybody below gets 404 or 403.
    "": {"account_manager": 200, "support": 200, "finance": 200, "superuser": 200},
    "accounts/": {"account_manager": 200, "support": 200, "finance": 200, "superuser": 200},
    "accounts/our-shop/": {"account_manager": 200, "support": 200, "finance": 403, "superuser": 200},
    "accounts/our-shop/audit/": {
        "account_manager": 200, "support": 200, "finance": 403, "superuser": 200,
    },
    "accounts/their-shop/": {
        "account_manager": 404, "support": 404, "finance": 403, "superuser": 404,
    },
    "accounts/their-shop/audit/": {
        "account_manager": 404, "support": 404, "finance": 403, "superuser": 404,
    },
    "tenants/user/": {"account_manager": 403, "support": 403, "finance": 403, "superuser": 200},
}  # fmt: skip


@pytest.mark.parametrize("role", StaffRole.values)
def test_what_each_role_sees(
    ours: Tenant, theirs: Tenant, people: dict[str, User], role: str
) -> None:
    person = people[role]
    staff.assign(tenant_id=ours.pk, staff=person, actor=None)
    client = browser_of(person)
    for address, wanted in PAGES.items():
        answer = client.get(f"/admin/{address}")
        assert answer.status_code == wanted[role], address
        if answer.status_code == 403:
            assert "Not with your role" in answer.content.decode(), address
    mine = f"/admin/people/{people['support'].pk}/"
    assert client.get(mine).status_code == (200 if role == "superuser" else 403)
    for act in ("role/", "assign/", f"release/{ours.pk}/"):
        answer = client.post(
            mine + act, {"role": "superuser", "slug": "their-shop", "reason": "because"}
        )
        assert answer.status_code == (302 if role == "superuser" else 403), act
    assert theirs.slug not in client.get("/admin/accounts/").content.decode() or role == "superuser"


def test_every_look_is_in_the_log_of_the_account(
    ours: Tenant, theirs: Tenant, people: dict[str, User]
) -> None:
    person = people["support"]
    staff.assign(tenant_id=ours.pk, staff=person, actor=None)
    client = browser_of(person)
    for address in (
        "",
        "accounts/",
        "accounts/our-shop/",
        "accounts/our-shop/audit/",
        "accounts/their-shop/",
    ):
        client.get(f"/admin/{address}")
    with scope.tenant(ours.pk):
        rows = AuditEntry.objects.filter(action="staff.looked", actor=person).order_by("id")
        assert [row.after["at"] for row in rows] == ["the account's page", "the audit log"]
    with scope.tenant(theirs.pk):
        assert AuditEntry.objects.filter(actor=person).count() == 0
    assert (
        "One of our staff looked in"
        in client.get("/admin/accounts/our-shop/audit/").content.decode()
    )


def test_a_superuser_gives_role_and_accounts_for_a_reason(
    ours: Tenant, people: dict[str, User]
) -> None:
    boss, person = people["superuser"], people["support"]
    client, page = browser_of(boss), f"/admin/people/{person.pk}/"

    def send(act: str, **fields: Any) -> str:
        return client.post(page + act, fields, follow=True).content.decode()

    assert "Say why" in send("assign/", slug="our-shop", reason="")
    assert list(staff.assigned(person)) == []
    assert "no account with the short name" in send("assign/", slug="nobody", reason="new customer")
    assert "looks after Our shop now" in send("assign/", slug="our-shop", reason="new customer")
    assert [one.pk for one in staff.assigned(person)] == [ours.pk]
    assert "no longer looks after" in send(f"release/{ours.pk}/", reason="moved on")
    assert list(staff.assigned(person)) == []
    assert "account manager now" in send("role/", role="account_manager", reason="promoted")
    assert "Choose a role" in send("role/", role="king", reason="promoted")
    person.refresh_from_db()
    assert person.staff_role == "account_manager"
    own = client.post(
        f"/admin/people/{boss.pk}/role/", {"role": "support", "reason": "tired of it"}
    )
    assert own.status_code == 302
    boss.refresh_from_db()
    assert boss.staff_role == "superuser"


def test_only_tables_of_unfold_get_the_wider_policy(people: dict[str, User]) -> None:
    client = browser_of(people["superuser"])
    for address, is_table in (("", False), ("accounts/", False), ("tenants/user/", True)):
        page = client.get(f"/admin/{address}")
        said = page["Content-Security-Policy"]
        assert re.search(r"<style|<script(?! [^>]*src=)|\son\w+=", page.content.decode()) is None
        assert ("unsafe" in said) is is_table, address
        assert (said == table_policy()) is is_table, address
    narrow, wide = (set(one.split("; ")) for one in (policy("x"), table_policy()))
    assert wide - narrow == {"script-src 'self' 'unsafe-eval'"}
    assert narrow - wide == {"script-src 'self' 'nonce-x'"}
    assert "unsafe" not in client.get("/")["Content-Security-Policy"]


def test_odd_addresses_of_tables_are_not_there(people: dict[str, User]) -> None:
    client = browser_of(people["superuser"])
    kind = ContentType.objects.get_for_model(Tenant).pk
    for address in (
        f"r/{kind}/1/",
        f"r/{kind}/{uuid4()}/",
        "search/?s=a&page=-1",
        "tenants/user/1/change/",
    ):
        assert client.get(f"/admin/{address}").status_code == 404, address


def test_our_pages_come_first_below_admin() -> None:
    assert site.get_urls()[: len(urls.urlpatterns)] == urls.urlpatterns


def test_the_command_makes_the_first_superuser(
    ours: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    person = colleague("first", None)
    call_command("staff", person.email, "--role=superuser", "--assign=our-shop")
    said = capsys.readouterr().out
    assert "superuser, without a second step: /admin/ is shut" in said
    assert "Our shop (our-shop)" in said
    call_command("staff")
    assert person.email in capsys.readouterr().out
    call_command("staff", person.email, "--release=our-shop", "--role=none")
    assert (
        capsys.readouterr().out
        == f"{person.email}: no role, without a second step: /admin/ is shut\n"
    )
    with pytest.raises(CommandError, match="no account"):
        call_command("staff", person.email, "--assign=nobody")
    with pytest.raises(CommandError, match="none of our staff"):
        call_command("staff", person.email, "--assign=our-shop")
