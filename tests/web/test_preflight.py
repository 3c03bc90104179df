"""The preflight page: what it says in each state, who may start it, and that it fits a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Preflight, PreflightState
from tenants import scope
from tenants.models import Membership, Role, User
from tests.web.shops import Shop

FINDING = {
    "kind": "sku_unmatched",
    "weight": "blocker",
    "where": "Both systems",
    "said": "3 SKUs of Web shop are not known in Till.",
    "fix": "Add them to Till or correct the SKU in Web shop.",
    "count": 3,
    "examples": ["CAP-1", "CAP-2"],
}


def url(shop: Shop, name: str = "preflight") -> str:
    return reverse(name, kwargs={"slug": shop.tenant.slug, "pair_id": shop.pair.pk})


def made(shop: Shop, **fields: Any) -> Preflight:
    now = timezone.now()
    values = {"state": PreflightState.DONE, "started_at": now, "finished_at": now} | fields
    with scope.tenant(shop.tenant.pk):
        return Preflight.objects.create(pair=shop.pair, **values)


def test_before_the_first_one_it_offers_to_run_it(shop: Shop, page: Client) -> None:
    text = page.get(url(shop)).content.decode()
    assert "It was not run for this pair yet." in text
    assert "Run the preflight" in text


def test_pressing_runs_one_and_a_second_is_refused(shop: Shop, page: Client) -> None:
    page.post(url(shop, "preflight-start"))
    text = page.get(url(shop)).content.decode()
    assert "Both systems are being looked over" in text
    again = page.post(url(shop, "preflight-start"), follow=True).content.decode()
    assert "A preflight of this pair is running already." in again
    with scope.tenant(shop.tenant.pk):
        assert Preflight.objects.count() == 1


def test_findings_are_shown_with_what_to_do(shop: Shop, page: Client) -> None:
    made(shop, findings=[FINDING, {**FINDING, "weight": "notice", "said": "Good to see."}])
    text = page.get(url(shop)).content.decode()
    assert "Stands in the way (1)" in text
    assert "Good to know (1)" in text
    for said in (FINDING["said"], FINDING["fix"], "CAP-1, CAP-2"):
        assert str(said) in text


def test_fields_of_their_own_are_shown_by_system_and_entity(shop: Shop, page: Client) -> None:
    field = {
        "connection": str(shop.pair.pos_id),
        "where": "Till",
        "entity": "customer",
        "path": "custom.tier",
        "title": "Loyalty <tier>",
        "use": "written",
        "type": "",
        "is_required": True,
    }
    made(shop, fields=[field, {**field, "use": "read", "is_required": False}])
    text = page.get(url(shop)).content.decode()
    assert "Fields of your own" in text
    assert "Till: customer, to fill" in text
    assert "Loyalty &lt;tier&gt; <code>custom.tier</code> (required)" in text
    assert "Till: customer, to read from" in text


def test_nothing_found_is_said(shop: Shop, page: Client) -> None:
    made(shop, articles={"Till": 24, "Web shop": 1})
    text = page.get(url(shop)).content.decode()
    assert "Nothing. Records can flow." in text
    assert "24 articles of Till and 1 article of Web shop compared" in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": PreflightState.FAILED, "problem": "Till answered 503."}, "Till answered 503."),
        (
            {
                "state": PreflightState.RUNNING,
                "started_at": timezone.now() - timedelta(hours=1),
                "finished_at": None,
            },
            "It did not come to an end",
        ),
    ],
)
def test_one_that_did_not_finish_says_why(
    shop: Shop, page: Client, fields: dict[str, Any], said: str
) -> None:
    made(shop, **fields)
    text = page.get(url(shop)).content.decode()
    assert said in text
    assert "Run it again" in text


def test_a_viewer_looks_and_does_not_start(shop: Shop) -> None:
    viewer = User.objects.create_user(email="viewer@example.com")
    with scope.tenant(shop.tenant.pk):
        Membership.objects.create(user=viewer, role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)
    assert "can run it" in client.get(url(shop)).content.decode()
    assert client.post(url(shop, "preflight-start")).status_code == 403


def test_another_retailer_finds_nothing_there(shop: Shop, other_shop: Shop, page: Client) -> None:
    foreign = reverse("preflight", kwargs={"slug": shop.tenant.slug, "pair_id": other_shop.pair.pk})
    assert page.get(foreign).status_code == 404
