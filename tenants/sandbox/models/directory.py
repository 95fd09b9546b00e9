"""The directory: organisations, registered applications and their secrets, people, shared mailboxes and rooms."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

# Set-CalendarProcessing, names and defaults as Exchange has them.
ROOM_DEFAULTS: dict[str, Any] = {
    "AutomateProcessing": "AutoAccept",
    "AllowConflicts": False,
    "BookingWindowInDays": 180,
    "MaximumDurationInMinutes": 1440,
    "ProcessExternalMeetingMessages": False,
    "DeleteSubject": True,
    "AddOrganizerToSubject": True,
    "DeleteComments": True,
    "RemovePrivateProperty": True,
    "RemoveCanceledMeetings": False,
}


def working_week() -> dict[str, Any]:
    """Monday to Friday, nine to five."""
    return {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "09:00:00.0000000",
        "endTime": "17:00:00.0000000",
    }


class Organisation(models.Model):
    """One Microsoft 365 tenant; `throttle_requests` per `throttle_seconds`, app and mailbox, where it is set."""

    directory_id = models.UUIDField(default=uuid.uuid4, unique=True)
    display_name = models.CharField(max_length=200)
    domain = models.CharField(max_length=200, unique=True)
    throttle_requests = models.PositiveIntegerField(null=True, blank=True)
    throttle_seconds = models.PositiveIntegerField(default=600)

    def __str__(self) -> str:
        return self.display_name


class AppRegistration(models.Model):
    """An application as one organisation consented to it.

    `roles` are granted in the directory and written into the token; `exchange_roles` are granted by Exchange
    (RBAC for Applications) and never appear in it. `mailboxes`, where it is not null, is the application access
    policy: only these addresses may be opened.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="applications")
    client_id = models.UUIDField(default=uuid.uuid4)
    display_name = models.CharField(max_length=200)
    enabled = models.BooleanField(default=True)
    roles = models.JSONField(default=list, blank=True)
    # What the registration asks for; admin consent grants it, and puts it into `roles`.
    requested_roles = models.JSONField(default=list, blank=True)
    # Where the sign-in service may send people back to; empty: wherever the request says.
    redirect_uris = models.JSONField(default=list, blank=True)
    exchange_roles = models.JSONField(default=list, blank=True)
    mailboxes = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "client_id"], name="sandbox_one_consent_per_organisation")
        ]

    def __str__(self) -> str:
        return self.display_name


class AppSecret(models.Model):
    """A client secret, in clear text: nothing here is worth stealing."""

    application = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="secrets")
    value = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "value"], name="sandbox_one_secret_value")]

    def __str__(self) -> str:
        return f"{self.application} until {self.expires_at:%Y-%m-%d}"


class MailboxKind(models.TextChoices):
    USER = "user"
    SHARED = "shared"
    ROOM = "room"
    NONE = "none"


class DirectoryUserQuerySet(models.QuerySet["DirectoryUser"]):
    def named(self, key: str) -> DirectoryUser | None:
        """The user with this object id, principal name or mail address, case aside."""
        try:
            return self.filter(pk=uuid.UUID(key)).first()
        except ValueError:
            return self.filter(Q(user_principal_name__iexact=key) | Q(mail__iexact=key)).first()

    def with_mailbox(self) -> DirectoryUserQuerySet:
        return self.exclude(mailbox=MailboxKind.NONE)


class DirectoryUser(models.Model):
    """A person, shared mailbox or room. `place` holds the room's properties, `room_processing` what it does itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="users")
    user_principal_name = models.CharField(max_length=254, unique=True)
    mail = models.CharField(max_length=254, blank=True, db_index=True)
    display_name = models.CharField(max_length=256)
    given_name = models.CharField(max_length=64, blank=True)
    surname = models.CharField(max_length=64, blank=True)
    account_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Ids of the products (SKUs) that were bought for this person.
    assigned_licenses = models.JSONField(default=list, blank=True)
    assigned_plans = models.JSONField(default=list, blank=True)
    mailbox = models.CharField(max_length=10, choices=MailboxKind, default=MailboxKind.USER)
    exchange_guid = models.UUIDField(default=uuid.uuid4, unique=True)
    persisted_capabilities = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=100, default="UTC")
    working_hours = models.JSONField(default=working_week, blank=True)
    place = models.JSONField(default=dict, blank=True)
    room_processing = models.JSONField(default=dict, blank=True)
    # Raised to make every delta token of the mailbox worthless.
    sync_generation = models.PositiveIntegerField(default=1)

    objects = DirectoryUserQuerySet.as_manager()

    class Meta:
        ordering = ["display_name", "id"]

    def __str__(self) -> str:
        return self.display_name

    @property
    def address(self) -> str:
        return self.mail or self.user_principal_name

    @property
    def is_room(self) -> bool:
        return self.mailbox == MailboxKind.ROOM

    def processing(self, name: str) -> Any:
        """A room's calendar-processing parameter, Exchange's default where it was never set."""
        return self.room_processing.get(name, ROOM_DEFAULTS[name])


def secret_state(application: AppRegistration, value: str, now: datetime) -> str:
    """`valid`, `expired` or `wrong`."""
    secret = application.secrets.filter(value=value).first()
    if secret is None:
        return "wrong"
    return "valid" if secret.expires_at > now else "expired"
