"""What a person fills in on the page that plays Outlook."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import validate_email

from .models import Event
from .recurrence import DAYS
from .times import zone

CLOCK = "%Y-%m-%dT%H:%M"
SHOWN = [
    ("busy", "Busy"),
    ("free", "Free"),
    ("tentative", "Tentative"),
    ("oof", "Out of office"),
    ("workingElsewhere", "Working elsewhere"),
]


class EventForm(forms.Form):
    """An event in the wall-clock time of the mailbox's zone."""

    subject = forms.CharField(label="Title", max_length=255)
    start = forms.DateTimeField(label="Start", input_formats=[CLOCK], widget=forms.DateTimeInput(format=CLOCK))
    end = forms.DateTimeField(label="End", input_formats=[CLOCK], widget=forms.DateTimeInput(format=CLOCK))
    show_as = forms.ChoiceField(label="Show as", choices=SHOWN)
    attendees = forms.CharField(label="Attendees", required=False, help_text="Mail addresses, of rooms too.")
    private = forms.BooleanField(label="Private", required=False)
    online = forms.BooleanField(label="Teams meeting", required=False)
    weekly = forms.IntegerField(
        label="Repeat weekly",
        required=False,
        min_value=2,
        max_value=52,
        help_text="How often; leave it empty for once.",
    )

    def __init__(self, *args: Any, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone = time_zone
        for name in ("start", "end"):
            self.fields[name].widget.input_type = "datetime-local"

    def clean_attendees(self) -> list[str]:
        addresses = [one for one in re.split(r"[\s,;]+", self.cleaned_data["attendees"]) if one]
        for one in addresses:
            validate_email(one)
        return addresses

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("start") and data.get("end") and data["end"] <= data["start"]:
            self.add_error("end", "The end is not after the start.")
        return data

    def graph(self, rooms: set[str], event: Event | None = None) -> dict[str, Any]:
        """The answers as the body of a Graph request; for a changed event only what differs."""
        data = self.cleaned_data
        changed = set(self.fields) if event is None else set(self.changed_data)
        body: dict[str, Any] = {}
        if "subject" in changed:
            body["subject"] = data["subject"]
        if changed & {"start", "end"}:
            for name in ("start", "end"):
                body[name] = {"dateTime": data[name].strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": self.time_zone}
        if "show_as" in changed:
            body["showAs"] = data["show_as"]
        if "private" in changed:
            body["sensitivity"] = "private" if data["private"] else "normal"
        if "attendees" in changed:
            body["attendees"] = [
                {"emailAddress": {"address": one}, "type": "resource" if one.lower() in rooms else "required"}
                for one in data["attendees"]
            ]
        if data["online"] and "online" in changed:
            body |= {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
        if data.get("weekly") and "weekly" in changed:
            body["recurrence"] = {
                "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [DAYS[data["start"].weekday()]]},
                "range": {"type": "numbered", "numberOfOccurrences": data["weekly"]},
            }
        return body


def values_of(event: Event, time_zone: str) -> dict[str, Any]:
    """An event as the form shows it."""
    where = zone("UTC" if event.is_all_day else time_zone)
    return {
        "subject": event.subject,
        "start": event.start_at.astimezone(where).replace(tzinfo=None),
        "end": event.end_at.astimezone(where).replace(tzinfo=None),
        "show_as": event.show_as,
        "attendees": ", ".join(one["emailAddress"]["address"] for one in event.attendees),
        "private": event.sensitivity == "private",
        "online": event.is_online_meeting,
    }


def values_at(start: Any) -> dict[str, Any]:
    """A new event of half an hour."""
    return {"start": start, "end": start + timedelta(minutes=30), "show_as": "busy"}
