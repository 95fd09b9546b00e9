"""Addresses that put a booking into a web calendar. They carry no link that acts: it would be told to that calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from bookings.models import Booking

_GOOGLE = "https://calendar.google.com/calendar/render"
_OUTLOOK = "https://outlook.office.com/calendar/0/deeplink/compose"


def links(booking: Booking) -> dict[str, str]:
    """The addresses for Google Calendar and for Outlook on the web."""
    title = f"{booking.title} – {booking.page.display_name}"
    place = booking.location or booking.join_url
    google = {
        "action": "TEMPLATE", "text": title, "dates": f"{_plain(booking.starts_at)}/{_plain(booking.ends_at)}",
        "location": place, "details": booking.join_url,
    }  # fmt: skip
    outlook = {
        "path": "/calendar/action/compose", "rru": "addevent", "subject": title, "startdt": _iso(booking.starts_at),
        "enddt": _iso(booking.ends_at), "location": place, "body": booking.join_url,
    }  # fmt: skip
    return {"google": _address(_GOOGLE, google), "outlook": _address(_OUTLOOK, outlook)}


def _address(base: str, query: dict[str, str]) -> str:
    return f"{base}?{urlencode({key: value for key, value in query.items() if value}, quote_via=quote)}"


def _plain(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
