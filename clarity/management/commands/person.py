"""manage.py person: helps someone who cannot get in any more, once one is sure who they are."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clarity.web.entry import entry_link
from tenants.models import User
from tenants.services import people
from tenants.services.members import memberships_of


class Command(BaseCommand):
    help = (
        "Says how a person signs in and where they are a member. Whoever runs this vouches for "
        "who asked: call them back, do not trust a mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--enter", action="store_true", help="print a link that signs them in once"
        )
        parser.add_argument(
            "--forget-second-step",
            action="store_true",
            help="their phone and recovery codes are lost: remove app, passkeys and codes",
        )

    def handle(self, *, email: str, enter: bool, forget_second_step: bool, **options: Any) -> None:
        user = people.known(email)
        if user is None:
            raise CommandError(f"Nobody has the e-mail address {email}.")
        if forget_second_step:
            self._forget(user)
        self._describe(user)
        if enter:
            self.stdout.write(entry_link(user, settings.CLARITY_PUBLIC_URL))

    def _forget(self, user: User) -> None:
        removed, _ = Authenticator.objects.filter(user=user).delete()
        if removed:
            people.note(user, "person.second_steps_reset", by_person=False)
        self.stdout.write(f"{removed} second steps removed; the password alone signs in now.")

    def _describe(self, user: User) -> None:
        kinds = Authenticator.objects.filter(user=user).order_by("type", "pk")
        steps = ", ".join(kinds.values_list("type", flat=True)) or "none"
        proven = "proven" if people.is_proven(user) else "not proven yet"
        state = "" if user.is_active else ", switched off"
        self.stdout.write(f"{user.email} ({proven}{state}), second steps: {steps}")
        for row in memberships_of(user):
            self.stdout.write(f"  {row.role} of {row.tenant.name} ({row.tenant.slug})")
