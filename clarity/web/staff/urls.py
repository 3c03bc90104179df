"""The addresses of our own pages below /admin/."""

from __future__ import annotations

from django.urls import include, path

from clarity.web.staff import account, accounts, acts, invited, people, snoozes, work, writing
from clarity.web.staff.books.urls import urlpatterns as books
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
    path("", include("clarity.web.staff.deputy.urls")),
    path(
        "accounts/<slug:slug>/invitations/<uuid:invitation_id>/resend/",
        invited.resend,
        name="account-invitation-resend",
    ),
    path("accounts/<slug:slug>/write/", writing.write, name="account-write"),
    path("accounts/<slug:slug>/leave-alone/<slug:kind>/", snoozes.snooze, name="account-snooze"),
    path("accounts/<slug:slug>/take-up/<int:snooze_id>/", snoozes.wake, name="account-wake"),
    path("", include("clarity.web.staff.records.urls")),
    path("", include("clarity.web.staff.engine.urls")),
    path("people/<uuid:user_id>/", people.person, name="person"),
    path("people/<uuid:user_id>/role/", people.change_role, name="person-role"),
    path("people/<uuid:user_id>/assign/", people.assign, name="person-assign"),
    path("people/<uuid:user_id>/release/<uuid:tenant_id>/", people.release, name="person-release"),
    *books,
]
