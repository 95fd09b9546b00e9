"""When: pages, services, staff and bookings."""

from bookings.models.approval import Approval
from bookings.models.assignment import Assignment
from bookings.models.booking import Booking, EventLink
from bookings.models.group_session import GroupSession, Hold
from bookings.models.page import BookingPage, PageState
from bookings.models.private_link import PrivateLink
from bookings.models.question import Question, ServiceQuestion
from bookings.models.reminder import MailTemplate, Reminder
from bookings.models.sender import BlockedSender, MailCode
from bookings.models.service import Service
from bookings.models.staff import OWNER_STAFF_ID, DateOverride, StaffMember, TimeOff
from bookings.models.waiting import TimeOffer, WaitingEntry

__all__ = [
    "OWNER_STAFF_ID",
    "Approval",
    "Assignment",
    "BlockedSender",
    "Booking",
    "BookingPage",
    "DateOverride",
    "EventLink",
    "GroupSession",
    "Hold",
    "MailCode",
    "MailTemplate",
    "PageState",
    "PrivateLink",
    "Question",
    "Reminder",
    "Service",
    "ServiceQuestion",
    "StaffMember",
    "TimeOff",
    "TimeOffer",
    "WaitingEntry",
]
