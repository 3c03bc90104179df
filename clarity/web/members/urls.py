"""Members and invitations."""

from __future__ import annotations

from django.urls import path

from clarity.web.members import invitation, invited, roster

_OF = "t/<slug:slug>/settings/members/"

urlpatterns = [
    path(_OF, roster.members, name="members"),
    path(f"{_OF}invite/", invited.invite, name="member-invite"),
    path(f"{_OF}leave/", roster.leave, name="member-leave"),
    path(f"{_OF}<int:membership_id>/", roster.role, name="member-role"),
    path(f"{_OF}<int:membership_id>/remove/", roster.remove, name="member-remove"),
    path(f"{_OF}invitations/<uuid:invitation_id>/resend/", invited.resend, name="member-resend"),
    path(f"{_OF}invitations/<uuid:invitation_id>/revoke/", invited.revoke, name="member-revoke"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
]
