"""What the demonstration prints when it is ready: where to look, and as whom."""

from __future__ import annotations

from django.conf import settings
from django_scopes import scopes_disabled

from bookings.models import BookingPage, PrivateLink
from config.demonstration.people import CONTOSO, FABRIKAM, PASSWORD, SITE_ADMINISTRATOR


def text() -> str:
    """Addresses and sign-ins, as lines for a terminal."""
    site = settings.SITE_URL
    lines = [
        "", f"Daybook runs at {site}", "",
        "Booking pages, as a visitor sees them", *(f"  {label:<34} {url}" for label, url in pages()), "",
        f"Sign in at {site}/accounts/login/ with the password {PASSWORD}",
        *(f"  {address:<34} {what}" for address, what in sign_ins()), "",
        f"  {'Staff area':<34} {site}/staff/",
        f"  {'Administration':<34} {site}/admin/",
        f"  {'Mails that were sent':<34} {site}/outbox/",
        f"  {'Outlook of everybody (sandbox)':<34} {site}/sandbox/", "",
        "Ctrl-C ends it; the data stays. `--reset` starts over.", "",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def pages() -> list[tuple[str, str]]:
    """The pages worth opening first, and one private link."""
    wanted = {person.name: person.note for person in (*CONTOSO, *FABRIKAM)}
    with scopes_disabled():
        rows = BookingPage.objects.select_related("mailbox").order_by("kind", "tenant__name", "display_name")
        found = [
            (page.display_name, page.url) for page in rows if not page.is_personal or wanted.get(page.display_name)
        ]
        link = PrivateLink.objects.filter(label="For the whole team").order_by("service__title").first()
    if link is not None:
        found.append(("A private link", link.url))
    return found


def sign_ins() -> list[tuple[str, str]]:
    """Who can sign in, and what they stand for."""
    members = [person for person in (*CONTOSO, *FABRIKAM) if person.role]
    return [
        *((person.address, f"{person.role}: {person.note}" if person.note else person.role) for person in members),
        (SITE_ADMINISTRATOR, "administers the site"),
    ]
