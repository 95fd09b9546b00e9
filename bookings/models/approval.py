"""Who was asked to agree to something, and what they said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.staff import StaffMember
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel


class Approval(TenantModel):
    """One question to one person, answered by the link in their mail or in the staff area.

    The token is bound to this person and this question; it works until the question is settled, and then shows what
    was decided.
    """

    class Kind(models.TextChoices):
        """What is asked."""

        MEMBERSHIP = "membership", _("Take bookings on a page")
        BOOKING = "booking", _("Confirm a booking")
        ASSIGNMENT = "assignment", _("Take over a booking")

    class State(models.TextChoices):
        """waiting → one of the others, once."""

        WAITING = "waiting", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Not answered in time")
        #: Somebody else decided, or the booking moved or went away.
        SETTLED = "settled", _("Settled without this answer")

    kind = models.CharField(_("asked"), max_length=10, choices=Kind)
    booking = models.ForeignKey(Booking, null=True, on_delete=models.CASCADE, related_name="approvals")
    #: The booking's sequence that was asked about: another time is another question.
    sequence = models.PositiveIntegerField(default=0)
    #: Who becomes a member, or whose booking it is to be.
    staff_member = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="approvals")
    #: Who is asked: that person, or an owner who decides instead.
    asked_name = models.CharField(_("asked person"), max_length=120)
    asked_email = models.EmailField(_("mail address"))
    asked_language = models.CharField(max_length=8, default="en")
    asked_time_zone = models.CharField(max_length=64, default="UTC")
    is_owner = models.BooleanField(_("asked as owner"), default=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedTextField(editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(_("asked"))
    answer_by = models.DateTimeField(_("answer expected by"), null=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True)
    #: When the person's browser, not a mail scanner, first showed it.
    opened_at = models.DateTimeField(_("first opened"), null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=254, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["asked_at"]
        indexes = [
            models.Index("booking", "asked_at", name="approval_by_booking"),
            models.Index("state", "answer_by", name="approval_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_state_display()}"

    @property
    def url(self) -> str:
        """Where the person decides. It acts for whoever holds it: only for that person's eyes."""
        return f"{settings.SITE_URL}/approve/{self.token}"
