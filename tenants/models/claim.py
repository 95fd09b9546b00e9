"""The claims ledger: what occupies a person or a space, and the constraint that keeps it true."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.constraints import NoOverlap
from tenants.models.base import TenantModel

#: No claim is longer; it bounds the search for an overlap.
LONGEST_CLAIM = timedelta(days=31)


class Claimable(TenantModel):
    """Something that can be in one place at a time: a person's mailbox, a staff member without one, a space.

    Its id is the claim key. Its row is what gets locked before claims are checked and written, always in the order
    of the ids, so that two bookings that want the same things in a different order wait instead of deadlocking.
    """

    class Meta:
        verbose_name = _("claimable")
        verbose_name_plural = _("claimables")

    def __str__(self) -> str:
        return str(self.pk)


class Claim(TenantModel):
    """Key is occupied during `[starts_at, ends_at)`, UTC, buffers included, while `active`."""

    key = models.ForeignKey(Claimable, on_delete=models.CASCADE, related_name="claims")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    active = models.BooleanField(default=True)
    #: The booking, reservation or hold that wants it.
    owner_id = models.UUIDField(db_index=True)
    #: A hold lapses then; a claim for good has none.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="claim_ends_after_start"
            ),
            NoOverlap(
                key="key", start="starts_at", end="ends_at", while_true="active", longest=LONGEST_CLAIM,
                name="claim_no_overlap",
            ),
        ]  # fmt: skip
        # By end: what is over lies on one side, and there is always more of it than of what is to come.
        indexes = [models.Index("key", "ends_at", "starts_at", condition=models.Q(active=True), name="claim_by_time")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.starts_at:%Y-%m-%d %H:%M}-{self.ends_at:%H:%M}"
