"""Bookings and their events in Outlook."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.group_session import GroupSession
from bookings.models.page import BookingPage
from bookings.models.private_link import PrivateLink
from bookings.models.service import Service
from bookings.models.staff import StaffMember
from tenants.fields import EncryptedTextField, TimeZoneField
from tenants.models import Mailbox, Tenant, TenantModel


class Booking(TenantModel):
    """A meeting of a customer with a staff member. It keeps what was agreed, whatever becomes of the service."""

    class Status(models.TextChoices):
        """Where a booking stands; `MOVES` says what may become of it."""

        PENDING = "pendingApproval", _("Waiting for approval")
        CONFIRMED = "confirmed", _("Confirmed")
        COMPLETED = "completed", _("Completed")
        NO_SHOW = "noShow", _("Did not come")
        CANCELLED = "cancelled", _("Cancelled")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Not answered in time")

    class Recheck(models.TextChoices):
        """Whether a time that was booked while Outlook could not be read has proved free."""

        NONE = "", _("Not needed")
        WAITS = "waits", _("Waits for Outlook")
        FREE = "free", _("Was free")
        CLASH = "clash", _("Clashes with an event")

    #: A customer's move of an approved booking makes it wait again; marks of what happened can be taken back.
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        Status.PENDING: (Status.CONFIRMED, Status.CANCELLED, Status.DECLINED, Status.EXPIRED),
        Status.CONFIRMED: (Status.PENDING, Status.CANCELLED, Status.COMPLETED, Status.NO_SHOW),
        Status.COMPLETED: (Status.CONFIRMED, Status.NO_SHOW),
        Status.NO_SHOW: (Status.CONFIRMED, Status.COMPLETED),
        Status.CANCELLED: (),
        Status.DECLINED: (),
        Status.EXPIRED: (),
    }
    #: Those that do not take place.
    GONE: ClassVar[tuple[str, ...]] = (Status.CANCELLED, Status.DECLINED, Status.EXPIRED)

    page = models.ForeignKey(BookingPage, on_delete=models.PROTECT, related_name="bookings")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="bookings")
    staff_member = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="bookings")
    #: All who take part beside `staff_member`, where a service needs all of its staff.
    colleagues = models.ManyToManyField(StaffMember, related_name="shared_bookings", blank=True)
    #: Whether there are any: saves asking.
    is_collective = models.BooleanField(default=False, editable=False)
    #: The shared session that this booking has one seat in.
    session = models.ForeignKey(GroupSession, null=True, on_delete=models.PROTECT, related_name="bookings")
    link = models.ForeignKey(PrivateLink, null=True, on_delete=models.SET_NULL, related_name="bookings")
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.CONFIRMED)
    title = models.CharField(_("title"), max_length=120)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    buffer_before = models.DurationField()
    buffer_after = models.DurationField()
    location = models.CharField(_("location"), max_length=200, blank=True)
    is_online = models.BooleanField(_("online"), default=False)
    customer_name = models.CharField(_("customer"), max_length=120)
    customer_email = models.EmailField(_("customer's mail address"))
    customer_phone = models.CharField(_("customer's telephone"), max_length=40, blank=True)
    customer_notes = models.TextField(_("note"), blank=True, max_length=4000)
    #: `[{"question": id, "label": …, "answer": …}, …]` as they were asked.
    answers = models.JSONField(_("answers"), default=list, blank=True)
    #: Mail addresses of who comes along.
    guests = models.JSONField(_("guests"), default=list, blank=True)
    consented_at = models.DateTimeField(_("consented"), null=True, editable=False)
    consent_text = models.TextField(_("consent given to"), blank=True, editable=False)
    #: What the page's address carried as `ref`.
    campaign = models.CharField(_("campaign"), max_length=120, blank=True)
    price_text = models.CharField(_("price"), max_length=60, blank=True)
    #: What held for changes by the customer when the booking was made.
    customer_may_move = models.BooleanField(default=True)
    customer_may_cancel = models.BooleanField(default=True)
    change_cutoff = models.DurationField(default=timedelta(0))
    customer_time_zone = TimeZoneField(_("customer's time zone"))
    customer_language = models.CharField(max_length=8, default="en")
    #: Raised in the transaction of every change the calendar file tells about (RFC 5545 3.8.7.4).
    sequence = models.PositiveIntegerField(default=0)
    #: Who sends the one invitation; decided when booked, so that it never is both.
    invitation_sender = models.CharField(max_length=10, choices=Tenant.InvitationSender)
    #: The Teams link, once Outlook has given it.
    join_url = models.URLField(max_length=2000, blank=True)
    manage_token_hash = models.CharField(max_length=64, unique=True, editable=False)
    manage_token = EncryptedTextField(editable=False)
    source = models.CharField(max_length=20)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.CharField(max_length=20, blank=True, editable=False)
    cancel_reason = models.CharField(_("reason"), max_length=500, blank=True)
    #: How old the oldest Outlook copy was that it relied on, where Outlook could not be read: when that was read.
    relied_on_read_at = models.DateTimeField(_("booked on Outlook as of"), null=True, editable=False)
    recheck = models.CharField(_("checked against Outlook afterwards"), max_length=8, blank=True, editable=False,
                               choices=Recheck, default=Recheck.NONE)  # fmt: skip
    rechecked_at = models.DateTimeField(null=True, editable=False)
    #: When the customer's personal data was erased from it.
    erased_at = models.DateTimeField(_("personal data erased"), null=True, editable=False)
    created_at = models.DateTimeField(_("booked"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="booking_ends_after_start"
            )
        ]
        indexes = [
            models.Index("tenant", "starts_at", name="booking_by_tenant"),
            models.Index("page", "starts_at", name="booking_by_page"),
            models.Index("service", "starts_at", name="booking_by_service"),
            models.Index("tenant", "customer_email", "starts_at", name="booking_by_customer"),
            models.Index("staff_member", "starts_at", name="booking_by_staff"),
            # Alone answers how many bookings each colleague got lately.
            models.Index("tenant", "staff_member", "status", "created_at", name="booking_by_assignment"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def ical_uid(self) -> str:
        """The UID of its calendar file, one for life (RFC 5545 3.8.4.7)."""
        return f"{self.pk}@daybook"

    @property
    def manage_url(self) -> str:
        """The customer's own address of this booking. It acts for whoever holds it: only for the customer's eyes."""
        return f"{settings.SITE_URL}/manage/{self.manage_token}"

    @property
    def is_cancelled(self) -> bool:
        """Whether it does not take place: cancelled, declined or never answered."""
        return self.status in self.GONE

    @property
    def is_pending(self) -> bool:
        """Whether somebody has yet to agree."""
        return self.status == self.Status.PENDING

    @property
    def is_in_turn(self) -> bool:
        """Whether colleagues are asked one after the other, so that nobody knows yet who it will be."""
        return self.is_pending and self.service.approval == Service.Approval.ASSIGNMENT

    @property
    def locked_from(self) -> datetime:
        """From when on its customer can change it no longer."""
        return self.starts_at - self.change_cutoff

    @property
    def is_final(self) -> bool:
        """Whether it was made too late for its customer ever to change it."""
        return self.locked_from <= self.created_at

    def may_become(self, status: str) -> bool:
        """Whether that is an allowed move."""
        return status in self.MOVES[self.status]

    @property
    def hosts(self) -> list[StaffMember]:
        """Everybody of the staff who takes part, the leading one first."""
        return [self.staff_member, *(self.colleagues.all() if self.is_collective else ())]


class EventLink(TenantModel):
    """The event that stands for a booking or a session in one host's Outlook calendar, as we last wrote it."""

    booking = models.ForeignKey(Booking, null=True, on_delete=models.CASCADE, related_name="event_links")
    session = models.ForeignKey(GroupSession, null=True, on_delete=models.CASCADE, related_name="event_links")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="event_links")
    #: Graph's immutable id in that mailbox; empty until the event exists.
    event_id = models.CharField(max_length=512, blank=True)
    ical_uid = models.CharField(max_length=512, blank=True)
    change_key = models.CharField(max_length=128, blank=True)
    #: Graph answers a repeated create with the same event for the same id.
    transaction_id = models.CharField(max_length=120)
    web_link = models.URLField(max_length=2000, blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    #: The booking's sequence that Outlook has; -1 before the first write.
    pushed_sequence = models.IntegerField(default=-1)
    pushed_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Outlook event of a booking")
        verbose_name_plural = _("Outlook events of bookings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(booking=None, session__isnull=False) | models.Q(booking__isnull=False, session=None),
                name="event_link_of_one",
            ),
            models.UniqueConstraint("booking", "mailbox", name="one_event_of_booking"),
            models.UniqueConstraint("session", "mailbox", name="one_event_of_session"),
        ]
        indexes = [models.Index("mailbox", "event_id", name="event_link_by_event")]

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.pushed_sequence}"
