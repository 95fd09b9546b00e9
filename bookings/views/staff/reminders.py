"""Mails of a service that come by themselves before or after each booking."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from bookings import staff_access
from bookings.models import BookingPage, Reminder, Service
from bookings.services import managed_types, reminders
from bookings.views import clock
from bookings.views.staff.desk import own_action, staff_page, tried
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound

UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


class ReminderForm(forms.Form):
    """How long before or after, to whom, and a few words of one's own."""

    number = forms.IntegerField(label=gettext_lazy("How long"), min_value=1, max_value=90000, initial=24)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), initial="hours",
        choices=[
            ("minutes", gettext_lazy("minutes")), ("hours", pgettext_lazy("unit of time", "hours")),
            ("days", gettext_lazy("days")),
        ],
    )  # fmt: skip
    when = forms.ChoiceField(label=gettext_lazy("When"), choices=Reminder.When.choices, initial=Reminder.When.BEFORE)
    reader = forms.ChoiceField(
        label=gettext_lazy("To"), choices=Reminder.Reader.choices, initial=Reminder.Reader.CUSTOMER
    )
    text = forms.CharField(
        label=gettext_lazy("Text"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Stands above what, when and where. Empty: our own words."),
    )  # fmt: skip

    @classmethod
    def of(cls, reminder: Reminder, data: Any = None) -> ReminderForm:
        """The form of this one, in the largest unit that fits."""
        unit = next(name for name in ("days", "hours", "minutes") if not reminder.distance % UNITS[name])
        initial = {name: getattr(reminder, name) for name in ("when", "reader", "text")}
        return cls(data, initial=initial | {"number": reminder.distance // UNITS[unit], "unit": unit})

    @property
    def fields_of_row(self) -> dict[str, Any]:
        """The model's fields. A refused distance is shown beside the number."""
        given = self.cleaned_data
        distance = given["number"] * UNITS[given["unit"]]
        return {"distance": distance} | {name: given[name] for name in ("when", "reader", "text")}


@staff_page(*STAFF)
def index(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> HttpResponse:
    """The reminders and follow-ups of a service, and a form for one more."""
    page, service = found(request, page_id, service_id)
    form = ReminderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"service": service, "now": timezone.now(), "actor": actor_of(request)}
        if saved(form, service, act, lambda: reminders.add(**act, **form.fields_of_row)):
            messages.success(request, _("Saved. Bookings that exist already get it too."))
            return redirect("staff:reminders", page.pk, service.pk)
    rows = [(row, clock.duration(row.distance)) for row in service.reminders.all()]
    context = {"form": form, "service": service, "reminders": rows, "tab": "types"}
    return show_page(request, page, "staff/reminders.html", context)


@staff_page(*STAFF)
def edit(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, reminder_id: uuid.UUID) -> HttpResponse:
    """Changes one, also for the bookings to come."""
    page, service = found(request, page_id, service_id)
    reminder = known(service, reminder_id)
    form = ReminderForm.of(reminder, request.POST or None)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request)}
        if saved(form, service, act, lambda: reminders.change(reminder=reminder, **act, **form.fields_of_row)):
            messages.success(request, _("Saved."))
            return redirect("staff:reminders", page.pk, service.pk)
    context = {"form": form, "service": service, "reminder": reminder, "tab": "types"}
    return show_page(request, page, "staff/reminder.html", context)


@own_action
def remove(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID, reminder_id: uuid.UUID) -> HttpResponse:
    """What has not gone by now does not go."""
    page, service = found(request, page_id, service_id)
    managed_types.check(service=service, changed=["reminders"])
    act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request)}
    with transaction.atomic():
        reminders.remove(reminder=known(service, reminder_id), **act)
        managed_types.follow(service=service, **act)
    messages.success(request, _("It is not sent any more."))
    return redirect("staff:reminders", page.pk, service.pk)


def saved(form: ReminderForm, service: Service, act: dict[str, Any], save: Any) -> bool:
    """Saves one and makes managed copies equal, or puts the refusal beside its field."""
    managed_types.check(service=service, changed=["reminders"])

    def all_of_it() -> None:
        with transaction.atomic():
            save()
            managed_types.follow(service=service, now=act["now"], actor=act["actor"])

    return tried(form, all_of_it)


def found(request: MemberRequest, page_id: uuid.UUID, service_id: uuid.UUID) -> tuple[BookingPage, Service]:
    """A page this member may change, and one of its services."""
    page = staff_access.page(request, page_id)
    return page, staff_access.service(page, service_id)


def known(service: Service, reminder_id: uuid.UUID) -> Reminder:
    """One of the service's own, or NotFound."""
    row = Reminder.objects.filter(service=service, pk=reminder_id).select_related("service", "tenant").first()
    if row is None:
        raise NotFound
    return row
