"""Day and time: what the picker shows is what is offered, and every state has an address."""

from __future__ import annotations

import zoneinfo
from datetime import date, timedelta

import pytest
from django.test import Client

from bookings.services import offers
from bookings.views.choice import as_text
from tenants.models import BusyRead, Tenant
from tests.factories import NOW, StaffMemberFactory, at, book, clinic, personal_page
from tests.pages.reading import form, links, text, times

ZURICH = zoneinfo.ZoneInfo("Europe/Zurich")


def path_of(page, service) -> str:
    return f"{page.path}{'/meetingtype/' if page.is_personal else 'service/'}{service.pk}"


@pytest.mark.row("S1.36", "S4.1")
@pytest.mark.parametrize("zone", ["Europe/Zurich", "Asia/Kolkata", "America/Los_Angeles"])
def test_the_times_shown_are_the_times_offered(contoso: Tenant, visitor: Client, zone: str) -> None:
    page, service, _owner = personal_page(contoso)
    book(page, service, at("2026-12-01 09:00"))
    reader = zoneinfo.ZoneInfo(zone)
    offer = offers.offer(
        page=page, service=service, first_date=date(2026, 12, 1), last_date=date(2026, 12, 3), zone=reader, now=NOW
    )
    for day, found in offer.days:
        answer = visitor.get(f"{path_of(page, service)}?tz={zone}&date={day.isoformat()}")
        expected = [as_text(NOW + timedelta(seconds=slot.start - NOW.timestamp())) for slot in found]
        assert times(answer) == expected
        assert expected


def test_the_first_free_day_is_open_at_once(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    answer = visitor.get(path_of(page, service))
    assert "November 2026" in text(answer)
    assert "Monday 23 November" in text(answer)
    assert times(answer)[0] == "2026-11-23T08:00Z"
    assert answer.content.decode().count('aria-current="date"') == 1


def test_hours_are_twelve_or_twenty_four_by_language(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = path_of(page, service)
    assert "9:00 am" in text(visitor.get(address, headers={"accept-language": "en-US,en"}))
    british = text(visitor.get(address, headers={"accept-language": "en-GB,en"}))
    german = text(visitor.get(address, headers={"accept-language": "de-CH"}))
    assert "09:00" in british
    assert "9:00 am" not in british
    assert "Montag, 23. November" in german
    assert "09:00" in german


def test_the_hosts_zone_is_named_where_it_differs(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = path_of(page, service)
    assert "host’s time zone" not in text(visitor.get(address))
    away = visitor.get(f"{address}?tz=America/New_York&time=2026-11-24T14:00Z")
    assert "9:00 am – 9:30 am" in text(away)
    assert "3:00 pm for your host in Zurich" in text(away)


@pytest.mark.parametrize(
    "query",
    [
        "tz=Nowhere/Land", "tz=../../etc/passwd", "month=2026-13", "month=0001-01", "month=9999-12", "date=yesterday",
        "date=1900-01-01", "date=9999-12-31", "staff=me", "time=noon", "time=2026-12-01T09:00",
        "time=9999-12-31T23:59Z", "time=0001-01-01T00:00-23:59", "tz=%00", "date=2026-W01",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_picker(contoso: Tenant, visitor: Client, query: str) -> None:
    page, service, _owner = personal_page(contoso)
    answer = visitor.get(f"{path_of(page, service)}?{query}")
    assert answer.status_code == 200
    assert "Your details" in text(answer)


def test_months_lead_on_until_the_last_that_can_be_booked(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso, maximum_advance=timedelta(days=30))
    first = visitor.get(path_of(page, service)).content.decode()
    assert "previous-month" not in first
    assert "month=2026-12" in first
    last = visitor.get(f"{path_of(page, service)}?month=2026-12").content.decode()
    assert "previous-month" in last
    assert "next-month" not in last
    assert "December 2026" in visitor.get(f"{path_of(page, service)}?month=2031-01").content.decode()


def test_a_full_day_leads_to_the_next_free_one_with_one_click(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    page.weekly_hours = page.weekly_hours | {"tue": [], "wed": []}
    page.save()
    answer = visitor.get(f"{path_of(page, service)}?date=2026-11-24")
    assert "no free times on this day" in text(answer)
    assert "Thursday 26 November 2026" in text(answer)
    following = [address for address in links(answer, "button--primary") if "date=" in address]
    assert times(visitor.get(following[0]))[0] == "2026-11-26T08:00Z"


def test_without_any_free_time_the_page_says_so(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    page.weekly_hours = {day: [] for day in page.weekly_hours}
    page.save()
    answer = visitor.get(path_of(page, service))
    assert answer.status_code == 200
    assert "No free times this month" in text(answer)
    assert "Everything is booked for now" in text(answer)


def test_a_chosen_time_that_is_gone_shows_the_picker_again(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    book(page, service, at("2026-11-24 09:00"))
    answer = visitor.get(f"{path_of(page, service)}?time=2026-11-24T09:00Z")
    assert "no longer free" in text(answer)
    assert times(answer)


def test_a_host_whose_calendar_could_not_be_read_is_said_to_be_so(contoso: Tenant, visitor: Client) -> None:
    page, service, owner = personal_page(contoso)
    owner.mailbox.syncs_calendar = True
    owner.mailbox.save()
    read = BusyRead.objects.create(tenant=contoso, mailbox=owner.mailbox, read_at=NOW - timedelta(hours=1))
    assert "may still change" not in text(visitor.get(path_of(page, service)))
    read.failed_at = NOW
    read.save()
    assert "may still change" in text(visitor.get(path_of(page, service)))


def test_a_customer_chooses_the_person_where_the_service_allows_it(contoso: Tenant, visitor: Client) -> None:
    page, service, members = clinic(contoso, staff=2)
    book(page, service, at("2026-11-24 09:00"), staff_id=members[0].pk)
    address = f"{path_of(page, service)}?date=2026-11-24"
    assert "2026-11-24T09:00Z" in times(visitor.get(address))
    assert "2026-11-24T09:00Z" not in times(visitor.get(f"{address}&staff={members[0].pk}"))
    chosen = visitor.get(f"{path_of(page, service)}?staff={members[1].pk}&time=2026-11-24T09:00Z")
    assert f"with {members[1].display_name}" in text(chosen)
    assert form(chosen)["staff"] == str(members[1].pk)
    service.staff_choice = False
    service.save()
    assert "2026-11-24T09:00Z" in times(visitor.get(f"{address}&staff={members[0].pk}"))


def test_htmx_gets_only_the_part_it_swaps(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?date=2026-11-24"
    part = {"HX-Request": "true", "HX-Target": "times"}
    answer = visitor.get(address, headers=part)
    assert answer.content.decode().lstrip().startswith("<section")
    assert times(answer) == times(visitor.get(address))
    assert "HX-Request" in answer["Vary"]
    screen = visitor.get(address, headers=part | {"HX-Target": "screen"}).content.decode()
    assert screen.startswith('<div class="screen"')
    back = visitor.get(address, headers=part | {"HX-History-Restore-Request": "true"}).content.decode()
    assert back.startswith("<!doctype html>")


def test_a_page_costs_few_queries(contoso: Tenant, visitor: Client, django_assert_max_num_queries) -> None:
    page, service, owner = personal_page(contoso)
    owner.mailbox.syncs_calendar = True
    owner.mailbox.save()
    with django_assert_max_num_queries(3):
        visitor.get(page.path)
    with django_assert_max_num_queries(8):
        visitor.get(path_of(page, service))
    with django_assert_max_num_queries(8):
        visitor.get(f"{path_of(page, service)}?time=2026-11-24T09:00Z")


def test_twenty_people_cost_as_many_queries_as_one(
    contoso: Tenant, visitor: Client, django_assert_max_num_queries
) -> None:
    page, service, members = clinic(contoso, staff=20)
    for member in members:
        member.mailbox.syncs_calendar = True
        member.mailbox.save()
    assert len(members) == 20
    part = {"HX-Request": "true", "HX-Target": "times"}
    with django_assert_max_num_queries(8):
        visitor.get(f"{path_of(page, service)}?date=2026-11-24", headers=part)
    StaffMemberFactory(page=page)
    with django_assert_max_num_queries(8):
        visitor.get(path_of(page, service))
