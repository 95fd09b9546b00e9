"""Organisations and the mail domains they have shown to be theirs."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.fields import TimeZoneField
from tenants.models.base import TenantModel


def validate_accent(value: str) -> None:
    """Raises ValidationError unless `value` is a colour such as #2456d6."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValidationError(_("Enter a colour as # and six hexadecimal digits."), code="colour")


def validate_frame_ancestors(value: object) -> None:
    """Raises ValidationError unless `value` is a list of web origins, such as `["https://www.contoso.com"]`."""
    if (
        not isinstance(value, list)
        or len(value) > 50
        or not all(isinstance(item, str) and _is_origin(item) for item in value)
    ):
        raise ValidationError(
            _("Enter addresses such as https://www.contoso.com, without anything behind."), code="origin"
        )


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        parts.scheme in ("https", "http")
        and bool(re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*", host))
        and text == f"{parts.scheme}://{host}{f':{port}' if port else ''}"
    )


def validate_words(value: object) -> None:
    """Raises ValidationError unless `value` is a list of words."""
    if not isinstance(value, list) or len(value) > 200 or not all(isinstance(item, str) and item for item in value):
        raise ValidationError(_("Enter words, one on each line."), code="words")


class Tenant(models.Model):
    """An organisation: the wall around everything that belongs together."""

    class InvitationSender(models.TextChoices):
        """Who sends the one invitation a customer gets."""

        DAYBOOK = "daybook", _("Daybook, by mail with a calendar file")
        OUTLOOK = "outlook", _("Outlook, from the staff member's mailbox")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: The Entra tenant: what follows the @ in `mbx:<guid>@<tenant id>` (S1.13).
    directory_id = models.UUIDField(_("directory (tenant) ID"), unique=True, default=uuid.uuid4)
    name = models.CharField(_("name"), max_length=120)
    time_zone = TimeZoneField(_("time zone"))
    language = models.CharField(
        _("language"), max_length=8, default="en", choices=[("en", "English"), ("de", "Deutsch")]
    )
    accent = models.CharField(_("accent colour"), max_length=7, default="#2456d6", validators=[validate_accent])
    logo_url = models.URLField(_("logo address"), blank=True)
    invitation_sender = models.CharField(
        _("invitations are sent by"), max_length=10, choices=InvitationSender, default=InvitationSender.DAYBOOK
    )
    tentative_is_busy = models.BooleanField(_("tentative Outlook events block"), default=True)
    out_of_office_is_busy = models.BooleanField(_("out-of-office Outlook events block"), default=True)
    working_elsewhere_is_busy = models.BooleanField(_("working-elsewhere Outlook events block"), default=False)
    #: S0.13, S0.14: whoever is put on a business page is asked first.
    require_staff_approval = models.BooleanField(_("require staff approval"), default=False)
    #: Sites that may show booking pages in a frame: `["https://www.contoso.com", …]`.
    frame_ancestors = models.JSONField(
        _("sites that may embed booking pages"), default=list, blank=True, validators=[validate_frame_ancestors]
    )
    #: S0.2, S4.20: business pages; personal pages have a switch of their own (`AccessPolicy`).
    bookings_enabled = models.BooleanField(_("shared booking pages are switched on"), default=True)
    #: What a business page's name and address begin and end with, and words that they must not hold.
    naming_prefix = models.CharField(_("names begin with"), max_length=30, blank=True)
    naming_suffix = models.CharField(_("names end with"), max_length=30, blank=True)
    naming_blocked = models.JSONField(
        _("words that names must not hold"), default=list, blank=True, validators=[validate_words]
    )
    #: Visitors and customers then read of the page only, never of who takes the meeting.
    hides_staff_details = models.BooleanField(_("hide staff details from customers"), default=False)
    #: What forms may ask of a customer besides name and mail address.
    collects_phone = models.BooleanField(_("telephone numbers may be asked for"), default=True)
    collects_notes = models.BooleanField(_("notes may be asked for"), default=True)
    collects_answers = models.BooleanField(_("pages may ask questions of their own"), default=True)
    #: Every page then is for the organisation's accounts only, whatever the page says.
    blocks_outside = models.BooleanField(_("only the organisation's accounts may book"), default=False)
    #: How long a deleted booking calendar can be restored, in days.
    trash_days = models.PositiveSmallIntegerField(
        _("days until a deleted calendar is purged"), default=30, validators=[MaxValueValidator(3650)]
    )
    #: Days after a meeting's end when its customer's data is erased; None: kept.
    personal_data_days = models.PositiveSmallIntegerField(
        _("days until customers' data is erased"), null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
    )  # fmt: skip
    #: The mailbox from which mails go out through Microsoft 365 (Mail.Send); empty: through the site's mail server.
    mail_from = models.EmailField(_("mails are sent from this Microsoft 365 mailbox"), blank=True)
    monthly_summary = models.BooleanField(_("administrators get a monthly summary"), default=True)
    #: Whether people of the directory become team members when they sign in with Microsoft for the first time.
    joins_by_sign_in = models.BooleanField(_("people of the directory join by signing in"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Outlook's invitation comes from a colleague's mailbox: it cannot hide who that is."""
        if self.hides_staff_details and self.invitation_sender == self.InvitationSender.OUTLOOK:
            words = _("Outlook’s invitations show whose mailbox sends them. Let Daybook send them, or show the staff.")
            raise ValidationError({"hides_staff_details": words})


class Domain(TenantModel):
    """A mail domain of an organisation. Addresses of pages are found only under a verified one."""

    name = models.CharField(_("domain"), max_length=253)
    is_primary = models.BooleanField(_("primary"), default=False)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="domain_belongs_to_one"),
            models.UniqueConstraint("tenant", condition=models.Q(is_primary=True), name="one_primary_domain"),
        ]

    def __str__(self) -> str:
        return self.name
