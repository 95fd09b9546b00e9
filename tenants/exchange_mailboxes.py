"""Reads the list of mailboxes that Exchange Online PowerShell exported: GUIDs and capabilities (S1.10). Pure.

| in the file                                        | understood as                                                |
|----------------------------------------------------|--------------------------------------------------------------|
| columns apart by comma, semicolon or tabulator     | the one that the heading has most of                         |
| a line `#TYPE …` before the heading                | left out                                                     |
| UTF-8 and UTF-16 with their mark, else Windows-1252 | text                                                         |
| `{A, B}`, `A;B`, `A B`                             | two capabilities                                             |
| `System.Collections…`, or names cut off by `…`     | refused with the line that exports them whole                |

Graph tells neither of the two, so this is the only way that both are known for certain.
"""

from __future__ import annotations

import csv
import io
import re
import uuid
from dataclasses import dataclass

from tenants.scheduling.words import gettext

#: What an administrator runs. A plain Select-Object would export the type of the list instead of what is in it.
POWERSHELL = (
    "Get-Mailbox -ResultSize Unlimited -RecipientTypeDetails UserMailbox | Select-Object PrimarySmtpAddress, "
    'ExchangeGuid, @{Name="PersistedCapabilities"; Expression={$_.PersistedCapabilities -join ";"}} | '
    "Export-Csv mailboxes.csv -NoTypeInformation -Encoding UTF8"
)
_ADDRESSES = ("primarysmtpaddress", "windowsemailaddress", "userprincipalname")
_SEPARATORS = re.compile(r"[;,|\s]+")
#: More rows than any organisation that fits here has; the rest would be a wrong file.
MOST_ROWS = 50_000
_MOST_CAPABILITIES, _LONGEST = 100, 100


class Unreadable(ValueError):
    """The text is not such a list; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One mailbox. None: its column is not in the file, or empty where it cannot be."""

    address: str
    exchange_guid: uuid.UUID | None
    capabilities: tuple[str, ...] | None


def decode(data: bytes) -> str:
    """The text of a file, as PowerShell's encodings write it; without NUL, which no database takes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").replace("\0", "")
    try:
        return data.decode("utf-8-sig").replace("\0", "")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").replace("\0", "")


def read(text: str) -> list[Row]:
    """Every mailbox of the list; of two lines about one the last. Raises Unreadable."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and lines[0].startswith("#TYPE"):
        lines = lines[1:]
    if not lines:
        raise Unreadable(gettext("There is nothing in it."))
    if len(lines) > MOST_ROWS:
        raise Unreadable(gettext("This is too long for a list of mailboxes."))
    delimiter = max(",;\t", key=lines[0].count)
    try:
        names, *cells = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    except csv.Error as wrong:  # a cell without an end: a quotation mark is never closed
        raise Unreadable(gettext("This is too long for a list of mailboxes.")) from wrong
    columns = {name.strip().lower(): number for number, name in enumerate(names)}
    address = next((columns[name] for name in _ADDRESSES if name in columns), None)
    guids, capabilities = columns.get("exchangeguid"), columns.get("persistedcapabilities")
    if address is None or (guids is None and capabilities is None):
        words = gettext("The first line must name PrimarySmtpAddress, ExchangeGuid and PersistedCapabilities.")
        raise Unreadable(words)
    rows = {}
    for cell in cells:
        told = None if capabilities is None else _capabilities(_cell(cell, capabilities))
        row = Row(_cell(cell, address).lower(), guid(_cell(cell, guids)), told)
        if "@" in row.address:
            rows[row.address] = row
    if not rows:
        raise Unreadable(gettext("No line has a mail address."))
    return list(rows.values())


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def guid(text: str) -> uuid.UUID | None:
    """The GUID; None for what is none, and for the empty one that Exchange shows where there is no mailbox."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if found.int else None


def _capabilities(text: str) -> tuple[str, ...]:
    if text.startswith("System.") or "…" in text or "..." in text:
        raise Unreadable(gettext("The capabilities are cut off or missing. Export them with the line shown here."))
    names = [name for name in _SEPARATORS.split(text.strip("{} ")) if name]
    return tuple(name[:_LONGEST] for name in dict.fromkeys(names))[:_MOST_CAPABILITIES]
