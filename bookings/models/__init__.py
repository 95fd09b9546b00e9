"""When: pages, services, staff and bookings."""

from bookings.models.booking import Booking, EventLink
from bookings.models.page import BookingPage, PageState
from bookings.models.private_link import PrivateLink
from bookings.models.service import Service
from bookings.models.staff import OWNER_STAFF_ID, DateOverride, StaffMember, TimeOff

__all__ = [
    "OWNER_STAFF_ID",
    "Booking",
    "BookingPage",
    "DateOverride",
    "EventLink",
    "PageState",
    "PrivateLink",
    "Service",
    "StaffMember",
    "TimeOff",
]
