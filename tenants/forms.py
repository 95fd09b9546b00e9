"""Form fields that several apps' pages and the admin share."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from tenants.scheduling import weekly_hours


class LengthField(forms.FloatField):
    """A duration as a number of units; cleans to a timedelta of whole minutes."""

    unit = timedelta(minutes=1)
    unit_text = _("In minutes.")
    longest = timedelta(days=3650)

    def __init__(self, *, max_length: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs["help_text"] = kwargs.get("help_text") or self.unit_text
        kwargs.setdefault("step_size", None)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, timedelta):
            return value
        number = value / self.unit
        return int(number) if number.is_integer() else round(number, 2)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, timedelta):
            return value
        number = super().to_python(value)
        if number is not None and not abs(number) <= self.longest / self.unit:  # nor is “nan”
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return None if number is None else timedelta(minutes=round(number * self.unit / timedelta(minutes=1)))

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)

    def run_validators(self, value: Any) -> None:
        super().run_validators(self.prepare_value(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial)) != str(data)


class MinutesField(LengthField):
    """A duration in minutes."""


class HoursField(LengthField):
    """A duration in hours, such as 1.5."""

    unit, unit_text = timedelta(hours=1), _("In hours.")


class DaysField(LengthField):
    """A duration in days."""

    unit, unit_text = timedelta(days=1), _("In days.")


def zone_choices() -> list[tuple[str, str]]:
    """Every named place on earth, and UTC."""
    names = (name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "System")))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(names))]


class TimeZoneChoice(forms.ChoiceField):
    """A time zone from a list; a value that is stored and not in the list stays possible."""

    def __init__(self, *, max_length: Any = None, empty_value: Any = None, **kwargs: Any) -> None:
        super().__init__(choices=lazy(zone_choices, list)(), **kwargs)

    def valid_value(self, value: Any) -> bool:
        return value in zoneinfo.available_timezones()


class DayHoursField(forms.CharField):
    """The hours of one day as `09:00-12:00, 13:00-17:00`; empty: closed. Cleans to `[["09:00", "12:00"], …]`."""

    def __init__(self, *, label: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 200)
        super().__init__(label=label, **kwargs)
        self.widget.attrs.update({"placeholder": _("Closed"), "autocomplete": "off", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return hours_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        text = str(super().to_python(value) or "").replace("–", "-").replace(";", ",")
        pairs = [[end.strip() for end in piece.split("-")] for piece in text.split(",") if piece.strip()]
        try:
            found = weekly_hours.parse_intervals(
                [[_padded(end) for end in pair] for pair in pairs], name=str(self.label)
            )
        except weekly_hours.InvalidHours as wrong:
            raise ValidationError(str(wrong), code="hours") from wrong
        return weekly_hours.dump_intervals(found)

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """A list of pairs has been checked as a whole."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or "") != (data or "")


def hours_text(intervals: list[list[str]]) -> str:
    """`09:00-12:00, 13:00-17:00`."""
    return ", ".join(f"{start}-{end}" for start, end in intervals)


def _padded(time: str) -> str:
    """`9` and `9:30` as `09:00` and `09:30`."""
    hour, _colon, minute = time.partition(":")
    return f"{hour.zfill(2)}:{minute or '00'}"


class OriginsField(forms.CharField):
    """Web sites, one on each line; cleans to a list of origins such as `https://www.contoso.com`."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "https://www.example.com"})

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        super().__init__(**{"required": False} | kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = str(value or "").replace(",", " ").split()
        return list(dict.fromkeys(line.rstrip("/").lower() for line in lines))

    def run_validators(self, value: Any) -> None:
        """The model validates."""

    def validate(self, value: Any) -> None:
        """An empty list is right: nobody embeds."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class WordsField(OriginsField):
    """Words or phrases, one on each line; cleans to a list."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return list(dict.fromkeys(word for line in str(value or "").splitlines() if (word := " ".join(line.split()))))
