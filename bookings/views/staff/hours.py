"""When a page can be booked: weekly hours, dates with hours of their own, time off and closures."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import BookingPage, DateOverride, TimeOff
from bookings.services import explanations, hours, pages
from bookings.views.staff.desk import own_action, staff_page, tried
from bookings.views.staff.forms import DateForm, ExplainForm, HoursForm, TimeOffForm
from bookings.views.staff.pages import show_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound


@staff_page(*STAFF)
def weekly(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """The page's week and the exceptions to it."""
    page = staff_access.page(request, page_id)
    form = HoursForm.showing(page.time_zone, page.weekly_hours, request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = {"time_zone": form.cleaned_data["time_zone"], "weekly_hours": form.hours}
        if tried(form, lambda: pages.change(page=page, now=timezone.now(), actor=actor_of(request), **fields)):
            messages.success(request, _("Saved."))
            return redirect("staff:hours", page.pk)
    return show_hours(request, page, form=form)


def show_hours(request: MemberRequest, page: BookingPage, **forms_given: Any) -> HttpResponse:
    """The page with its three forms, those given as they were sent."""
    now = timezone.now()
    context = {
        "form": HoursForm.showing(page.time_zone, page.weekly_hours),
        "date_form": DateForm(auto_id="date_%s"),
        "off_form": TimeOffForm(auto_id="off_%s", page=page),
        "dates": DateOverride.objects.filter(page=page, staff_member=None, on_date__gte=now - timedelta(days=1)),
        "time_off": TimeOff.objects.filter(page=page, staff_member=None, ends_at__gt=now).select_related("redirect_to"),
        "zone": zoneinfo.ZoneInfo(page.time_zone),
        "tab": "hours",
    }
    return show_page(request, page, "staff/hours.html", context | forms_given)


@own_action
def date_add(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Other hours on one date."""
    page = staff_access.page(request, page_id)
    form = DateForm(request.POST, auto_id="date_%s")
    act: dict[str, Any] = {"page": page, "now": timezone.now(), "actor": actor_of(request)}
    if form.is_valid() and tried(form, lambda: hours.set_date(**act, **form.cleaned_data)):
        messages.success(request, _("Saved."))
        return redirect("staff:hours", page.pk)
    return show_hours(request, page, date_form=form)


@own_action
def date_remove(request: MemberRequest, page_id: uuid.UUID, row_id: uuid.UUID) -> HttpResponse:
    """The date has the weekly hours again."""
    page = staff_access.page(request, page_id)
    row = DateOverride.objects.filter(page=page, pk=row_id).select_related("tenant").first()
    if row is None:
        raise NotFound
    hours.clear_date(override=row, now=timezone.now(), actor=actor_of(request))
    return redirect("staff:hours", page.pk)


@own_action
def time_off_add(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Time off, or a closure; typed on the wall clock of the page's zone."""
    page = staff_access.page(request, page_id)
    with timezone.override(page.time_zone):
        form = TimeOffForm(request.POST, auto_id="off_%s", page=page)
        act: dict[str, Any] = {"page": page, "now": timezone.now(), "actor": actor_of(request)}
        if form.is_valid() and tried(form, lambda: hours.add_time_off(**act, **form.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("staff:hours", page.pk)
    return show_hours(request, page, off_form=form)


@own_action
def time_off_remove(request: MemberRequest, page_id: uuid.UUID, row_id: uuid.UUID) -> HttpResponse:
    """The period counts no longer."""
    page = staff_access.page(request, page_id)
    row = TimeOff.objects.filter(page=page, pk=row_id).select_related("tenant").first()
    if row is None:
        raise NotFound
    hours.remove_time_off(time_off=row, now=timezone.now(), actor=actor_of(request))
    return redirect("staff:hours", page.pk)


@staff_page(*STAFF)
def explain(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """Why a time is, or is not, offered. The times in question and answer are in the page's zone."""
    page = staff_access.page(request, page_id)
    with timezone.override(page.time_zone):
        form = ExplainForm(request.GET if "at" in request.GET else None, page=page)
        found = answer(page, form) if form.is_bound and form.is_valid() else None
    return show_page(request, page, "staff/explain.html", {"form": form, "found": found, "tab": "visitor"})


def answer(page: BookingPage, form: forms.Form) -> explanations.Explanation:
    """The explanation for a valid form."""
    return explanations.explain_instant(
        page=page, service=form.cleaned_data["service"], at=form.cleaned_data["at"], now=timezone.now()
    )
