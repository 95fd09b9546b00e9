"""Where a booking stands, in words for its customer, and what the customer may still do with it.

| the booking                        | moved by its customer | cancelled by its customer |
|------------------------------------|-----------------------|---------------------------|
| is gone, or has begun              | no                    | no                        |
| is at or after its cut-off         | no                    | no                        |
| was made without that switch       | no                    | yes, where its own allows |
| otherwise, also while it waits     | yes                   | yes                       |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import Booking
from bookings.services import deliveries
from bookings.views import zones
from bookings.views.clock import Clock

Status = Booking.Status


@dataclass(frozen=True, slots=True)
class Standing:
    """What may be done, and the sentence that says why not, or until when."""

    is_over: bool
    has_begun: bool
    may_move: bool
    may_cancel: bool
    #: Why something is not possible; empty where everything is.
    why: str = ""
    #: Until when changes are possible; empty where that is until the meeting begins.
    until: str = ""

    @property
    def is_ahead(self) -> bool:
        """Whether it has not begun; a booking that is gone is never ahead."""
        return not self.has_begun


def of(booking: Booking, *, now: datetime, clock: Clock) -> Standing:
    """The standing of `booking` at `now`, with instants as its customer reads them."""
    over, begun = booking.ends_at <= now, booking.is_cancelled or booking.starts_at <= now
    if begun:
        return Standing(over, begun, may_move=False, may_cancel=False)
    locked = now >= booking.locked_from
    limit = _instant(booking.locked_from, booking, clock) if booking.change_cutoff else ""
    move, cancel = booking.customer_may_move and not locked, booking.customer_may_cancel and not locked
    return Standing(
        over, begun, may_move=move, may_cancel=cancel, why=_why(booking, locked, limit),
        until=limit if move or cancel else "",
    )  # fmt: skip


def _why(booking: Booking, locked: bool, limit: str) -> str:
    """Why a change is not possible here; empty where all are."""
    move, cancel = booking.customer_may_move, booking.customer_may_cancel
    if booking.is_final or (not move and not cancel):
        return _("This booking is not changed here. Please get in touch with your host.")
    if locked:
        return _("Changes were possible until %(when)s. Please get in touch with your host.") % {"when": limit}
    if not move:
        return _("The time cannot be moved here. You can cancel and book again.")
    if not cancel:
        return _("To cancel, please get in touch with your host.")
    return ""


def heading(booking: Booking, standing: Standing, just: str) -> dict[str, Any]:
    """Title, text and seal of the page; `just` is `booked` or `moved` right after that happened.

    `warning` is there where mails do not arrive: then this page is all that the customer has.
    """
    if not deliveries.is_undelivered(booking):
        return _heading(booking, standing, just)
    warning = _("Our mail to %(mail)s could not be delivered. Please keep the address of this page: it always shows "
                "how your booking stands.") % {"mail": booking.customer_email}  # fmt: skip
    return _heading(booking, standing, "") | {"warning": warning}


def _heading(booking: Booking, standing: Standing, just: str) -> dict[str, Any]:
    mail = {"mail": booking.customer_email, "host": booking.page.display_name}
    if booking.is_cancelled:
        return _gone(booking)
    if booking.is_pending:
        return _waiting(booking, standing, just, mail)
    if just == "booked":
        text = _("A confirmation is on its way to %(mail)s.") % mail
        return {"icon": "check", "title": _("You are booked"), "text": text}
    if just == "moved":
        text = _("The new time is on its way to %(mail)s.") % mail
        return {"icon": "check", "title": _("Your booking has moved"), "text": text}
    state = booking.page.display_name
    if standing.is_over:
        state = f"{state} · {_('This meeting is over.')}"
    elif standing.has_begun:
        state = f"{state} · {_('This meeting has begun.')}"
    return {"icon": "", "title": booking.title, "text": state}


def _waiting(booking: Booking, standing: Standing, just: str, mail: dict[str, str]) -> dict[str, Any]:
    if standing.has_begun:
        text = _("Nobody has confirmed it, and its time has come.")
        return {"icon": "hourglass", "tone": "off", "title": _("Not confirmed"), "text": text}
    title = {"booked": _("Your request is on its way"), "moved": _("Your new time is asked for")}.get(
        just, _("Waiting for confirmation")
    )
    if booking.service.pending_holds:
        text = _("Nothing is booked until %(host)s has confirmed it. The time is kept for you until then.")
    else:
        text = _("Nothing is booked until %(host)s has confirmed it. Until then others may ask for the same time.")
    text = f"{text % mail} {_('The answer comes to %(mail)s.') % mail}"
    return {"icon": "hourglass", "tone": "wait", "title": title, "text": text}


def _gone(booking: Booking) -> dict[str, Any]:
    seal = {"icon": "calendar-x", "tone": "off"}
    if booking.status == Status.DECLINED:
        return seal | {"title": _("This request was declined"), "text": _("The time was not confirmed by your host.")}
    if booking.status == Status.EXPIRED:
        text = _("Nobody could confirm it in time. We are sorry.")
        return seal | {"title": _("This request was not answered"), "text": text}
    text = _("The time is free again, and both sides have been told.")
    return seal | {"title": _("This booking is cancelled"), "text": text}


def _instant(at: datetime, booking: Booking, clock: Clock) -> str:
    zone = zones.known(booking.customer_time_zone) or zones.known("UTC")
    local = at.astimezone(zone)
    return f"{clock.day(local.date(), year=True)}, {clock.time(local)}"
