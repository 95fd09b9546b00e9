"""What a page asks its customers beyond name and address."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.page import BookingPage
from bookings.models.service import Service
from tenants.models import TenantModel


class Question(TenantModel):
    """A question of a page; each service asks those that are assigned to it (Graph's bookingCustomQuestion)."""

    class Kind(models.TextChoices):
        """What an answer looks like."""

        TEXT = "text", _("One line")
        LONG_TEXT = "longText", _("Several lines")
        CHOICE = "choice", _("One of several")
        SEVERAL = "several", _("Any of several")

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="questions")
    label = models.CharField(_("question"), max_length=200)
    kind = models.CharField(_("answer"), max_length=10, choices=Kind, default=Kind.TEXT)
    #: What there is to choose from; empty for texts.
    options = models.JSONField(_("choices"), default=list, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    #: Asked no longer; answers stay with their bookings.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "created_at"]
        indexes = [models.Index("page", "position", name="question_by_page")]

    def __str__(self) -> str:
        return self.label

    @property
    def has_options(self) -> bool:
        """Whether it is answered by choosing."""
        return self.kind in (self.Kind.CHOICE, self.Kind.SEVERAL)

    def clean(self) -> None:
        """Raises ValidationError for choices that make no sense."""
        options = self.options if isinstance(self.options, list) else [None]
        if not all(isinstance(option, str) and 0 < len(option.strip()) <= 200 for option in options):
            raise ValidationError({"options": _("Each choice is a text of up to 200 characters.")})
        if self.has_options and not 2 <= len(set(options)) == len(options) <= 50:
            raise ValidationError({"options": _("Give two to fifty different choices.")})
        if not self.has_options and options:
            raise ValidationError({"options": _("Only a question with choices has choices.")})


class ServiceQuestion(TenantModel):
    """A service asks a question."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="asked")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="asked_by")
    is_required = models.BooleanField(_("an answer is needed"), default=False)

    class Meta:
        verbose_name = _("question of a service")
        verbose_name_plural = _("questions of services")
        constraints = [models.UniqueConstraint("service", "question", name="question_asked_once")]

    def __str__(self) -> str:
        return str(self.question_id)
