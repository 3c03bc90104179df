"""A template of rules: taken from one account, looked over at others, made into drafts there."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import BulkJob, Pair, PairTemplate, ShadowRun, TemplateVersion
from integrations.services import (
    bulk_jobs,
    bulk_running,
    mapping_tables,
    mapping_versions,
    merging,
    pair_templates,
)
from mappings.models import LookupTable, MappingVersion, VersionState
from tenants import scope
from tenants.models import AuditEntry, User
from tenants.services import staff
from tests.staff.signing_in import browser_of
from tests.web.shops import Shop, make_shop

WHY = "the same for all gift shops"
OWN = {"target": "comment", "rule": {"target": "comment", "constant": "Web"}}


@pytest.fixture
def shops(db: None) -> list[Shop]:
    """The first has rules, a table and a policy of its own."""
    made = [make_shop(name) for name in ("Anchor Goods", "Buoy Goods")]
    first = made[0]
    now = timezone.now()
    with scope.tenant(first.tenant.pk):
        flow = mapping_versions.flow_of(pair=first.pair, entity="order")
        mapping_versions.change(flow=flow, changes=[OWN], actor=None, now=now)
        mapping_versions.publish(flow=flow, actor=None, now=now, accept_failures=True)
        mapping_tables.put(
            pair=first.pair, table="payment_type", rows={"paypal": "7", "gift": "9"}, actor=None,
            now=now,
        )  # fmt: skip
    return made


@pytest.fixture
def manager(shops: list[Shop], people: dict[str, User]) -> User:
    for shop in shops:
        staff.assign(tenant_id=shop.tenant.pk, staff=people["account_manager"], actor=None)
    return people["account_manager"]


@pytest.fixture
def client(manager: User) -> Client:
    return browser_of(manager)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, name
    return found[1]


def made(client: Client) -> PairTemplate:
    client.post("/admin/templates/", {"name": "Gifts", "systems": "heartland/shopify"})
    return PairTemplate.objects.get()


def taken(client: Client, shops: list[Shop], *parts: str) -> TemplateVersion:
    address = f"/admin/templates/{made(client).pk}/from/{shops[0].tenant.slug}/"
    seen = hidden(client.get(address).content.decode(), "seen")
    client.post(address, {"part": parts, "seen": seen, "reason": WHY, "note": "First"})
    return TemplateVersion.objects.get()


def started(client: Client, shops: list[Shop], template: PairTemplate) -> BulkJob:
    sent = {
        "act": "template_look",
        "template": template.pk,
        "account": [s.tenant.slug for s in shops],
    }
    asked = client.post("/admin/bulk/ask/", sent).content.decode()
    form = hidden(asked, "form")
    client.post("/admin/bulk/start/", {**sent, "form": form, "over": "gifts", "reason": WHY})
    bulk_running.run(job_id=UUID(form))
    return BulkJob.objects.get(pk=form)


def test_what_is_chosen_of_a_pair_becomes_a_version(
    client: Client, shops: list[Shop], manager: User
) -> None:
    template = made(client)
    address = f"/admin/templates/{template.pk}/from/{shops[0].tenant.slug}/"
    page = client.get(address).content.decode()
    assert "Rules of order, web store to point of sale, 1 rule" in page
    assert "The table payment_type, 2 entries" in page
    assert "always “Web”" in page
    sent = {"part": "rules/order/to_pos", "seen": hidden(page, "seen"), "note": "First"}
    for wrong in ({"reason": ""}, {"reason": WHY, "part": []}, {"reason": WHY, "seen": "x"}):
        assert client.post(address, {**sent, **wrong}).status_code == 422, wrong
    assert TemplateVersion.objects.count() == 0
    for _ in range(2):
        assert client.post(address, {**sent, "reason": WHY}).status_code == 302
    (version,) = pair_templates.versions(template)
    assert version.contents == {
        "rules": [{"entity": "order", "direction": "to_pos", "changes": [OWN]}],
        "tables": {},
        "merge_rules": {},
    }
    with scope.tenant(shops[0].tenant.pk):
        acted = AuditEntry.objects.filter(action="staff.acted")
        assert {(one.after["about"], one.reason) for one in acted} == {("Gifts", WHY)}
    assert "always “Web”" in client.get(f"/admin/templates/{template.pk}/").content.decode()
    staff.release(tenant_id=shops[0].tenant.pk, staff=manager, actor=None, now=timezone.now())
    strange = address
    assert client.get(strange).status_code == 404
    assert client.post(strange, {**sent, "reason": WHY}).status_code == 404


def test_it_is_looked_over_first_and_makes_drafts_only(
    client: Client, shops: list[Shop], manager: User
) -> None:
    shops = [*shops, make_shop("Cove Goods")]
    staff.assign(tenant_id=shops[2].tenant.pk, staff=manager, actor=None)
    version = taken(client, shops, "rules/order/to_pos", "table/payment_type")
    with scope.tenant(shops[1].tenant.pk):
        mapping_tables.put(
            pair=shops[1].pair, table="payment_type", rows={"paypal": "3"}, actor=None,
            now=timezone.now(),
        )  # fmt: skip
    looked = started(client, shops, version.template)
    said = {one.tenant.name: one.step for one in bulk_jobs.lines(manager, looked)}
    assert {name: (step.state, step.said) for name, step in said.items() if step} == {
        "Anchor Goods": ("nothing", "Nothing of it has to change here."),
        "Buoy Goods": ("done", "1 rule, 1 table entry would be changed."),
        "Cove Goods": ("done", "1 rule, 2 table entries would be changed."),
    }
    page = client.get(f"/admin/bulk/{looked.pk}/").content.decode()
    assert "always “Web”" in page
    assert "1 other entry stays as they are here" in page
    for shop in shops[1:]:
        with scope.tenant(shop.tenant.pk):
            # Looking over left nothing behind.
            assert MappingVersion.objects.count() == 0
            assert AuditEntry.objects.filter(action__startswith="mapping.draft").count() == 0
    # At the third somebody begins a draft meanwhile: not what was shown any more.
    with scope.tenant(shops[2].tenant.pk):
        flow = mapping_versions.flow_of(pair=shops[2].pair, entity="order")
        mapping_versions.draft(flow=flow, actor=None, now=timezone.now())
    address = f"/admin/bulk/{looked.pk}/drafts/"
    form = hidden(client.get(address).content.decode(), "form")
    assert client.post(address, {"form": form, "reason": ""}).status_code == 422
    for _ in range(2):
        assert client.post(address, {"form": form, "reason": WHY}).status_code == 302
    bulk_running.run(job_id=UUID(form))
    job = BulkJob.objects.get(pk=form)
    done = {one.tenant.name: one.step for one in bulk_jobs.lines(manager, job)}
    assert {name: (step.state, step.said) for name, step in done.items() if step} == {
        "Buoy Goods": ("done", "1 rule changed."),
        "Cove Goods": (
            "failed",
            "What the template changes here is not what was shown any more. Look it over again.",
        ),
    }
    with scope.tenant(shops[1].tenant.pk):
        draft = MappingVersion.objects.get()
        assert (draft.state, draft.changes) == (VersionState.DRAFT, [OWN])
        assert draft.author_id == manager.pk
        # The gate is the one of customers: untried it is not published.
        flow = mapping_versions.flow_of(pair=shops[1].pair, entity="order")
        with pytest.raises(mapping_versions.CannotPublish, match="not tried"):
            mapping_versions.publish(flow=flow, actor=manager, now=timezone.now())
        assert ShadowRun.objects.count() == 0
        # Tables were not asked for.
        assert LookupTable.objects.get().rows == {"paypal": "3"}


def test_tables_and_policies_change_only_when_asked_for(
    client: Client, shops: list[Shop], manager: User
) -> None:
    with scope.tenant(shops[0].tenant.pk):
        flow = shops[0].flows
        pair = shops[0].pair
        source = next(iter(flow.values()))
        for way in ("to_pos", "to_store"):
            pair.flows.get_or_create(
                entity="customer", direction=way, tenant=shops[0].tenant,
                defaults={"source": source.source, "target": source.target},
            )  # fmt: skip
        merging.choose(pair_id=pair.pk, entity="customer", field="email", rule="pos")
    version = taken(client, shops, "table/payment_type", "policies/customer")
    assert version.contents["merge_rules"] == {"customer": {"email": "pos"}}
    looked = started(client, shops[1:], version.template)
    said = {one.tenant.name: one.step.said for one in bulk_jobs.lines(manager, looked) if one.step}
    assert said["Buoy Goods"].startswith("2 table entries would be changed. customer does not go")
    address = f"/admin/bulk/{looked.pk}/drafts/"
    form = hidden(client.get(address).content.decode(), "form")
    client.post(address, {"form": form, "reason": WHY, "tables": "1"})
    bulk_running.run(job_id=UUID(form))
    with scope.tenant(shops[1].tenant.pk):
        assert LookupTable.objects.get().rows == {"paypal": "7", "gift": "9"}
        entry = AuditEntry.objects.get(action="mapping.table_changed")
        assert entry.actor_id == manager.pk
        assert Pair.objects.get().merge_rules == shops[1].pair.merge_rules


def test_shipped_rules_take_own_ones_back_as_a_draft(
    client: Client, shops: list[Shop], manager: User
) -> None:
    template = made(client)
    address = f"/admin/templates/{template.pk}/shipped/"
    page = client.get(address).content.decode()
    sent = {"part": "rules/order/to_pos", "seen": hidden(page, "seen")}
    assert client.post(address, sent).status_code == 302
    with scope.tenant(shops[0].tenant.pk):
        slots = {
            rule["target"] for rule in TemplateVersion.objects.get().contents["rules"][0]["changes"]
        }
        own = {"target": sorted(slots)[0], "rule": {"constant": "ours"}}
        flow = mapping_versions.flow_of(pair=shops[0].pair, entity="order")
        mapping_versions.change(flow=flow, changes=[own], actor=None, now=timezone.now())
        mapping_versions.publish(flow=flow, actor=None, now=timezone.now(), accept_failures=True)
    looked = started(client, shops[:1], template)
    ((said,),) = [[one.step.said for one in bulk_jobs.lines(manager, looked) if one.step]]
    assert said == "1 rule would be changed."


def test_a_template_that_cannot_be_says_why(people: dict[str, User]) -> None:
    client = browser_of(people["account_manager"])
    for name, systems, said in (
        (" ", "heartland/shopify", "Enter a name."),
        ("A", "heartland/mars", "Choose the two systems"),
        ("A" * 81, "heartland/shopify", "81 characters"),
    ):
        refused = client.post("/admin/templates/", {"name": name, "systems": systems})
        assert refused.status_code == 422
        assert said in refused.content.decode()
    assert PairTemplate.objects.count() == 0
