"""Lines of the summary that several mails about a booking share."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bookings.models import Booking
from tenants.letters import Row, plain


def where(booking: Booking) -> list[Row]:
    """The place, and the way into an online meeting."""
    rows = [Row(pgettext("row of a mail", "Where"), booking.location)] if booking.location else []
    if booking.join_url:
        rows.append(Row(_("Online"), _("Microsoft Teams meeting"), url=booking.join_url))
    elif booking.is_online:
        pending = booking.is_pending
        detail = _("You get the Teams link once it is confirmed.") if pending else _(
            "The Teams link follows in a second mail."
        )  # fmt: skip
        rows.append(Row(_("Online"), _("Microsoft Teams meeting"), detail))
    return rows


def customer(booking: Booking) -> list[Row]:
    """Who comes, and how to reach them."""
    rows = [
        Row(_("Customer"), booking.customer_name),
        Row(_("Mail"), booking.customer_email, url=f"mailto:{booking.customer_email}"),
    ]
    if booking.customer_phone:
        rows.append(Row(_("Telephone"), booking.customer_phone))
    return rows


def told(booking: Booking) -> list[Row]:
    """What the customer said: answers, note, and who comes along."""
    rows = [
        Row(str(item.get("label", "")), plain(_answer(item.get("answer")))) for item in booking.answers
        if _answer(item.get("answer"))
    ]  # fmt: skip
    if booking.customer_notes:
        rows.append(Row(pgettext("row of a mail", "Note"), plain(booking.customer_notes)))
    if booking.guests:
        rows.append(Row(_("Guests"), ", ".join(booking.guests)))
    return rows


def price(booking: Booking) -> list[Row]:
    """What was agreed."""
    return [Row(_("Price"), booking.price_text)] if booking.price_text else []


def seats(booking: Booking) -> list[Row]:
    """For the staff: how full the shared time is. Customers do not hear of each other."""
    session = booking.session
    if session is None or session.ended_at is not None:
        return []
    words = ngettext("%(taken)d of %(all)d seat taken", "%(taken)d of %(all)d seats taken", session.capacity)
    return [Row(_("Seats"), words % {"taken": session.seats_taken, "all": session.capacity})]


def _answer(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
