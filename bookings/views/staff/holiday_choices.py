"""The countries and regions whose public holidays are known, as choices with names."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

Choice = tuple[str, str]
#: As many characters as a page keeps of a region's code.
_LONGEST_REGION = 10
#: Countries whose names other languages have; every other one has its English name.
_NAMES = {
    "AT": _("Austria"), "AU": _("Australia"), "BE": _("Belgium"), "BG": _("Bulgaria"), "BR": _("Brazil"),
    "CA": _("Canada"), "CH": _("Switzerland"), "CN": _("China"), "CY": _("Cyprus"), "CZ": _("Czechia"),
    "DE": _("Germany"), "DK": _("Denmark"), "EE": _("Estonia"), "ES": _("Spain"), "FI": _("Finland"),
    "FR": _("France"), "GB": _("United Kingdom"), "GR": _("Greece"), "HR": _("Croatia"), "HU": _("Hungary"),
    "IE": _("Ireland"), "IN": _("India"), "IS": _("Iceland"), "IT": _("Italy"), "JP": _("Japan"),
    "LI": _("Liechtenstein"), "LT": _("Lithuania"), "LU": _("Luxembourg"), "LV": _("Latvia"), "MT": _("Malta"),
    "MX": _("Mexico"), "NL": _("Netherlands"), "NO": _("Norway"), "NZ": _("New Zealand"), "PL": _("Poland"),
    "PT": _("Portugal"), "RO": _("Romania"), "RS": _("Serbia"), "SE": _("Sweden"), "SI": _("Slovenia"),
    "SK": _("Slovakia"), "TR": _("Türkiye"), "UA": _("Ukraine"), "US": _("United States"), "ZA": _("South Africa"),
}  # fmt: skip


def countries() -> list[Choice]:
    """Every country by its code, in the order of their names in the active language."""
    named = [(code, gettext(_NAMES[code]) if code in _NAMES else name) for code, name in _english()]
    return sorted(named, key=lambda choice: choice[1])


@lru_cache(maxsize=1)
def _english() -> list[Choice]:
    # A third of a second to import: only for those who look at the settings.
    from holidays.registry import COUNTRIES

    return [(names[1], _words(names[0])) for names in COUNTRIES.values()]


def _words(name: str) -> str:
    """The name of a class as a name of a country: DRCongo, AntiguaAndBarbuda."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r" (And|Of|The|Da)(?= )", lambda small: small[0].lower(), apart).replace("Mc Donald", "McDonald")


@lru_cache(maxsize=64)
def regions(country: str) -> list[Choice]:
    """The regions of a country that have holidays of their own; none for a country nobody knows."""
    from holidays import country_holidays

    try:
        found = country_holidays(country)
    except NotImplementedError:
        return []
    names: dict[str, str] = {}
    for name, code in getattr(found, "subdivisions_aliases", {}).items():
        names.setdefault(code, name)
    codes = [code for code in found.subdivisions if len(code) <= _LONGEST_REGION]
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda choice: choice[1])
