"""Merge rules of a pair: who wins where both sides have changed one field."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clarity.web.access import may_operate, member_required, signed_in
from clarity.web.fragments import whole_page
from clarity.web.tenant_settings.pair import found
from clarity.web.tenant_settings.refusing import refuse_unless
from integrations.models import Pair
from integrations.services import merging
from integrations.services.account_settings import version
from integrations.services.merging import BadMergeRule
from integrations.sync.merge_rules import ALL_OTHERS, MergeRule
from tenants import scope
from tenants.models import Membership

_WORDS = {
    MergeRule.NEWEST: "Latest change wins",
    MergeRule.POS: "The point of sale decides",
    MergeRule.STORE: "The web store decides",
    MergeRule.FILL_BLANKS: "Only fill in blanks",
    MergeRule.HOLD: "Ask a person",
}
_ENTITIES = {"customer": "Customers", "gift_card": "Gift cards"}


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def rules(request: HttpRequest, membership: Membership, pair_id: UUID) -> HttpResponse:
    """The rules of every record that goes both ways; a POST saves those of one kind."""
    with scope.tenant(membership.tenant_id):
        pair = found(pair_id)
        if request.method != "POST":
            return _page(request, membership, pair)
        refuse_unless(may_operate(membership))
        entity = request.POST.get("entity", "")
        # Whoever saves at the same moment waits here.
        pair = Pair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        if request.POST.get("seen", "") != version(pair.merge_rules):
            said = (
                "Somebody else changed the rules meanwhile, so nothing was saved."
                " What they saved is shown; enter your change again."
            )
            return _page(request, membership, pair, error=said, status=409)
        try:
            changed = _save(request, pair, entity)
        except BadMergeRule as error:
            return _page(request, membership, pair, error=str(error), status=400)
    messages.success(
        request,
        "Saved. The rules count for records that come from now on."
        if changed
        else "Nothing was changed.",
    )
    return redirect("pair-merge-rules", slug=membership.tenant.slug, pair_id=pair_id)


def _save(request: HttpRequest, pair: Pair, entity: str) -> int:
    changed = 0
    for row in merging.shown(pair, entity):
        chosen = request.POST.get(f"rule-{row.field}")
        before = row.rule.value if row.is_own else ""
        if chosen is not None and chosen != before:
            merging.choose(
                pair_id=pair.pk,
                entity=entity,
                field=row.field,
                rule=chosen,
                actor=signed_in(request),
            )
            changed += 1
    return changed


def _page(
    request: HttpRequest, membership: Membership, pair: Pair, *, error: str = "", status: int = 200
) -> HttpResponse:
    """Call inside the tenant's scope."""
    context = {
        "tenant": membership.tenant,
        "membership": membership,
        "pair": pair,
        "may_operate": may_operate(membership),
        "groups": [_group(pair, entity) for entity in merging.going_both_ways(pair)],
        "meanings": [(_WORDS[rule], merging.MEANING[rule]) for rule in _WORDS],
        "seen": version(pair.merge_rules),
        "error": error,
    }
    return whole_page(request, "tenant_settings/merge_rules.html", context, status=status)


def _group(pair: Pair, entity: str) -> dict[str, object]:
    rows = merging.shown(pair, entity)
    usual = next(row.rule for row in rows if row.field == ALL_OTHERS)
    return {
        "entity": entity,
        "title": _ENTITIES.get(entity, entity),
        "rows": [
            {
                "field": row.field,
                "label": _label(row.field),
                "chosen": row.rule.value if row.is_own else "",
                "options": _options(row.field, usual),
            }
            for row in rows
        ],
    }


def _options(field: str, usual: MergeRule) -> list[tuple[str, str]]:
    words = [(rule.value, said) for rule, said in _WORDS.items()]
    if field == ALL_OTHERS:
        return [("", f"Usual: {_WORDS[MergeRule.NEWEST].lower()}"), *words]
    return [("", f"As others: {_WORDS[usual].lower()}"), *words]


def _label(field: str) -> str:
    return (
        "Every other field" if field == ALL_OTHERS else field.replace("_", " ").replace(".", ", ")
    )
