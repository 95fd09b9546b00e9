"""What a picker says beside times: free seats, who takes part, who stands in, and where to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from bookings.models import BookingPage, Service, StaffMember, TimeOff, WaitingEntry
from tenants.models import Tenant
from tests.factories import NOW, ServiceFactory, StaffMemberFactory, at, book, clinic, personal_page
from tests.pages.reading import details, links, text, times
from tests.visitor.asking import SLOT, path_of

DAY = timedelta(days=1)


def away(page: BookingPage, member: StaffMember | None, colleague: StaffMember | None, **period: object) -> TimeOff:
    return TimeOff.objects.create(
        tenant=page.tenant, page=page, staff_member=member, redirect_to=colleague,
        **({"starts_at": NOW - DAY, "ends_at": at("2026-12-12 23:00")} | period),
    )  # fmt: skip


def test_free_seats_are_shown_and_fall_with_every_booking(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, seats=3)
    book(page, service, at("2026-11-24 09:00"))
    said = text(visitor.get(f"{path_of(service)}?date=2026-11-24"))
    assert "10:00 am 2 seats left" in said
    assert "10:30 am 3 seats left" in said
    assert "Shared: up to 3 take part" in said


def test_a_shared_time_is_booked_by_several_and_each_manages_the_own_place(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso, seats=2)
    address = f"{path_of(service)}?{SLOT}"
    first = visitor.post(address, details(visitor, address, email="ana@example.net"))
    second = visitor.post(address, details(visitor, address, email="ben@example.net", name="Ben"))
    assert "2026-11-24T09:00Z" not in times(visitor.get(f"{path_of(service)}?date=2026-11-24"))
    mine = text(visitor.get(first["Location"]))
    assert "your own place only" in mine
    assert "ben@example.net" not in mine
    visitor.post(f"{first['Location'].partition('?')[0]}/cancel", {})
    assert "This booking is cancelled" in text(visitor.get(first["Location"]))
    assert "You are booked" in text(visitor.get(second["Location"]))
    assert "2026-11-24T09:00Z" in times(visitor.get(f"{path_of(service)}?date=2026-11-24"))


def test_whoever_takes_part_together_is_named_and_cannot_be_chosen(contoso: Tenant, visitor: Client) -> None:
    _page, service, members = clinic(contoso, staff=3, staffing=Service.Staffing.ALL)
    for member, name in zip(members, ("Ana", "Ben", "Carla"), strict=True):
        member.display_name = name
        member.save()
    picker = visitor.get(f"{path_of(service)}?staff={members[1].pk}")
    assert "with Ana, Ben and Carla" in text(picker)
    assert 'name="staff"' not in picker.content.decode().partition("<footer")[0].partition('class="preferences"')[0]
    address = f"{path_of(service)}?{SLOT}"
    answer = visitor.post(address, details(visitor, address))
    assert "Ana, Ben and Carla" in text(visitor.get(answer["Location"]))


def test_whoever_is_away_names_a_colleague_on_the_same_page(contoso: Tenant, visitor: Client) -> None:
    page, service, members = clinic(contoso, staff=2)
    ana, ben = members
    away(page, ana, ben)
    picker = visitor.get(f"{path_of(service)}?staff={ana.pk}&tz=Europe/Zurich")
    said = text(picker)
    assert f"{ana.display_name} is away until Saturday 12 December 2026." in said
    assert f"Meanwhile {ben.display_name} can see you" in said
    assert f"staff={ben.pk}" in picker.content.decode()
    assert "is away until" not in text(visitor.get(f"{path_of(service)}?staff={ben.pk}"))
    assert "is away until" not in text(visitor.get(path_of(service)))


def test_a_month_without_a_time_tells_of_an_absence_that_begins_later(contoso: Tenant, visitor: Client) -> None:
    page, service, [ana, ben] = clinic(contoso, staff=2, minimum_lead=3 * DAY)
    away(page, ana, ben, starts_at=NOW + 2 * DAY)
    said = text(visitor.get(f"{path_of(service)}?staff={ana.pk}&tz=Europe/Zurich"))
    assert "No free times this month" in said and f"{ana.display_name} is away until" in said


def test_the_owner_of_a_personal_page_leads_to_the_colleagues_own(contoso: Tenant, visitor: Client) -> None:
    page, service, owner = personal_page(contoso)
    other, _service, colleague = personal_page(contoso)
    away(page, owner, colleague)
    assert f'href="{other.path}"' in visitor.get(path_of(service)).content.decode()
    other.is_published = False
    other.save()
    closed = visitor.get(path_of(service))
    assert f'href="{other.path}"' not in closed.content.decode()
    assert f"Meanwhile {colleague.display_name} stands in." in text(closed)


def test_whoever_is_back_in_the_middle_of_a_day_says_when(contoso: Tenant, visitor: Client) -> None:
    page, service, owner = personal_page(contoso)
    _page, _service, colleague = personal_page(contoso)
    away(page, owner, colleague, ends_at=at("2026-11-25 12:30"))
    said = text(visitor.get(f"{path_of(service)}?tz=America/New_York"))
    assert f"{owner.display_name} is away until Wednesday 25 November 2026, 7:30 am." in said


@pytest.mark.parametrize(
    "period",
    [
        {"ends_at": NOW - timedelta(hours=1)},
        {"starts_at": NOW + 9 * DAY, "ends_at": NOW + 12 * DAY},
    ],
)
def test_absences_of_other_days_say_nothing_today(contoso: Tenant, visitor: Client, period: dict[str, object]) -> None:
    page, service, members = clinic(contoso, staff=2)
    away(page, members[0], members[1], **period)
    address = f"{path_of(service)}?staff={members[0].pk}"
    assert "is away until" not in text(visitor.get(f"{address}&date=2026-11-23"))


def test_an_absence_without_a_colleague_is_nobodys_business(contoso: Tenant, visitor: Client) -> None:
    page, service, owner = personal_page(contoso)
    away(page, owner, None, reason="Surgery")
    said = text(visitor.get(path_of(service)))
    assert "is away" not in said
    assert "Surgery" not in said


def test_a_full_calendar_leads_to_the_waiting_list(contoso: Tenant, visitor: Client) -> None:
    page, _service, members = clinic(contoso)
    never = ServiceFactory(page=page, minimum_lead=3 * DAY, waiting_list=True)
    picker = visitor.get(f"{path_of(never)}?date=2026-11-24&tz=Europe/Zurich")
    address = next(link for link in links(picker, "button") if "waiting" in link)
    shown = visitor.get(address)
    assert 'value="2026-11-24"' in shown.content.decode()
    assert visitor.post(address, details(visitor, address)).status_code == 303
    assert WaitingEntry.objects.get().customer_email == "ana@example.net"
    never.waiting_list = False
    never.save()
    assert "waiting" not in visitor.get(f"{path_of(never)}?date=2026-11-24").content.decode().partition("<footer")[0]
    assert len(members) == 1


def test_a_day_with_times_also_leads_to_the_waiting_list(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso, waiting_list=True)
    assert "None of these? Waiting list" in text(visitor.get(path_of(service)))


def test_a_picker_with_everything_costs_eight_queries(
    contoso: Tenant, visitor: Client, django_assert_max_num_queries
) -> None:
    page, service, owner = personal_page(contoso, waiting_list=True)
    owner.mailbox.syncs_calendar = True
    owner.mailbox.save()
    page.consent_text = "I agree."
    page.save()
    StaffMemberFactory(page=page)
    address = path_of(service)
    with django_assert_max_num_queries(8):
        visitor.get(address)
    with django_assert_max_num_queries(8):
        visitor.get(f"{address}?{SLOT}")
