"""Graph's words and ours, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from tenants.microsoft365 import credentials, errors, mapping
from tests.factories import at

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (429, "ApplicationThrottled", "", errors.Throttled),
        (503, "serviceNotAvailable", "", errors.Throttled),
        (504, "", "", errors.Throttled),
        (500, "", "", errors.Unavailable),
        (502, "", "", errors.Unavailable),
        (401, "InvalidAuthenticationToken", "", errors.SignInFailed),
        (403, "ErrorAccessDenied", "Access is denied.", errors.AccessDenied),
        (404, "ErrorItemNotFound", "", errors.NotThere),
        (404, "MailboxNotEnabledForRESTAPI", "", errors.NoMailbox),
        (404, "ResourceNotFound", "", errors.NoMailbox),
        (410, "anything", "", errors.Gone),
        (400, "SyncStateNotFound", "", errors.Gone),
        (404, "resyncRequired", "", errors.Gone),
        (400, "ErrorDuplicateTransactionId", "", errors.DuplicateTransaction),
        (409, "ErrorDuplicateTransactionId", "", errors.DuplicateTransaction),
        (409, "Conflict", "", errors.Conflict),
        (412, "ErrorIrresolvableConflict", "", errors.Conflict),
        (400, "ErrorPropertyValidationFailure", "", errors.Refused),
    ],
)
def test_each_answer_has_its_name(status: int, code: str, message: str, expected: type[Exception]) -> None:
    assert type(errors.from_answer(status, code, message, None)) is expected


@pytest.mark.row("S2.54")
def test_the_error_about_odata_names_microsofts_remedy() -> None:
    said = "Error while validating contoso.com: Access to OData is disabled"
    error = errors.from_answer(403, "ErrorAccessDenied", said, None)
    assert "Get-ApplicationAccessPolicy | Format-Table -Auto Identity,Description,ScopeName,AccessRight" in error.remedy
    assert "OData" not in errors.from_answer(403, "ErrorAccessDenied", "Access is denied.", None).remedy


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("17", timedelta(seconds=17)),
        ("Mon, 23 Nov 2026 06:01:00 GMT", timedelta(minutes=1)),
        ("Mon, 23 Nov 2026 05:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_to_wait_comes_in_seconds_or_as_a_date(header: str, expected: timedelta | None) -> None:
    response = requests.Response()
    response.headers["Retry-After"] = header
    assert credentials.retry_after(response, at("2026-11-23 06:00")) == expected


def event(**more: object) -> dict[str, object]:
    times = {name: {"dateTime": f"2026-11-24T{name_at}", "timeZone": "UTC"} for name, name_at in TIMES.items()}
    return {"id": "one", "type": "singleInstance", **times, **more}


TIMES = {"start": "09:00:00.0000000", "end": "09:30:00.1234567"}


def test_times_have_seven_decimals() -> None:
    read = mapping.read(event(), ZURICH)
    assert read.starts_at == at("2026-11-24 09:00")
    assert read.ends_at == datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=UTC)
    assert mapping.times(read.starts_at, read.ends_at)["start"] == {
        "dateTime": "2026-11-24T09:00:00.0000000",
        "timeZone": "UTC",
    }


def test_times_in_a_windows_zone_are_understood() -> None:
    start = {"dateTime": "2026-11-24T09:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    assert mapping.instant(start) == at("2026-11-24 08:00")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [("Europe/Zurich", "2026-03-29", 23), ("Europe/Zurich", "2026-10-25", 25), ("America/Santiago", "2026-09-06", 23)],
)
def test_an_all_day_event_is_as_long_as_its_local_day(zone: str, day: str, hours: int) -> None:
    end = datetime.fromisoformat(day) + timedelta(days=1)
    times = {
        "start": {"dateTime": f"{day}T00:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"{end:%Y-%m-%d}T00:00:00.0000000", "timeZone": "UTC"},
    }
    read = mapping.read(event(isAllDay=True, **times), ZoneInfo(zone))
    assert read.ends_at - read.starts_at == timedelta(hours=hours)


def test_a_short_occurrence_takes_the_rest_from_its_master() -> None:
    master = event(subject="Standup", showAs="oof", sensitivity="private", iCalUId="master", type="seriesMaster")
    read = mapping.read(mapping.with_master(event(type="occurrence", seriesMasterId="m"), master), ZURICH)
    assert (read.show_as, read.is_private, read.title, read.ical_uid) == ("oof", True, "", "")
    assert mapping.read(mapping.with_master(event(type="occurrence"), None), ZURICH).show_as == "busy"


def test_an_invitation_that_was_declined_does_not_block() -> None:
    assert not mapping.read(event(responseStatus={"response": "declined"}), ZURICH).can_block
    assert mapping.read(event(responseStatus={"response": "notResponded"}), ZURICH).can_block


@pytest.mark.parametrize(("token", "expected"), [("a.eyJyb2xlcyI6WyJYIl19.c", {"X"}), ("a.e30.c", set()), ("x", set())])
def test_roles_are_read_from_a_token_or_are_unknown(token: str, expected: set[str]) -> None:
    assert credentials.roles(token) == expected
