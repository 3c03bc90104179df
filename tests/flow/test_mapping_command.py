"""What an engineer does with rules from the command line."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mappings.canonical.record import Entity
from tests.benchmarks.transforming import order
from tests.web.shops import Shop, delivery, make_shop, notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(account_name: str) -> Shop:
    made = make_shop(f"{account_name} Goods")
    record = order(1)
    item = notice(made, key=record.key, number=record.number, state="passed")
    delivery(made, item, document={"record": record.model_dump(mode="json"), "fields": {}})
    return made


def run(shop: Shop, *words: str, entity: str = "order") -> str:
    out = StringIO()
    about = ["--pair", str(shop.pair.pk), *(("--entity", entity) if entity else ())]
    call_command("mapping", *words, *about, stdout=out)
    return out.getvalue()


def data(shop: Shop, *words: str, entity: str = "order") -> Any:
    return json.loads(run(shop, *words, "--json", entity=entity))


def test_rules_are_drafted_tried_published_and_taken_back(shop: Shop) -> None:
    assert "order to_pos: as shipped" in run(shop, "list", entity="")
    said = run(shop, "draft", "set", "--target", "note", "--rule", '{"constant": "Web"}')
    assert said == "1 change in the draft.\n"
    assert "note: no rule" not in run(shop, "diff")
    assert data(shop, "diff") == [
        {
            "target": "note",
            "before": {"target": "note", "source": "note", "default": ""},
            "after": {"target": "note", "constant": "Web"},
        }
    ]
    tried = data(shop, "try")
    assert tried["changed"] == [{"path": "note", "before": "", "after": "Web"}]
    with pytest.raises(CommandError, match="not tried on stored records"):
        run(shop, "publish")
    shadow = data(shop, "shadow")
    assert (shadow["state"], shadow["seen"], shadow["changed"]) == ("done", 1, 1)
    assert "Version 1 of order to_pos holds" in run(shop, "publish", "--note", "Web orders")
    assert "* note: " in run(shop, "show")
    assert data(shop, "rollback", "--to", "0") == {"version": 2, "restores": 0, "changes": 0}
    listed = {row["entity"]: row for row in data(shop, "list", entity="")}
    assert (listed["order"]["version"], listed["order"]["draft"]) == (2, None)


def test_a_wrong_draft_is_told_and_nothing_is_published(shop: Shop) -> None:
    rule = '{"expression": "total *"}'
    said = run(shop, "draft", "set", "--target", "note", "--rule", rule)
    assert "Wrong: Rule for 'note'" in said
    with pytest.raises(CommandError, match="position"):
        run(shop, "publish", "--accept-failures")
    assert run(shop, "draft", "discard") == "The draft is gone.\n"
    for words, why in (
        (("draft", "set", "--target", "note", "--rule", "{"), "not JSON"),
        (("draft", "set"), "--target"),
        (("show", "--of", "7"), "no version 7"),
        (("rollback",), "which version"),
    ):
        with pytest.raises(CommandError, match=why):
            run(shop, *words)
    with pytest.raises(CommandError, match="No flow of the pair carries gift_card"):
        run(shop, "show", entity=Entity.GIFT_CARD)


def test_an_endless_expression_is_ended_and_said(shop: Shop) -> None:
    rule = json.dumps({"expression": "($f := function($n) { $f($n + 1) }; $f(1))"})
    run(shop, "draft", "set", "--target", "note", "--rule", rule)
    assert data(shop, "try")["stopped"]


def test_tables_are_filled_and_emptied(shop: Shop) -> None:
    words = ("--table", "payment_type", "--value", "paypal")
    said = run(shop, "tables", "put", *words, "--result", "7", entity="")
    assert said == "payment_type has 1 row now.\n"
    (table,) = [one for one in data(shop, "tables") if one["table"] == "payment_type"]
    assert (table["rows"], table["revision"]) == ({"paypal": "7"}, 1)
    assert "order to_pos payments[].payment_type_id" in table["used_by"]
    assert "Every value" in run(shop, "tables", "unmapped", entity="")
    assert "payment_type has 0 rows" in run(shop, "tables", "remove", *words, entity="")
