"""Which flow a page of mapping rules is about, and what every such page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from clarity.web.access import MemberView, PlainView, may_operate, member_required, signed_in
from clarity.web.flows.words import name_of
from clarity.web.fragments import whole_page
from integrations.connector_kit.presets import NoPreset
from integrations.models import Flow, Pair
from integrations.services import mapping_versions
from integrations.sync import rulebooks
from mappings.models import MappingVersion, VersionState
from tenants import scope
from tenants.models import Membership, Role, Tenant, User


@dataclass(frozen=True)
class PairPlace:
    """A pair as a member sees it."""

    tenant: Tenant
    pair: Pair
    actor: User | None
    may_change: bool

    def page(
        self, request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """A whole page with what all of them show."""
        return whole_page(
            request, f"mapping_editor/{template}", {**self.shown(), **context}, status=status
        )

    def shown(self) -> dict[str, Any]:
        """What every page shows."""
        return {"tenant": self.tenant, "pair": self.pair, "may_change": self.may_change}


@dataclass(frozen=True)
class Place(PairPlace):
    """One flow of a pair with the version that runs and the draft."""

    flow: Flow
    published: MappingVersion | None
    draft: MappingVersion | None

    @property
    def name(self) -> str:
        return name_of(self.flow)

    def shown(self) -> dict[str, Any]:
        return {
            **super().shown(),
            "flow": self.flow,
            "name": self.name,
            "published": self.published,
            "draft": self.draft,
        }

    def to(self, name: str, query: str = "", **more: Any) -> HttpResponse:
        """A redirection to another page of the flow."""
        answer: HttpResponse = redirect(
            name, slug=self.tenant.slug, pair_id=self.pair.pk, flow_id=self.flow.pk, **more
        )
        answer["Location"] += f"?{query}" if query else ""
        return answer


View = Callable[..., HttpResponse]


def flow_page(*roles: Role) -> Callable[[View], PlainView]:
    """A view of a flow's rules, `view(request, place, ...)`, inside the tenant's scope.

    A flow of another pair or tenant, and one for which no rules are shipped, is a 404.
    """

    def wrap(view: View) -> PlainView:
        @wraps(view)
        def inner(
            request: HttpRequest,
            membership: Membership,
            *,
            pair_id: UUID,
            flow_id: int,
            **kwargs: Any,
        ) -> HttpResponse:
            with scope.tenant(membership.tenant_id):
                return view(request, _flow_place(request, membership, pair_id, flow_id), **kwargs)

        return member_required(*roles)(cast(MemberView[...], inner))

    return wrap


def pair_page(*roles: Role) -> Callable[[View], PlainView]:
    """As flow_page, for what belongs to the pair as a whole."""

    def wrap(view: View) -> PlainView:
        @wraps(view)
        def inner(
            request: HttpRequest, membership: Membership, *, pair_id: UUID, **kwargs: Any
        ) -> HttpResponse:
            with scope.tenant(membership.tenant_id):
                place = PairPlace(
                    membership.tenant,
                    _pair(pair_id),
                    signed_in(request),
                    may_operate(membership),
                )
                return view(request, place, **kwargs)

        return member_required(*roles)(cast(MemberView[...], inner))

    return wrap


def _pair(pair_id: UUID) -> Pair:
    pair: Pair | None = (
        Pair.objects.filter(pk=pair_id).select_related("pos", "store", "mapping_set").first()
    )
    if pair is None:
        raise Http404
    return pair


def _flow_place(request: HttpRequest, membership: Membership, pair_id: UUID, flow_id: int) -> Place:
    return place_of(
        membership.tenant,
        pair_id,
        flow_id,
        actor=signed_in(request),
        may_change=may_operate(membership),
    )


def place_of(
    tenant: Tenant, pair_id: UUID, flow_id: int, *, actor: User | None, may_change: bool
) -> Place:
    """A flow with its versions, whoever looks. Call inside the tenant's scope. Raises Http404."""
    pair = _pair(pair_id)
    flow = next((one for one in mapping_versions.flows_of(pair) if one.pk == flow_id), None)
    if flow is None:
        raise Http404
    try:
        rulebooks.shipped(flow)
    except NoPreset:
        raise Http404 from None
    rows = MappingVersion.objects.filter(
        set_id=pair.mapping_set_id, entity=flow.entity, direction=flow.direction
    ).select_related("author", "published_by")
    now = {row.state: row for row in rows.exclude(state=VersionState.RETIRED)}
    return Place(
        tenant=tenant,
        pair=pair,
        actor=actor,
        may_change=may_change,
        flow=flow,
        published=now.get(VersionState.PUBLISHED),
        draft=now.get(VersionState.DRAFT),
    )
