"""Merge rules: what each decides, and how an account manager chooses them."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.sync.merge_rules import MergeRule, Verdict, decide, rule_of
from tenants.models import AuditEntry
from tests.flow.scripted import make_rig


@pytest.mark.parametrize(
    ("rule", "source", "is_blank", "is_changed", "times", "verdict"),
    [
        ("newest", "store", False, True, (2, 1), Verdict.WRITE),
        ("newest", "store", False, True, (1, 2), Verdict.YIELD),
        ("newest", "store", False, True, (2, 2), Verdict.YIELD),
        ("newest", "pos", False, True, (2, 2), Verdict.WRITE),
        ("newest", "pos", False, False, (1, 2), Verdict.WRITE),
        ("newest", "pos", True, True, (1, 2), Verdict.WRITE),
        ("newest", "pos", False, True, (0, 2), Verdict.WRITE),
        ("pos", "pos", False, True, (1, 2), Verdict.WRITE),
        ("pos", "store", False, False, (2, 1), Verdict.YIELD),
        ("store", "pos", True, False, (2, 1), Verdict.YIELD),
        ("fill_blanks", "pos", False, False, (2, 1), Verdict.KEEP),
        ("fill_blanks", "pos", True, True, (1, 2), Verdict.WRITE),
        ("hold", "pos", False, True, (2, 1), Verdict.HOLD),
        ("hold", "pos", False, False, (2, 1), Verdict.WRITE),
    ],
)
def test_what_becomes_of_a_field(
    rule: str,
    source: str,
    is_blank: bool,
    is_changed: bool,
    times: tuple[int, int],
    verdict: Verdict,
) -> None:
    found = decide(
        MergeRule(rule),
        source=source,
        is_blank=is_blank,
        is_changed=is_changed,
        source_at=times[0],
        target_at=times[1],
    )
    assert found is verdict


def test_a_field_without_a_rule_has_that_of_all_others() -> None:
    rules = {"*": "hold", "custom": "pos", "custom.Tier": "store"}
    names = ("email", "custom.size", "custom.Tier")
    assert [rule_of(rules, name) for name in names] == ["hold", "pos", "store"]
    assert rule_of({}, "email") is MergeRule.NEWEST


def run(*words: str) -> str:
    out = StringIO()
    call_command("merge_rules", *words, stdout=out)
    return out.getvalue()


def test_rules_are_chosen_and_shown(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, account_name: str
) -> None:
    rig = make_rig(monkeypatch, account_name)
    pair = f"--pair={rig.pair.pk}"
    assert "does not carry customer records both ways" in run(pair)
    rig.add_way_back()
    said = run(
        pair, "--set", "last_name=pos", "--set", "*=fill_blanks", "--set", "custom.Tier=hold"
    )
    assert "last_name: pos - the point of sale owns it" in said
    assert "email: fill_blanks (not chosen)" in said
    assert json.loads(run(pair, "--set", "last_name=", "--json")) == {
        "*": "fill_blanks",
        "email": "fill_blanks",
        "phone": "fill_blanks",
        "first_name": "fill_blanks",
        "last_name": "fill_blanks",
        "tags": "fill_blanks",
        "note": "fill_blanks",
        "addresses": "fill_blanks",
        "custom": "fill_blanks",
        "custom.Tier": "hold",
    }
    with rig.scope():
        entries = AuditEntry.objects.filter(action="pair.merge_rule_chosen")
        assert entries.count() == 4
    for word, message in (
        ("last_name=oldest", "no merge rule oldest. Known are: pos, store, newest"),
        ("colour=pos", "no field colour"),
        ("last_name", "write FIELD=RULE"),
    ):
        with pytest.raises(CommandError, match=message):
            run(pair, "--set", word)
    with pytest.raises(CommandError, match="only for: customer"):
        run(pair, "--entity=order")
