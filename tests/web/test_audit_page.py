"""The audit log: complete, in words, narrowed, exported, and silent about secrets."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clarity.web.audit import words
from tenants import scope
from tenants.models import AuditEntry, Membership, Role, Tenant, User
from tenants.services import audit, audit_log
from tenants.services.audit_log import Cursor, masked
from tenants.services.members import create_tenant

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return create_tenant(name="Harbour Goods", owner_email="owner@example.com")


def browser(tenant: Tenant, role: Role = Role.OWNER) -> Client:
    with scope.tenant(tenant.pk):
        if role is Role.OWNER:
            user = Membership.objects.select_related("user").get(role=role).user
        else:
            user = User.objects.create_user(f"{role}@example.com")
            Membership.objects.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def at(tenant: Tenant, rest: str = "") -> str:
    return f"/t/{tenant.slug}/settings/audit/{rest}"


def body(response: Any) -> str:
    return str(response.content.decode())


def exported(client: Client, tenant: Tenant, rest: str = "") -> list[dict[str, str]]:
    answer = client.get(at(tenant, f"export/{rest}"))
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_an_entry_says_who_did_what_and_what_it_was(tenant: Tenant) -> None:
    with scope.tenant(tenant.pk):
        audit.record(
            action="member.role_changed",
            object_type="Membership",
            object_id=7,
            actor=User.objects.get(),
            before={"role": "viewer", "api_token": "abc123"},
            after={"role": "admin", "nested": {"password": "hunter2"}},
            reason="<b>she asked</b>",
        )
    shown = body(browser(tenant).get(at(tenant)))
    assert "Changed a member&#x27;s role" in shown
    assert "owner@example.com" in shown
    assert "viewer" in shown
    assert "&lt;b&gt;she asked&lt;/b&gt;" in shown
    (row,) = exported(browser(tenant), tenant, "?action=member.role_changed")
    assert row["person"] == "owner@example.com"
    for text in (shown, str(row)):
        assert "abc123" not in text
        assert "hunter2" not in text
    assert masked({"a": [{"secret": "x"}], "b": 1, "token": ""}) == {
        "a": [{"secret": "(hidden)"}],
        "b": 1,
        "token": "",
    }


def test_pages_follow_one_another_without_a_gap(tenant: Tenant) -> None:
    with scope.tenant(tenant.pk):
        for number in range(120):
            audit.record(action="record.replayed", object_id=f"n{number}")
    client = browser(tenant)
    seen: list[str] = []
    address = "?action=record.replayed"
    for _ in range(3):
        answer = client.get(at(tenant, address))
        seen += [line.entry.object_id for line in answer.context["lines"]]
        address = f"?action=record.replayed&after={answer.context['older']}".replace("+", "%2B")
    assert answer.context["older"] == ""
    assert seen == [f"n{number}" for number in reversed(range(120))]
    assert len(exported(client, tenant, "?action=record.replayed")) == 120


def test_choices_are_those_of_the_newest_entries(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope.tenant(tenant.pk):
        for action in ("pair.created", "pair.started", "pair.paused"):
            audit.record(action=action, actor=User.objects.get())
    with scope.tenant(tenant.pk):
        audit.record(action="pair.started")
        assert len(audit_log.people()) == 1
        assert set(audit_log.actions()) >= {"pair.created", "pair.paused", "tenant.created"}
        monkeypatch.setattr(audit_log, "LATELY", 1)
        assert list(audit_log.people()) == []
        assert audit_log.actions() == ["pair.started"]


def test_it_is_narrowed_by_person_day_and_object(tenant: Tenant) -> None:
    client = browser(tenant)
    with scope.tenant(tenant.pk):
        audit.record(action="connection.lost", object_type="Connection", object_id="c1")
    owner = User.objects.get()

    def found(query: str) -> list[str]:
        lines = client.get(at(tenant, query)).context["lines"]
        return [line.entry.action for line in lines]

    assert found("?person=system") == ["connection.lost"]
    assert found(f"?person={owner.pk}") == ["tenant.created"]
    assert found("?object=c1") == ["connection.lost"]
    assert found("?until=2020-01-01") == []
    assert len(found("?since=2020-01-01")) == 2
    # Nonsense narrows nothing and breaks nothing.
    for nonsense in (
        "?person=x&since=yesterday&until=0001-01-01",
        "?after=x",
        "?after=2026-01-01_5",
        "?after=9999-12-31T23:59:59%2B00:00_99999999999999999999",
        "?until=9999-12-31",
    ):
        assert len(found(nonsense)) == 2, nonsense


def test_a_table_file_runs_nothing_in_a_spreadsheet(tenant: Tenant) -> None:
    evil = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\rx")
    with scope.tenant(tenant.pk):
        for number, cell in enumerate(evil):
            audit.record(action="record.discarded", object_id=number, reason=cell)
    rows = exported(browser(tenant), tenant, "?action=record.discarded")
    assert sorted(row["reason"] for row in rows) == sorted(f"'{cell}" for cell in evil)
    with scope.tenant(tenant.pk):
        entry = AuditEntry.objects.get(action="audit.exported")
    assert entry.after == {"action": "record.discarded"}


def test_who_may_look_and_who_may_export(tenant: Tenant) -> None:
    other = create_tenant(name="Other", owner_email="other@example.com")
    for role, look, take in (
        (Role.VIEWER, 403, 403),
        (Role.OPERATOR, 200, 403),
        (Role.ADMIN, 200, 200),
    ):
        client = browser(tenant, role)
        assert client.get(at(tenant)).status_code == look
        assert client.get(at(tenant, "export/")).status_code == take
        assert client.get(at(other)).status_code == 404
        assert client.get(at(other, "export/")).status_code == 404
    assert "other@example.com" not in body(browser(tenant).get(at(tenant)))


def test_a_cursor_is_read_as_it_was_written() -> None:
    for text in ("", "x_1", "2026-01-01T00:00:00_1", "2026-01-01T00:00:00+00:00_-1"):
        assert Cursor.parse(text) is None, text
    kept = Cursor.parse("2026-01-01T00:00:00.000001+00:00_17")
    assert kept is not None
    assert str(kept) == "2026-01-01T00:00:00.000001+00:00_17"


IS_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
WRITERS = {"record", "_record", "_tell", "_told", "_audit", "note", "_change"}


def written_actions() -> Iterator[tuple[str, str]]:
    """Every action our code writes, with its file; one that is put together ends in "*"."""
    for package in ("clarity", "integrations", "mappings", "tenants"):
        for file in (ROOT / package).rglob("*.py"):
            if "tests" in file.parts or "audit" not in (text := file.read_text("utf-8")):
                continue
            tree = ast.parse(text)
            constants = {
                target.id: node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    for value in _said(node):
                        known = constants.get(value.id) if isinstance(value, ast.Name) else value
                        for action in _texts(known):
                            yield action, file.name


def _said(call: ast.Call) -> list[ast.expr]:
    """What the call says in the place of an action."""
    named = [one.value for one in call.keywords if one.arg == "action"]
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return named + (list(call.args) if name in WRITERS else [])


def _texts(value: ast.AST | None) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)) if IS_ACTION.fullmatch(text):
            yield text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if text.endswith("."):
            yield f"{text}*"
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)


def test_every_action_has_words() -> None:
    found = dict(written_actions())
    assert len(found) >= 60
    missing = {
        action: file
        for action, file in found.items()
        if not any(fnmatch(known, action) for known in words.ACTIONS)
    }
    assert missing == {}
