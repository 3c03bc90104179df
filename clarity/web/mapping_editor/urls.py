"""Addresses of mapping rules, under a flow, and of lookup tables, under a pair."""

from __future__ import annotations

from django.urls import include, path

from clarity.web.mapping_editor import drafts, rules, tables, trials, versions

_flow = [
    path("rules/", rules.rules, name="mapping-rules"),
    path("rules/rule/", rules.rule, name="mapping-rule"),
    path("rules/remove/", rules.remove, name="mapping-rule-remove"),
    path("rules/reset/", rules.reset, name="mapping-rule-reset"),
    path("rules/field/", rules.described, name="mapping-field"),
    path("draft/", drafts.draft, name="mapping-draft"),
    path("draft/now/", drafts.now, name="mapping-draft-now"),
    path("draft/try/", drafts.try_it, name="mapping-draft-try"),
    path("draft/stop/", drafts.stop, name="mapping-draft-stop"),
    path("draft/publish/", drafts.publish, name="mapping-draft-publish"),
    path("draft/discard/", drafts.discard, name="mapping-draft-discard"),
    path("versions/", versions.versions, name="mapping-versions"),
    path("versions/compare/", versions.compare, name="mapping-compare"),
    path("versions/<int:number>/back/", versions.back, name="mapping-back"),
    path("trial/", trials.trial, name="mapping-trial"),
]

_table = [
    path("", tables.table, name="mapping-table"),
    path("put/", tables.put, name="mapping-table-put"),
    path("remove/", tables.remove, name="mapping-table-remove"),
    path("dismiss/", tables.dismiss, name="mapping-table-dismiss"),
]

urlpatterns = [
    path("pairs/<uuid:pair_id>/flows/<int:flow_id>/", include(_flow)),
    path("pairs/<uuid:pair_id>/tables/", tables.tables, name="mapping-tables"),
    path("pairs/<uuid:pair_id>/tables/<str:name>/", include(_table)),
]
