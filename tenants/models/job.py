"""The outbox: wishes that were written in the transaction that had them, and what became of each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel


class Job(TenantModel):
    """One effect to bring about: a mail, a push to Outlook, a read of busy times.

    A run takes a job by one conditional UPDATE that sets the lease and counts the attempt before it acts. `lane`
    names what may be worked on by one run at a time (a mailbox); the database keeps it to one.
    """

    class State(models.TextChoices):
        """pending → running → done, back to pending to try again, or parked until a person mends something."""

        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        PARKED = "parked", _("Parked")

    kind = models.CharField(_("kind"), max_length=60)
    payload = models.JSONField(default=dict)
    #: A wish with the key of one that exists is the same wish.
    dedupe_key = models.CharField(max_length=200)
    lane = models.CharField(max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(_("due"))
    #: The same wish was made once more while it ran: it runs once more afterwards.
    again = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    #: Why it is parked and what resumes it, for an administrator.
    remedy = models.CharField(_("what to do"), max_length=500, blank=True)
    #: What must be mended before it can go on, such as `connection`; resuming is by this name.
    waits_for = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.UniqueConstraint("tenant", "dedupe_key", name="job_once"),
            models.UniqueConstraint(
                "lane", condition=models.Q(state="running") & ~models.Q(lane=""), name="job_lane_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index("due_at", condition=models.Q(state="pending"), name="job_pending_by_due"),
            models.Index("lease_until", condition=models.Q(state="running"), name="job_running_by_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.get_state_display()})"


class WorkerHeartbeat(models.Model):
    """When a worker of each host last did something; /readyz reads it."""

    host = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    swept_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign of life of a worker")
        verbose_name_plural = _("signs of life of workers")

    def __str__(self) -> str:
        return f"{self.host} {self.at:%H:%M:%S}"
