"""Calendars: one row per item of a mailbox, its changes in order, and the invitations that Outlook would have sent."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

from .directory import DirectoryUser


class EventQuerySet(models.QuerySet["Event"]):
    def overlapping(self, starts_at: datetime, ends_at: datetime) -> EventQuerySet:
        """Single instances and exceptions that touch the half-open window."""
        return self.filter(recurrence__isnull=True, start_at__lt=ends_at).filter(
            Q(end_at__gt=starts_at) | Q(start_at=F("end_at"), start_at__gte=starts_at)
        )

    def masters_until(self, starts_at: datetime, ends_at: datetime) -> EventQuerySet:
        """Series that can have an occurrence in the window."""
        return self.filter(recurrence__isnull=False, start_at__lt=ends_at).filter(
            Q(series_ends_at=None) | Q(series_ends_at__gt=starts_at)
        )


class Event(models.Model):
    """An item of one mailbox: a single event, the master of a series, or an exception of one.

    An exception has its master's `item` and the date of the occurrence that it replaces. Plain occurrences are
    never stored; they are copies of the master made for an answer. All-day events float: their midnights are
    kept as if in UTC.
    """

    mailbox = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="events")
    item = models.UUIDField(default=uuid.uuid4)
    master = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="exceptions")
    occurrence_on = models.DateField(null=True, blank=True)
    original_start_at = models.DateTimeField(null=True, blank=True)
    uid = models.CharField(max_length=32, db_index=True)
    change_key = models.CharField(max_length=64)
    transaction_id = models.CharField(max_length=300, null=True, blank=True)
    # What the first request with that transaction id asked for.
    transaction_mark = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    subject = models.CharField(max_length=1000, blank=True)
    body = models.TextField(blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    start_zone = models.CharField(max_length=100, default="UTC")
    end_zone = models.CharField(max_length=100, default="UTC")
    is_all_day = models.BooleanField(default=False)
    show_as = models.CharField(max_length=20, default="busy")
    sensitivity = models.CharField(max_length=20, default="normal")
    importance = models.CharField(max_length=10, default="normal")
    locations = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    is_reminder_on = models.BooleanField(default=True)
    reminder_minutes = models.IntegerField(default=15)

    is_organizer = models.BooleanField(default=True)
    organizer = models.JSONField(default=dict)
    attendees = models.JSONField(default=list, blank=True)
    response = models.CharField(max_length=30, default="organizer")
    responded_at = models.DateTimeField(null=True, blank=True)
    response_requested = models.BooleanField(default=True)
    allow_new_time_proposals = models.BooleanField(default=True)
    hide_attendees = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)

    is_online_meeting = models.BooleanField(default=False)
    online_meeting_provider = models.CharField(max_length=30, default="unknown")
    join_url = models.CharField(max_length=500, blank=True)

    recurrence = models.JSONField(null=True, blank=True)
    series_ends_at = models.DateTimeField(null=True, blank=True)
    cancelled_on = models.JSONField(default=list, blank=True)
    # Names of the fields that an exception no longer takes from its master.
    overrides = models.JSONField(default=list, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["start_at", "id"]
        indexes = [
            models.Index(fields=["mailbox", "start_at"], name="sandbox_event_time"),
            models.Index(fields=["mailbox", "uid"], name="sandbox_event_uid"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(occurrence_on=None), name="sandbox_one_item"),
            models.UniqueConstraint(fields=["item", "occurrence_on"], name="sandbox_one_exception"),
            models.UniqueConstraint(fields=["mailbox", "transaction_id"], name="sandbox_one_transaction"),
            models.CheckConstraint(condition=Q(end_at__gte=F("start_at")), name="sandbox_event_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.start_at:%Y-%m-%d %H:%M}"

    @property
    def kind(self) -> str:
        """The value of the property `type`."""
        if self.recurrence is not None:
            return "seriesMaster"
        if self.occurrence_on is None:
            return "singleInstance"
        return "occurrence" if self.pk is None else "exception"


class ExtendedProperty(models.Model):
    """A single-value extended property; never echoed, found by filter and expand."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="extended_properties")
    key = models.CharField(max_length=300)
    value = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["event", "key"], name="sandbox_one_property")]

    def __str__(self) -> str:
        return self.key


class Change(models.Model):
    """Something happened to an item: what delta tells from, in the order of the primary key.

    `previous` is the shape that a series had before (start, end, recurrence), from which the ids of occurrences
    that are no more can be worked out.
    """

    mailbox = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="changes")
    item = models.UUIDField()
    occurrence_on = models.DateField(null=True)
    previous = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["mailbox", "id"], name="sandbox_change_order")]

    def __str__(self) -> str:
        return f"{self.item} {self.occurrence_on or ''}"

    @property
    def key(self) -> tuple[uuid.UUID, date | None]:
        return self.item, self.occurrence_on


class SentInvitation(models.Model):
    """A mail that Exchange sent: to an attendee (`invite`, `update`, `cancel`), or for an app (`mail`, at its time)."""

    KINDS = [("invite", "invite"), ("update", "update"), ("cancel", "cancel"), ("mail", "mail")]

    sender = models.ForeignKey(DirectoryUser, on_delete=models.CASCADE, related_name="sent_invitations")
    to = models.CharField(max_length=320, db_index=True)
    kind = models.CharField(max_length=10, choices=KINDS)
    uid = models.CharField(max_length=32)
    occurrence_on = models.DateField(null=True)
    subject = models.CharField(max_length=1000, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    join_url = models.CharField(max_length=500, blank=True)
    comment = models.TextField(blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"
