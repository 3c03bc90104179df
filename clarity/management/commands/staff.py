"""manage.py staff: our own people, for whoever runs the installation. The first superuser comes so."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants import scope
from tenants.models import StaffRole, Tenant, User
from tenants.services import people, staff
from tenants.services.staff import NotAllowed


class Command(BaseCommand):
    help = (
        "Lists our own people, or changes what one of them may do. They open /admin/ once they have a"
        " second step of signing in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?", help="someone who has signed up")
        parser.add_argument("--role", choices=[*StaffRole.values, "none"])
        parser.add_argument("--assign", metavar="SLUG", help="lets them look after this account")
        parser.add_argument("--release", metavar="SLUG", help="ends that")

    def handle(
        self,
        *,
        email: str | None,
        role: str | None,
        assign: str | None,
        release: str | None,
        **options: Any,
    ) -> None:
        if email is None:
            for one in staff.everyone():
                self._describe(one)
            return
        user = people.known(email)
        if user is None:
            raise CommandError(f"Nobody has the e-mail address {email}.")
        if role is not None:
            staff.appoint(user=user, role=None if role == "none" else StaffRole(role), actor=None)
        try:
            if assign is not None:
                staff.assign(tenant_id=_tenant(assign).pk, staff=user, actor=None)
        except NotAllowed as error:
            raise CommandError(str(error)) from error
        if release is not None:
            pk = _tenant(release).pk
            staff.release(tenant_id=pk, staff=user, actor=None, now=timezone.now())
        self._describe(user)

    def _describe(self, user: User) -> None:
        role = staff.role_of(user)
        steps = Authenticator.objects.filter(user=user).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        step = "with a second step" if steps.exists() else "without a second step: /admin/ is shut"
        self.stdout.write(f"{user.email}: {role.label.lower() if role else 'no role'}, {step}")
        for tenant in staff.assigned(user, limit=200):
            self.stdout.write(f"  {tenant.name} ({tenant.slug})")


def _tenant(slug: str) -> Tenant:
    with scope.door("find an account by its short name"):
        found = Tenant.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no account with the short name {slug}.")
    return found
