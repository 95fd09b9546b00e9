"""Who takes bookings on a business page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Booking, BookingPage, StaffMember, TimeOff
from bookings.services import staff
from bookings.views.staff.desk import staff_page, tried
from bookings.views.staff.forms import MemberForm, NewMemberForm
from bookings.views.staff.pages import show_page
from tenants.access import SCHEDULERS, MemberRequest, actor_of
from tenants.errors import NotFound


@staff_page(*SCHEDULERS)
def index(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """The people of a page, and a form for one more."""
    page = business_page(request, page_id)
    form = NewMemberForm(request.POST or None, page=page)
    if request.method == "POST" and form.is_valid():
        member = staff.add(page=page, now=timezone.now(), actor=actor_of(request), **form.cleaned_data)
        said = (
            _("%(name)s takes bookings on this page now.")
            if member.status == StaffMember.Status.ACTIVE
            else _("%(name)s is asked by mail, and can be booked after agreeing.")
        )
        messages.success(request, said % {"name": member})
        return redirect("staff:people", page.pk)
    now = timezone.now()
    away = TimeOff.objects.filter(ends_at__gt=now).order_by("starts_at")
    members = page.staff_members.filter(removed_at=None).select_related("mailbox")
    context = {
        "form": form,
        "members": members.prefetch_related(Prefetch("time_off", queryset=away, to_attr="absences")),
        "tab": "people",
    }
    return show_page(request, page, "staff/people.html", context)


@staff_page(*SCHEDULERS)
def edit(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """A person's details and own hours."""
    page = business_page(request, page_id)
    member = staff_access.member(page, member_id)
    form = MemberForm.of(member, request.POST or None)
    if request.method == "POST" and form.is_valid() and tried(form, lambda: save(request, member, form)):
        messages.success(request, _("Saved."))
        return redirect("staff:people", page.pk)
    return show_page(request, page, "staff/member.html", {"form": form, "member": member, "tab": "people"})


def save(request: MemberRequest, member: StaffMember, form: MemberForm) -> None:
    """Details and hours together."""
    staff.change(member=member, now=timezone.now(), actor=actor_of(request), **form.changes)


@staff_page(*SCHEDULERS, methods=["POST"])
def ask_again(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """Asks anew whoever has not agreed to take bookings."""
    member = staff_access.member(business_page(request, page_id), member_id)
    staff.ask_again(member=member, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("%(name)s is asked again by mail.") % {"name": member})
    return redirect("staff:people", page_id)


@staff_page(*SCHEDULERS)
def remove(request: MemberRequest, page_id: uuid.UUID, member_id: uuid.UUID) -> HttpResponse:
    """Asks, says what stays, and takes a person off the page."""
    page = business_page(request, page_id)
    member = staff_access.member(page, member_id)
    now = timezone.now()
    if request.method == "POST":
        staff.remove(member=member, now=now, actor=actor_of(request))
        messages.success(request, _("%(name)s is off this page.") % {"name": member})
        return redirect("staff:people", page.pk)
    ahead = member.bookings.exclude(status__in=Booking.GONE).filter(starts_at__gt=now).count()
    context = {"member": member, "ahead": ahead, "tab": "people"}
    return show_page(request, page, "staff/member_remove.html", context)


def business_page(request: MemberRequest, page_id: uuid.UUID) -> BookingPage:
    """A personal page has its owner and nobody else (S4.16)."""
    page = staff_access.page(request, page_id)
    if page.is_personal:
        raise NotFound
    return page
