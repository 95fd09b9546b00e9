"""Addresses below `/BookingsService/api/V1/bookingBusinessesc2/`, in any letter case, with or without a last slash."""

from __future__ import annotations

from django.urls import re_path

from bookings.api.bookings_service import views


def _any_case(text: str) -> str:
    """A pattern for `text` in any letter case. Django's `reverse` cannot read a pattern with `(?i)`."""
    return "".join(f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() else letter for letter in text)


_BUSINESS = "^" + _any_case("BookingsService/api/V1/bookingBusinessesc2/") + "(?P<business>[^/]+)/"
urlpatterns = [
    re_path(_BUSINESS + _any_case("services") + "/?$", views.services),
    re_path(_BUSINESS + _any_case("getStaffAvailability") + "/?$", views.staff_availability),
]
