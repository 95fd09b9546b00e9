"""Reads what Exchange Online PowerShell printed about EWS: `Get-OrganizationConfig`, `Get-CASMailbox`. Pure.

| pasted                      | looks like                                              | lists                      |
|-----------------------------|---------------------------------------------------------|----------------------------|
| `… \\| Format-List …`        | `EwsAllowList : {One, Two}`, a block for each mailbox   | in braces, perhaps wrapped |
| `… \\| Export-Csv …`         | a line of names, then a line for each mailbox           | joined by `;` or blanks    |

A block without a name of a mailbox is the organisation's, or that of the person who is looked at. What a paste does not
mention stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field, replace
from typing import Any

from tenants.exchange_policy import ALLOW_LIST, BLOCK_LIST, Exchange
from tenants.scheduling.words import gettext

#: Columns that say whose values they are, the surest first.
_NAMES = ("primarysmtpaddress", "userprincipalname", "windowsemailaddress", "identity", "name", "displayname")
_VALUES = ("ewsenabled", "ewsapplicationaccesspolicy", "ewsallowlist", "ewsblocklist")
_EMPTY = ("", "$null", "{}", "null")
_LINE = re.compile(r"\s*([A-Za-z]\w*)\s*:\s?(.*)")


class Unreadable(ValueError):
    """The text is not what PowerShell prints; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was read about one mailbox; `name` empty: about whoever was asked for."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)

    def over(self, known: Exchange) -> Exchange:
        """`known` with what was read in its place."""
        return replace(known, **self.values)


def read(text: str) -> list[Found]:
    """Everything that the text tells. Raises Unreadable."""
    text = text.replace("\r\n", "\n").replace("\xa0", " ").strip("\ufeff\n")
    try:
        rows = _table(text) if _is_table(text) else _blocks(text)
    except csv.Error:  # a cell without an end: a quotation mark is never closed
        rows = []
    found = [Found(_name(row), _values(row)) for row in rows]
    found = _merged([one for one in found if one.values])
    if not found:
        raise Unreadable(
            gettext("There is no EwsEnabled, EwsApplicationAccessPolicy, EwsAllowList or EwsBlockList in it.")
        )
    return found


def _is_table(text: str) -> bool:
    head = _lines(text)[:1]
    return bool(head) and any(name in re.split(r'[,;\t"]+', head[0].lower()) for name in _VALUES)


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#TYPE")]


def _table(text: str) -> list[dict[str, str]]:
    lines = _lines(text)
    delimiter = max(",;\t", key=lines[0].count)
    rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    names = [name.strip().lower() for name in next(rows)]
    return [dict(zip(names, row, strict=False)) for row in rows]


def _blocks(text: str) -> list[dict[str, str]]:
    """One dictionary for each block of `Name : value` lines; a wrapped value goes on in the next, indented, line."""
    blocks: list[dict[str, str]] = [{}]
    last = ""
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        if not line.strip():
            blocks.append({})
            last = ""
        elif match and not (last and blocks[-1][last].count("{") > blocks[-1][last].count("}")):
            last = match[1].lower()
            if last in blocks[-1]:
                blocks.append({})
            blocks[-1][last] = match[2].strip()
        elif last:
            blocks[-1][last] += f" {line.strip()}"
    return blocks


def _name(row: dict[str, str]) -> str:
    return next((row[name].strip() for name in _NAMES if row.get(name, "").strip()), "")


def _values(row: dict[str, str]) -> dict[str, Any]:
    readers = (_flag, _policy, _list, _list)
    fields = ("enabled", "policy", "allow_list", "block_list")
    return {
        name: reader(row[column].strip())
        for column, name, reader in zip(_VALUES, fields, readers, strict=True)
        if column in row
    }


def _flag(text: str) -> bool | None:
    text = text.lower()
    if text in _EMPTY:
        return None
    if text.lstrip("$") in ("true", "false"):
        return text.endswith("true")
    raise Unreadable(gettext("EwsEnabled is True, False or empty."))


def _policy(text: str) -> str:
    if text.lower() in _EMPTY:
        return ""
    for policy in (ALLOW_LIST, BLOCK_LIST):
        if text.lower() == policy.lower():
            return policy
    raise Unreadable(gettext("EwsApplicationAccessPolicy is EnforceAllowList, EnforceBlockList or empty."))


def _list(text: str) -> tuple[str, ...]:
    if text.lower() in _EMPTY:
        return ()
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    if inner.endswith(("...", "…")):
        raise Unreadable(
            gettext(
                "PowerShell cut a list short (“…”). Run $FormatEnumerationLimit = -1 first, then the command again."
            )
        )
    if inner.startswith(("System.", "Microsoft.Exchange.")):
        raise Unreadable(
            gettext(
                "The file holds the type of a list in place of its entries. Use the line shown here for the export."
            )
        )
    parts = re.split(r"[,;|\n]+", inner) if re.search(r"[,;|]", inner) else inner.split()
    return tuple(dict.fromkeys(part.strip().strip("\"'") for part in parts if part.strip()))


def _merged(found: list[Found]) -> list[Found]:
    """Blocks about the same one, as two commands print them, are one."""
    merged: dict[str, Found] = {}
    for one in found:
        known = merged.get(one.name.lower())
        merged[one.name.lower()] = replace(one, values=(known.values if known else {}) | one.values)
    return list(merged.values())
