"""The first page after sign-in: what is next, how my page is doing, and what needs mending."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Booking, BookingPage, PageState
from bookings.services import calendar_watch, deliveries, rechecks
from bookings.services.waiting import OPEN
from bookings.views.staff import approvals
from bookings.views.staff.desk import ACTION, others, show, staff_page
from tenants import job_names
from tenants.access import STAFF, MemberRequest, own_mailbox
from tenants.errors import NotFound
from tenants.middleware import ACTIVE_TENANT
from tenants.models import BusyRead, Connection, Mailbox
from tenants.services import busy_times, parked, policies

#: A copy of Outlook older than this is worth a word.
STALE = timedelta(minutes=30)
MOST_BOOKINGS = 12
#: Of every list beside the day.
MOST_ROWS = 5
#: Links that end within this time are shown.
SOON = timedelta(days=7)


@staff_page()
def dashboard(request: MemberRequest) -> HttpResponse:
    """My day, my page, and what is broken."""
    now = timezone.now()
    mailbox = own_mailbox(request)
    page = staff_access.own_page(request)
    standing = (Booking.Status.CONFIRMED, Booking.Status.PENDING)
    upcoming = staff_access.own_bookings(request).filter(status__in=standing, ends_at__gt=now)
    today = timezone.localdate(now)
    rows = list(upcoming.order_by("starts_at")[:MOST_BOOKINGS])
    context = {
        "now": now,
        "mailbox": mailbox,
        "decision": policies.decide(mailbox) if mailbox and request.membership.role in STAFF else None,
        "page": page,
        "state": page.state(now) if page else PageState.NOT_SET_UP,
        "today": [row for row in rows if timezone.localdate(row.starts_at) <= today],
        "later": [row for row in rows if timezone.localdate(row.starts_at) > today],
        "outlook": outlook(mailbox, now),
        "mail_failures": mail_failures(request, now),
        **to_do(request, now),
        **(broken() if request.membership.administers else {}),
    }
    return show(request, "staff/dashboard.html", context, section="dashboard")


def to_do(request: MemberRequest, now: datetime) -> dict[str, Any]:
    """What waits for this member: questions, links that end soon, waiting customers, calendars and pages that fail."""
    questions = approvals.waiting_for(request) if request.membership.role in STAFF else []
    links = staff_access.links(request).filter(
        Q(max_uses=None) | Q(uses__lt=F("max_uses")), revoked_at=None, expires_at__gt=now, expires_at__lt=now + SOON
    )
    return {
        "questions": questions[:MOST_ROWS],
        "question_count": len(questions),
        "clashes": list(rechecks.clashing(staff_access.bookings(request), now)[:MOST_ROWS]),
        "ending_links": list(links.order_by("expires_at")[:MOST_ROWS]),
        "waiting_pages": waiting_pages(request),
        "late_calendars": late_calendars(request, now),
        "business_pages": business_pages(request, now),
    }


def waiting_pages(request: MemberRequest) -> list[tuple[BookingPage, int]]:
    """The pages this member looks after with how many customers wait there."""
    own = Q(kind=BookingPage.Kind.PERSONAL, mailbox__user=request.user)
    if staff_access.manages_pages(request):
        own |= Q(kind=BookingPage.Kind.BUSINESS)
    waiting = Count("services__waiting", filter=Q(services__waiting__state__in=OPEN))
    rows = BookingPage.objects.filter(own).annotate(waiting=waiting).filter(waiting__gt=0).order_by("display_name")
    return [(row, row.waiting) for row in rows] if request.membership.role in STAFF else []


def late_calendars(request: MemberRequest, now: datetime) -> list[BusyRead]:
    """Calendars of others on the pages this member looks after that could not be read lately."""
    if not staff_access.manages_pages(request):
        return []
    return [row for row in calendar_watch.late(now) if row.mailbox.user_id != request.user.pk]


def business_pages(request: MemberRequest, now: datetime) -> list[tuple[BookingPage, PageState]]:
    """Business pages with their state, for who looks after them."""
    if not staff_access.manages_pages(request):
        return []
    rows = BookingPage.objects.filter(kind=BookingPage.Kind.BUSINESS).order_by("display_name")
    return [(row, row.state(now)) for row in rows[:MOST_ROWS]]


def mail_failures(request: MemberRequest, now: datetime) -> list[deliveries.Failure]:
    """Mails that did not arrive: about the bookings this member sees, for administrators all of the organisation."""
    everything = request.membership.administers
    return deliveries.failures(now=now, bookings=None if everything else staff_access.bookings(request))


def outlook(mailbox: Mailbox | None, now: datetime) -> dict[str, Any] | None:
    """How old the local copy of a mailbox's calendar is; None where none is kept."""
    if mailbox is None or not mailbox.syncs_calendar:
        return None
    read = BusyRead.objects.filter(mailbox=mailbox).first()
    read_at = read.read_at if read else None
    failing = bool(read and read.failed_at and (read_at is None or read.failed_at > read_at))
    stale = read_at is None or now - read_at > STALE
    fresh = read_at is not None and now - read_at < timedelta(minutes=1)
    return {"read_at": read_at, "is_fresh": fresh, "is_stale": stale, "is_failing": failing}


def broken() -> dict[str, Any]:
    """For administrators: jobs that wait for a person, by their cause, and a connection that was never tested."""
    connection = Connection.objects.filter(is_active=True).first()
    return {
        "causes": [(cause, job_names.of_cause(cause.key)) for cause in parked.causes()],
        "connection": connection,
        "is_untested": connection is not None and connection.state == Connection.State.UNTESTED,
    }


@staff_page(methods=ACTION)
def read_now(request: MemberRequest) -> HttpResponse:
    """Asks for the member's own Outlook calendar at once; the worker reads it."""
    mailbox = own_mailbox(request)
    if mailbox is None or not mailbox.syncs_calendar:
        raise NotFound
    busy_times.request_pull(mailbox, now=timezone.now())
    messages.success(request, _("Your Outlook calendar is being read."))
    return redirect("staff:dashboard")


@staff_page(methods=ACTION)
def switch(request: MemberRequest) -> HttpResponse:
    """Works in another of the person's organisations from now on."""
    wanted = request.POST.get("tenant", "")
    try:
        chosen = uuid.UUID(wanted)
    except ValueError:
        raise NotFound from None
    if not any(membership.tenant_id == chosen for membership in others(request)):
        raise NotFound
    request.session[ACTIVE_TENANT] = wanted
    return redirect("staff:dashboard")
