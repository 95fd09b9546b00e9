"""Removes what has served: finished jobs, answers kept for repeated requests, mails and webhooks of long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django_scopes import scopes_disabled

from tenants.models import IdempotentAnswer, Job, Message, WebhookDelivery

KEPT = timedelta(days=30)
#: Rows per transaction, so that nobody waits for a long one.
CHUNK = 500


def clean(now: datetime) -> int:
    """Deletes what is older than `KEPT`, in every organisation. Returns how many rows. What still waits stays."""
    before = now - KEPT
    with scopes_disabled():
        return sum(
            _delete(rows)
            for rows in (
                Job.objects.filter(state=Job.State.DONE, done_at__lt=before),
                IdempotentAnswer.objects.filter(created_at__lt=before),
                Message.objects.filter(created_at__lt=before).exclude(state=Message.State.QUEUED),
                WebhookDelivery.objects.filter(created_at__lt=before).exclude(state=WebhookDelivery.State.QUEUED),
            )
        )


def _delete(rows: Any) -> int:
    deleted = 0
    while ids := list(rows.order_by().values_list("pk", flat=True)[:CHUNK]):
        deleted += rows.model.objects.filter(pk__in=ids).delete()[0]
    return deleted
