"""The organisation's rules for business pages: names, hidden staff, collected data, outsiders (FEATURES 117)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import Booking, BookingPage, Question, ServiceQuestion, TimeOffer
from bookings.notifications import ics, readers, wording
from bookings.services import holds, intake, pages
from tenants.errors import InvalidInput
from tenants.models import Mailbox, Role, Tenant
from tests.api.conftest import Program, anybody, contoso_api, monday
from tests.factories import NOW, at, book, clinic, member, personal_page
from tests.pages.conftest import visitor
from tests.pages.reading import details, text
from tests.policy import scene
from tests.staff.conftest import sign_in

__all__ = ["anybody", "contoso_api", "holds", "monday", "sign_in", "visitor"]

pytestmark = pytest.mark.django_db
TIME = "2026-11-24T09:00Z"


def wish(service: Any, **customer: str) -> dict[str, Any]:
    return {
        "serviceId": str(service.pk), "start": "2026-11-24T10:00:00", "timeZone": "Europe/Zurich",
        "customer": {"name": "Ana", "email": "ana@example.net"} | customer,
    }  # fmt: skip


def test_names_of_business_pages_follow_the_rules(contoso: Tenant, sign_in: Callable[..., Any], client: Client) -> None:
    old, _service, _people = clinic(contoso)
    before = old.display_name
    scene.organisation(contoso, naming_prefix="CTS", naming_suffix="Booking", naming_blocked=["CEO", "pay roll"])
    sign_in(Role.OWNER)
    form = {"language": "en", "time_zone": "Europe/Zurich"}
    for name in ("Office of the CEO", "Pay  Roll help"):
        shown = client.post(reverse("staff:page_new"), form | {"display_name": name}, follow=True).content.decode()
        assert "Names here must not contain" in shown
    assert BookingPage.objects.count() == 1
    client.post(reverse("staff:page_new"), form | {"display_name": "Ceorl Museum"})
    made = BookingPage.objects.exclude(pk=old.pk).get()
    assert (made.display_name, made.mailbox.address) == (
        "CTS Ceorl Museum Booking",
        "CTSCeorlMuseumBooking@contoso.com",
    )
    pages.change(page=made, display_name="CTS Museum Booking", **scene.ACT)
    assert made.display_name == "CTS Museum Booking"
    pages.change(page=old, display_name=before, phone="1", **scene.ACT)
    assert old.display_name == before
    with pytest.raises(InvalidInput):
        pages.change(page=old, display_name="CEO", **scene.ACT)
    mine, _types, _owner = personal_page(contoso)
    assert pages.change(page=mine, display_name="The CEO", **scene.ACT).display_name == "The CEO"


def test_names_follow_the_rules_for_programs_too(contoso: Tenant, contoso_api: Program) -> None:
    member(contoso, Role.OWNER)
    scene.organisation(contoso, naming_prefix="CTS", naming_blocked=["CEO"])
    status, answer, _headers = contoso_api("POST", "/pages", {"kind": "business", "displayName": "CEO"})
    assert (status, list(answer["errors"])) == (400, ["displayName"])
    status, answer, _headers = contoso_api("POST", "/pages", {"kind": "business", "displayName": "Clinic"})
    assert (status, answer["displayName"], answer["address"]) == (201, "CTS Clinic", "CTSClinic@contoso.com")


def test_customers_read_nothing_of_the_staff(contoso: Tenant, visitor: Client, anybody: Program) -> None:
    page, service, people = clinic(contoso, staff=2)
    names = {person.display_name for person in people} | {person.email for person in people}
    asked_for, other = people
    ids = {str(other.pk)}  # whoever asks for somebody by an id from before, knew it
    address = f"{page.path}service/{service.pk}"
    assert any(name in text(visitor.get(address)) for name in names)
    scene.organisation(contoso, hides_staff_details=True)
    shown = [visitor.get(address), visitor.get(f"{address}?staff={asked_for.pk}"),
             visitor.get(f"{address}?time={TIME}"),
             visitor.get(scene.microsofts(page)), visitor.get(scene.slots_of(page, service)),
             visitor.get(f"{address}?time={TIME}&staff={asked_for.pk}")]  # fmt: skip
    sent = details(visitor, f"{address}?time={TIME}")
    shown.append(visitor.post(f"{address}?time={TIME}", sent, follow=True))
    status, answer, _headers = anybody("POST", f"/pages/{page.address}/bookings", wish(service))
    assert (status, answer["staffMemberIds"]) == (201, [])
    for response in shown:
        assert response.status_code == 200
        body = response.content.decode()
        assert not [secret for secret in names | ids if secret in body]
    assert anybody("GET", f"{scene.slots_of(page, service)[7:]}&staffId={asked_for.pk}")[0] == 400
    body = {"staffIds": [str(asked_for.pk)], "startDateTime": {"dateTime": "2026-11-24T00:00:00", "timeZone": "UTC"},
            "endDateTime": {"dateTime": "2026-11-25T00:00:00", "timeZone": "UTC"}}  # fmt: skip
    asked = scene.microsofts(page).replace("/services", "/getStaffAvailability")
    assert visitor.post(asked, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("template", ["confirmed", "rescheduled", "cancelled", "reassigned", "reminder", "joinLink"])
def test_mails_and_calendar_files_name_the_page_in_the_staffs_place(contoso: Tenant, template: Any) -> None:
    page, service, (host,) = clinic(contoso)
    scene.organisation(contoso, hides_staff_details=True)
    booking = book(page, service, at("2026-11-24 09:00"))
    booking.guests = ["guest@example.net"]
    for kind, who in (("customer", ""), ("guest", "guest@example.net")):
        reader = readers.of(booking, kind, who)
        context = wording.Context(before="Kim Weber")
        letter = str(wording.booking_letter(booking, template=template, reader=reader, context=context))
        calendar = ics.calendar_file(booking, reader=kind, method="REQUEST", now=NOW)
        for secret in (host.display_name, host.email, "Kim Weber"):
            assert secret not in letter and secret not in calendar.replace("\r\n ", "")
        assert page.display_name in letter and f"mailto:{page.mailbox.address}" in calendar.replace("\r\n ", "")
    staff = str(wording.booking_letter(booking, template=template, reader="staff"))
    assert booking.customer_email in staff


def test_a_personal_page_stays_its_persons(contoso: Tenant, visitor: Client) -> None:
    page, service, owner = personal_page(contoso)
    scene.organisation(contoso, hides_staff_details=True)
    booking = book(page, service, at("2026-11-24 09:00"))
    assert page.display_name in text(visitor.get(page.path))
    assert owner.email in ics.calendar_file(booking, reader="customer", method="REQUEST", now=NOW).replace("\r\n ", "")


def test_what_is_not_collected_is_neither_asked_nor_kept(
    contoso: Tenant, visitor: Client, anybody: Program, sign_in: Callable[..., Any]
) -> None:
    page, service, _people = clinic(contoso)
    question = Question.objects.create(tenant=contoso, page=page, label="Which shoe size?", kind="text")
    ServiceQuestion.objects.create(tenant=contoso, service=service, question=question, is_required=True)
    address = f"{page.path}service/{service.pk}?time={TIME}"
    before = visitor.get(address).content.decode()
    assert all(word in before for word in ('name="phone"', 'name="notes"', "Which shoe size?"))
    scene.organisation(contoso, collects_phone=False, collects_notes=False, collects_answers=False)
    after = visitor.get(f"{address}&phone=123&notes=secret").content.decode()
    assert not any(word in after for word in ('name="phone"', 'name="notes"', "Which shoe size?"))
    sent = details(visitor, address, phone="0123", notes="My illness") | {f"q_{question.pk}": "44"}
    assert visitor.post(address, sent).status_code == 303
    booking = Booking.objects.get()
    assert (booking.customer_phone, booking.customer_notes, booking.answers) == ("", "", [])
    bookings = f"/pages/{page.address}/bookings"
    status, answer, _headers = anybody("POST", bookings, wish(service, phone="0123", notes="My illness"))
    assert (status, sorted(answer["errors"])) == (400, ["customer.notes", "customer.phone"])
    answered = wish(service) | {"answers": [{"questionId": str(question.pk), "answer": "44"}]}
    assert anybody("POST", bookings, answered)[0] == 400
    assert anybody("POST", bookings, wish(service) | {"start": "2026-11-24T11:00:00"})[0] == 201
    sign_in(Role.SCHEDULER)
    assert intake.not_collected(contoso) == ["phone", "notes"]


def test_outsiders_find_nothing_where_they_are_blocked(contoso: Tenant, visitor: Client, anybody: Program) -> None:
    page, service, _people = clinic(contoso)
    BookingPage.objects.update(is_indexed=True)
    address = f"{page.path}service/{service.pk}"
    booking = book(page, service, at("2026-11-24 09:00"))
    offer = TimeOffer.objects.create(
        tenant=contoso, group=booking.pk, service=service, starts_at=at("2026-11-25 09:00"), origin=booking,
        token_hash="0" * 64, token="x", expires_at=at("2026-11-24 09:00"), created_at=NOW,
    )  # fmt: skip
    scene.organisation(contoso, blocks_outside=True)
    for place in (page.path, address, f"{address}?time={TIME}"):
        answer = visitor.get(place)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")
    assert visitor.get(scene.microsofts(page)).status_code == 404
    assert anybody("GET", scene.slots_of(page, service)[7:])[0] == 404
    assert anybody("POST", f"/pages/{page.address}/bookings", wish(service))[0] == 404
    assert visitor.get(f"/manage/{booking.manage_token}").status_code == 200
    assert offer.used_at is None
    colleague = Client()
    colleague.force_login(member(contoso, Role.VIEWER).user)
    shown = colleague.get(page.path)
    assert shown.status_code == 200 and shown["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("program", ["own"])
def test_a_program_of_the_organisation_still_books(contoso: Tenant, contoso_api: Program, program: str) -> None:
    page, service, _people = clinic(contoso)
    scene.organisation(contoso, blocks_outside=True, hides_staff_details=True)
    status, answer, _headers = contoso_api("POST", f"/pages/{page.address}/bookings", wish(service))
    assert (status, len(answer["staffMemberIds"])) == (201, 1)
    assert Mailbox.objects.filter(kind=Mailbox.Kind.SCHEDULING).count() == 1
