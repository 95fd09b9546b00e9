"""What can be booked: meeting types of a personal page, services of a business page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.page import BookingPage
from tenants.models import TenantModel

MINUTE = timedelta(minutes=1)
#: No service with its buffers is longer: it must fit a claim.
LONGEST_SERVICE = timedelta(days=7)


class Service(TenantModel):
    """A meeting type or service. Durations are whole minutes."""

    class Approval(models.TextChoices):
        """Who has to agree before a booking counts."""

        NONE = "none", _("Booked at once")
        HOST = "host", _("The host confirms each booking")
        ASSIGNMENT = "assignment", _("The colleague confirms, else the next one is asked")

    class Staffing(models.TextChoices):
        """How many of the staff take part."""

        ONE = "one", _("One of them")
        ALL = "all", _("All of them together")

    class Colour(models.TextChoices):
        """How it is told apart in lists."""

        NONE = "", _("None")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        AMBER = "amber", _("Amber")
        RED = "red", _("Red")
        VIOLET = "violet", _("Violet")
        GREY = "grey", _("Grey")

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="services")
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    duration = models.DurationField(_("duration"), default=timedelta(minutes=30))
    buffer_before = models.DurationField(_("buffer before"), default=timedelta(0))
    buffer_after = models.DurationField(_("buffer after"), default=timedelta(0))
    slot_interval = models.DurationField(_("a time is offered every"), default=timedelta(minutes=30))
    minimum_lead = models.DurationField(_("earliest, ahead of now"), default=timedelta(hours=1))
    maximum_advance = models.DurationField(_("latest, ahead of now"), default=timedelta(days=180))
    location = models.CharField(_("location"), max_length=200, blank=True)
    is_online = models.BooleanField(_("online, as a Teams meeting"), default=False)
    #: Public services stand on the page; a private one is reached only through its own links (S4.6, S4.11).
    is_public = models.BooleanField(_("public"), default=True)
    price_text = models.CharField(_("price"), max_length=60, blank=True)
    #: Whether the customer may pick the staff member.
    staff_choice = models.BooleanField(_("customers may choose the staff member"), default=True)
    staff = models.ManyToManyField("bookings.StaffMember", related_name="services", blank=True)
    colour = models.CharField(_("colour"), max_length=8, choices=Colour, blank=True, default=Colour.NONE)
    staffing = models.CharField(_("who takes part"), max_length=4, choices=Staffing, default=Staffing.ONE)
    #: Customers who may share one time; 1: nobody shares.
    seats = models.PositiveSmallIntegerField(_("customers who may share one time"), default=1)
    approval = models.CharField(_("approval"), max_length=12, choices=Approval, default=Approval.NONE)
    #: Whether a request that waits for approval keeps its time from others.
    pending_holds = models.BooleanField(_("a request holds its time"), default=True)
    #: How long who is asked has: then a reminder and the owner (host), or the next colleague (assignment).
    answer_within = models.DurationField(_("answer expected within"), default=timedelta(hours=24))
    #: Most bookings that start on one day, in one week (from Monday) or month of the page's zone. Requests count.
    daily_limit = models.PositiveSmallIntegerField(_("bookings per day"), null=True, blank=True)
    weekly_limit = models.PositiveSmallIntegerField(_("bookings per week"), null=True, blank=True)
    monthly_limit = models.PositiveSmallIntegerField(_("bookings per month"), null=True, blank=True)
    #: Most bookings to come that one mail address may have. Requests count.
    booker_limit = models.PositiveSmallIntegerField(_("open bookings per customer"), null=True, blank=True)
    customers_may_move = models.BooleanField(_("customers may reschedule"), default=True)
    customers_may_cancel = models.BooleanField(_("customers may cancel"), default=True)
    #: How long before its start a customer may still change a booking; each booking keeps what held when it was made.
    change_cutoff = models.DurationField(_("latest change, before the start"), default=timedelta(0))
    reason_required = models.BooleanField(_("a reason is needed to cancel"), default=False)
    guests_allowed = models.BooleanField(_("customers may bring guests"), default=False)
    waiting_list = models.BooleanField(_("waiting list"), default=False)
    #: A host whose Outlook was read longer ago than this is not offered; None: the last known times count.
    calendar_age_limit = models.DurationField(_("oldest Outlook times to rely on"), null=True, blank=True)
    #: The service of a business page that this one is kept equal to.
    managed_by = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="managed"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    #: Deleted for everybody; kept because bookings refer to it.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["position", "title"]
        indexes = [models.Index("page", "position", name="service_by_page")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raises ValidationError by field for durations that make no sense."""
        errors: dict[str, Any] = {}
        for field, least in (
            ("duration", 5 * MINUTE), ("slot_interval", 5 * MINUTE), ("buffer_before", 0 * MINUTE),
            ("buffer_after", 0 * MINUTE), ("minimum_lead", 0 * MINUTE), ("maximum_advance", timedelta(days=1)),
        ):  # fmt: skip
            value = getattr(self, field)
            if value is None or value < least:
                errors[field] = _("This is too short.")
            elif value % MINUTE:
                errors[field] = _("Use whole minutes.")
        if not errors:
            if self.duration + self.buffer_before + self.buffer_after > LONGEST_SERVICE:
                errors["duration"] = _("A meeting with its buffers takes at most seven days.")
            if self.maximum_advance > timedelta(days=730):
                errors["maximum_advance"] = _("At most two years ahead.")
            if self.minimum_lead >= self.maximum_advance:
                errors["minimum_lead"] = _("The earliest time must come before the latest.")
        errors |= self._combinations()
        if errors:
            raise ValidationError(errors)

    @property
    def is_limited(self) -> bool:
        """Whether a booking has to count others: then the service itself is locked too."""
        return any((self.daily_limit, self.weekly_limit, self.monthly_limit, self.booker_limit))

    def _combinations(self) -> dict[str, Any]:
        """What does not go together."""
        errors: dict[str, Any] = {}
        personal = self.page_id is not None and self.page.is_personal
        for field in ("daily_limit", "weekly_limit", "monthly_limit", "booker_limit"):
            if getattr(self, field) == 0:
                errors[field] = _("At least one, or empty for no limit.")
        if not 1 <= (self.seats or 0) <= 1000:
            errors["seats"] = _("Between 1 and 1,000.")
        elif self.seats > 1 and personal:
            errors["seats"] = _("Personal pages are for meetings of two. Use a business page for groups.")
        elif self.seats > 1 and self.staffing == self.Staffing.ALL:
            errors["seats"] = _("A shared time is given by one staff member.")
        if self.approval == self.Approval.ASSIGNMENT and (self.seats != 1 or self.staffing == self.Staffing.ALL):
            errors["approval"] = _("Colleagues are asked in turn only where one of them meets one customer.")
        if personal and self.guests_allowed:
            errors["guests_allowed"] = _("Personal pages are for meetings of two. Use a business page for groups.")
        for field, least in (("answer_within", timedelta(minutes=15)), ("calendar_age_limit", timedelta(minutes=5))):
            value = getattr(self, field)
            if value is not None and not least <= value <= timedelta(days=90):
                errors[field] = _("This is too short or too long.")
        if not timedelta(0) <= self.change_cutoff <= timedelta(days=365):
            errors["change_cutoff"] = _("At most a year.")
        return errors
