"""The mails about a booking: what became of each, and sending one again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.services import deliveries
from bookings.views.staff.desk import ACTION, staff_page
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound


@staff_page(methods=ACTION)
def resend(request: MemberRequest, booking_id: uuid.UUID, delivery_id: uuid.UUID) -> HttpResponse:
    """Sends one mail again, or tries a failed one; for who may change the booking."""
    booking = staff_access.booking(request, booking_id)
    if not staff_access.may_change(request, booking):
        raise NotFound
    deliveries.send_again(
        booking=booking, delivery_id=delivery_id, now=timezone.now(), actor=actor_of(request)
    )  # fmt: skip
    messages.success(request, _("The mail is on its way."))
    return redirect("staff:booking", booking.pk)
