"""What an account manager does from the command line."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.connector_kit.errors import Rejected
from integrations.models import Incident
from tests.flow.scripted import ScriptedRig, make_rig

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def stuck(monkeypatch: pytest.MonkeyPatch, name: str, count: int) -> tuple[ScriptedRig, Incident]:
    rig = make_rig(monkeypatch, name)
    rig.script.write_error = lambda outgoing: Rejected("no group", field="group", said="VIP")
    for number in range(count):
        rig.note(f"c{number}", f"c{number}@example.com")
    rig.work()
    with rig.scope():
        return rig, Incident.objects.get()


def test_incidents_of_one_tenant_or_all_are_listed(
    monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    assert run("incidents") == "Nothing is stuck.\n"
    _, first = stuck(monkeypatch, account_name, 2)
    _, second = stuck(monkeypatch, f"{account_name}-b", 1)
    said = run("incidents")
    assert f"{first.pk} {account_name} open: 2 stuck at Till customer" in said
    assert f"{second.pk} {account_name}-b open: 1 stuck" in said
    (line,) = run("incidents", "--tenant", account_name, "--json").splitlines()
    found = json.loads(line)
    assert (found["id"], found["stopped"], found["field"]) == (first.pk, 2, "group")
    with pytest.raises(CommandError, match="no tenant nobody"):
        run("incidents", "--tenant", "nobody")


def test_an_incident_is_replayed_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    rig, found = stuck(monkeypatch, account_name, 3)
    assert "one of 3 records goes first" in run("replay", "--incident", str(found.pk))
    with pytest.raises(CommandError, match="being replayed already"):
        run("replay", "--incident", str(found.pk))
    assert "replay canary" in run("incidents")
    other = rig.items(key="c2")[0]
    assert "runs again" in run("replay", "--item", str(other.pk))
    with pytest.raises(CommandError, match="already waiting"):
        run("replay", "--item", str(other.pk))
    for words in (("--item", "999999999"), ("--incident", "999999999")):
        with pytest.raises(CommandError, match="There is no"):
            run("replay", *words)
