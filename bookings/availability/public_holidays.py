"""Public holidays by country and region, from the library `holidays`.

| country and region                | holidays                          |
|-----------------------------------|-----------------------------------|
| none, or one nobody knows         | none                              |
| a country                         | those of the whole country        |
| a country and one of its regions  | those of the region as well       |
| a country and a region it has not | those of the whole country        |
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

_NONE: Mapping[date, str] = MappingProxyType({})
#: The library's names of the languages we speak.
_LANGUAGES = {"en": "en_US", "de": "de"}


def between(country: str, region: str, first: date, last: date, language: str = "") -> dict[date, str]:
    """The holidays from `first` to `last`, both included, with their names, in `language` where the library can."""
    if not country:
        return {}
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(country, region, year, language).items()
        if first <= day <= last
    }


@lru_cache(maxsize=512)
def _of_year(country: str, region: str, year: int, language: str) -> Mapping[date, str]:
    """The holidays of one year. Worked out once."""
    # A third of a second to import: only for those who have set a country.
    from holidays import country_holidays

    for subdivision in (region or None, None):
        try:
            found = country_holidays(
                country.upper(), subdiv=subdivision, years=year, language=_LANGUAGES.get(language) or None
            )
        except NotImplementedError:
            continue
        return MappingProxyType(dict(found))
    return _NONE
