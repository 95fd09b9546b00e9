"""What the mails about approvals say: to who is asked, and to who wants to know the answer.

| template          | reader | says                                                                        |
|-------------------|--------|-----------------------------------------------------------------------------|
| membershipAsked   | staff  | you were put on a page; Approve and Reject (S0.12, S0.13)                   |
| memberAdded       | staff  | you take bookings on a page from now on; nothing to answer                  |
| memberAnswered    | owner  | who approved or rejected                                                    |
| approvalAsked     | staff  | somebody asks for a meeting with you, or you are to take one over           |
| approvalReminded  | staff  | the same, still waiting                                                     |
| approvalEscalated | owner  | nobody answered: please decide                                              |

The two buttons open one page with that answer chosen; only its button acts, so that mail scanners decide nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.models import Approval, Booking, StaffMember
from bookings.notifications import rows, when
from tenants.letters import Action, Letter, Row, plain


def booking_facts(approval: Approval, booking: Booking) -> dict[str, str]:
    """The values of the placeholders of a question about a booking."""
    return {
        "person": approval.asked_name, "staff": approval.staff_member.display_name, "customer": booking.customer_name,
        "title": booking.title, "page": booking.page.display_name,
        "when": when.short(booking.starts_at, approval.asked_time_zone),
        "until": when.short(approval.answer_by, approval.asked_time_zone) if approval.answer_by else "",
    }  # fmt: skip


def booking_letter(approval: Approval, booking: Booking, *, template: str) -> Letter:
    """The question whether a booking is to be, or whether somebody takes it over."""
    facts = booking_facts(approval, booking)
    subject, heading, paragraph = _booking_words(approval, template)
    return Letter(
        subject=subject % facts,
        heading=heading,
        sender=booking.page.display_name,
        preview=f"{booking.title}, {facts['when']}",
        paragraphs=[paragraph % facts],
        rows=_booking_rows(approval, booking, facts["until"]),
        action=Action(_("Confirm"), f"{approval.url}?answer=approve"),
        second=Action(_("Decline"), f"{approval.url}?answer=reject"),
        notes=[_("Either button opens a page that shows everything and asks once more. You need not sign in.")],
        footer=_("You get this mail because you take bookings on this page.")
        if not approval.is_owner
        else _("You get this mail because you look after this page."),
    )


def _booking_words(approval: Approval, template: str) -> tuple[str, str, str]:
    """Subject, heading and opening."""
    if template == "approvalEscalated":
        return (
            _("Please decide: %(title)s, %(when)s"),
            _("Nobody has answered yet"),
            _("%(customer)s asks for a meeting with %(staff)s and has no answer. Please decide instead."),
        )
    takes_over = approval.kind == Approval.Kind.ASSIGNMENT
    heading = _("Will you take this booking?") if takes_over else _("Please confirm this booking")
    paragraph = (
        _("Hello %(person)s, %(customer)s is meant to meet you. If you cannot, the next colleague is asked.")
        if takes_over
        else _("Hello %(person)s, %(customer)s asks for a meeting with you. It counts once it is confirmed.")
    )  # fmt: skip
    if template == "approvalReminded":
        return _("Still waiting: %(title)s, %(when)s"), heading, paragraph
    return _("Please confirm: %(title)s, %(when)s"), heading, paragraph


def _booking_rows(approval: Approval, booking: Booking, until: str) -> list[Row]:
    local = when.period(booking.starts_at, booking.ends_at, approval.asked_time_zone)
    found = [
        Row(pgettext("row of a mail", "What"), booking.title, strong=True),
        Row(pgettext("row of a mail", "When"), local.text, local.zone, strong=True),
        *rows.where(booking),
        *rows.customer(booking),
        *rows.told(booking),
    ]
    if until and not approval.is_owner:
        found.append(Row(_("Answer by"), until, approval.asked_time_zone))
    return found


def member_facts(member: StaffMember) -> dict[str, str]:
    """The values of the placeholders of a mail about a membership."""
    return {"person": member.display_name, "page": member.page.display_name, "organisation": member.tenant.name}


def asked_letter(approval: Approval) -> Letter:
    """To who was put on a page that asks first: Approve and Reject (S0.12, S0.13)."""
    member = approval.staff_member
    facts = member_facts(member)
    return Letter(
        subject=_("Take bookings on %(page)s?") % facts,
        heading=_("Will you take bookings?"),
        sender=member.page.display_name,
        preview=facts["page"],
        paragraphs=[
            _("Hello %(person)s, you were added to the staff of “%(page)s”.") % facts,
            _("Until you approve, nobody can book you there, and when you are free or busy is not shared."),
        ],
        rows=_member_rows(member),
        action=Action(_("Approve"), f"{approval.url}?answer=approve"),
        second=Action(_("Reject"), f"{approval.url}?answer=reject"),
        notes=[_("Either button opens a page that asks once more. You need not sign in.")],
        footer=_("You get this mail because you were added to this page."),
    )  # fmt: skip


def added_letter(member: StaffMember) -> Letter:
    """To who was put on a page and is active at once; nothing to answer."""
    facts = member_facts(member)
    return Letter(
        subject=_("You take bookings on %(page)s") % facts,
        heading=_("You take bookings from now on"),
        sender=member.page.display_name,
        preview=facts["page"],
        paragraphs=[
            _("Hello %(person)s, you were added to the staff of “%(page)s”.") % facts,
            _("You can be booked there from now on."),
        ],
        rows=_member_rows(member),
        action=Action(_("Open your bookings"), f"{settings.SITE_URL}/staff/"),
        footer=_("You get this mail because you were added to this page."),
    )  # fmt: skip


def answered_letter(approval: Approval, *, reader: str) -> Letter:
    """To who looks after the page: what somebody answered."""
    member = approval.staff_member
    facts = member_facts(member) | {"reader": reader}
    agreed = approval.state == Approval.State.APPROVED
    found = _member_rows(member)
    if approval.reason:
        found.append(Row(pgettext("row of a mail", "Reason"), plain(approval.reason)))
    sentence = (
        _("%(person)s has approved and can be booked on “%(page)s” from now on.")
        if agreed
        else _("%(person)s has rejected and is not offered on “%(page)s”.")
    )
    return Letter(
        subject=(_("Approved: %(person)s on %(page)s") if agreed else _("Rejected: %(person)s on %(page)s")) % facts,
        heading=_("Staff approved") if agreed else _("Staff rejected"),
        sender=member.page.display_name,
        preview=facts["page"],
        paragraphs=[sentence % facts],
        rows=[Row(_("Person"), member.display_name, member.email), *found],
        action=Action(_("Open your pages"), f"{settings.SITE_URL}/staff/"),
        footer=_("You get this mail because you look after this page."),
    )


def _member_rows(member: StaffMember) -> list[Row]:
    page = member.page
    return [Row(_("Page"), page.display_name, strong=True), Row(_("Address"), page.url, url=page.url)]
