"""What was asked of the sandbox, and what it was told to get wrong."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils import timezone


class FaultQuerySet(models.QuerySet["Fault"]):
    def pending(self) -> FaultQuerySet:
        return self.filter(remaining__gt=0).order_by("order", "id")


class Fault(models.Model):
    """A failure on demand, for the next `remaining` requests whose method and path match.

    `effect`: `answer` refuses with `status` before anything happens; `drop` breaks the connection before anything
    happens; `dropAfter` lets the request take effect and then breaks the connection; `delay` only waits.
    Any of them first waits `delay_seconds`.
    """

    EFFECTS = [("answer", "answer"), ("drop", "drop"), ("dropAfter", "dropAfter"), ("delay", "delay")]

    method = models.CharField(max_length=10, default="*")
    path = models.CharField(max_length=300, default="*")
    effect = models.CharField(max_length=10, choices=EFFECTS, default="answer")
    status = models.PositiveSmallIntegerField(default=503)
    code = models.CharField(max_length=100, blank=True)
    message = models.CharField(max_length=500, blank=True)
    retry_after = models.PositiveIntegerField(null=True, blank=True)
    delay_seconds = models.FloatField(default=0)
    remaining = models.PositiveIntegerField(default=1)
    order = models.IntegerField(default=0)

    objects = FaultQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.effect} {self.status} for {self.method} {self.path}"

    def take(self) -> bool:
        """Use the fault up by one; false when another request was quicker."""
        taken = Fault.objects.filter(pk=self.pk, remaining__gt=0).update(remaining=F("remaining") - 1)
        return taken == 1


class LoggedRequest(models.Model):
    """One request to the sign-in or Graph side, oldest ones forgotten."""

    KEPT = 5_000

    at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=1000)
    query = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=100, blank=True)
    dropped = models.BooleanField(default=False)
    client_request_id = models.CharField(max_length=100, blank=True)
    client_id = models.CharField(max_length=36, blank=True)
    mailbox = models.CharField(max_length=36, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["client_id", "mailbox", "at"], name="sandbox_request_rate")]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
