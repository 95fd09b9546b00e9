"""Mailboxes: a person's, a business page's, a room's; and the local copy of what Outlook says is busy."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField, TimeZoneField
from tenants.models.base import TenantModel

#: The capability that lets a user have a Bookings page (S1.10).
BOOKINGS_CAPABILITY = "BPOS_S_BookingsAddOn"


class Mailbox(TenantModel):
    """A mailbox of the organisation, named as Exchange names it."""

    class Kind(models.TextChoices):
        """Exchange's RecipientTypeDetails."""

        USER = "UserMailbox", _("User mailbox")
        SCHEDULING = "SchedulingMailbox", _("Scheduling mailbox")
        ROOM = "RoomMailbox", _("Room mailbox")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    address = models.EmailField(_("address"))
    display_name = models.CharField(_("display name"), max_length=120)
    exchange_guid = models.UUIDField(_("Exchange GUID"), unique=True, default=uuid.uuid4)
    #: Microsoft's id of the directory object; empty while the organisation is not connected.
    directory_object_id = models.CharField(_("directory object"), max_length=64, blank=True)
    #: What a person signs in to Microsoft 365 with, where it differs from the address.
    principal_name = models.CharField(_("user principal name"), max_length=254, blank=True)
    capabilities = models.JSONField(_("persisted capabilities"), default=list, blank=True)
    #: When Exchange told the capabilities; None: never, so Bookings among them follows the service plan.
    capabilities_read_at = models.DateTimeField(_("capabilities taken from Exchange"), null=True, editable=False)
    #: Microsoft's ids of the products (SKUs) that are assigned.
    licences = models.JSONField(_("licences"), default=list, blank=True)
    #: Whether the service plan "Microsoft Bookings" is assigned (S4.19); None: the directory was never asked.
    has_bookings_plan = models.BooleanField(_("Microsoft Bookings service plan"), null=True, editable=False)
    licence_checked_at = models.DateTimeField(_("licence checked"), null=True, editable=False)
    #: Why the last check of this person did not end: a failed check is never "not set up" (S1.39).
    licence_error = models.CharField(_("why the check failed"), max_length=500, blank=True, editable=False)
    account_enabled = models.BooleanField(_("account enabled"), default=True, editable=False)
    time_zone = TimeZoneField(_("time zone"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="mailboxes"
    )
    #: Whether events are written to and read from this mailbox's Outlook calendar.
    syncs_calendar = models.BooleanField(_("in step with Outlook"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["display_name"]
        constraints = [models.UniqueConstraint(Lower("address"), name="mailbox_address_once")]
        indexes = [
            models.Index("tenant", "kind", name="mailbox_by_kind"),
            models.Index("tenant", "display_name", name="mailbox_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} <{self.address}>"

    @property
    def graph_id(self) -> str:
        """How Graph addresses it: the directory object, or the address until that is known."""
        return self.directory_object_id or self.address

    @property
    def has_bookings(self) -> bool:
        """Whether Exchange grants this mailbox Bookings (S1.10)."""
        return BOOKINGS_CAPABILITY in self.capabilities


class BusyRead(TenantModel):
    """How far the local copy of one mailbox's busy times has come (`calendarView/delta`)."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="busy_read")
    window_starts_at = models.DateTimeField(null=True)
    window_ends_at = models.DateTimeField(null=True)
    delta_link = EncryptedTextField(blank=True)
    #: The mailbox's zone when its all-day events were read as local days.
    time_zone = TimeZoneField(editable=False)
    #: When the last complete read ended; a half-read one does not count.
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("reading of busy times")
        verbose_name_plural = _("readings of busy times")

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.read_at}"


class BusyPeriod(TenantModel):
    """One event of a mailbox as Outlook last told it. Half-open, UTC; the title of a private event is not kept."""

    class ShowAs(models.TextChoices):
        """Graph's `showAs`."""

        FREE = "free", _("Free")
        TENTATIVE = "tentative", _("Tentative")
        BUSY = "busy", _("Busy")
        OUT_OF_OFFICE = "oof", _("Out of office")
        WORKING_ELSEWHERE = "workingElsewhere", _("Working elsewhere")
        UNKNOWN = "unknown", _("Unknown")

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="busy_periods")
    #: Graph's immutable id within this mailbox; case-sensitive.
    event_id = models.CharField(max_length=512)
    series_master_id = models.CharField(max_length=512, blank=True)
    ical_uid = models.CharField(max_length=512, blank=True)
    change_key = models.CharField(max_length=128, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    show_as = models.CharField(max_length=20, choices=ShowAs, default=ShowAs.BUSY)
    is_all_day = models.BooleanField(default=False)
    is_private = models.BooleanField(default=False)
    title = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = _("busy period from Outlook")
        verbose_name_plural = _("busy periods from Outlook")
        constraints = [models.UniqueConstraint("mailbox", "event_id", name="busy_event_once")]
        indexes = [models.Index("mailbox", "starts_at", "ends_at", name="busy_by_time")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.get_show_as_display()}"
