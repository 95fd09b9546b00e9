"""What the mails to visitors say that are not about a booking: waiting list, offered times, mail codes, digests."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.models import BookingPage, TimeOffer, WaitingEntry
from bookings.notifications import when
from tenants.letters import Action, Letter, Row


def waiting_facts(entry: WaitingEntry) -> dict[str, str]:
    """The values of the placeholders."""
    return {"customer": entry.customer_name, "title": entry.service.title, "page": entry.service.page.display_name}


def waiting_letter(entry: WaitingEntry) -> Letter:
    """To who joined the waiting list: for what and which days, and how to leave it."""
    facts = waiting_facts(entry)
    first, last = (when.day(day) for day in (entry.first_date, entry.last_date))
    rows = [
        Row(pgettext("row of a mail", "What"), entry.service.title, strong=True),
        Row(_("Days"), first if first == last else f"{first} – {last}", entry.customer_time_zone, strong=True),
    ]
    if entry.staff_member is not None and not entry.service.page.hides_staff:
        rows.append(Row(pgettext("row of a mail", "With"), entry.staff_member.display_name))
    return Letter(
        subject=_("You are on the waiting list: %(title)s") % facts,
        heading=_("You are on the waiting list"),
        sender=entry.service.page.display_name,
        paragraphs=[
            _("Hello %(customer)s, as soon as a time becomes free, we offer it to whoever has waited longest. You then "
              "get a mail and have a while to take it.") % facts
        ],
        rows=rows,
        action=Action(_("See your place or leave the list"), entry.url),
        footer=_("You get this mail because the waiting list was joined with your address."),
    )  # fmt: skip


def offer_facts(offer: TimeOffer, entry: WaitingEntry) -> dict[str, str]:
    """The values of the placeholders."""
    zone = entry.customer_time_zone
    return waiting_facts(entry) | {
        "when": when.short(offer.starts_at, zone),
        "until": when.short(offer.expires_at, zone),
        "staff": _staff_of(offer),
    }


def _staff_of(offer: TimeOffer) -> str:
    if offer.service.page.hides_staff:
        return offer.service.page.display_name
    return offer.staff_member.display_name if offer.staff_member else ""


def offer_letter(offer: TimeOffer, entry: WaitingEntry, *, is_held: bool = True) -> Letter:
    """To who waits first: the time that became free, and until when it is kept, or open where it cannot be kept."""
    facts = offer_facts(offer, entry)
    local = when.period(offer.starts_at, offer.starts_at + offer.service.duration, entry.customer_time_zone)
    rows = [
        Row(pgettext("row of a mail", "What"), offer.service.title, strong=True),
        Row(pgettext("row of a mail", "When"), local.text, local.zone, strong=True),
    ]
    if offer.staff_member is not None and not offer.service.page.hides_staff:
        rows.append(Row(pgettext("row of a mail", "With"), offer.staff_member.display_name))
    rows.append(Row(_("Kept until") if is_held else _("Open until"), facts["until"], entry.customer_time_zone))
    kept = _("Hello %(customer)s, this time has become free. We keep it for you until %(until)s.")
    open_to_all = _("Hello %(customer)s, a place has become free. It cannot be kept for you, so be quick.")
    return Letter(
        subject=_("A time is free: %(title)s, %(when)s") % facts,
        heading=_("A time is free for you"),
        sender=offer.service.page.display_name,
        preview=str(local),
        paragraphs=[(kept if is_held else open_to_all) % facts],
        rows=rows,
        action=Action(_("See and take this time"), offer.url),
        second=Action(_("See your place or leave the list"), entry.url),
        notes=[_("If you do not take it, it is offered to the next one. You stay on the list.")],
        footer=_("You get this mail because the waiting list was joined with your address."),
    )


def code_letter(page: BookingPage, *, name: str, digits: str) -> Letter:
    """To who books where mail addresses are confirmed by a code."""
    facts = {"customer": name, "page": page.display_name, "code": digits}
    return Letter(
        subject=_("%(code)s is your code for %(page)s") % facts,
        heading=_("Your code is %(code)s") % facts,
        sender=page.display_name,
        preview=_("It works for ten minutes."),
        paragraphs=[
            _("Hello %(customer)s, enter this code on the page where you book. It works for ten minutes.") % facts
        ],
        rows=[Row(_("Code"), digits, strong=True)],
        notes=[_("If you are not booking anything, you need do nothing: without the code nothing is booked.")],
        footer=_("You get this mail because somebody is booking with your address."),
    )  # fmt: skip


def digest_letter(*, subject: str, sender: str, intro: str, rows: Sequence[tuple[str, str]]) -> Letter:
    """One mail in place of many; all texts come from the caller."""
    return Letter(
        subject=subject,
        heading=subject,
        sender=sender,
        paragraphs=[intro] if intro else [],
        rows=[Row(label, value) for label, value in rows],
        footer=_("You get this mail once, in place of one for each."),
    )
