"""What is offered on a day as Zurich's clock shows it, and why an instant is or is not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.models import BookingPage, Service
from bookings.services import explanations, offers
from tests.factories import NOW, at

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = timedelta(hours=1)
HOURLY: dict[str, Any] = {"duration": HOUR, "slot_interval": HOUR}
MONDAY, TUESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 29)


def fresh(page: BookingPage) -> BookingPage:
    return BookingPage.objects.select_related("tenant").get(pk=page.pk)


def hours(page: BookingPage, service: Service, day: date, **more: Any) -> list[int]:
    """The hours of Zurich's clock that are offered on a day."""
    offer = offers.offer(
        page=fresh(page), service=service, first_date=day, last_date=day, zone=ZURICH, now=NOW, **more
    )  # fmt: skip
    return [slot.start // 3600 % 24 + 1 for slot in offer.slots]


def why(page: BookingPage, service: Service, text: str, **more: Any) -> tuple[list[str], str]:
    """Codes and sentences for an instant."""
    found = explanations.explain_instant(page=fresh(page), service=service, at=at(text), now=NOW, **more)
    return [reason.code for reason in found.reasons], " ".join(reason.text for reason in found.reasons)
