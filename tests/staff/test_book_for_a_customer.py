"""Staff book for a customer: offered times and any time at which nobody is busy, once for one form."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Booking, BookingPage, Service
from bookings.services import questions
from tenants import acting
from tenants.models import Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
NEW = "/staff/bookings/new/"
ZOE = {"name": "Zoe Frei", "email": "zoe@example.net", "time_zone": "Europe/Berlin", "language": "de"}


@pytest.fixture(autouse=True)
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


def send(client: Client, service: Service, start: str, query: str = "", **changes: Any):
    address = f"{NEW}?service={service.pk}{query}"
    form = client.get(f"{address}&at={start}").context["form"]
    data = ZOE | {"at": start, "request_key": form["request_key"].value()} | changes
    return client.post(address, data)


def test_from_the_choice_of_the_service_to_the_booking(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, members = factories.clinic(contoso, staff=2, title="Check-up")
    scheduler = sign_in(Role.SCHEDULER)
    assert f"?service={service.pk}" in client.get(NEW).content.decode()
    week = client.get(NEW, {"service": str(service.pk), "staff": str(members[1].pk)}).content.decode()
    assert f"staff={members[1].pk}&amp;at=2026-11-23T08%3A00Z" in week
    answer = send(client, service, "2026-11-24T09:00Z", f"&staff={members[1].pk}", phone="+41 1")
    booking = Booking.objects.get()
    assert answer["Location"] == reverse("staff:booking", args=[booking.pk])
    assert (booking.staff_member, booking.starts_at) == (members[1], at("2026-11-24 09:00"))
    assert (booking.customer_name, booking.customer_time_zone, booking.customer_language) == (
        "Zoe Frei", "Europe/Berlin", "de",
    )  # fmt: skip
    assert booking.page == page and scheduler.user.email in client.get(answer["Location"]).content.decode()


def test_a_form_that_arrives_twice_books_once(client: Client, sign_in, contoso: Tenant) -> None:
    _page, service, _members = factories.clinic(contoso, staff=3)
    sign_in(Role.SCHEDULER)
    address = f"{NEW}?service={service.pk}"
    key = client.get(f"{address}&at=2026-11-24T09:00Z").context["form"]["request_key"].value()
    data = ZOE | {"at": "2026-11-24T09:00Z", "request_key": key}
    first, second = client.post(address, data), client.post(address, data)
    assert first["Location"] == second["Location"] and Booking.objects.count() == 1


def test_outside_of_hours_and_limits_but_never_twice(client: Client, sign_in, contoso: Tenant) -> None:
    _page, service, _members = factories.clinic(contoso, daily_limit=1)
    sign_in(Role.SCHEDULER)
    assert send(client, service, "2026-11-24T20:00Z").status_code == 409
    assert send(client, service, "2026-11-24T20:00Z", freely="yes").status_code == 302
    refused = send(client, service, "2026-11-24T20:15Z", freely="yes", name="Typed name")
    assert refused.status_code == 409 and 'value="Typed name"' in refused.content.decode()
    assert Booking.objects.count() == 1


def test_a_typed_time_is_on_the_members_own_clock(client: Client, sign_in, contoso: Tenant) -> None:
    _page, service, _members = factories.clinic(contoso)
    sign_in(Role.SCHEDULER)
    shown = client.get(NEW, {"service": str(service.pk), "free": "2026-11-24T22:10"})
    assert (
        'value="2026-11-24T21:10Z"' in shown.content.decode() and 'name="freely" value="yes"' in shown.content.decode()
    )
    wrong = client.get(NEW, {"service": str(service.pk), "free": "tomorrow"})
    assert "Enter a valid date/time." in wrong.content.decode()


def test_what_is_wrong_stands_beside_its_field(client: Client, sign_in, contoso: Tenant) -> None:
    _page, service, _members = factories.clinic(contoso)
    sign_in(Role.SCHEDULER)
    shown = send(client, service, "2026-11-24T09:00Z", email="nobody")
    assert shown.status_code == 422 and "such as ana@example.com" in shown.content.decode()
    assert not Booking.objects.exists()


def test_questions_are_there_and_may_stay_open(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, _members = factories.clinic(contoso, guests_allowed=True)
    question = questions.create(page=page, now=NOW, actor=acting.SYSTEM, label="Why?", kind="text")
    questions.assign(service=service, wanted={question: True}, now=NOW, actor=acting.SYSTEM)
    sign_in(Role.SCHEDULER)
    send(client, service, "2026-11-24T09:00Z")
    send(client, service, "2026-11-24T10:00Z", **{f"q_{question.pk}": "Pain", "guests": "bo@example.net"})
    first, second = Booking.objects.order_by("starts_at")
    assert first.answers == [] and second.answers[0]["answer"] == "Pain" and second.guests == ["bo@example.net"]


def test_no_approval_is_asked_for_what_staff_book(client: Client, sign_in, contoso: Tenant) -> None:
    _page, service, _members = factories.clinic(contoso, approval="host")
    sign_in(Role.SCHEDULER)
    send(client, service, "2026-11-24T09:00Z")
    assert Booking.objects.get().status == "confirmed"


def test_a_booking_is_made_again_for_the_same_customer(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, _members = factories.clinic(contoso)
    before = factories.book(page, service, at("2026-11-23 09:00"))
    sign_in(Role.SCHEDULER)
    form = client.get(NEW, {"again": str(before.pk), "at": "2026-11-30T09:00Z"}).context["form"]
    assert (form["name"].value(), form["email"].value()) == ("Ana Pérez", "ana@example.net")
    assert form["time_zone"].value() == "America/New_York"


def test_a_colleague_books_what_they_give_with_themselves_only(client: Client, sign_in, contoso: Tenant) -> None:
    page, service, (first, second) = factories.clinic(contoso, staff=2)
    before = factories.book(page, service, at("2026-11-23 09:00"), staff_id=second.pk)
    member = sign_in()
    second.mailbox.user = member.user
    second.mailbox.save()
    again = f"{NEW}?again={before.pk}"
    assert again.replace("&", "&amp;") in client.get(reverse("staff:booking", args=[before.pk])).content.decode()
    assert client.get(again).context["team"] == [second]
    send(client, service, "2026-11-24T09:00Z", f"&staff={first.pk}")
    assert Booking.objects.get(customer_name="Zoe Frei").staff_member == second
    other = factories.ServiceFactory(page=page, title="Not theirs", members=[first])
    assert client.get(NEW, {"service": str(other.pk)}).status_code == 404


def test_a_member_books_on_the_own_page_only(client: Client, sign_in, contoso: Tenant) -> None:
    _page, theirs, _members = factories.clinic(contoso)
    sign_in()
    client.post(reverse("staff:activate"))
    own = BookingPage.objects.get(kind="personal").services.first()
    listed = client.get(NEW).content.decode()
    assert str(own.pk) in listed and str(theirs.pk) not in listed
    assert client.get(NEW, {"service": str(theirs.pk)}).status_code == 404
    assert client.post(f"{NEW}?service={theirs.pk}", ZOE | {"at": "2026-11-24T09:00Z"}).status_code == 404
    assert client.get(NEW, {"service": "nonsense"}).status_code == 404
    sign_in(Role.VIEWER)
    assert client.get(NEW).status_code == 404


def test_with_nobody_to_book_it_says_so(client: Client, sign_in, contoso: Tenant) -> None:
    page, _service, _members = factories.clinic(contoso)
    alone = factories.ServiceFactory(page=page, title="Orphan", members=[])
    sign_in(Role.SCHEDULER)
    assert "Nobody gives this service" in client.get(NEW, {"service": str(alone.pk)}).content.decode()
