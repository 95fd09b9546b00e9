"""Who has set up a personal page, and where it is (S1)."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django_scopes import scope

from bookings.models import BookingPage
from bookings.services import pages
from tenants import acting
from tenants.models import BOOKINGS_CAPABILITY, Mailbox, Tenant
from tests.commands.running import as_csv, as_json, run
from tests.factories import NOW, MailboxFactory, stranger

ANA = ("bookings_urls", "--tenant", "contoso.com", "--user", "Ana@Contoso.com")
FIXTURE = ["GRAPH_CONNECTORS_SEARCH_INDEX", BOOKINGS_CAPABILITY, "MYANALYTICSP2", "BPOS_S_Standard"]


@pytest.fixture
def ana(contoso: Tenant) -> Mailbox:
    """Ana, who may have a page."""
    return MailboxFactory(tenant=contoso, address="ana@contoso.com", display_name="Ana Pérez", capabilities=FIXTURE)


def activate(mailbox: Mailbox) -> BookingPage:
    return pages.activate_personal(mailbox=mailbox, now=NOW, actor=acting.SYSTEM)


@pytest.mark.row("S1.1", "S1.2", "S1.4", "S1.10", "S1.12", "S1.29", "S1.30")
def test_an_active_page_is_told_in_the_words_of_the_script(ana: Mailbox) -> None:
    activate(ana)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        told = run(*ANA).splitlines()
    url = f"http://127.0.0.1:8000/bookwithme/user/{ana.exchange_guid.hex}%40contoso.com"
    assert told == [
        "User 'Ana Pérez' has Microsoft Bookings enabled in Exchange Online.",
        "User 'Ana Pérez' set up their Personal Bookings page already.",
        f"Microsoft Bookings URL of user 'Ana Pérez' is '{url}'.",
        f"Microsoft Bookings anonymous URL of user 'Ana Pérez': is '{url}?anonymous'",
    ]


@pytest.mark.row("S1.30")
def test_on_a_terminal_the_anonymous_address_is_copied(ana: Mailbox) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    activate(ana)
    out = Terminal()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        call_command(*ANA, stdout=out)
    assert "\x1b]52;c;" in out.getvalue() and "The URL has been copied to the clipboard." in out.getvalue()


@pytest.mark.row("S1.26", "S1.31", "S1.32")
def test_a_page_that_was_never_opened_has_no_address(ana: Mailbox) -> None:
    assert run(*ANA).splitlines() == [
        "User 'Ana Pérez' has Microsoft Bookings enabled in Exchange Online.",
        "User 'Ana Pérez' didn't set up their Personal Bookings page yet.",
    ]
    [row] = as_json(*ANA, "--format", "json")
    assert (row["State"], row["Url"], row["AnonymousUrl"]) == ("notSetUp", None, None)


@pytest.mark.row("S1.11", "S1.12")
def test_a_user_without_the_capability_is_caught(ana: Mailbox) -> None:
    Mailbox.objects.filter(pk=ana.pk).update(capabilities=["BPOS_S_Standard"])
    assert run(*ANA) == "User 'Ana Pérez' does not have Microsoft Bookings enabled in Exchange Online.\n"


@pytest.mark.row("S1.33")
def test_a_page_that_was_just_activated_is_not_yet_reachable(ana: Mailbox) -> None:
    activate(ana)
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        [row] = as_json(*ANA, "--format", "json")
    assert (row["State"], row["Url"]) == ("activating", None)


@pytest.mark.row("S1.6", "S1.7")
def test_the_report_names_who_configured_the_page_and_who_did_not(contoso: Tenant, ana: Mailbox) -> None:
    activate(ana)
    MailboxFactory(tenant=contoso, address="ben@contoso.com", display_name="=cmd()")
    MailboxFactory(tenant=contoso, kind=Mailbox.Kind.ROOM, address="room@contoso.com")
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        MailboxFactory(tenant=fabrikam, address="secret@fabrikam.example")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        heading, *rows = as_csv("bookings_urls", "--tenant", "contoso.com", "--all")
    assert heading == ["User", "DisplayName", "State", "Url", "AnonymousUrl", "Message"]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("ben@contoso.com", "'=cmd()", "notSetUp"),
        ("ana@contoso.com", "Ana Pérez", "active"),
    ]


@pytest.mark.row("S1.5")
def test_signatures_get_a_snippet_per_active_page(contoso: Tenant, ana: Mailbox) -> None:
    Mailbox.objects.filter(pk=ana.pk).update(display_name="Ana <b>")
    ana.refresh_from_db()
    page = activate(ana)
    MailboxFactory(tenant=contoso, address="ben@contoso.com")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        snippet = run("bookings_urls", "--tenant", "contoso.com", "--format", "html")
    assert snippet == (
        f'<p data-user="ana@contoso.com"><a href="{page.anonymous_url}">Book a meeting with Ana &lt;b&gt;</a></p>\n'
    )


def test_an_unknown_user_is_an_error(contoso: Tenant) -> None:
    with pytest.raises(CommandError, match="no user"):
        run(*ANA)
