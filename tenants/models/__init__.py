"""One model a file; import them from here."""

from __future__ import annotations

from tenants.models.announcement import (
    Announcement,
    AnnouncementDismissal,
    AnnouncementPost,
    Severity,
)
from tenants.models.api_request import ApiRequest, ApiUse
from tenants.models.api_token import ApiToken
from tenants.models.audit import AuditEntry
from tenants.models.deputation import Deputation
from tenants.models.group import GroupMember, TenantGroup
from tenants.models.invitation import Invitation
from tenants.models.membership import Membership, Role
from tenants.models.scoped import ScopedManager, ScopedQuerySet, TenantModel
from tenants.models.staff import Snooze, StaffAssignment, StaffNote, Standing
from tenants.models.tenant import Tenant
from tenants.models.user import StaffRole, User

__all__ = [
    "Announcement",
    "AnnouncementDismissal",
    "AnnouncementPost",
    "ApiRequest",
    "ApiToken",
    "ApiUse",
    "AuditEntry",
    "Deputation",
    "GroupMember",
    "Invitation",
    "Membership",
    "Role",
    "ScopedManager",
    "ScopedQuerySet",
    "Snooze",
    "Severity",
    "StaffAssignment",
    "StaffNote",
    "StaffRole",
    "Standing",
    "Tenant",
    "TenantGroup",
    "TenantModel",
    "User",
]
