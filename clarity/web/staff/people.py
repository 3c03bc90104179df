"""Our own people, for superusers: the role of one, and the accounts they look after."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clarity.web.staff.gate import staff_page
from tenants import scope
from tenants.models import StaffRole, Tenant, User
from tenants.services import staff
from tenants.services.staff import LONGEST_REASON, TABLE, May, NotAllowed, ReasonNeeded

MOST_ACCOUNTS = 200


@staff_page
@require_safe
def person(request: HttpRequest, boss: User, user_id: UUID) -> HttpResponse:
    """Role, second step, and assigned accounts."""
    staff.refuse_unless(boss, May.GOVERN)
    who = _one_of_us(user_id)
    steps = Authenticator.objects.filter(user=who).exclude(type=Authenticator.Type.RECOVERY_CODES)
    context = {
        "here": "people",
        "who": who,
        "is_me": who.pk == boss.pk,
        "roles": [
            (role, ", ".join(sorted(may.value for may in TABLE[role]))) for role in StaffRole
        ],
        "assigned": staff.assigned(who, limit=MOST_ACCOUNTS),
        "has_second_step": steps.exists(),
        "longest": LONGEST_REASON,
    }
    return render(request, "staff/person.html", context)


@staff_page
@require_POST
def change_role(request: HttpRequest, boss: User, user_id: UUID) -> HttpResponse:
    """Another role, or none."""
    staff.refuse_unless(boss, May.GOVERN)
    who = _one_of_us(user_id)
    wanted = request.POST.get("role", "")
    if wanted not in ("", *StaffRole.values):
        messages.error(request, "Choose a role from the list.")
        return redirect("admin:person", user_id=user_id)
    role = StaffRole(wanted) if wanted else None
    try:
        staff.appoint(user=who, role=role, actor=boss, reason=request.POST.get("reason", ""))
    except (NotAllowed, ReasonNeeded) as error:
        messages.error(request, str(error))
        return redirect("admin:person", user_id=user_id)
    if role is None:
        messages.success(request, f"{who.email} is none of our staff any more.")
        return redirect("admin:tenants_user_changelist")
    messages.success(request, f"{who.email} is {role.label.lower()} now.")
    return redirect("admin:person", user_id=user_id)


@staff_page
@require_POST
def assign(request: HttpRequest, boss: User, user_id: UUID) -> HttpResponse:
    """Lets them look after the account of this short name."""
    staff.refuse_unless(boss, May.GOVERN)
    who = _one_of_us(user_id)
    slug = request.POST.get("slug", "").replace("\x00", "").strip().strip("/")
    with scope.door("find an account to assign", actor=boss):
        tenant = Tenant.objects.filter(slug=slug, erasing_since=None).first()
    if tenant is None:
        messages.error(request, f"There is no account with the short name {slug[:80] or '(none)'}.")
        return redirect("admin:person", user_id=user_id)
    try:
        staff.assign(
            tenant_id=tenant.pk, staff=who, actor=boss, reason=request.POST.get("reason", "")
        )
    except (NotAllowed, ReasonNeeded) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{who.email} looks after {tenant.name} now.")
    return redirect("admin:person", user_id=user_id)


@staff_page
@require_POST
def release(request: HttpRequest, boss: User, user_id: UUID, tenant_id: UUID) -> HttpResponse:
    """Ends an assignment."""
    staff.refuse_unless(boss, May.GOVERN)
    who = _one_of_us(user_id)
    try:
        staff.release(
            tenant_id=tenant_id,
            staff=who,
            actor=boss,
            now=timezone.now(),
            reason=request.POST.get("reason", ""),
        )
    except ReasonNeeded as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{who.email} no longer looks after that account.")
    return redirect("admin:person", user_id=user_id)


def _one_of_us(user_id: UUID) -> User:
    found = User.objects.filter(pk=user_id, is_staff=True).first()
    if found is None:
        raise Http404
    return found
