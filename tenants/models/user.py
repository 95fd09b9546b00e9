"""People who sign in. A person may belong to several organisations."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.fields import TimeZoneField
from tenants.models.base import TenantModel


class UserManager(BaseUserManager["User"]):
    """Creates people by mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person with a usable password, or none (sign-in by reset or Microsoft)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A site administrator: sees every organisation, in the admin only."""
        return self.create_user(email, password, is_superuser=True, is_staff=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with a mail address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    time_zone = TimeZoneField(_("time zone"))
    language = models.CharField(
        _("language"), max_length=8, default="en", choices=[("en", "English"), ("de", "Deutsch")]
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("site administrator"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.get_full_name()


class Role(models.TextChoices):
    """What a member may do; the names are Microsoft's where it has them."""

    OWNER = "owner", _("Owner")
    ADMINISTRATOR = "administrator", _("Administrator")
    SCHEDULER = "scheduler", _("Scheduler")
    TEAM_MEMBER = "teamMember", _("Team member")
    VIEWER = "viewer", _("Viewer")


#: Roles that administer the organisation and may enter its part of the Django admin.
ADMINISTRATORS = (Role.OWNER, Role.ADMINISTRATOR)


class Membership(TenantModel):
    """A person's place in an organisation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.TEAM_MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint("tenant", "user", name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @property
    def administers(self) -> bool:
        """Whether this member administers the organisation."""
        return self.role in ADMINISTRATORS
