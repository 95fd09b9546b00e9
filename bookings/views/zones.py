"""Time zones as visitors choose them: a city with its distance from UTC. Any IANA name in an address works too."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from tenants.fields import zone_names

#: One city for each zone that people live in by the million; a browser adds its own where it is not among them.
_CITIES = {
    "Europe": "Lisbon London Dublin Madrid Paris Brussels Amsterdam Zurich Berlin Rome Vienna Prague Warsaw Stockholm "
    "Copenhagen Oslo Budapest Belgrade Athens Bucharest Sofia Helsinki Kyiv Istanbul Moscow",
    "America": "St_Johns Halifax New_York Toronto Chicago Mexico_City Denver Phoenix Los_Angeles Vancouver Anchorage "
    "Bogota Lima Caracas Santiago Sao_Paulo Argentina/Buenos_Aires Montevideo Panama Puerto_Rico",
    "Africa": "Casablanca Lagos Algiers Tunis Cairo Johannesburg Nairobi Accra Addis_Ababa",
    "Asia": "Jerusalem Beirut Baghdad Riyadh Tehran Dubai Tbilisi Baku Karachi Tashkent Kolkata Kathmandu Dhaka Yangon "
    "Bangkok Jakarta Ho_Chi_Minh Singapore Kuala_Lumpur Hong_Kong Shanghai Taipei Manila Seoul Tokyo",
    "Australia": "Perth Darwin Adelaide Brisbane Sydney Hobart",
    "Pacific": "Auckland Fiji Guam Honolulu Tongatapu Apia",
    "Atlantic": "Azores Canary Reykjavik",
}
#: Those that other languages call by another name.
_TRANSLATED = frozenset({
    _("Lisbon"), _("Brussels"), _("Zurich"), _("Rome"), _("Vienna"), _("Prague"), _("Warsaw"), _("Copenhagen"),
    _("Belgrade"), _("Athens"), _("Bucharest"), _("Kyiv"), _("Moscow"), _("Mexico City"), _("Algiers"), _("Cairo"),
    _("Beirut"), _("Baghdad"), _("Riyadh"), _("Tehran"), _("Tbilisi"), _("Tashkent"), _("Kolkata"), _("Yangon"),
    _("Singapore"), _("Hong Kong"), _("Taipei"), _("Tokyo"), _("Fiji"), _("Azores"), _("Canary"),
})  # fmt: skip


def known(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that IANA name, None where there is none."""
    return zoneinfo.ZoneInfo(name) if name in zone_names() else None


def city(zone: zoneinfo.ZoneInfo) -> str:
    """`Buenos Aires` for America/Argentina/Buenos_Aires."""
    name = zone.key.rpartition("/")[2].replace("_", " ")
    return gettext(name) if name in _TRANSLATED else name


def label(zone: zoneinfo.ZoneInfo, at: datetime) -> str:
    """`Zurich (UTC+01:00)` at that instant."""
    offset = at.astimezone(zone).strftime("%z")
    text = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return text if zone.key in ("UTC", "Etc/UTC") else f"{city(zone)} ({text})"


def options(on: date) -> SafeString:
    """The choices of a `<select>`, in groups, with the offsets of that day; none is selected."""
    return _options(on, get_language() or "en")


@lru_cache(maxsize=8)
def _options(on: date, language: str) -> SafeString:
    noon = datetime.combine(on, time(12), UTC)
    continents = {"Europe": gettext("Europe"), "America": gettext("America"), "Africa": gettext("Africa"),
                  "Asia": gettext("Asia"), "Australia": gettext("Australia"), "Pacific": gettext("Pacific"),
                  "Atlantic": gettext("Atlantic")}  # fmt: skip
    groups = []
    for continent, cities in _CITIES.items():
        zones = [known(f"{continent}/{name}") for name in cities.split()]
        rows = format_html_join("", '<option value="{}">{}</option>', [(z.key, label(z, noon)) for z in zones if z])
        groups.append((continents[continent], rows))
    return format_html_join("", '<optgroup label="{}">{}</optgroup>', groups) + format_html(
        "<option>{}</option>", "UTC"
    )
