"""Booking pages: personal ones of one person, and business pages of a scheduling mailbox."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.fields import TimeZoneField
from tenants.models import Mailbox, TenantModel
from tenants.models.tenant import validate_accent
from tenants.scheduling import weekly_hours


def default_hours() -> dict[str, list[list[str]]]:
    """Monday to Friday, eight to five: what Microsoft gives a new business."""
    return {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [], "sun": []}


def validate_hours(value: object) -> None:
    """Raises ValidationError with the sentence that says what is wrong with weekly hours."""
    try:
        weekly_hours.WeeklyHours.parse(value)
    except weekly_hours.InvalidHours as wrong:
        raise ValidationError(str(wrong), code="hours") from wrong


class KeptPages(models.Manager["BookingPage"]):
    """Pages that were not deleted."""

    def get_queryset(self) -> models.QuerySet[BookingPage]:
        return super().get_queryset().filter(deleted_at=None)


class PageState(models.TextChoices):
    """What a visitor finds at a page's address (S1.26-S1.33)."""

    NOT_SET_UP = "notSetUp", _("Not set up")
    ACTIVATING = "activating", _("Being set up")
    ACTIVE = "active", _("Active")
    UNPUBLISHED = "unpublished", _("Not published")


class BookingPage(TenantModel):
    """A public page under one mailbox's address.

    The state is derived, never stored: a personal page without `activated_at` is not set up; until `reachable_at`
    others do not reach it (S1.33); then it is active, or unpublished by its owner's switch.
    """

    class Kind(models.TextChoices):
        """Whose page it is."""

        PERSONAL = "personal", _("Personal page")
        BUSINESS = "business", _("Business page")

    class Access(models.TextChoices):
        """Who may open it."""

        EVERYONE = "everyone", _("Everyone who has the address")
        ORGANISATION = "organisation", _("Only the organisation's accounts")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, editable=False)
    mailbox = models.OneToOneField(Mailbox, on_delete=models.PROTECT, related_name="page", editable=False)
    display_name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("about this page"), blank=True, max_length=2000)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    email = models.EmailField(_("mail address for questions"), blank=True)
    website = models.URLField(_("web site"), blank=True)
    postal_address = models.CharField(_("postal address"), max_length=255, blank=True)
    time_zone = TimeZoneField(_("time zone"))
    language = models.CharField(
        _("language"), max_length=8, default="en", choices=[("en", "English"), ("de", "Deutsch")]
    )
    #: Business hours in `time_zone`: `{"mon": [["09:00", "12:00"], …], …}`.
    weekly_hours = models.JSONField(_("weekly hours"), default=default_hours, validators=[validate_hours])
    access = models.CharField(_("who may open it"), max_length=12, choices=Access, default=Access.EVERYONE)
    #: S4.33: off unless its owner wants it found.
    is_indexed = models.BooleanField(_("search engines may show it"), default=False)
    #: Empty: the organisation's.
    accent = models.CharField(_("accent colour"), max_length=7, blank=True, validators=[validate_accent])
    logo_url = models.URLField(_("logo address"), blank=True)
    #: What a visitor agrees to before booking; empty: nothing is asked. Bookings keep the text and the instant.
    consent_text = models.TextField(_("consent text"), blank=True, max_length=2000)
    #: Whether a visitor proves the mail address with a six-digit code before the booking counts.
    asks_mail_code = models.BooleanField(_("confirm mail addresses by a code"), default=False)
    #: ISO 3166 country and subdivision whose public holidays are closed days; empty: none are.
    holiday_country = models.CharField(_("public holidays of"), max_length=2, blank=True)
    holiday_region = models.CharField(_("region"), max_length=10, blank=True)
    is_published = models.BooleanField(_("published"), default=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True, editable=False)
    reachable_at = models.DateTimeField(_("reachable from"), null=True, blank=True, editable=False)
    #: Set while the page lies in the trash; `objects` leaves it out then.
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    deleted_by = models.CharField(_("deleted by"), max_length=254, blank=True, editable=False)
    purge_at = models.DateTimeField(_("purged on"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(tenant="tenant", _manager_class=KeptPages)  # type: ignore[misc]  # filtered
    #: Those in the trash too.
    with_deleted = ScopedManager(tenant="tenant")

    class Meta:
        verbose_name = _("booking page")
        verbose_name_plural = _("booking pages")
        ordering = ["display_name"]

    def __str__(self) -> str:
        return self.display_name

    def state(self, now: datetime) -> PageState:
        """What a visitor finds at `now`."""
        if self.activated_at is None or self.reachable_at is None:
            return PageState.NOT_SET_UP
        if now < self.reachable_at:
            return PageState.ACTIVATING
        return PageState.ACTIVE if self.is_published else PageState.UNPUBLISHED

    @property
    def is_personal(self) -> bool:
        """Whether it is one person's page, for meetings of two (S4.16)."""
        return self.kind == self.Kind.PERSONAL

    @property
    def hides_staff(self) -> bool:
        """Whether customers read of the page only, never of who takes the meeting. A personal page is its person."""
        return not self.is_personal and self.tenant.hides_staff_details

    @property
    def public_email(self) -> str:
        """Where customers write to where the staff is hidden."""
        return self.email or self.mailbox.address

    @property
    def is_internal(self) -> bool:
        """Whether only the organisation's accounts may open it: by its own setting, or by the organisation's."""
        return self.access != self.Access.EVERYONE or self.tenant.blocks_outside

    @property
    def address(self) -> str:
        """`<32 hex>@<domain>` of a personal page, the scheduling mailbox's address of a business page."""
        if self.is_personal:
            return f"{self.mailbox.exchange_guid.hex}@{self.mailbox.address.partition('@')[2]}"
        return self.mailbox.address

    @property
    def path(self) -> str:
        """The page's address on this site; for personal pages with `%40`, as S1.1 writes it."""
        if self.is_personal:
            return f"/bookwithme/user/{quote(self.address, safe='')}"
        return f"/book/{self.address}/"

    @property
    def url(self) -> str:
        """The absolute address, to share."""
        return f"{settings.SITE_URL}{self.path}"

    @property
    def anonymous_url(self) -> str:
        """The same with a bare `anonymous` key (S1.2)."""
        return f"{self.url}?anonymous"
