"""What a page offers to everybody, in the shape of Microsoft's booking pages (S1.13-S1.15)."""

from __future__ import annotations

from typing import Any

from bookings.api.v1.shapes import public_ids, web_url
from bookings.availability import wording
from bookings.models import BookingPage, Service, StaffMember
from tenants.scheduling import durations


def answer(page: BookingPage) -> dict[str, Any]:
    """The public services that were not deleted; private ones never appear (S1.35). Two queries."""
    rows = Service.objects.filter(page=page, is_public=True, archived_at=None).prefetch_related("staff")
    services = [_plain(page, service) for service in rows]
    return {"service": services, "count": len(services), "nextSkipToken": ""}


def _plain(page: BookingPage, service: Service) -> dict[str, Any]:
    active = StaffMember.Status.ACTIVE  # whoever has not agreed yet is not offered
    staff = [member for member in service.staff.all() if member.removed_at is None and member.status == active]
    return {
        "serviceId": str(service.pk),
        "title": service.title,
        "description": service.description,
        "defaultDuration": durations.iso(service.duration),
        "formattedDuration": wording.length(int(service.duration.total_seconds())),
        "staffMemberIds": [] if page.hides_staff else public_ids(page, staff),
        "isLocationOnline": service.is_online,
        "isHiddenFromCustomers": False,
        "isPrivate": False,
        "maximumAttendeesCount": service.seats,
        "restrictionType": "BOOKING_SERVICE_RESTRICTION_PUBLIC",
        "defaultPrice": 0.0,
        "defaultPriceType": "SERVICEDEFAULTPRICETYPES_PRICE_VARIES"
        if service.price_text
        else "SERVICEDEFAULTPRICETYPES_FREE",
        "schedulingPolicy": {
            "timeSlotInterval": durations.iso(service.slot_interval),
            "minimumLeadTime": durations.iso(service.minimum_lead),
            "maximumAdvance": durations.iso(service.maximum_advance),
            "allowStaffSelection": service.staff_choice and not page.hides_staff,
        },
        "webUrl": web_url(page, service),
    }
