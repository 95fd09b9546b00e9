"""`manage.py bookings_urls`: state, address and anonymous address of personal pages, in the words of S1's script."""

from __future__ import annotations

import base64
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from bookings.services import personal_addresses
from bookings.services.personal_addresses import PersonalAddress
from tenants.management.rows import TenantCommand
from tenants.models import Tenant

COLUMNS = ("User", "DisplayName", "State", "Url", "AnonymousUrl", "Message")


class Command(TenantCommand):
    """One user as a table is told in sentences; `html` is a snippet per user for mail signatures (S1.5)."""

    help = "Tells who has set up a personal booking page, and its addresses."
    formats = ("table", "csv", "json", "html")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        whom = parser.add_mutually_exclusive_group()
        whom.add_argument("--user", metavar="UPN", help="one user, by their address")
        whom.add_argument("--all", action="store_true", help="every user; what happens without --user too")

    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        found = personal_addresses.listed(tenant=tenant, now=timezone.now(), user=options["user"])
        if options["format"] == "html":
            self.stdout.write(_snippets(found))
        elif options["format"] == "table" and options["user"]:
            self._tell(found[0])
        else:
            self.print_rows(COLUMNS, [_row(address) for address in found], options["format"])

    def _tell(self, address: PersonalAddress) -> None:
        if address.enabled_sentence is not None:
            style = self.style.SUCCESS if address.mailbox.has_bookings else self.style.ERROR
            self.stdout.write(style(address.enabled_sentence))
        if address.state_sentence is not None:
            style = self.style.SUCCESS if address.url else self.style.WARNING
            self.stdout.write(style(address.state_sentence))
        for sentence in address.address_sentences:
            self.stdout.write(sentence)
        if address.anonymous_url and self.stdout.isatty():
            self._copy(address.anonymous_url)

    def _copy(self, text: str) -> None:
        """Asks the terminal to put `text` on the clipboard (the OSC 52 sequence)."""
        self.stdout.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07", ending="")
        self.stdout.write(self.style.SUCCESS("The URL has been copied to the clipboard."))


def _row(address: PersonalAddress) -> dict[str, Any]:
    message = address.state_sentence or address.enabled_sentence
    values = (address.user, address.name, address.state.value, address.url, address.anonymous_url, message)
    return dict(zip(COLUMNS, values, strict=True))


def _snippets(found: list[PersonalAddress]) -> str:
    active = [address for address in found if address.url]
    line = '<p data-user="{}"><a href="{}">{}</a></p>'
    rows = ((each.user, each.anonymous_url, format_html("Book a meeting with {}", each.name)) for each in active)
    return format_html_join("\n", line, rows)
