"""The addresses of our own pages below /admin/."""

from __future__ import annotations

from django.urls import path

from clarity.web.staff import account, accounts, acts, people, work
from clarity.web.staff.bulk.urls import urlpatterns as bulk_urls

urlpatterns = [
    *bulk_urls,
    path("", work.work_list, name="index"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/<slug:slug>/", account.account, name="account"),
    path("accounts/<slug:slug>/audit/", account.audit_log_page, name="account-audit"),
    path("accounts/<slug:slug>/notes/", acts.write_note, name="account-note"),
    path(
        "accounts/<slug:slug>/incidents/<int:incident_id>/replay/",
        acts.replay,
        name="account-replay",
    ),
    path(
        "accounts/<slug:slug>/connections/<uuid:connection_id>/resume/",
        acts.resume,
        name="account-resume",
    ),
    path("people/<uuid:user_id>/", people.person, name="person"),
    path("people/<uuid:user_id>/role/", people.change_role, name="person-role"),
    path("people/<uuid:user_id>/assign/", people.assign, name="person-assign"),
    path("people/<uuid:user_id>/release/<uuid:tenant_id>/", people.release, name="person-release"),
]
