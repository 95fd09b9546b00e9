from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

import pytest
from tzlocal.windows_tz import tz_win, win_tz

from tenants.scheduling import windows_zones
from tenants.scheduling.windows_zones import DISPLAY_NAMES, UnknownTimeZone, resolve

# Morocco gave up UTC+1 in autumn 2026; the name Windows shows does not say so yet.
RENAMING_BEHIND = {"Morocco Standard Time"}


def standard_offset(iana: str) -> timedelta:
    """The offset outside summer time, by the pinned zone database."""
    with files("tzdata").joinpath("zoneinfo", *iana.split("/")).open("rb") as file:
        zone = ZoneInfo.from_file(file)
    return min(datetime(2028, month, 15, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7))


@pytest.mark.row("S1.19")
def test_every_windows_id_has_a_zone_and_a_display_name_of_its_own():
    assert set(win_tz) <= set(DISPLAY_NAMES)
    assert set(tz_win.values()) <= set(DISPLAY_NAMES)
    assert len(set(DISPLAY_NAMES.values())) == len(DISPLAY_NAMES)
    for windows, shown in DISPLAY_NAMES.items():
        assert resolve(windows).key == resolve(shown).key == windows_zones.iana_name(windows)


@pytest.mark.row("S1.19")
def test_the_offset_in_a_display_name_is_the_standard_time_of_its_zone():
    for windows, shown in DISPLAY_NAMES.items():
        if windows in RENAMING_BEHIND:
            continue
        offset = standard_offset(windows_zones.iana_name(windows))
        minutes = abs(offset) // timedelta(minutes=1)
        sign = "-" if offset < timedelta() else "+"
        expected = "(UTC)" if windows == "UTC" else f"(UTC{sign}{minutes // 60:02}:{minutes % 60:02})"
        assert shown.startswith(f"{expected} "), windows


@pytest.mark.row("S1.19")
def test_zurich_is_shown_as_microsofts_answers_show_it():
    shown = "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"
    assert windows_zones.display_name("Europe/Zurich") == shown
    assert windows_zones.windows_id("Europe/Zurich") == "W. Europe Standard Time"


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
        ("Europe/Zurich", "Europe/Zurich"),
        (" america/new_york ", "America/New_York"),
        ("UTC", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
    ],
)
def test_every_way_to_write_a_zone_is_understood(name, iana):
    assert resolve(name).key == iana


@pytest.mark.parametrize("name", ["", "Customized Time Zone", "Europe/Atlantis", "../UTC", "localtime", "Europe"])
def test_a_name_that_belongs_to_no_zone_is_refused_by_name(name):
    with pytest.raises(UnknownTimeZone) as refusal:
        resolve(name)
    assert refusal.value.name == name
    assert str(refusal.value) == f"“{name}” is no time zone that Windows or IANA knows."


def test_nearly_every_iana_name_has_a_windows_id():
    missing = set()
    for name in available_timezones() - {"Factory", "localtime"}:
        try:
            windows_zones.display_name(name)
        except UnknownTimeZone:
            missing.add(name)
    assert missing <= {"Antarctica/Troll"}


def test_a_windows_id_is_no_iana_name_and_the_other_way_round():
    with pytest.raises(UnknownTimeZone):
        windows_zones.iana_name("Europe/Berlin")
    with pytest.raises(UnknownTimeZone):
        windows_zones.windows_id("W. Europe Standard Time")
