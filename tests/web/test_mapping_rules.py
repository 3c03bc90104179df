"""The pages by which rules are changed: list, form, draft, dry run, publishing."""

from __future__ import annotations

import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from clarity.web.mapping_editor import forms, words
from integrations.connector_kit.errors import Rejected
from integrations.models import Delivery, Flow, InboxState, Incident
from integrations.services import mapping_shadow, mapping_versions
from integrations.sync import incidents, rulebooks
from mappings.canonical.record import Entity
from mappings.engine.rules import Rule
from mappings.models import MappingVersion
from tenants import scope
from tenants.models import AuditEntry, Membership, Role
from tests.benchmarks.transforming import order
from tests.web.shops import Shop, delivery, held_order, notice

PLAIN = {"kind": "constant", "constant": "From the web", "empty": "leave", "target": "note"}


def base(shop: Shop, entity: Entity = Entity.ORDER) -> str:
    return f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/flows/{shop.flows[entity].pk}/"


def flow_of(shop: Shop, entity: Entity = Entity.ORDER) -> Flow:
    return mapping_versions.flow_of(pair=shop.pair, entity=entity)


def seen(page: Client, address: str, **query: Any) -> str:
    answer = page.get(address, query)
    assert answer.status_code == 200, answer.content.decode()[:300]
    return unescape(answer.content.decode())


def drafts(shop: Shop) -> list[MappingVersion]:
    with scope.tenant(shop.tenant.pk):
        return list(MappingVersion.objects.filter(state="draft"))


def draft_of(shop: Shop) -> MappingVersion:
    (found,) = drafts(shop)
    return found


def kept_order(shop: Shop, *, lines: int = 2) -> None:
    """A stored order as the shipped rules map it."""
    record = order(lines)
    with scope.tenant(shop.tenant.pk):
        label = rulebooks.of_flow(flow_of(shop)).label
    item = notice(shop, key=record.key, number=record.number, state=InboxState.PASSED)
    document = {"record": record.model_dump(mode="json"), "fields": {"note": ""}}
    row = delivery(shop, item, document=document, reference="S-1001")
    with scope.tenant(shop.tenant.pk):
        Delivery.objects.filter(pk=row.pk).update(mapping_version=label)


def tried(shop: Shop) -> None:
    """The dry run that the page started, worked as a worker does."""
    with scope.tenant(shop.tenant.pk):
        run = mapping_shadow.latest(flow=flow_of(shop))
    assert run is not None
    mapping_shadow.run_to_the_end(tenant_id=shop.tenant.pk, run_id=run.pk)


def test_a_rule_is_changed_tried_and_published(page: Client, shop: Shop) -> None:
    kept_order(shop)
    place = base(shop)
    assert f"{place}rules/" in seen(page, f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/flows/")
    shown = seen(page, f"{place}rules/")
    assert "The shipped rules run now." in shown
    assert "from Note" in shown
    assert "There is no draft." in seen(page, f"{place}draft/")

    form = seen(page, f"{place}rules/rule/", slot="note")
    assert 'value="shipping.postal_code"' in form
    answer = page.post(f"{place}rules/rule/?slot=note", PLAIN, follow=True)
    shown = unescape(answer.content.decode())
    assert "note is changed in the draft." in shown
    assert "always “From the web”" in shown
    with scope.tenant(shop.tenant.pk):
        assert rulebooks.of_flow(flow_of(shop)).number == 0

    drafted = seen(page, f"{place}draft/")
    assert "1 change" in drafted
    assert "from Note; if nothing is there an empty text" in drafted
    page.post(f"{place}draft/try/")
    assert "Trying it: 0 of up to 500 records" in seen(page, f"{place}draft/now/")
    tried(shop)
    report = seen(page, f"{place}draft/now/")
    assert "Tried on 1 record" in report
    assert '<span class="new">From the web</span>' in report
    assert "No amount of money changes." in report

    asked = seen(page, f"{place}draft/publish/")
    assert "none newly held or left out" in asked
    stamp = draft_of(shop).changed_at.isoformat()
    answer = page.post(
        f"{place}draft/publish/", {"seen": stamp, "note": "Mark web orders"}, follow=True
    )
    shown = unescape(answer.content.decode())
    assert "Version 1 is published." in shown
    assert "Version 1 runs now" in shown
    assert "Mark web orders" in shown
    assert "in the draft" not in shown
    with scope.tenant(shop.tenant.pk):
        entry = AuditEntry.objects.get(action="mapping.published")
        assert (entry.actor_id, rulebooks.of_flow(flow_of(shop)).number) == (shop.owner.pk, 1)


def test_a_rule_is_removed_and_reset_after_a_question(page: Client, shop: Shop) -> None:
    place = base(shop)
    assert "Remove the rule for" in seen(page, f"{place}rules/remove/", slot="note")
    assert drafts(shop) == []
    page.post(f"{place}rules/remove/?slot=note")
    assert draft_of(shop).changes == [{"target": "note", "removed": True}]
    shown = seen(page, f"{place}rules/", show="draft")
    assert "Removed. It was from Note." in shown
    assert "1 of " in shown
    page.post(f"{place}rules/reset/?slot=note")
    assert draft_of(shop).changes == []
    added = {**PLAIN, "target": "tags", "append": "on", "when_path": ["currency"],
             "when_op": ["equals"], "when_value": ["USD"], "constant": "loyalty:gold"}  # fmt: skip
    page.post(f"{place}rules/rule/", added)
    assert "only if Currency is USD" in seen(page, f"{place}rules/", show="own")
    assert draft_of(shop).changes[0]["target"] == "tags+loyalty:gold"
    page.post(f"{place}rules/remove/?slot=tags%2Bloyalty%3Agold")
    assert draft_of(shop).changes == []
    assert "Discard the draft?" in seen(page, f"{place}draft/discard/")
    page.post(f"{place}draft/discard/")
    assert drafts(shop) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "source", "source": "shiping.city"}, "The record has no field shiping.city."),
        ({"kind": "source", "source": ""}, "Choose the field the value comes from."),
        ({"kind": "lookup", "lookup_source": "currency"}, "This is needed for this kind of rule."),
        ({"kind": "expression", "expression": "$nosuch("}, "xpression"),
        ({"kind": "constant", "constant": "x", "target": "a[0]"}, "fills one place of a list"),
        ({"when_path": "currency", "when_op": "equals", "when_value": ""}, "is compared with"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(
    page: Client, shop: Shop, typed: dict[str, str], said: str
) -> None:
    answer = page.post(f"{base(shop)}rules/rule/", {**PLAIN, "target": "own.field", **typed})
    shown = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert said in shown[shown.index('class="field-error"') :]
    assert drafts(shop) == []


SHIPPED = sorted(Path("integrations/connectors").glob("*/mapping_presets.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_rule_comes_back_from_its_form_unchanged(path: Path) -> None:
    rules = [
        (preset["entity"], Rule.model_validate(row).row())
        for preset in tomllib.loads(path.read_text("utf-8"))["preset"]
        for row in preset["rules"]
    ]
    for entity, row in rules:
        data = QueryDict(mutable=True)
        for name, value in forms.initial(row).items():
            if value is not False:
                data[name] = value
        for condition in forms.RuleForm(entity=entity, before=row).condition_rows():
            for name, value in condition.items():
                data.appendlist(f"when_{name}", value)
        form = forms.RuleForm(data, entity=entity, before=row)
        assert form.is_valid(), (row, form.errors)
        assert form.made() == row


def test_an_incident_leads_to_the_rules_and_to_the_table(page: Client, shop: Shop) -> None:
    item = held_order(shop, "#7")
    with scope.tenant(shop.tenant.pk):
        row = Delivery.objects.get(inbox_item=item)
        row.reason, row.said = "no entry in the table payment_type for paypal", "paypal"
        incidents.file(row, Rejected(row.reason, field="payments"), now=timezone.now())
        row.save()
        incident = Incident.objects.get()
    address = f"/t/{shop.tenant.slug}/incidents/{incident.pk}/"
    shown = seen(page, address)
    assert f"{base(shop)}rules/" in shown
    assert f"{address}entry/" in shown
    table = f"/t/{shop.tenant.slug}/pairs/{shop.pair.pk}/tables/payment_type/"
    assert table in seen(page, f"{address}entry/?value=paypal")


def test_what_somebody_else_changed_is_looked_at_first(page: Client, shop: Shop) -> None:
    address = f"{base(shop)}rules/rule/?slot=note"
    page.post(address, PLAIN)
    stamp = draft_of(shop).changed_at.isoformat()
    page.post(address, {**PLAIN, "constant": "Theirs", "seen": stamp})
    answer = page.post(address, {**PLAIN, "constant": "Mine", "seen": stamp})
    assert answer.status_code == 422
    assert "Somebody else has changed this draft" in unescape(answer.content.decode())
    assert draft_of(shop).changes[0]["rule"]["constant"] == "Theirs"


def test_publishing_untried_needs_a_tick(page: Client, shop: Shop) -> None:
    place = base(shop)
    page.post(f"{place}rules/rule/?slot=note", PLAIN)
    stamp = draft_of(shop).changed_at.isoformat()
    answer = page.post(f"{place}draft/publish/", {"seen": stamp})
    assert answer.status_code == 422
    assert "was not tried" in answer.content.decode()
    assert draft_of(shop)
    page.post(f"{place}draft/publish/", {"seen": timezone.now().isoformat(), "accept": "yes"})
    assert draft_of(shop)
    page.post(f"{place}draft/publish/", {"seen": stamp, "accept": "yes"})
    assert drafts(shop) == []


def test_a_viewer_reads_and_others_see_nothing(page: Client, shop: Shop, other_shop: Shop) -> None:
    place = base(shop)
    page.post(f"{place}rules/rule/?slot=note", PLAIN)
    with scope.tenant(shop.tenant.pk):
        Membership.objects.update(role=Role.VIEWER)
    shown = seen(page, f"{place}rules/")
    assert "can change rules" in shown
    assert "Add a rule" not in shown
    assert "Start the dry run" not in seen(page, f"{place}draft/")
    for closed in ("rules/rule/", "rules/remove/?slot=note", "draft/publish/", "draft/discard/"):
        assert page.get(place + closed).status_code == 403
        assert page.post(place + closed).status_code == 403
    assert page.post(f"{place}draft/try/").status_code == 403
    assert page.get(f"{base(other_shop)}rules/").status_code == 404
    mixed = base(shop).replace(str(shop.flows[Entity.ORDER].pk), "999999")
    assert page.get(f"{mixed}rules/").status_code == 404


def test_rules_are_said_in_words() -> None:
    rule = {"target": "x", "source": "shipping.lines[0]", "required": True, "type": "text",
            "when": [{"path": "currency", "op": "one_of", "value": ["USD", "CAD"]}]}  # fmt: skip
    assert words.sentence("order", rule) == (
        "from Shipping, lines 1; only if Currency is one of USD, CAD; as text;"
        " if nothing is there the record is held"
    )
