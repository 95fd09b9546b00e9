"""Staff book for a customer: what, with whom, when, and for whom. Every step has an address."""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import staff_access
from bookings.models import Booking, BookingPage, Service, StaffMember
from bookings.services import booking as bookings
from bookings.services import intake, offers
from bookings.views import choice as choices
from bookings.views import stamps
from bookings.views.forms import DetailsForm
from bookings.views.staff import times
from bookings.views.staff.desk import show, staff_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import DomainError, InvalidInput, NotFound
from tenants.forms import TimeZoneChoice
from tenants.services import idempotency


class CustomerForm(DetailsForm):
    """For whom: what visitors fill in themselves, their zone and language; staff may leave questions open."""

    template_name = "django/forms/div.html"
    time_zone = TimeZoneChoice(label=gettext_lazy("Their time zone"))
    language = forms.ChoiceField(label=gettext_lazy("Language of their mails"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["website"]
        self.fields["name"].label = _("Name")
        if "notes" in self.fields:
            self.fields["notes"].label = _("Note")
        for field in self.questions:
            field.field.required = False


@staff_page(*STAFF)
def new(request: MemberRequest) -> HttpResponse:
    """Shows the step that comes next; POST books, whoever's page it is that the member looks after."""
    query, now = request.GET, timezone.now()
    again = known_booking(request, query.get("again", ""))
    service = chosen_service(request, query.get("service", "") or (str(again.service_id) if again else ""))
    if service is None:
        return show(request, "staff/book_what.html", {"pages": catalogue(request)}, section="bookings")
    team = own_team(request, service)
    wanted = team[0] if len(team) == 1 else None
    picked = next((member for member in team if str(member.pk) == query.get("staff")), wanted)
    kept = {"service": str(service.pk)}
    kept |= {"staff": str(picked.pk)} if picked else {}
    kept |= {"again": str(again.pk)} if again else {}
    step = Step(request, service, team, picked, kept, again, now)
    chosen = times.chosen(request.POST if request.method == "POST" else query, now)
    if chosen.at is None:
        return step.when(chosen)
    if request.method == "POST":
        return step.send(chosen.at, request.POST.get("freely") == "yes")
    return step.who(chosen.at, chosen.freely)


class Step:
    """The second half of the way: the service is known."""

    def __init__(
        self, request: MemberRequest, service: Service, team: list[StaffMember], picked: StaffMember | None,
        kept: dict[str, str], again: Booking | None, now: datetime,
    ) -> None:  # fmt: skip
        self.request, self.service, self.page, self.now = request, service, service.page, now
        self.team, self.picked, self.kept, self.again = team, picked, kept, again

    def when(self, chosen: times.Chosen) -> HttpResponse:
        """The week of times."""
        members = [self.picked] if self.picked else self.team
        if self.service.staffing == Service.Staffing.ALL:
            members = self.team
        week = times.week(
            self.request, page=self.page, service=self.service, members=members, now=self.now, kept=self.kept
        )
        return self._show("staff/book_when.html", {"week": week, "chosen": chosen})

    def who(
        self, at: datetime, freely: bool, *, form: CustomerForm | None = None, status: int = 200, **more: Any
    ) -> HttpResponse:
        """The customer's details for the time `at`."""
        context = {
            "form": form or self.form(),
            "freely": freely,
            "at": choices.as_text(at),
            "when": times.said(self.request, at, self.service.duration),
        }
        return self._show("staff/book_who.html", context | more, status=status)

    def form(self, data: Any = None) -> CustomerForm:
        """Empty, as sent, or with the customer of the booking that is made again."""
        extra: dict[str, Any] = {
            "asked": intake.asked(self.service), "guests": self.service.guests_allowed,
            "without": intake.not_collected(self.request.tenant),
        }  # fmt: skip
        if data is not None:
            return CustomerForm(data, **extra)
        initial = {
            "time_zone": self.page.time_zone, "language": self.page.language, "request_key": stamps.issue(now=self.now),
        }  # fmt: skip
        if self.again is not None:
            before = self.again
            initial |= {
                "name": before.customer_name, "email": before.customer_email, "phone": before.customer_phone,
                "time_zone": before.customer_time_zone, "language": before.customer_language,
            }  # fmt: skip
        return CustomerForm(initial=initial, **extra)

    def send(self, at: datetime, freely: bool) -> HttpResponse:
        """Books once, however often the form arrives; refused, it shows why and what is near."""
        form = self.form(self.request.POST)
        if not form.is_valid():
            return self.who(at, freely, form=form, status=422)
        try:
            booking_id = self._book(at, freely, form)
        except InvalidInput as wrong:
            form.refuse(wrong)
            return self.who(at, freely, form=form, status=422)
        except idempotency.KeyReused:
            form.renew_key(now=self.now)
            problem = _("This form has booked a meeting before. Send it again for another.")
            return self.who(at, freely, form=form, problem=problem, status=409)
        except DomainError as refused:
            near = times.nearest(self.request, refused.extra.get("alternatives", []), self.kept)
            return self.who(at, freely, form=form, problem=refused.detail, near=near, status=refused.status)
        messages.success(self.request, _("Booked. Customer and staff are told by mail."))
        return redirect("staff:booking", booking_id)

    def _book(self, at: datetime, freely: bool, form: CustomerForm) -> str:
        data = form.cleaned_data
        customer = form.customer(time_zone=data["time_zone"], language=data["language"])
        details = form.details(campaign="")

        def act() -> idempotency.Answer:
            made = bookings.book(
                page=self.page, service=self.service, starts_at=at, customer=customer, now=self.now,
                actor=actor_of(self.request), staff_id=self.picked.pk if self.picked else None, details=details,
                freely=freely,
            )  # fmt: skip
            return 303, str(made.pk)

        mark = idempotency.fingerprint(at, customer, details, self.picked and self.picked.pk, freely)
        _status, made = idempotency.once(
            tenant=self.request.tenant, caller=f"staff:{self.request.user.pk}", key=data["request_key"],
            fingerprint=mark, act=act,
        )  # fmt: skip
        return str(made)

    def _show(self, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        frame = {
            "service": self.service, "page": self.page, "team": self.team, "picked": self.picked, "again": self.again,
            "may_pick": len(self.team) > 1 and self.service.staffing == Service.Staffing.ONE,
            "kept": list(self.kept.items()), "zone": zoneinfo.ZoneInfo(self.page.time_zone),
        }  # fmt: skip
        return show(self.request, template, frame | context, section="bookings", status=status)


def catalogue(request: MemberRequest) -> list[tuple[BookingPage, list[Service]]]:
    """The pages on which this member may book, with what there is."""
    found: dict[BookingPage, list[Service]] = {}
    for service in bookable(request).order_by("page__kind", "page__display_name", "position", "title"):
        found.setdefault(service.page, []).append(service)
    return list(found.items())


def own_team(request: MemberRequest, service: Service) -> list[StaffMember]:
    """Whom this member may book: everybody of a page that they look after, else themselves."""
    team = offers.staff_for(service)
    own = [member for member in team if member.mailbox and member.mailbox.user_id == request.user.pk]
    everybody = service.page.is_personal or staff_access.manages_pages(request)
    return team if everybody or (own and service.staffing == Service.Staffing.ALL) else own


def bookable(request: MemberRequest) -> Any:
    """The services of the pages that this member looks after, and those that they give."""
    active = {"staffmember__removed_at": None, "staffmember__status": StaffMember.Status.ACTIVE}
    given = Service.staff.through.objects.filter(staffmember__mailbox__user=request.user, **active)
    allowed = Q(page__kind=BookingPage.Kind.PERSONAL, page__mailbox__user=request.user)
    allowed |= Q(page__kind=BookingPage.Kind.BUSINESS, pk__in=given.values("service"))
    if staff_access.manages_pages(request):
        allowed |= Q(page__kind=BookingPage.Kind.BUSINESS)
    rows = Service.objects.filter(allowed, archived_at=None, page__activated_at__isnull=False, page__deleted_at=None)
    return rows.select_related("page__mailbox", "page__tenant", "tenant")


def chosen_service(request: MemberRequest, text: str) -> Service | None:
    """The service of the address; None without one. Raises NotFound for one that is not theirs."""
    if not text:
        return None
    try:
        service: Service | None = bookable(request).filter(pk=uuid.UUID(text)).first()
    except ValueError:
        service = None
    if service is None:
        raise NotFound
    return service


def known_booking(request: MemberRequest, text: str) -> Booking | None:
    """The booking that is made again; None without one."""
    try:
        return staff_access.booking(request, uuid.UUID(text))
    except ValueError:
        return None
