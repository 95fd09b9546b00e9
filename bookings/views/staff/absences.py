"""When one person of a business page works other hours, or is away; typed on that person's own wall clock."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import DateOverride, StaffMember, TimeOff
from bookings.services import hours
from bookings.views.staff.desk import staff_page, tried
from bookings.views.staff.forms import DateForm, TimeOffForm
from bookings.views.staff.pages import show_page
from bookings.views.staff.people import business_page
from tenants.access import SCHEDULERS, MemberRequest, actor_of
from tenants.errors import NotFound


@staff_page(*SCHEDULERS)
def index(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """Dates with other hours and times away of one person, and a form for each."""
    return show_absences(request, known(request, page_id, member_id))


def show_absences(request: MemberRequest, member: StaffMember, **forms_given: Any) -> HttpResponse:
    """The page with its two forms, those given as they were sent."""
    now = timezone.now()
    with timezone.override(member.time_zone):
        today = timezone.localdate(now)
        context = {
            "member": member,
            "date_form": DateForm(auto_id="date_%s"),
            "off_form": TimeOffForm(auto_id="off_%s", page=member.page, member=member),
            "dates": DateOverride.objects.filter(staff_member=member, on_date__gte=today),
            "time_off": TimeOff.objects.filter(staff_member=member, ends_at__gt=now).select_related("redirect_to"),
            "zone": timezone.get_current_timezone(),
            "tab": "people",
        }
        return show_page(request, member.page, "staff/absences.html", context | forms_given)


@staff_page(*SCHEDULERS, methods=["POST"])
def date_add(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """Other hours on one date."""
    member = known(request, page_id, member_id)
    form = DateForm(request.POST, auto_id="date_%s")
    if form.is_valid() and tried(form, lambda: hours.set_date(**act(request, member), **form.cleaned_data)):
        return done(request, member)
    return show_absences(request, member, date_form=form)


@staff_page(*SCHEDULERS, methods=["POST"])
def off_add(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """Away, with whom visitors may book meanwhile."""
    member = known(request, page_id, member_id)
    with timezone.override(member.time_zone):
        form = TimeOffForm(request.POST, auto_id="off_%s", page=member.page, member=member)
        if form.is_valid() and tried(form, lambda: hours.add_time_off(**act(request, member), **form.cleaned_data)):
            return done(request, member)
    return show_absences(request, member, off_form=form)


@staff_page(*SCHEDULERS, methods=["POST"])
def remove(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID, row_id: uuid.UUID) -> HttpResponse:
    """The date has the usual hours again, or the person is not away after all."""
    member = known(request, page_id, member_id)
    now, actor = timezone.now(), actor_of(request)
    date = DateOverride.objects.filter(staff_member=member, pk=row_id).select_related("tenant").first()
    away = TimeOff.objects.filter(staff_member=member, pk=row_id).select_related("tenant").first()
    if date is not None:
        hours.clear_date(override=date, now=now, actor=actor)
    elif away is not None:
        hours.remove_time_off(time_off=away, now=now, actor=actor)
    else:
        raise NotFound
    return redirect("staff:absences", member.page_id, member.pk)


def known(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> StaffMember:
    """A person on a business page that this member looks after."""
    return staff_access.member(business_page(request, page_id), member_id)


def act(request: MemberRequest, member: StaffMember) -> dict[str, Any]:
    """What every change of an absence needs."""
    return {"page": member.page, "staff_member": member, "now": timezone.now(), "actor": actor_of(request)}


def done(request: MemberRequest, member: StaffMember) -> HttpResponse:
    """Says that it is kept, and shows the list."""
    messages.success(request, _("Saved."))
    return redirect("staff:absences", member.page_id, member.pk)
