"""Subscriptions to change notifications (Graph: subscription)."""

from __future__ import annotations

import uuid

from django.db import models

from .directory import AppRegistration, DirectoryUser


class Subscription(models.Model):
    """A promise to tell `notification_url` of changes to the events of one mailbox."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    application = models.ForeignKey(AppRegistration, on_delete=models.CASCADE, related_name="subscriptions")
    mailbox = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="subscriptions")
    resource = models.CharField(max_length=500)
    change_type = models.CharField(max_length=60)
    notification_url = models.CharField(max_length=1000)
    lifecycle_url = models.CharField(max_length=1000, blank=True)
    client_state = models.CharField(max_length=128, blank=True)
    immutable = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.resource} until {self.expires_at:%Y-%m-%d %H:%M}"
