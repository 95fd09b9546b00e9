"""Reports: what was booked, kept, missed and cancelled, counted by the database in the reader's zone."""

from __future__ import annotations

import csv
import io
import zoneinfo
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Booking, BookingPage, Service, StaffMember
from bookings.services import reports
from bookings.views.staff import charts
from tenants.models import Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
ZURICH = zoneinfo.ZoneInfo("Europe/Zurich")


@pytest.fixture(autouse=True)
def the_day():
    with time_machine.travel(at("2026-12-20 08:00"), tick=False):
        yield


@pytest.fixture
def clinic(contoso: Tenant) -> tuple[BookingPage, Service, list[StaffMember]]:
    """Eleven bookings in two weeks: one missed, two gone, one of another service late on a Sunday in New York."""
    page, service, members = factories.clinic(contoso, staff=2)
    made = [factories.book(page, service, at(f"2026-11-{24 + n % 5} {8 + n // 5:02}:00")) for n in range(9)]
    late = factories.ServiceFactory(page=page, title="=Late", members=members[:1])
    made.append(factories.book(page, late, at("2026-12-07 15:30")))
    made.append(factories.book(page, late, at("2026-12-13 08:00")))
    for booking, status in zip(made, ("noShow", "cancelled", "declined"), strict=False):
        Booking.objects.filter(pk=booking.pk).update(status=status)
    return page, service, members


def test_bookings_are_counted_by_outcome_service_colleague_week_and_hour(clinic) -> None:
    page, _service, members = clinic
    found = reports.report(
        Booking.objects.all(), first_date=date(2026, 11, 23), last_date=date(2026, 12, 13), zone=ZURICH
    )
    assert (found.total.total, found.total.kept, found.total.no_shows, found.total.gone) == (11, 8, 1, 2)
    assert (found.total.no_show_rate, found.total.gone_rate) == (11, 18)
    assert [(line.label, line.total) for line in found.services] == [("Consultation", 9), ("=Late", 2)]
    assert sum(line.total for line in found.staff) == 11
    assert [(week.isoformat(), line.total) for week, line in found.weeks] == [
        ("2026-11-23", 9), ("2026-11-30", 0), ("2026-12-07", 2),
    ]  # fmt: skip
    assert found.hours[(0, 16)] == 1 and sum(found.hours.values()) == 9
    assert page.staff_members.count() == len(members)


def test_days_and_hours_are_the_readers(clinic) -> None:
    los_angeles = zoneinfo.ZoneInfo("America/Los_Angeles")
    day = {"first_date": date(2026, 12, 12), "last_date": date(2026, 12, 12)}
    found = reports.report(Booking.objects.all(), zone=los_angeles, **day)
    assert (found.total.total, found.hours) == (0, {})
    day = {"first_date": date(2026, 12, 13), "last_date": date(2026, 12, 13)}
    assert reports.report(Booking.objects.all(), zone=los_angeles, **day).hours == {(6, 0): 1}
    assert reports.report(Booking.objects.all(), zone=ZURICH, **day).hours == {(6, 9): 1}


def test_lead_times_are_told_by_class_and_on_average(contoso: Tenant) -> None:
    page, service, _members = factories.clinic(contoso)
    for start, ahead in (("2026-12-01 08:00", 2), ("2026-12-01 09:00", 24), ("2026-12-01 10:00", 24 * 40)):
        booking = factories.book(page, service, at(start))
        Booking.objects.filter(pk=booking.pk).update(created_at=at(start) - timedelta(hours=ahead))
    found = reports.report(
        Booking.objects.all(), first_date=date(2026, 12, 1), last_date=date(2026, 12, 1), zone=ZURICH
    )
    assert [line.total for line in found.leads] == [1, 1, 0, 0, 0, 1]
    assert found.lead == timedelta(hours=(2 + 24 + 960) / 3)


def test_the_number_of_queries_does_not_grow(clinic, client: Client, sign_in, django_assert_max_num_queries) -> None:
    sign_in(Role.OWNER)
    days = {"first": "2026-11-01", "last": "2026-12-31"}
    with django_assert_max_num_queries(18):
        shown = client.get(reverse("staff:reports"), days)
    assert shown.context["found"].total.total == 11
    text = shown.content.decode()
    assert text.count("<svg") >= 4 and "style=" not in text


def test_the_file_has_the_same_numbers_and_no_formulas(clinic, client: Client, sign_in) -> None:
    page, service, _members = clinic
    sign_in(Role.OWNER)
    days = {"first": "2026-11-23", "last": "2026-12-13"}
    answer = client.get(reverse("staff:reports_file"), days)
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    by_label = {(row["table"], row["label"]): row for row in rows}
    assert by_label["total", "All"]["bookings"] == "11"
    assert by_label["service", "'=Late"]["bookings"] == "2"
    filtered = client.get(reverse("staff:reports"), days | {"service": str(service.pk), "page": str(page.pk)})
    assert filtered.context["found"].total.total == 9


def test_a_team_member_reads_about_their_own_and_a_stranger_about_nothing(clinic, client: Client, sign_in) -> None:
    _page, _service, members = clinic
    days = {"first": "2026-11-23", "last": "2026-12-13"}
    member = sign_in()
    shown = client.get(reverse("staff:reports"), days)
    assert shown.context["found"].total.total == 0 and "No bookings in these days" in shown.content.decode()
    members[0].mailbox.user = member.user
    members[0].mailbox.save()
    own = members[0].bookings.count()
    assert client.get(reverse("staff:reports"), days).context["found"].total.total == own < 11
    theirs = client.get(reverse("staff:reports"), days | {"staff": str(members[1].pk)})
    assert "Select a valid choice" in theirs.content.decode()


def test_an_end_before_the_start_is_explained(client: Client, sign_in) -> None:
    sign_in(Role.OWNER)
    shown = client.get(reverse("staff:reports"), {"first": "2026-12-02", "last": "2026-12-01"}).content.decode()
    assert "The end must come after the start." in shown


def test_columns_stand_on_the_floor_and_fit_the_picture() -> None:
    weeks = [(date(2026, 11, 2) + timedelta(weeks=n), reports.Line("", 7 * n, n, n)) for n in range(20)]
    chart = charts.of_weeks(weeks, "%(week)s: %(n)d")
    floor = charts.HEIGHT - charts.BOTTOM
    assert all(bar.y >= 0 and bar.x + bar.width <= charts.WIDTH for bar in chart.bars)
    kept = [bar for bar in chart.bars if bar.kind == "kept"]
    assert all(abs(bar.y + bar.height - floor) < 0.02 for bar in kept)
    assert len(chart.lines) <= 7 and charts.of_hours({}, ["Mo"] * 7).height == 0


def test_a_stretch_is_not_longer_than_two_years(contoso: Tenant) -> None:
    found = reports.report(Booking.objects.all(), first_date=date(2020, 1, 1), last_date=NOW.date(), zone=ZURICH)
    assert (found.last_date - found.first_date).days == reports.MOST_DAYS - 1
