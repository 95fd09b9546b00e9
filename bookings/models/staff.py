"""Who can be booked, and the exceptions to their hours."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.page import BookingPage, default_hours, validate_hours
from tenants.fields import TimeZoneField, validate_near
from tenants.models import Mailbox, Role, TenantModel
from tenants.scheduling import weekly_hours

#: The staff id that stands for the owner on every personal page (S1.18).
OWNER_STAFF_ID = uuid.UUID("1c1c7887-e0fc-479b-ac7d-6983d0f026ff")


class StaffMember(TenantModel):
    """A person who takes bookings on one page. The same person on two pages shares one mailbox, and so one calendar."""

    class Status(models.TextChoices):
        """Microsoft's membershipStatus (S0.15)."""

        ACTIVE = "active", _("Accepting bookings")
        PENDING = "pendingAcceptance", _("Approve to receive bookings")
        REJECTED = "rejectedByStaff", _("Not accepting bookings")

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="staff_members")
    #: The person's own mailbox; somebody from outside has none.
    mailbox = models.ForeignKey(
        Mailbox, null=True, blank=True, on_delete=models.PROTECT, related_name="staff_memberships"
    )
    display_name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("mail address"))
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.TEAM_MEMBER)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ACTIVE)
    time_zone = TimeZoneField(_("time zone"))
    language = models.CharField(
        _("language"), max_length=8, default="en", choices=[("en", "English"), ("de", "Deutsch")]
    )
    uses_business_hours = models.BooleanField(_("works the page's hours"), default=True)
    #: Own hours in the own `time_zone`, where they differ from the page's.
    weekly_hours = models.JSONField(_("weekly hours"), default=default_hours, validators=[validate_hours])
    calendar_counts = models.BooleanField(_("Outlook events make busy"), default=True)
    #: How large a share of “anyone” bookings this person takes, against the weights of the others.
    weight = models.PositiveSmallIntegerField(
        _("share of bookings"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        ordering = ["position", "display_name"]
        indexes = [models.Index("page", "position", name="staff_by_page")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def claim_key(self) -> uuid.UUID:
        """What a booking claims: the person's mailbox, so that two pages cannot book one person twice (S0.1)."""
        return self.mailbox_id or self.id

    @property
    def public_id(self) -> uuid.UUID:
        """The id visitors and programs use: the constant one for the owner of a personal page (S1.18)."""
        return OWNER_STAFF_ID if self.page.is_personal else self.id


class DateOverride(TenantModel):
    """Other hours on one date, in the zone of whom it belongs to; no intervals: closed that day."""

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="date_overrides")
    #: Empty: it holds for everybody who works the page's hours.
    staff_member = models.ForeignKey(
        StaffMember, null=True, blank=True, on_delete=models.CASCADE, related_name="date_overrides"
    )
    on_date = models.DateField(_("date"))
    #: `[["09:00", "12:00"], …]`.
    intervals = models.JSONField(_("hours"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("date override")
        verbose_name_plural = _("date overrides")
        ordering = ["on_date"]
        constraints = [
            models.UniqueConstraint(
                "staff_member", "on_date", condition=models.Q(staff_member__isnull=False), name="own_override_once"
            ),
            models.UniqueConstraint(
                "page", "on_date", condition=models.Q(staff_member=None), name="page_override_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.on_date}"

    def clean(self) -> None:
        """Raises ValidationError for hours that no calendar could be made of: the page would open for nobody."""
        try:
            weekly_hours.parse_intervals(self.intervals)
        except weekly_hours.InvalidHours as wrong:
            raise ValidationError({"intervals": str(wrong)}, code="hours") from wrong


class TimeOff(TenantModel):
    """A period away: of one staff member, or of the whole page (a closure). Half-open, UTC."""

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="time_off")
    staff_member = models.ForeignKey(
        StaffMember, null=True, blank=True, on_delete=models.CASCADE, related_name="time_off"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    #: Whom visitors are led to meanwhile: a colleague on this page, or with a page of their own.
    redirect_to = models.ForeignKey(
        StaffMember,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("meanwhile book"),
    )

    class Meta:
        verbose_name = _("time off or closure")
        verbose_name_plural = _("time off and closures")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="time_off_ends_after_start"
            )
        ]
        indexes = [models.Index("page", "ends_at", name="time_off_by_page")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} {self.reason}"

    def clean(self) -> None:
        """Raises ValidationError for a period that ends before it starts, or lies out of reach."""
        for name in ("starts_at", "ends_at"):
            try:
                validate_near(getattr(self, name) or timezone.now())
            except ValidationError as far:
                raise ValidationError({name: far}) from far
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValidationError({"ends_at": _("The end must come after the start.")})
