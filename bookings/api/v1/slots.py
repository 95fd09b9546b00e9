"""`/api/v1/pages/<address>/services/<id>/slots` and `/explain`: free times, and why a time is or is not one."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import access
from bookings.api.v1 import visits
from bookings.api.v1.shapes import members, public_ids
from bookings.availability import slots as free_times
from bookings.models import BookingPage, StaffMember
from bookings.services import explanations, offers, private_links
from tenants.api import schema
from tenants.api.authentication import ANYONE
from tenants.api.fields import asked_instant
from tenants.api.views import ApiView
from tenants.errors import InvalidInput
from tenants.scheduling import windows_zones

_DATE = re.compile(r"20\d\d-\d\d-\d\d|21\d\d-\d\d-\d\d", re.ASCII)


class SlotSerializer(serializers.Serializer[Any]):
    """A time on offer."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    staffMemberIds = serializers.ListField(child=serializers.UUIDField())
    seatsLeft = serializers.IntegerField()


class SlotDaySerializer(serializers.Serializer[Any]):
    """A day of `timeZone` and its times."""

    date = serializers.DateField()
    slots = SlotSerializer(many=True)


class SlotsSerializer(serializers.Serializer[Any]):
    """The free times of some days."""

    timeZone = serializers.CharField()
    days = SlotDaySerializer(many=True)


class Slots(ApiView):
    """The times a service is offered at."""

    scopes = {"GET": ANYONE}
    #: Pages ask for it with every turn of a calendar.
    calls_per_minute = 60_000

    @extend_schema(
        parameters=[
            schema.query("from", schema.DATE, "First day.", required=True),
            schema.query("to", schema.DATE, f"Last day; at most {offers.MOST_DAYS} days.", required=True),
            schema.query("timeZone", str, "Whose days they are (IANA); else the page's zone."),
            schema.query("staffId", schema.IDENTIFIER, "Only times with this person."),
            schema.query("link", str, "The token of a link to a private service."),
        ],
        responses=OpenApiResponse(SlotsSerializer),
    )
    def get(self, request: Request, address: str, service_id: UUID) -> HttpResponse:
        """Free times by day. Anybody may ask for a public service, or with a link for its private one."""
        page = visits.enter(self, address)
        service, link = visits.service(self, page, service_id, request.query_params.get("link"), key="bookings:read")
        hides = page.hides_staff and not visits.holds_key(self, page, "bookings:read")
        if link is not None:
            private_links.check(link=link, now=self.now)
        first, last, zone = _window(request.query_params, page)
        chosen = request.query_params.get("staffId")
        if chosen and hides:
            raise InvalidInput({"staffId": [_("Customers do not choose with whom here.")]})
        only = members(page, [_identifier(chosen)], field="staffId")[0].pk if chosen else None
        staff = offers.staff_for(service, only=only)
        offer = offers.offer(
            page=page, service=service, first_date=first, last_date=last, zone=zone, now=self.now, staff=staff
        )
        return HttpResponse(_text(page, offer, hides), content_type="application/json")


def _text(page: BookingPage, offer: offers.Offer, hides_staff: bool) -> str:
    """The answer as JSON text, put together by hand: it is the longest and most frequent one."""
    tails: dict[tuple[tuple[str, ...], int], str] = {}
    days = []
    for day, times in free_times.text_days(offer.slots, offer.zone, offer.first_date, offer.last_date):
        texts = []
        for start, end, hosts, seats_left in times:
            tail = tails.get((hosts, seats_left))
            if tail is None:
                tail = tails[hosts, seats_left] = _tail(
                    page, [] if hides_staff else [offer.staff[host] for host in hosts], seats_left
                )  # fmt: skip
            texts.append(f'{{"start":"{start}","end":"{end}{tail}')
        days.append(f'{{"date":"{day}","slots":[{",".join(texts)}]}}')
    return f'{{"timeZone":{json.dumps(offer.zone.key)},"days":[{",".join(days)}]}}'


def _tail(page: BookingPage, hosts: list[StaffMember], seats_left: int) -> str:
    return f'","staffMemberIds":{json.dumps(public_ids(page, hosts))},"seatsLeft":{seats_left}}}'


def _window(query: Any, page: BookingPage) -> tuple[date, date, ZoneInfo]:
    errors: dict[str, list[str]] = {}
    days: dict[str, date] = {}
    for name in ("from", "to"):
        try:
            days[name] = date.fromisoformat(query[name] if _DATE.fullmatch(query[name]) else "")
        except (KeyError, ValueError):
            errors[name] = [_("Use a date such as 2026-11-23.")]
    try:
        zone = windows_zones.resolve(query.get("timeZone", page.time_zone))
    except windows_zones.UnknownTimeZone:
        errors["timeZone"] = [_("This time zone is not known. Use an IANA name such as Europe/Zurich.")]
    if len(days) == 2 and not timedelta(0) <= days["to"] - days["from"] < timedelta(days=offers.MOST_DAYS):
        errors["to"] = [_("Ask for 1 to %(most)d days.") % {"most": offers.MOST_DAYS}]
    if errors:
        raise InvalidInput(errors)
    return days["from"], days["to"], zone


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise InvalidInput({"staffId": [_("This is no id of a staff member.")]}) from wrong


class ReasonSerializer(serializers.Serializer[Any]):
    """One reason: a code for programs, a sentence for people."""

    code = serializers.CharField()
    text = serializers.CharField()


class ExplanationSerializer(serializers.Serializer[Any]):
    """Whether a time is offered, and why."""

    offered = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)


class Explain(ApiView):
    """Why a time is or is not offered."""

    scopes = {"GET": "bookings:read"}

    @extend_schema(
        parameters=[schema.query("at", schema.INSTANT, "The start, with offset.", required=True)],
        responses=OpenApiResponse(ExplanationSerializer),
    )
    def get(self, request: Request, address: str, service_id: UUID) -> Response:
        """Every reason; sentences are in the page's time zone."""
        page = access.page_of(self.tenant, address)
        service = access.service(page, service_id)
        at = asked_instant(request, "at")
        if at is None:
            raise InvalidInput({"at": [_("This field is required.")]})
        found = explanations.explain_instant(page=page, service=service, at=at, now=self.now)
        reasons = [{"code": reason.code, "text": reason.text} for reason in found.reasons]
        return Response({"offered": found.offered, "reasons": reasons})
