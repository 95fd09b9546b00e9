"""`/api/v1/pages/<address>/bookings` and `/api/v1/bookings/<id>`: book, look, move, cancel."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import access
from bookings.api.v1 import visits
from bookings.api.v1.booking_shapes import BookedSerializer, BookingSerializer, NewBookingSerializer
from bookings.api.v1.shapes import members
from bookings.models import Booking, BookingPage, PrivateLink, Service
from bookings.services import booking as bookings
from bookings.services import cancellation, intake, offers, private_links, rescheduling, senders
from bookings.services.booking import Customer, Details
from tenants import acting, ratelimit
from tenants.api import paging, schema
from tenants.api.authentication import ANYONE
from tenants.api.fields import ZoneField, asked_instant, instant
from tenants.api.views import ApiView
from tenants.errors import InvalidInput, NotAllowed
from tenants.services.idempotency import Answer


class MailCodeNeeded(NotAllowed):
    """The page lets people show that a mail address is theirs; a program without a key cannot."""

    code = "mailCodeNeeded"
    detail = _("This page confirms mail addresses by a code. Please book on the page itself.")


class BookingList(ApiView):
    """The bookings of one page."""

    scopes = {"GET": "bookings:read", "POST": ANYONE}

    @extend_schema(
        operation_id="bookings_list",
        parameters=[
            *schema.PAGING,
            schema.query("from", schema.INSTANT, "Only bookings that end after it."),
            schema.query("to", schema.INSTANT, "Only bookings that start before it."),
        ],
        responses=schema.listed(BookingSerializer),
    )
    def get(self, request: Request, address: str) -> Response:
        """Every booking, cancelled ones too, by start."""
        page = access.page_of(self.tenant, address)
        bookings_of_page = Booking.objects.filter(page=page).select_related("page__mailbox", "staff_member")
        rows = _between(request, bookings_of_page.prefetch_related("colleagues"))
        return paging.answer(
            request, rows, order=("starts_at", "pk"),
            render=lambda found: [_plain(booking) for booking in found],
        )  # fmt: skip

    @extend_schema(
        operation_id="bookings_create",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=NewBookingSerializer,
        responses={201: BookedSerializer},
    )
    def post(self, request: Request, address: str) -> Response:
        """Books a time: a public service, a private one by its link, any with the organisation's key.

        A service that needs approval answers with the status `pendingApproval`: nothing is booked until somebody
        agrees. A page that confirms mail addresses by a code takes no bookings from programs without a key (403). A
        time that was just taken is a 409 `slotTaken`, one that never was on offer a 409 `notOffered`; both name the
        nearest free times.
        """
        page = visits.enter(self, address)
        if not visits.holds_key(self, page, "bookings:write"):
            self._count_try()
        asked = NewBookingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        zone = wanted.get("timeZone") or ZoneInfo(page.time_zone)
        self.zone = zone
        starts_at = _start(wanted["start"], zone)
        service, link = visits.service(self, page, wanted["serviceId"], wanted.get("link"), key="bookings:write")
        return self.once(lambda: self._book(page, service, link, starts_at, zone, asked), caller=page.address)

    def _book(
        self, page: BookingPage, service: Service, link: PrivateLink | None, starts_at: datetime, zone: ZoneInfo,
        asked: NewBookingSerializer,
    ) -> Answer:  # fmt: skip
        wanted = asked.validated_data
        if link is not None:
            private_links.check(link=link, now=self.now)
        customer = Customer(time_zone=zone.key, language=page.language, **wanted["customer"])
        staff_id = wanted.get("staffId")
        chosen = members(page, [staff_id], field="staffId")[0].pk if staff_id else None
        by_key = visits.holds_key(self, page, "bookings:write")
        if not by_key:
            _check_anonymous(page, service, customer, asked.details, chosen)
        try:
            intake.refuse_uncollected(page.tenant, customer)
            booking = bookings.book(
                page=page, service=service, starts_at=starts_at, customer=customer, now=self.now, link=link,
                actor=self.actor if by_key else acting.visitor(customer.email, source="api"), staff_id=chosen,
                details=asked.details,
            )  # fmt: skip
        except InvalidInput as wrong:
            raise InvalidInput({_name(field): texts for field, texts in wrong.errors.items()}) from wrong
        hides = page.hides_staff and not by_key
        return 201, dict(BookedSerializer(booking, context={"zone": zone, "hides_staff": hides}).data)

    def _count_try(self) -> None:
        ratelimit.hit(
            what="booking", who=acting.client_ip.get() or "", limit=settings.BOOKING_LIMIT_PER_IP,
            period=settings.BOOKING_LIMIT_PERIOD,
        )  # fmt: skip


def _check_anonymous(
    page: BookingPage, service: Service, customer: Customer, details: Details, chosen: UUID | None
) -> None:
    """What holds for a visitor's form holds for a program without a key.

    Raises MailCodeNeeded, TooManyTries, and InvalidInput where customers have no say in who it is.
    """
    if page.asks_mail_code:
        raise MailCodeNeeded
    lets_choose = service.staff_choice and not page.hides_staff
    if chosen and not lets_choose and len(offers.staff_for(service)) > 1:
        raise InvalidInput({"staffId": [str(_("Customers do not choose with whom here."))]})
    senders.count(page=page, email=customer.email, guests=details.guests[: intake.MOST_GUESTS])


class MoveSerializer(serializers.Serializer[Any]):
    """Where a booking goes. `start` has an offset, or is local time in `timeZone`, else in the customer's zone."""

    start = serializers.CharField(max_length=40)
    timeZone = ZoneField(required=False)


class BookingDetail(ApiView):
    """One booking of the organisation."""

    scopes = {"GET": "bookings:read", "PATCH": "bookings:write", "DELETE": "bookings:write"}

    @extend_schema(operation_id="bookings_read", responses=BookingSerializer)
    def get(self, request: Request, booking_id: UUID) -> Response:
        """The booking; times are in the customer's zone."""
        return Response(_plain(access.booking(booking_id)))

    @extend_schema(operation_id="bookings_move", request=MoveSerializer, responses=BookingSerializer)
    def patch(self, request: Request, booking_id: UUID) -> Response:
        """Moves it to another time with the same person; both sides and Outlook are told."""
        booking = access.booking(booking_id)
        asked = MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        self.zone = asked.validated_data.get("timeZone") or ZoneInfo(booking.customer_time_zone)
        moved = rescheduling.reschedule(
            booking=booking, starts_at=_start(asked.validated_data["start"], self.zone), now=self.now, actor=self.actor
        )
        return Response(_plain(moved))

    @extend_schema(operation_id="bookings_cancel", responses={204: None})
    def delete(self, request: Request, booking_id: UUID) -> Response:
        """Cancels it: its time is free at once, both sides and Outlook are told."""
        cancellation.cancel(booking=access.booking(booking_id), now=self.now, actor=self.actor)
        return Response(status=204)


def _name(field: str) -> str:
    """What the caller calls a field that was refused."""
    if field == "consent":
        return "consented"
    return field if field == "guests" or field.startswith("answers.") else f"customer.{field}"


def _plain(booking: Booking) -> dict[str, Any]:
    """The booking; times are in the customer's zone."""
    return dict(BookingSerializer(booking, context={"zone": ZoneInfo(booking.customer_time_zone)}).data)


def _start(text: str, zone: tzinfo) -> datetime:
    try:
        return instant(text, zone)
    except ValueError as wrong:
        raise InvalidInput({"start": [str(wrong)]}) from wrong


def _between(request: Request, rows: QuerySet[Booking]) -> QuerySet[Booking]:
    after, before = asked_instant(request, "from"), asked_instant(request, "to")
    rows = rows if after is None else rows.filter(ends_at__gt=after)
    return rows if before is None else rows.filter(starts_at__lt=before)
