"""People and their e-mail addresses. An address is proven before it opens anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection, transaction

from tenants import scope
from tenants.models import Membership, User
from tenants.services import audit

KEEP_UNFINISHED = timedelta(days=30)


def known(email: str) -> User | None:
    """The person of this address, in any case."""
    return User.objects.filter(email=email.strip().lower()).first()


def create_person(*, email: str, password: str | None = None, name: str = "") -> User:
    """A new person whose address is taken as proven: made on the server, or by a mailed link.

    Raises ValueError without an address, IntegrityError when it is taken.
    """
    with transaction.atomic():
        user = User.objects.create_user(email, password, name=name.strip())
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def is_proven(user: User) -> bool:
    """Whether the person has shown that the address is theirs."""
    found = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(found.exists())


def forget_unfinished(email: str, *, except_for: User | None = None) -> bool:
    """Removes a sign-up of this address that was never finished; True when there was one.

    Somebody else may have begun it: whoever proves the address must not inherit their password.
    A person who has proven any address, has signed in or belongs to a tenant is left alone; what
    else may point at the row, PostgreSQL knows.
    """
    user = known(email)
    if user is None or (except_for is not None and user.pk == except_for.pk):
        return False
    addresses = EmailAddress.objects.filter(user=user)
    if user.last_login is not None or addresses.filter(verified=True).exists():
        return False
    try:
        with transaction.atomic():
            addresses.delete()
            # Past the collector, which would look into tenants' tables outside of any scope.
            rows = User.objects.filter(pk=user.pk, last_login=None)
            return bool(rows._raw_delete(rows.db))
    except IntegrityError:
        return False


def tidy(now: datetime) -> None:
    """Drops sign-ups nobody finished, counts of tries that are over, and notes of ended sessions."""
    old = User.objects.filter(
        last_login=None, created_at__lt=now - KEEP_UNFINISHED, emailaddress__verified=False
    )
    for email in list(old.order_by("pk").values_list("email", flat=True)[:1000]):
        forget_unfinished(email)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clarity_cache WHERE expires < %s", [now])
        cursor.execute(
            "DELETE FROM usersessions_usersession AS u WHERE NOT EXISTS "
            "(SELECT FROM django_session AS s WHERE s.session_key = u.session_key)"
        )


def note(user: User, action: str, *, by_person: bool = True, **details: str) -> None:
    """An audit entry about how a person signs in, in each tenant they belong to.

    Without `by_person` somebody else did it, by a command.
    """
    with scope.user(user.pk):
        tenant_ids = list(
            Membership._base_manager.filter(user=user).values_list("tenant_id", flat=True)
        )
    for tenant_id in tenant_ids:
        with scope.tenant(tenant_id):
            audit.record(
                action=action,
                object_type="User",
                object_id=user.pk,
                actor=user if by_person else None,
                after=details or None,
            )
