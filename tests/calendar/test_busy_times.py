"""The local copy of what Outlook says is busy, read in rounds of changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bookings.models import EventLink
from bookings.services import offers
from tenants.microsoft365 import errors
from tenants.models import BusyPeriod, BusyRead, Mailbox
from tenants.sandbox import control, store
from tenants.sandbox.models import Event
from tests.calendar.clinic import ELEVEN, NINE, TEN, Clinic, reschedule
from tests.factories import NOW, at
from tests.microsoft365.organisation import Microsoft365, copy_of, run_due

pytestmark = pytest.mark.django_db(transaction=True)
DELTA = "/v1.0/users/*/calendarView/delta"
LATER = NOW + timedelta(minutes=20)
DAILY = {
    "pattern": {"type": "daily", "interval": 1},
    "range": {"type": "numbered", "startDate": "2026-11-24", "numberOfOccurrences": 3},
}


@pytest.fixture
def bea(microsoft365: Microsoft365) -> Mailbox:
    return microsoft365.mailbox("bea@contoso.com", "Bea Berger")


def free_at(clinic: Clinic, starts_at: object) -> bool:
    return bool(
        offers.free_staff(page=clinic.page, service=clinic.service, staff=[clinic.member], starts_at=starts_at, now=NOW)
    )


def test_a_first_read_brings_everything_over_all_pages(
    microsoft365: Microsoft365, bea: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.microsoft365.delta.PAGE_SIZE", 2)
    for day in range(5):
        microsoft365.put(bea, f"Day {day}", NINE + timedelta(days=day))
    microsoft365.pull(bea, NOW)
    assert [title for title, _, _ in copy_of(bea)] == [f"Day {day}" for day in range(5)]
    read = BusyRead.objects.get()
    assert (read.read_at, read.failed_at, read.last_error) == (NOW, None, "")
    assert len(control.requests(path=DELTA)) == 3


def test_later_reads_bring_what_changed_since(microsoft365: Microsoft365, bea: Mailbox) -> None:
    stays, moves, goes = (microsoft365.put(bea, name, NINE) for name in ("Stays", "Moves", "Goes"))
    microsoft365.pull(bea, NOW)
    untouched = BusyPeriod.objects.get(title="Stays").pk
    microsoft365.change(moves, {"start": _utc("10:00"), "end": _utc("11:00")})
    microsoft365.remove(goes)
    microsoft365.put(bea, "Comes", ELEVEN)
    microsoft365.pull(bea, LATER)
    assert copy_of(bea) == [
        ("Stays", "11-24 09:00", "11-24 09:30"),
        ("Moves", "11-24 10:00", "11-24 11:00"),
        ("Comes", "11-24 11:00", "11-24 11:30"),
    ]
    assert BusyPeriod.objects.get(title="Stays").pk == untouched
    assert "deltatoken" in control.requests(path=DELTA)[-1].query
    assert stays.pk


def _utc(clock: str) -> dict[str, str]:
    return {"dateTime": f"2026-11-24T{clock}:00", "timeZone": "UTC"}


def test_a_read_without_changes_writes_no_busy_time(microsoft365: Microsoft365, bea: Mailbox) -> None:
    microsoft365.put(bea, "Stays", NINE)
    microsoft365.pull(bea, NOW)
    microsoft365.pull(bea, LATER)
    assert BusyRead.objects.get().read_at == LATER
    assert len(copy_of(bea)) == 1


def test_a_lost_sync_state_leads_to_a_full_round_that_forgets_what_is_no_more(
    microsoft365: Microsoft365, bea: Mailbox
) -> None:
    goes = microsoft365.put(bea, "Goes", NINE)
    microsoft365.put(bea, "Stays", TEN)
    microsoft365.pull(bea, NOW)
    microsoft365.remove(goes)
    control.lose_sync_state("bea@contoso.com")
    microsoft365.pull(bea, LATER)
    assert [title for title, _, _ in copy_of(bea)] == ["Stays"]
    assert [row.status for row in control.requests(path=DELTA)] == [200, 410, 200]
    microsoft365.pull(bea, LATER)
    assert control.requests(path=DELTA)[-1].status == 200


def test_a_read_that_breaks_off_keeps_the_last_good_copy(
    microsoft365: Microsoft365, bea: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft365.put(bea, "Old", NINE)
    microsoft365.pull(bea, NOW)
    link = BusyRead.objects.get().delta_link
    monkeypatch.setattr("tenants.microsoft365.delta.PAGE_SIZE", 1)
    for number in range(3):
        microsoft365.put(bea, f"New {number}", TEN)
    control.delay(seconds=0, path=DELTA)
    control.fail(status=503, path=DELTA)
    with pytest.raises(errors.Throttled):
        microsoft365.pull(bea, LATER)
    assert copy_of(bea) == [("Old", "11-24 09:00", "11-24 09:30")]
    read = BusyRead.objects.get()
    assert (read.read_at, read.failed_at, read.delta_link) == (NOW, LATER, link)
    assert "503" in read.last_error
    microsoft365.pull(bea, LATER)
    assert len(copy_of(bea)) == 4
    assert BusyRead.objects.get().failed_at is None


def test_a_series_comes_as_its_occurrences(microsoft365: Microsoft365, bea: Mailbox) -> None:
    microsoft365.put(bea, "Standup", NINE, recurrence=DAILY, show_as="tentative")
    microsoft365.pull(bea, NOW)
    assert copy_of(bea) == [("Standup", f"11-{day} 09:00", f"11-{day} 09:30") for day in (24, 25, 26)]
    assert set(BusyPeriod.objects.values_list("show_as", flat=True)) == {"tentative"}
    assert len(set(BusyPeriod.objects.values_list("series_master_id", flat=True))) == 1


def test_an_occurrence_that_was_moved_or_deleted_stands_for_itself(microsoft365: Microsoft365, bea: Mailbox) -> None:
    series = microsoft365.put(bea, "Standup", NINE, recurrence=DAILY)
    microsoft365.pull(bea, NOW)
    _change_occurrence(microsoft365, series, "2026-11-25", start="2026-11-25T15:00:00", end="2026-11-25T15:30:00")
    _change_occurrence(microsoft365, series, "2026-11-26")
    microsoft365.pull(bea, LATER)
    assert copy_of(bea) == [("Standup", "11-24 09:00", "11-24 09:30"), ("Standup", "11-25 15:00", "11-25 15:30")]


def _change_occurrence(microsoft365: Microsoft365, series: Event, day: str, *, start: str = "", end: str = "") -> None:
    one = store.occurrence_of(Event.objects.get(pk=series.pk), date.fromisoformat(day))
    assert one is not None
    if not start:
        microsoft365.remove(one)
        return
    times = {name: {"dateTime": text, "timeZone": "UTC"} for name, text in (("start", start), ("end", end))}
    microsoft365.change(one, times)


def test_a_series_that_is_deleted_takes_its_occurrences_along(microsoft365: Microsoft365, bea: Mailbox) -> None:
    series = microsoft365.put(bea, "Standup", NINE, recurrence=DAILY)
    microsoft365.put(bea, "Stays", TEN)
    microsoft365.pull(bea, NOW)
    microsoft365.remove(series)
    microsoft365.pull(bea, LATER)
    assert [title for title, _, _ in copy_of(bea)] == ["Stays"]


def test_the_title_of_a_private_event_is_not_kept(microsoft365: Microsoft365, bea: Mailbox) -> None:
    for sensitivity in ("private", "personal", "confidential"):
        microsoft365.put(bea, f"Doctor {sensitivity}", NINE, sensitivity=sensitivity)
    microsoft365.put(bea, "Series", NINE, sensitivity="private", recurrence=DAILY)
    microsoft365.pull(bea, NOW)
    assert {title for title, _, _ in copy_of(bea)} == {""}
    assert BusyPeriod.objects.filter(is_private=True).count() == 6


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Zurich", "11-23 23:00", "11-24 23:00"),
        ("America/New_York", "11-24 05:00", "11-25 05:00"),
        ("Asia/Tokyo", "11-23 15:00", "11-24 15:00"),
        ("UTC", "11-24 00:00", "11-25 00:00"),
    ],
)  # fmt: skip
def test_an_all_day_event_is_the_local_day_of_its_mailbox(
    microsoft365: Microsoft365, zone: str, start: str, end: str
) -> None:
    bea = microsoft365.mailbox("bea@contoso.com", time_zone=zone)
    microsoft365.put(bea, "Holiday", at("2026-11-24 00:00"), minutes=24 * 60, is_all_day=True, show_as="oof")
    microsoft365.pull(bea, NOW)
    assert copy_of(bea) == [("Holiday", start, end)]
    assert BusyPeriod.objects.get().is_all_day


def test_another_time_zone_of_the_mailbox_reads_its_all_day_events_anew(
    microsoft365: Microsoft365, bea: Mailbox
) -> None:
    microsoft365.put(bea, "Holiday", at("2026-11-24 00:00"), minutes=24 * 60, is_all_day=True)
    microsoft365.pull(bea, NOW)
    Mailbox.objects.filter(pk=bea.pk).update(time_zone="Asia/Tokyo")
    microsoft365.pull(bea, LATER)
    assert copy_of(bea) == [("Holiday", "11-23 15:00", "11-24 15:00")]


def test_only_what_can_block_is_kept(microsoft365: Microsoft365, bea: Mailbox) -> None:
    for show_as in ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"):
        microsoft365.put(bea, show_as, NINE, show_as=show_as)
    Event.objects.filter(subject="unknown").update(is_cancelled=True)
    microsoft365.put(bea, "no length", TEN, minutes=0)
    microsoft365.pull(bea, NOW)
    kept = set(BusyPeriod.objects.values_list("title", "show_as"))
    assert kept == {(name, name) for name in ("tentative", "busy", "oof", "workingElsewhere")}


def test_an_event_that_becomes_free_leaves_the_copy(microsoft365: Microsoft365, bea: Mailbox) -> None:
    event = microsoft365.put(bea, "Focus", NINE)
    microsoft365.pull(bea, NOW)
    microsoft365.change(event, {"showAs": "free"})
    microsoft365.pull(bea, LATER)
    assert copy_of(bea) == []


@pytest.mark.row("S0.1", "S4.1")
def test_a_time_that_is_taken_in_outlook_is_not_offered(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    assert free_at(clinic, NINE)
    microsoft365.put(clinic.bea, "Dentist", NINE, sensitivity="private")
    microsoft365.pull(clinic.bea, NOW)
    assert not free_at(clinic, NINE)
    assert free_at(clinic, TEN)


@pytest.mark.parametrize(
    ("show_as", "setting"),
    [
        ("tentative", "tentative_is_busy"),
        ("oof", "out_of_office_is_busy"),
        ("workingElsewhere", "working_elsewhere_is_busy"),
    ],
)  # fmt: skip
def test_the_organisation_decides_what_blocks(microsoft365: Microsoft365, show_as: str, setting: str) -> None:
    clinic = Clinic(microsoft365)
    microsoft365.put(clinic.bea, "Perhaps", NINE, show_as=show_as)
    microsoft365.pull(clinic.bea, NOW)
    for blocks in (True, False):
        setattr(microsoft365.tenant, setting, blocks)
        microsoft365.tenant.save()
        clinic.page.refresh_from_db()
        assert free_at(clinic, NINE) is not blocks


def test_the_event_of_a_booking_does_not_block_a_second_time(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    booking = clinic.book()
    run_due()
    microsoft365.pull(clinic.bea, NOW)
    assert len(copy_of(clinic.bea)) == 1
    assert offers.free_staff(
        page=clinic.page, service=clinic.service, staff=[clinic.member], starts_at=NINE, now=NOW, ignoring=[booking.pk]
    )


def test_a_bookings_event_that_was_moved_in_outlook_blocks_where_it_is(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    clinic.book()
    run_due()
    event = microsoft365.events(clinic.bea)[0]
    microsoft365.change(event, {"start": _utc("11:00"), "end": _utc("11:30")})
    microsoft365.pull(clinic.bea, LATER)
    assert not free_at(clinic, ELEVEN)
    assert EventLink.objects.get().starts_at == NINE


def test_the_copy_knows_of_a_moved_booking_before_the_next_read(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    booking = clinic.book()
    run_due()
    microsoft365.pull(clinic.bea, NOW)
    reschedule(booking, TEN)
    run_due()
    assert free_at(clinic, NINE)
    assert not free_at(clinic, TEN)


def test_the_window_rolls_on_with_a_full_round(microsoft365: Microsoft365, bea: Mailbox) -> None:
    far = NOW + timedelta(days=744)
    microsoft365.put(bea, "Tomorrow", NINE)
    microsoft365.put(bea, "Far ahead", far)
    microsoft365.pull(bea, NOW)
    assert [title for title, _, _ in copy_of(bea)] == ["Tomorrow"]
    microsoft365.pull(bea, NOW + timedelta(days=6))
    assert [title for title, _, _ in copy_of(bea)] == ["Tomorrow"]
    microsoft365.pull(bea, NOW + timedelta(days=8))
    assert [title for title, _, _ in copy_of(bea)] == ["Far ahead"]
    assert BusyRead.objects.get().window_ends_at - NOW > timedelta(days=738)
