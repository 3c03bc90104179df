"""A person who logs in, by e-mail. People are not tied to one tenant; memberships tie them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now


class StaffRole(models.TextChoices):
    """What one of our own people is there for; services/staff.py says what each may do."""

    ACCOUNT_MANAGER = "account_manager", "Account manager"
    SUPPORT = "support", "Support"
    FINANCE = "finance", "Finance"
    SUPERUSER = "superuser", "Superuser"


class Users(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new user; without a password one who cannot log in with one yet.

        Raises ValueError without an e-mail address, IntegrityError when it is taken.
        """
        if not email:
            raise ValueError("a user needs an e-mail address")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email,
            password,
            **{**fields, "is_staff": True, "is_superuser": True, "staff_role": StaffRole.SUPERUSER},
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """The e-mail address is kept in lower case, which the database checks: unique in any case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=200, blank=True)
    # Said at sign-up; the tenant is made once the e-mail address is proven, then this is empty.
    asked_business = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    # Opens the admin together with a role; without one it opens nothing.
    is_staff = models.BooleanField("one of our staff", default=False)
    staff_role = models.CharField(
        max_length=15, choices=StaffRole.choices, blank=True, default="", db_default=""
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"
            ),
            models.CheckConstraint(
                condition=models.Q(staff_role__in=["", *StaffRole.values]),
                name="user_staff_role_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)
