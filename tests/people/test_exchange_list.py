"""What Exchange tells of mailboxes: read in every form that PowerShell writes, compared, then taken over."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_scopes import scope

from bookings.services import pages
from tenants import acting, exchange_mailboxes
from tenants.exchange_mailboxes import Unreadable
from tenants.models import BOOKINGS_CAPABILITY, AuditEvent, Mailbox, Role, Tenant
from tenants.services import licensing
from tests.factories import NOW, MailboxFactory, stranger

ADDRESS = "/organisation/people/exchange/"
ANA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
#: The document's own sample (S1.10).
SAMPLE = ("GRAPH_CONNECTORS_SEARCH_INDEX", "BPOS_S_BookingsAddOn", "MYANALYTICSP2", "BPOS_S_Standard")
HEAD = "PrimarySmtpAddress,ExchangeGuid,PersistedCapabilities"
LIST = (
    f'"PrimarySmtpAddress","ExchangeGuid","PersistedCapabilities"\n"Ana@contoso.com","{ANA}","{{{", ".join(SAMPLE)}}}"'
)


@pytest.mark.row("S1.10")
@pytest.mark.parametrize(
    "text",
    [
        LIST,
        f"#TYPE Selected.Mailbox\r\n{LIST}\r\n",
        f"{HEAD}\n\nana@contoso.com,{ANA},{';'.join(SAMPLE)}",
        f"{HEAD.replace(',', ';')}\nana@contoso.com;{ANA};{' '.join(SAMPLE)}",
        f"{HEAD.replace(',', chr(9))}\nana@contoso.com\t{ANA}\t{', '.join(SAMPLE)}",
    ],
)
def test_every_form_of_the_list_is_read(text: str) -> None:
    [row] = exchange_mailboxes.read(text)
    assert (row.address, row.exchange_guid, row.capabilities) == ("ana@contoso.com", ANA, SAMPLE)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_of_powershell_is_read(encoding: str) -> None:
    assert exchange_mailboxes.decode("Zoë@\0contoso.com".encode(encoding)) == "Zoë@contoso.com"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing in it"),
        ("Name,Alias\nAna,ana", "PrimarySmtpAddress"),
        (f'{HEAD}\n"ana@contoso.com,{ANA},{"A" * 140_000}', "too long"),
        (f"{HEAD}\nana,{ANA},A", "No line has a mail address"),
        (f"{HEAD}\nana@contoso.com,{ANA},System.Collections.ArrayList", "Export them with the line"),
        (f"{HEAD}\nana@contoso.com,{ANA},{{BPOS_S_Standard; MYANAL…}}", "Export them with the line"),
    ],
)
def test_what_is_no_such_list_says_so(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        exchange_mailboxes.read(text)


def test_the_empty_guid_is_none_and_a_missing_column_says_nothing() -> None:
    [row] = exchange_mailboxes.read(f"PrimarySmtpAddress,ExchangeGuid\nana@contoso.com,{uuid.UUID(int=0)}")
    assert (row.exchange_guid, row.capabilities) == (None, None)


@pytest.fixture
def ana(contoso: Tenant) -> Mailbox:
    """Ana, of whom the licence says that she has Bookings."""
    return MailboxFactory(
        tenant=contoso, address="ana@contoso.com", display_name="Ana", capabilities=[BOOKINGS_CAPABILITY],
        has_bookings_plan=True,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.row("S1.10", "S1.11")
def test_a_listed_user_without_the_capability_is_caught_after_a_look(
    contoso: Tenant, ana: Mailbox, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    pages.activate_personal(mailbox=ana, now=NOW, actor=acting.SYSTEM)
    text = f"{HEAD}\nana@contoso.com,{ANA},BPOS_S_Standard\nnobody@contoso.com,{BEN},BPOS_S_Standard"
    look = client.post(ADDRESS, {"text": text}).content.decode()
    assert "may have none any more" in look and "stop working" in look and "nobody@contoso.com" in look
    ana.refresh_from_db()
    assert ana.has_bookings and ana.exchange_guid != ANA, "nothing is taken over unseen"
    rows = re.search(r'name="rows" value="([^"]+)"', look)
    assert rows is not None
    client.post(ADDRESS, {"rows": rows[1]})
    ana.refresh_from_db()
    assert (ana.exchange_guid, ana.capabilities) == (ANA, ["BPOS_S_Standard"])
    assert not ana.has_bookings and ana.capabilities_read_at is not None
    event = AuditEvent.objects.get(action="person.changed")
    assert event.after == {"exchange_guid": str(ANA), "capabilities": ["BPOS_S_Standard"]}
    assert AuditEvent.objects.get(action="people.capabilitiesRead").cmdlet == "Get-Mailbox"


@pytest.mark.django_db
def test_the_file_is_read_as_powershell_wrote_it(
    contoso: Tenant, ana: Mailbox, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.OWNER)
    file = SimpleUploadedFile("mailboxes.csv", LIST.encode("utf-16"))
    assert "Take over 1 change" in client.post(ADDRESS, {"file": file}).content.decode()
    wrong = client.post(ADDRESS, {"text": "Name\nAna"}).content.decode()
    assert "The first line must name" in wrong and "Get-Mailbox -ResultSize Unlimited" in wrong
    refused = client.post(ADDRESS, {"rows": "made-up"}, follow=True).content.decode()
    assert "Please give the list once more" in refused


@pytest.mark.django_db
def test_a_guid_of_another_mailbox_is_left_out_whoevers_it_is(contoso: Tenant, ana: Mailbox) -> None:
    before = ana.exchange_guid
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        theirs = MailboxFactory(tenant=fabrikam, address="eve@fabrikam.example")
    rows = exchange_mailboxes.read(
        f"{HEAD}\nana@contoso.com,{theirs.exchange_guid},A\neve@fabrikam.example,{ANA},BPOS_S_Standard"
    )
    result = licensing.apply(tenant=contoso, rows=rows, now=NOW, actor=acting.SYSTEM)
    assert (result.collisions, result.unknown) == (["ana@contoso.com"], ["eve@fabrikam.example"])
    ana.refresh_from_db()
    assert (ana.exchange_guid, ana.capabilities) == (before, ["A"])
    with scope(tenant=fabrikam):
        theirs.refresh_from_db()
        assert theirs.has_bookings
