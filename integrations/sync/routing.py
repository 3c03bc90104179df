"""The routes of a lane: the flows out of its account, with the rules that hold now."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import Connection, Flow, PairState
from integrations.sync import rulebooks
from integrations.sync.preparing import Route
from integrations.sync.sessions import open_for_reading


def routes(connection: Connection, *, rules: int) -> list[Route]:
    """Flows out of a connection. While a pair is paused its records are prepared, but not sent.

    `rules` is what the lane's row said of its rules before this was called. Call inside the
    tenant's scope.
    """
    flows = (
        Flow.objects.filter(source=connection, is_on=True)
        .exclude(pair__state=PairState.DRAFT)
        .select_related("target", "pair", "pair__mapping_set")
        .order_by("pk")
    )
    return [
        Route(flow, open_for_reading(flow.target), rulebooks.of_flow(flow), rules) for flow in flows
    ]


def current(known: Sequence[Route], *, rules: int) -> list[Route]:
    """The same routes with the rules of now: read anew when the lane's row says so.

    Which flows there are stays as it was when the lane was opened. Call inside the tenant's scope.
    """
    if all(route.rules_revision == rules for route in known):
        return list(known)
    flows = {
        flow.pk: flow
        for flow in Flow.objects.filter(pk__in=[route.flow.pk for route in known]).select_related(
            "target", "pair", "pair__mapping_set"
        )
    }
    return [
        Route(route.flow, route.target, rulebooks.of_flow(flows[route.flow.pk]), rules)
        if route.flow.pk in flows
        else route
        for route in known
    ]
