"""The addresses of pairs, connections, rules, tables and cursors, below /admin/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from clarity.web.staff.engine import advanced, background, connections, pairs, rules, tables

_pair = [
    path("", pairs.detail, name="account-pair"),
    path("pause/", pairs.pause, name="account-pair-pause"),
    path("resume/", pairs.resume, name="account-pair-resume"),
    path("flows/<int:flow_id>/", pairs.switch, name="account-flow-switch"),
    path("tables/<slug:name>/", tables.table, name="account-table"),
    path("tables/<slug:name>/entry/", tables.put, name="account-table-put"),
    path("tables/<slug:name>/remove/", tables.remove, name="account-table-remove"),
]

_connection = [
    path("", connections.detail, name="account-connection"),
    path("test/", connections.try_it, name="account-connection-test"),
    path("pause/", connections.pause, name="account-connection-pause"),
    path("credentials/", connections.replace, name="account-connection-credentials"),
    path("renew/", connections.renew, name="account-connection-renew"),
]

_rules = [
    path("", rules.flow, name="account-flow-rules"),
    path("now/", rules.now, name="account-rules-now"),
    path("compare/", rules.compare, name="account-rules-compare"),
    path("try/", rules.try_it, name="account-rules-try"),
    path("stop/", rules.stop, name="account-rules-stop"),
    path("publish/", rules.publish, name="account-rules-publish"),
    path("back/<int:number>/", rules.back, name="account-rules-back"),
]

_account: list[URLPattern | URLResolver] = [
    path("pairs/", pairs.overview, name="account-pairs"),
    path("pairs/<uuid:pair_id>/", include(_pair)),
    path("connections/", connections.overview, name="account-connections"),
    path("connections/<uuid:connection_id>/", include(_connection)),
    path("rules/", rules.overview, name="account-rules"),
    path("rules/<int:flow_id>/", include(_rules)),
    path("advanced/", advanced.overview, name="account-advanced"),
    path("advanced/key/", advanced.rotate, name="account-key"),
    path("advanced/cursors/<int:cursor_id>/", advanced.move, name="account-cursor-move"),
]

urlpatterns = [
    path("accounts/<slug:slug>/", include(_account)),
    path("background/", background.overview, name="background"),
    path("background/<slug:chore>/", background.run_now, name="background-run"),
]
