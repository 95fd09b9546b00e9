"""Names of time zones as Windows, Outlook and the rest of the world write them.

| Name                           | Example                                    | Used by                                |
|--------------------------------|--------------------------------------------|----------------------------------------|
| Windows id                     | `W. Europe Standard Time`                  | requests of Microsoft's clients, Graph |
| display name                   | `(UTC+01:00) Amsterdam, Berlin, Bern, ...` | Microsoft's Bookings answers (S1.19)   |
| IANA name                      | `Europe/Berlin`                            | our own API, zoneinfo, calendar files  |
| `UTC`, `tzone://Microsoft/Utc` |                                            | Graph, Exchange                        |

The relation of Windows ids to IANA names is Unicode CLDR's. It is many to one from IANA to Windows, so a name that
goes there and back may come home as the chief city of its zone. Display names are those of an English Windows; the
offset in one is that of standard time and never changes with the season.
"""

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import tz_win, win_tz

# The names Windows shows, by id, from west to east.
DISPLAY_NAMES = {
    "Dateline Standard Time": "(UTC-12:00) International Date Line West",
    "UTC-11": "(UTC-11:00) Coordinated Universal Time-11",
    "Aleutian Standard Time": "(UTC-10:00) Aleutian Islands",
    "Hawaiian Standard Time": "(UTC-10:00) Hawaii",
    "Marquesas Standard Time": "(UTC-09:30) Marquesas Islands",
    "Alaskan Standard Time": "(UTC-09:00) Alaska",
    "UTC-09": "(UTC-09:00) Coordinated Universal Time-09",
    "Pacific Standard Time (Mexico)": "(UTC-08:00) Baja California",
    "UTC-08": "(UTC-08:00) Coordinated Universal Time-08",
    "Pacific Standard Time": "(UTC-08:00) Pacific Time (US & Canada)",
    "US Mountain Standard Time": "(UTC-07:00) Arizona",
    "British Columbia Standard Time": "(UTC-07:00) British Columbia",
    "Mountain Standard Time (Mexico)": "(UTC-07:00) La Paz, Mazatlan",
    "Mountain Standard Time": "(UTC-07:00) Mountain Time (US & Canada)",
    "Yukon Standard Time": "(UTC-07:00) Yukon",
    "Alberta Standard Time": "(UTC-06:00) Alberta and Northwest Territories",
    "Central America Standard Time": "(UTC-06:00) Central America",
    "Central Standard Time": "(UTC-06:00) Central Time (US & Canada)",
    "Easter Island Standard Time": "(UTC-06:00) Easter Island",
    "Central Standard Time (Mexico)": "(UTC-06:00) Guadalajara, Mexico City, Monterrey",
    "Canada Central Standard Time": "(UTC-06:00) Saskatchewan",
    "SA Pacific Standard Time": "(UTC-05:00) Bogota, Lima, Quito, Rio Branco",
    "Eastern Standard Time (Mexico)": "(UTC-05:00) Chetumal",
    "Eastern Standard Time": "(UTC-05:00) Eastern Time (US & Canada)",
    "Haiti Standard Time": "(UTC-05:00) Haiti",
    "Cuba Standard Time": "(UTC-05:00) Havana",
    "US Eastern Standard Time": "(UTC-05:00) Indiana (East)",
    "Manitoba Standard Time": "(UTC-05:00) Manitoba",
    "Turks And Caicos Standard Time": "(UTC-05:00) Turks and Caicos",
    "Atlantic Standard Time": "(UTC-04:00) Atlantic Time (Canada)",
    "Venezuela Standard Time": "(UTC-04:00) Caracas",
    "Central Brazilian Standard Time": "(UTC-04:00) Cuiaba",
    "SA Western Standard Time": "(UTC-04:00) Georgetown, La Paz, Manaus, San Juan",
    "Pacific SA Standard Time": "(UTC-04:00) Santiago",
    "Newfoundland Standard Time": "(UTC-03:30) Newfoundland",
    "Tocantins Standard Time": "(UTC-03:00) Araguaina",
    "Paraguay Standard Time": "(UTC-03:00) Asuncion",
    "E. South America Standard Time": "(UTC-03:00) Brasilia",
    "SA Eastern Standard Time": "(UTC-03:00) Cayenne, Fortaleza",
    "Argentina Standard Time": "(UTC-03:00) City of Buenos Aires",
    "Montevideo Standard Time": "(UTC-03:00) Montevideo",
    "Magallanes Standard Time": "(UTC-03:00) Punta Arenas",
    "Saint Pierre Standard Time": "(UTC-03:00) Saint Pierre and Miquelon",
    "Bahia Standard Time": "(UTC-03:00) Salvador",
    "UTC-02": "(UTC-02:00) Coordinated Universal Time-02",
    "Greenland Standard Time": "(UTC-02:00) Greenland",
    "Mid-Atlantic Standard Time": "(UTC-02:00) Mid-Atlantic - Old",
    "Azores Standard Time": "(UTC-01:00) Azores",
    "Cape Verde Standard Time": "(UTC-01:00) Cabo Verde Is.",
    "UTC": "(UTC) Coordinated Universal Time",
    "GMT Standard Time": "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
    "Greenwich Standard Time": "(UTC+00:00) Monrovia, Reykjavik",
    "Sao Tome Standard Time": "(UTC+00:00) Sao Tome",
    "W. Europe Standard Time": "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    "Central Europe Standard Time": "(UTC+01:00) Belgrade, Bratislava, Budapest, Ljubljana, Prague",
    "Romance Standard Time": "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris",
    "Morocco Standard Time": "(UTC+01:00) Casablanca",
    "Central European Standard Time": "(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb",
    "W. Central Africa Standard Time": "(UTC+01:00) West Central Africa",
    "GTB Standard Time": "(UTC+02:00) Athens, Bucharest",
    "Middle East Standard Time": "(UTC+02:00) Beirut",
    "Egypt Standard Time": "(UTC+02:00) Cairo",
    "E. Europe Standard Time": "(UTC+02:00) Chisinau",
    "West Bank Standard Time": "(UTC+02:00) Gaza, Hebron",
    "South Africa Standard Time": "(UTC+02:00) Harare, Pretoria",
    "FLE Standard Time": "(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius",
    "Israel Standard Time": "(UTC+02:00) Jerusalem",
    "South Sudan Standard Time": "(UTC+02:00) Juba",
    "Kaliningrad Standard Time": "(UTC+02:00) Kaliningrad",
    "Sudan Standard Time": "(UTC+02:00) Khartoum",
    "Libya Standard Time": "(UTC+02:00) Tripoli",
    "Namibia Standard Time": "(UTC+02:00) Windhoek",
    "Jordan Standard Time": "(UTC+03:00) Amman",
    "Arabic Standard Time": "(UTC+03:00) Baghdad",
    "Syria Standard Time": "(UTC+03:00) Damascus",
    "Turkey Standard Time": "(UTC+03:00) Istanbul",
    "Arab Standard Time": "(UTC+03:00) Kuwait, Riyadh",
    "Belarus Standard Time": "(UTC+03:00) Minsk",
    "Russian Standard Time": "(UTC+03:00) Moscow, St. Petersburg",
    "E. Africa Standard Time": "(UTC+03:00) Nairobi",
    "Volgograd Standard Time": "(UTC+03:00) Volgograd",
    "Iran Standard Time": "(UTC+03:30) Tehran",
    "Arabian Standard Time": "(UTC+04:00) Abu Dhabi, Muscat",
    "Astrakhan Standard Time": "(UTC+04:00) Astrakhan, Ulyanovsk",
    "Azerbaijan Standard Time": "(UTC+04:00) Baku",
    "Russia Time Zone 3": "(UTC+04:00) Izhevsk, Samara",
    "Mauritius Standard Time": "(UTC+04:00) Port Louis",
    "Saratov Standard Time": "(UTC+04:00) Saratov",
    "Georgian Standard Time": "(UTC+04:00) Tbilisi",
    "Caucasus Standard Time": "(UTC+04:00) Yerevan",
    "Afghanistan Standard Time": "(UTC+04:30) Kabul",
    "West Asia Standard Time": "(UTC+05:00) Ashgabat, Tashkent",
    "Qyzylorda Standard Time": "(UTC+05:00) Astana",
    "Ekaterinburg Standard Time": "(UTC+05:00) Ekaterinburg",
    "Pakistan Standard Time": "(UTC+05:00) Islamabad, Karachi",
    "India Standard Time": "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
    "Sri Lanka Standard Time": "(UTC+05:30) Sri Jayawardenepura",
    "Nepal Standard Time": "(UTC+05:45) Kathmandu",
    "Central Asia Standard Time": "(UTC+06:00) Bishkek",
    "Bangladesh Standard Time": "(UTC+06:00) Dhaka",
    "Omsk Standard Time": "(UTC+06:00) Omsk",
    "Myanmar Standard Time": "(UTC+06:30) Yangon (Rangoon)",
    "SE Asia Standard Time": "(UTC+07:00) Bangkok, Hanoi, Jakarta",
    "Altai Standard Time": "(UTC+07:00) Barnaul, Gorno-Altaysk",
    "W. Mongolia Standard Time": "(UTC+07:00) Hovd",
    "North Asia Standard Time": "(UTC+07:00) Krasnoyarsk",
    "N. Central Asia Standard Time": "(UTC+07:00) Novosibirsk",
    "Tomsk Standard Time": "(UTC+07:00) Tomsk",
    "China Standard Time": "(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi",
    "North Asia East Standard Time": "(UTC+08:00) Irkutsk",
    "Singapore Standard Time": "(UTC+08:00) Kuala Lumpur, Singapore",
    "W. Australia Standard Time": "(UTC+08:00) Perth",
    "Taipei Standard Time": "(UTC+08:00) Taipei",
    "Ulaanbaatar Standard Time": "(UTC+08:00) Ulaanbaatar",
    "Aus Central W. Standard Time": "(UTC+08:45) Eucla",
    "Transbaikal Standard Time": "(UTC+09:00) Chita",
    "Tokyo Standard Time": "(UTC+09:00) Osaka, Sapporo, Tokyo",
    "North Korea Standard Time": "(UTC+09:00) Pyongyang",
    "Korea Standard Time": "(UTC+09:00) Seoul",
    "Yakutsk Standard Time": "(UTC+09:00) Yakutsk",
    "Cen. Australia Standard Time": "(UTC+09:30) Adelaide",
    "AUS Central Standard Time": "(UTC+09:30) Darwin",
    "E. Australia Standard Time": "(UTC+10:00) Brisbane",
    "AUS Eastern Standard Time": "(UTC+10:00) Canberra, Melbourne, Sydney",
    "West Pacific Standard Time": "(UTC+10:00) Guam, Port Moresby",
    "Tasmania Standard Time": "(UTC+10:00) Hobart",
    "Vladivostok Standard Time": "(UTC+10:00) Vladivostok",
    "Lord Howe Standard Time": "(UTC+10:30) Lord Howe Island",
    "Bougainville Standard Time": "(UTC+11:00) Bougainville Island",
    "Russia Time Zone 10": "(UTC+11:00) Chokurdakh",
    "Magadan Standard Time": "(UTC+11:00) Magadan",
    "Norfolk Standard Time": "(UTC+11:00) Norfolk Island",
    "Sakhalin Standard Time": "(UTC+11:00) Sakhalin",
    "Central Pacific Standard Time": "(UTC+11:00) Solomon Is., New Caledonia",
    "Russia Time Zone 11": "(UTC+12:00) Anadyr, Petropavlovsk-Kamchatsky",
    "New Zealand Standard Time": "(UTC+12:00) Auckland, Wellington",
    "UTC+12": "(UTC+12:00) Coordinated Universal Time+12",
    "Fiji Standard Time": "(UTC+12:00) Fiji",
    "Kamchatka Standard Time": "(UTC+12:00) Petropavlovsk-Kamchatsky - Old",
    "Chatham Islands Standard Time": "(UTC+12:45) Chatham Islands",
    "UTC+13": "(UTC+13:00) Coordinated Universal Time+13",
    "Tonga Standard Time": "(UTC+13:00) Nuku'alofa",
    "Samoa Standard Time": "(UTC+13:00) Samoa",
    "Line Islands Standard Time": "(UTC+14:00) Kiritimati Island",
}

# Ids that Windows keeps for old settings and CLDR leaves out.
_RETIRED = {"Mid-Atlantic Standard Time": "Etc/GMT+2", "Kamchatka Standard Time": "Asia/Kamchatka"}
# CLDR keeps the first name a zone ever had; these are today's.
_MODERN = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Etc/UTC": "UTC",
    "Europe/Kiev": "Europe/Kyiv",
}
# Old IANA names that CLDR does not list.
_ALSO = {
    "CST6CDT": "Central Standard Time",
    "EST5EDT": "Eastern Standard Time",
    "Europe/Uzhgorod": "FLE Standard Time",
    "Europe/Zaporozhye": "FLE Standard Time",
    "GMT": "Greenwich Standard Time",
    "MST7MDT": "Mountain Standard Time",
    "PST8PDT": "Pacific Standard Time",
    "US/East-Indiana": "US Eastern Standard Time",
}
# Files of the zone database that name no place.
_NO_ZONES = {"Factory", "localtime", "posixrules"}


class UnknownTimeZone(ValueError):
    """A name that belongs to no time zone we know."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” is no time zone that Windows or IANA knows.")
        self.name = name


@lru_cache(maxsize=2_048)
def resolve(name: str) -> ZoneInfo:
    """Return the zone of a Windows id, a display name, an IANA name, `UTC` or `tzone://Microsoft/Utc`.

    Letter case and surrounding space do not matter. Raise UnknownTimeZone, also for Exchange's "Customized Time Zone".
    """
    known = _names().get(name.strip().casefold())
    if known is None:
        raise UnknownTimeZone(name)
    return ZoneInfo(known)


def iana_name(windows_id: str) -> str:
    """Return the IANA name of a Windows id. Raise UnknownTimeZone."""
    name = win_tz.get(windows_id) or _RETIRED.get(windows_id)
    if name is None:
        raise UnknownTimeZone(windows_id)
    return _MODERN.get(name, name)


def windows_id(iana: str) -> str:
    """Return the Windows id of an IANA name. Raise UnknownTimeZone; Windows has none for Antarctica/Troll."""
    name = tz_win.get(iana) or _ALSO.get(iana)
    if name is None:
        raise UnknownTimeZone(iana)
    return name


def display_name(iana: str) -> str:
    """Return what Windows shows for an IANA name: `Europe/Paris` is one of "(UTC+01:00) Brussels, Copenhagen, ...".

    Raise UnknownTimeZone.
    """
    return DISPLAY_NAMES[windows_id(iana)]


@cache
def _names() -> dict[str, str]:
    """Return every name we accept, without letter case, with its IANA name."""
    names = {iana.casefold(): iana for iana in available_timezones() - _NO_ZONES}
    for windows, shown in DISPLAY_NAMES.items():
        names[windows.casefold()] = names[shown.casefold()] = iana_name(windows)
    names["utc"] = names["tzone://microsoft/utc"] = "UTC"
    return names
