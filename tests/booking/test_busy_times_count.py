"""What Outlook and exceptions do to the times on offer, by the organisation's settings."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.models import BookingPage, DateOverride, Service, StaffMember, TimeOff
from bookings.services import offers
from tenants.models import BusyPeriod, Claim, Tenant
from tenants.services import claims
from tests.factories import NOW, at, clinic

MONDAY = date(2026, 11, 23)
ZURICH = ZoneInfo("Europe/Zurich")


def hours(page: BookingPage, service: Service, day: date = MONDAY) -> list[str]:
    """The times on offer on a day, as Zurich's clock shows them."""
    page = BookingPage.objects.select_related("tenant").get(pk=page.pk)
    offer = offers.offer(page=page, service=service, first_date=day, last_date=day, zone=ZURICH, now=NOW)
    return [f"{at('1970-01-01') + timedelta(seconds=s.start):%H:%M}" for s in shifted(offer)]


def shifted(offer: offers.Offer) -> list[object]:
    """Slots with starts moved to Zurich's winter clock."""
    return [slot._replace(start=slot.start + 3600) for slot in offer.slots]


def outlook(doctor: StaffMember, start: str, end: str, show_as: str = "busy") -> BusyPeriod:
    """An event in the doctor's Outlook (UTC)."""
    return BusyPeriod.objects.create(
        tenant=doctor.tenant,
        mailbox=doctor.mailbox,
        event_id=f"{start}{show_as}",
        starts_at=at(start),
        ends_at=at(end),
        show_as=show_as,
    )


@pytest.fixture
def hourly(contoso: Tenant) -> tuple[BookingPage, Service, StaffMember]:
    """One hour, every hour, nine to five."""
    page, service, [doctor] = clinic(contoso, duration=timedelta(hours=1), slot_interval=timedelta(hours=1))
    return page, service, doctor


@pytest.mark.row("S0.1", "S4.1")
def test_an_outlook_event_takes_its_times_away(hourly: tuple[BookingPage, Service, StaffMember]) -> None:
    page, service, doctor = hourly
    outlook(doctor, "2026-11-23 09:15", "2026-11-23 10:30")
    assert hours(page, service) == ["09:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


@pytest.mark.parametrize(
    ("show_as", "setting", "blocks"),
    [
        ("free", None, False),
        ("busy", None, True),
        ("unknown", None, True),
        ("tentative", "tentative_is_busy", True),
        ("oof", "out_of_office_is_busy", True),
        ("workingElsewhere", "working_elsewhere_is_busy", False),
    ],
)
def test_what_an_event_shows_as_counts_as_the_organisation_says(
    hourly: tuple[BookingPage, Service, StaffMember], contoso: Tenant, show_as: str, setting: str | None, blocks: bool
) -> None:
    page, service, doctor = hourly
    outlook(doctor, "2026-11-23 08:00", "2026-11-23 09:00", show_as)
    assert ("09:00" not in hours(page, service)) is blocks
    if setting:
        setattr(contoso, setting, not blocks)
        contoso.save()
        assert ("09:00" not in hours(page, service)) is not blocks


def test_a_colleagues_calendar_is_ignored_when_told_so(hourly: tuple[BookingPage, Service, StaffMember]) -> None:
    page, service, doctor = hourly
    outlook(doctor, "2026-11-23 00:00", "2026-11-24 00:00")
    assert hours(page, service) == []
    doctor.calendar_counts = False
    doctor.save()
    assert len(hours(page, service)) == 8


def test_an_override_replaces_the_day_and_an_empty_one_closes_it(
    hourly: tuple[BookingPage, Service, StaffMember],
) -> None:
    page, service, doctor = hourly
    override = DateOverride.objects.create(
        tenant=page.tenant, page=page, on_date=MONDAY, intervals=[["18:00", "20:00"]]
    )
    assert hours(page, service) == ["18:00", "19:00"]
    DateOverride.objects.create(
        tenant=page.tenant, page=page, staff_member=doctor, on_date=MONDAY, intervals=[["07:30", "08:30"]]
    )
    assert hours(page, service) == ["07:30"]
    DateOverride.objects.exclude(pk=override.pk).update(intervals=[])
    assert hours(page, service) == []
    assert len(hours(page, service, MONDAY + timedelta(days=1))) == 8


def test_time_off_and_a_closure_take_time_away_but_move_no_other_time(
    hourly: tuple[BookingPage, Service, StaffMember],
) -> None:
    page, service, doctor = hourly
    own = {"tenant": page.tenant, "page": page}
    TimeOff.objects.create(**own, staff_member=doctor, starts_at=at("2026-11-23 09:30"), ends_at=at("2026-11-23 10:20"))
    TimeOff.objects.create(**own, starts_at=at("2026-11-23 15:00"), ends_at=at("2026-11-24 23:00"))
    assert hours(page, service) == ["09:00", "12:00", "13:00", "14:00", "15:00"]
    assert hours(page, service, MONDAY + timedelta(days=1)) == []


def test_own_hours_in_the_own_zone(hourly: tuple[BookingPage, Service, StaffMember]) -> None:
    page, service, doctor = hourly
    doctor.uses_business_hours, doctor.time_zone = False, "America/New_York"
    doctor.weekly_hours = {"mon": [["09:00", "11:00"]]}
    doctor.save()
    assert hours(page, service) == ["15:00", "16:00"]


def test_a_hold_counts_until_it_lapses(hourly: tuple[BookingPage, Service, StaffMember]) -> None:
    page, service, doctor = hourly
    with claims.ledger():
        wanted = claims.Wanted(doctor.claim_key, at("2026-11-23 08:00"), at("2026-11-23 09:00"))
        claims.take(
            tenant=page.tenant, owner_id=page.pk, wanted=[wanted], now=NOW, expires_at=NOW + timedelta(minutes=5)
        )
    assert "09:00" not in hours(page, service)
    Claim.objects.update(expires_at=NOW)
    assert "09:00" in hours(page, service)


@pytest.mark.row("S0.1")
def test_a_month_of_twenty_staff_with_ten_thousand_busy_periods_takes_few_queries(
    contoso: Tenant, django_assert_max_num_queries: object
) -> None:
    page, service, members = clinic(contoso, staff=20)
    start = at("2026-11-23 00:00")
    BusyPeriod.objects.bulk_create(
        BusyPeriod(
            tenant=contoso, mailbox=member.mailbox, event_id=str(n),
            starts_at=start + timedelta(hours=n), ends_at=start + timedelta(hours=n, minutes=20),
        )
        for member in members
        for n in range(500)
    )  # fmt: skip
    page = BookingPage.objects.select_related("tenant").get(pk=page.pk)
    with django_assert_max_num_queries(5):
        offer = offers.offer(
            page=page, service=service, first_date=MONDAY, last_date=MONDAY + timedelta(days=29), zone=ZURICH, now=NOW
        )
    assert len(offer.slots) > 200
