"""What the demonstration prints when it is ready: where to look, and as whom."""

from __future__ import annotations

from django.conf import settings
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from bookings.models import BookingPage, PrivateLink
from config.demonstration.people import CONTOSO, FABRIKAM, PASSWORD, SITE_ADMINISTRATOR

#: Pages where a visitor cannot book, by the state they stand for: what a visitor finds instead.
CLOSED = {
    "privateOnly": "no public type: empty, as visitors see it",
    "allDeleted": "no type at all: empty, as visitors see it",
    "unpublished": "not published: visitors find nothing",
    "activating": "being set up: not open yet",
}

#: What administrators can try at once, by address (`governance`).
GOVERNED = (
    ("/organisation/", "what works, and what needs somebody"),
    ("/organisation/connection/", "two secrets: one ends soon, remove it; test; consent; give it all again"),
    ("/organisation/permissions/", "what each permission is for; revoke one at /sandbox/ and test again"),
    ("/organisation/policy/", "Exchange's policy, pasted; Marco Bianchi is blocked: see the line that lets him in"),
    ("/organisation/people/", "no licence, no capability, check failed, blocked by policy; import now"),
    ("/organisation/members/", "roles, invitations, sign-in with Microsoft"),
    ("/organisation/mailboxes/", "who made this mailbox, and who may open it; the audit log tells the rest"),
    ("/organisation/trash/", "Contoso Pop-up: restore it, or purge it for a certificate"),
    ("/organisation/privacy/", "marta.lindgren@example.org: see, hand out, erase"),
    ("/staff/", "Nora Berg booked in an outage, and Outlook had something: move, keep or cancel"),
    ("/accounts/login/", "“Sign in with Microsoft”, as anybody of Contoso or Fabrikam"),
)


def text() -> str:
    """Addresses and sign-ins, as lines for a terminal."""
    site = settings.SITE_URL
    lines = [
        "", f"Daybook runs at {site}", "",
        "Booking pages, as a visitor sees them", *(f"  {label:<34} {url}" for label, url in pages()), "",
        "Pages that a visitor finds closed or empty, on purpose", *closed_pages(), "",
        f"Sign in at {site}/accounts/login/ with the password {PASSWORD}",
        *(f"  {address:<34} {what}" for address, what in sign_ins()), "",
        "For an organisation's administrators, as olivia.keller@contoso.com",
        *(f"  {path:<34} {what}" for path, what in GOVERNED), "",
        f"  {'Staff area':<34} {site}/staff/",
        f"  {'Administration':<34} {site}/admin/  (owners, administrators)",
        f"  {'Mails that were sent':<34} {site}/outbox/",
        f"  {'Outlook of everybody (sandbox)':<34} {site}/sandbox/  (what you enter counts within a minute or so)", "",
        "Ctrl-C ends it; the data stays. `--reset` starts over.", "",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def pages() -> list[tuple[str, str]]:
    """The pages worth opening first, and one private link."""
    closed = {person.name for person in (*CONTOSO, *FABRIKAM) if person.page in CLOSED}
    wanted = {person.name for person in (*CONTOSO, *FABRIKAM) if person.note} - closed
    with scopes_disabled():
        found = [
            (page.display_name, page.url) for page in _rows() if not page.is_personal or page.display_name in wanted
        ]
        link = PrivateLink.objects.filter(label="For the whole team").order_by("service__title").first()
    if link is not None:
        found.append(("A private link", link.url))
    return found


def closed_pages() -> list[str]:
    """The lines about pages where a visitor cannot book, each with the reason."""
    reasons = {person.name: CLOSED[person.page] for person in (*CONTOSO, *FABRIKAM) if person.page in CLOSED}
    with scopes_disabled():
        return [
            f"  {page.display_name:<34} {page.url}  ({reasons[page.display_name]})"
            for page in _rows()
            if page.is_personal and page.display_name in reasons
        ]


def _rows() -> QuerySet[BookingPage]:
    return BookingPage.objects.select_related("mailbox").order_by("kind", "tenant__name", "display_name")


def sign_ins() -> list[tuple[str, str]]:
    """Who can sign in, and what they stand for."""
    members = [person for person in (*CONTOSO, *FABRIKAM) if person.role]
    return [
        *((person.address, f"{person.role}: {person.note}" if person.note else person.role) for person in members),
        (SITE_ADMINISTRATOR, "administers the site"),
    ]
