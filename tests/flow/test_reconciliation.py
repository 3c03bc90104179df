"""The payments of a day on both sides: agreed, missing, booked by rule; to the cent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.connector_kit.money import OrderMoney
from integrations.models import Pair, Reconciliation, Verdict
from integrations.services import reconciled, reconciling, reconciling_daily
from tenants import scope
from tests.flow.conftest import Rig
from tests.flow.posting import TillCalls


def _today() -> date:
    # The sandbox shop keeps Phoenix time.
    return timezone.now().astimezone(ZoneInfo("America/Phoenix")).date()


def _pair(rig: Rig) -> Pair:
    with scope.tenant(rig.tenant.pk):
        return Pair.objects.select_related("pos", "store").get(pk=rig.pair.pk)


def _compare(rig: Rig) -> Reconciliation:
    return reconciling.reconcile(pair=_pair(rig), day=_today(), now=timezone.now())


def _verdicts(rig: Rig, report: Reconciliation) -> dict[str, tuple[str, str]]:
    with scope.tenant(rig.tenant.pk):
        return {
            row.number: (row.verdict, reconciled.as_row(row)["difference"])
            for row in reconciled.rows_of(report)
        }


@pytest.mark.parametrize("flavour", ["retail", "unified_v1"])
def test_a_day_is_compared_order_by_order(make_rig: Callable[..., Rig], flavour: str) -> None:
    rig = make_rig(flavour=flavour, size=8, shop_size=9)
    cap = {"lines_exact": [{"sku": "CAP-GRY-L", "quantity": 1}]}
    placed = rig.shop.act("orders", count=3, seed=6, paid=True, **cap)["orders"]
    unpaid = rig.shop.act("orders", count=1, seed=7, paid=False, **cap)["orders"][0]
    # The till lacks this article, so the order never comes there.
    lost = rig.shop.act(
        "orders", lines_exact=[{"sku": "TEE-GRY-XL", "quantity": 1}], count=1, paid=True
    )["orders"][0]
    rig.until(
        lambda: (
            len(rig.deliveries(entity="order", state="delivered")) == 4
            and bool(rig.deliveries(entity="order", state="held"))
            and not [row for row in rig.deliveries(state="waiting") if row.entity != "payment"]
        ),
        "four orders are there and one is held",
    )
    report = _compare(rig)
    assert (report.problem, report.zone) == ("", "America/Phoenix")
    said = _verdicts(rig, report)
    assert said == {
        lost["name"]: ("missing", lost["total"]),
        **{order["name"]: ("agrees", "0.00") for order in placed},
    }
    came = sum(Decimal(order["total"]) for order in (*placed, lost))
    sums = {
        (one["side"], one["method"]): (one["count"], Decimal(one["came"])) for one in report.totals
    }
    assert sums["store", "bogus"] == (4, came)
    assert sums["pos", "External"] == (3, came - Decimal(lost["total"]))
    assert unpaid["name"] not in said
    # Compared again it says the same and is one report.
    assert _verdicts(rig, _compare(rig)) == said
    with scope.tenant(rig.tenant.pk):
        assert Reconciliation.objects.count() == 1


def test_a_payment_that_heartland_lacks_is_listed_and_booked_by_rule(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig()
    order = rig.shop.act("orders", count=1, seed=5, paid=False)["orders"][0]
    rig.until(lambda: rig.waiting() == 0, "the order is there")
    # Paid while nobody listens.
    with scope.tenant(rig.tenant.pk):
        rig.pair.flows.filter(entity__in=("order", "payment")).update(is_on=False)
    rig.shop.act(f"orders/{order['id']}/transactions", kind="sale", amount=order["total"])
    rig.until(lambda: rig.waiting() == 0, "nothing listens")
    with scope.tenant(rig.tenant.pk):
        rig.pair.flows.update(is_on=True)

    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("reconcile", pair=rig.pair.pk, date=_today(), json=True, stdout=out)
    said = json.loads(out.getvalue())
    assert (said["orders"], said["differing"], said["sent_again"]) == (1, 1, 0)
    (row,) = said["differences"]
    assert (row["verdict"], row["store_received"], row["store_state"]) == (
        "less", order["total"], "paid",
    )  # fmt: skip
    assert (row["point_of_sale_received"], row["point_of_sale_state"]) == ("0.00", "open")

    with scope.tenant(rig.tenant.pk):
        rig.pos.settings["payment_mismatch"] = "book"
        rig.pos.save()
    assert _compare(rig).sent_again == 1
    rig.until(lambda: rig.waiting() == 0, "the payment was sent again")
    report = _compare(rig)
    assert (report.differing, report.sent_again) == (0, 0)
    there = TillCalls(rig).order(f"S-{order['name'].removeprefix('#')}")
    assert Decimal(str(there["total_paid"])) == Decimal(order["total"])
    out = StringIO()
    call_command("reconcile", pair=rig.pair.pk, date=_today(), csv=True, stdout=out)
    assert out.getvalue().splitlines()[1].startswith(f"{order['name']},agrees,{order['total']},")


def test_an_order_that_came_without_some_of_its_refunds_agrees() -> None:
    """110 came; 10 went back before the order was sent, 20 after it."""
    parts = (Decimal(10), Decimal(20))
    store = OrderMoney("#1", Decimal(80), Decimal(110), Decimal(30), "paid", parts)
    said = {
        there: reconciling._verdict(store, replace(store, received=Decimal(there)))
        for there in (110, 100, 90, 80, 95, 120)
    }
    agrees = [there for there, verdict in said.items() if verdict == Verdict.AGREES]
    assert agrees == [110, 100, 90, 80]
    assert (said[95], said[120]) == (Verdict.LESS, Verdict.MORE)


def test_a_side_that_cannot_be_asked_is_named_and_asked_again(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig()
    TillCalls(rig).fault("status", value=503, match="GET /api/payments", times=-1)
    report = _compare(rig)
    assert report.problem
    TillCalls(rig).no_faults()
    yesterday = timezone.now()
    reconciling_daily.compare_yesterday(yesterday)
    with scope.tenant(rig.tenant.pk):
        days = list(Reconciliation.objects.order_by("day").values_list("day", "problem"))
    assert len(days) == 2
    assert days[0][1] == ""
    reconciling_daily.compare_yesterday(yesterday)
    with scope.tenant(rig.tenant.pk):
        assert Reconciliation.objects.count() == 2
