"""What a booking looks like in the staff member's Outlook calendar."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bookings.models import Booking
from tenants.microsoft365.types import Attendee, EventDraft
from tenants.models import Tenant


def draft(booking: Booking, *, transaction_id: str) -> EventDraft:
    """The event to create. It has an attendee only where Outlook sends the one invitation the customer gets."""
    by_outlook = booking.invitation_sender == Tenant.InvitationSender.OUTLOOK
    customer = Attendee(name=booking.customer_name, address=booking.customer_email)
    with translation.override(booking.staff_member.language):
        return EventDraft(
            transaction_id=transaction_id,
            marker=booking.pk,
            subject=f"{booking.title}: {booking.customer_name}",
            html=_html(booking),
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            location=booking.location,
            is_online=booking.is_online,
            attendees=(customer,) if by_outlook else (),
        )


def farewell(booking: Booking) -> str:
    """The word that Outlook sends along with the cancellation, in the customer's language."""
    with translation.override(booking.customer_language):
        return booking.cancel_reason or _("This booking has been cancelled.")


def staff_url(booking: Booking) -> str:
    """Where the staff member finds the booking. It opens for who is signed in, and acts for nobody else."""
    return f"{settings.SITE_URL}{reverse('staff:booking', args=[booking.pk])}"


def _html(booking: Booking) -> SafeString:
    """Who comes, and where to change it; everything the customer typed is escaped."""
    rows = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", _details(booking))
    link = format_html('<a href="{}">{}</a>', staff_url(booking), _("Change or cancel this booking in Daybook"))
    return format_html("<table>{}</table><p>{}</p>", rows, link)


def _details(booking: Booking) -> Iterator[tuple[str, str | SafeString]]:
    yield _("Customer"), booking.customer_name
    yield _("Mail address"), booking.customer_email
    if booking.customer_phone:
        yield _("Telephone"), booking.customer_phone
    yield _("Time zone"), booking.customer_time_zone
    if booking.customer_notes:
        yield _("Note"), linebreaksbr(booking.customer_notes)
