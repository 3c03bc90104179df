"""What must be looked at again on the way to a live pair."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations.models import (
    DryRun,
    DryRunState,
    Onboarding,
    Pair,
    PairState,
    Preflight,
    PreflightState,
    StockedArticle,
)
from integrations.services import connection_settings, onboarding
from integrations.services.onboarding import Step
from tenants import scope
from tests.web.shops import Shop


def test_settings_that_change_are_looked_over_again_before_it_goes_live(shop: Shop) -> None:
    before = timezone.now() - timedelta(minutes=1)
    with scope.tenant(shop.tenant.pk):
        pair = Pair.objects.select_related("pos", "store").get()
        pair.state = PairState.DRAFT
        pair.save(update_fields=["state"])
        row = Onboarding.objects.create(
            pos_connector="heartland",
            store_connector="shopify",
            pos=pair.pos,
            store=pair.store,
            pair=pair,
        )
        Preflight.objects.create(pair=pair, state=PreflightState.DONE, started_at=before)
        rules = onboarding.rules_now(pair)
        DryRun.objects.create(pair=pair, state=DryRunState.DONE, rules=rules, started_at=before)

        def left(step: Step) -> str:
            return onboarding.progress(row).of(step).left

        assert (left(Step.PREFLIGHT), left(Step.DRY_RUN)) == ("", "")
        StockedArticle.objects.create(till=pair.pos, key="100001", sku="A")
        found = connection_settings.keep(
            pair.store_id, {"location_id": "7"}, actor=None, now=timezone.now()
        )
        assert found.articles == 1
        said = f"The settings of {pair.store.name} were changed since the last"
        assert left(Step.PREFLIGHT) == f"{said} preflight. Run it again."
        assert left(Step.DRY_RUN) == f"{said} dry run. Make it again."
        Preflight.objects.create(
            pair=pair, state=PreflightState.DONE, started_at=timezone.now() + timedelta(seconds=1)
        )
        assert left(Step.PREFLIGHT) == ""
        row.pair.state = PairState.LIVE
        assert left(Step.DRY_RUN) == ""
