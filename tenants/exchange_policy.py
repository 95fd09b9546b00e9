"""Exchange's policy for Bookings with me: what its values mean, and the PowerShell lines that change them. Pure.

One level, the organisation or a person (S4.22-S4.25). `listed`: the list that counts holds
`MicrosoftOWSPersonalBookings`, or a pattern with `*` that covers it.

| EwsEnabled    | EwsApplicationAccessPolicy | listed in    | case       | allowed |
|---------------|----------------------------|--------------|------------|---------|
| False         | any                        | any          | EwsEnabled | no      |
| True or empty | EnforceAllowList           | EwsAllowList | A          | yes     |
| True or empty | EnforceAllowList           | –            | A          | no      |
| True or empty | EnforceBlockList           | EwsBlockList | B          | no      |
| True or empty | EnforceBlockList           | –            | B          | yes     |
| True or empty | empty                      | –            | C          | yes     |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

#: Bookings with me, as Exchange's lists name it.
APPLICATION = "MicrosoftOWSPersonalBookings"
ALLOW_LIST, BLOCK_LIST = "EnforceAllowList", "EnforceBlockList"


#: When Exchange follows its commands (S4.21), and the longest wait that a newer page of Microsoft's names.
FOLLOWS_AFTER, FOLLOWS_UNTIL, FOLLOWS_AT_LAST = timedelta(minutes=30), timedelta(minutes=60), timedelta(hours=4)


class Case(StrEnum):
    """Which line of the table applies; the letters are Microsoft's."""

    DISABLED = "EwsEnabled"
    ALLOW_LIST = "A"
    BLOCK_LIST = "B"
    EMPTY = "C"


class Level(StrEnum):
    """Whose values: `Get-OrganizationConfig` or `Get-CASMailbox`."""

    ORGANISATION = "organisation"
    PERSON = "user"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The values of one level, as Exchange shows them. Defaults: what it has where nobody ever set one."""

    enabled: bool | None = None
    policy: str = ""
    allow_list: tuple[str, ...] = ()
    block_list: tuple[str, ...] = ()

    @property
    def case(self) -> Case:
        """Which line of the table applies."""
        if self.enabled is False:
            return Case.DISABLED
        return {ALLOW_LIST: Case.ALLOW_LIST, BLOCK_LIST: Case.BLOCK_LIST}.get(self.policy, Case.EMPTY)

    @property
    def listed_as(self) -> tuple[str, ...]:
        """The entries of the list that counts which cover Bookings with me."""
        counting = {Case.ALLOW_LIST: self.allow_list, Case.BLOCK_LIST: self.block_list}.get(self.case, ())
        return tuple(entry for entry in counting if _covers(entry))

    @property
    def allows(self) -> bool:
        """Whether this level lets Bookings with me through."""
        if self.case is Case.ALLOW_LIST:
            return bool(self.listed_as)
        return self.case is Case.EMPTY or (self.case is Case.BLOCK_LIST and not self.listed_as)


def _covers(entry: str) -> bool:
    """Exchange compares without regard to case, and knows `*` for anything."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"\*+", entry.strip()))
    return re.fullmatch(pattern, APPLICATION, re.IGNORECASE) is not None


_IDENTITY = "{identity}"
_ORGANISATION, _PERSON = "Set-OrganizationConfig", f"Set-CASMailbox -Identity {_IDENTITY}"
_ADD, _REMOVE = f'@{{Add="{APPLICATION}"}}', f'@{{Remove="{APPLICATION}"}}'
#: By whose values, in which case, and what is wished. The organisation's way on from case C is the way back to it.
_FORMS = {
    (Level.ORGANISATION, Case.DISABLED, True): f"{_ORGANISATION} -EwsEnabled: $true",
    (Level.ORGANISATION, Case.ALLOW_LIST, False):
        f"{_ORGANISATION} -EwsApplicationAccessPolicy {ALLOW_LIST} -EwsAllowList {_REMOVE}",
    (Level.ORGANISATION, Case.ALLOW_LIST, True):
        f"{_ORGANISATION} -EwsApplicationAccessPolicy {ALLOW_LIST} -EwsAllowList {_ADD}",
    (Level.ORGANISATION, Case.BLOCK_LIST, False):
        f"{_ORGANISATION} -EwsApplicationAccessPolicy {BLOCK_LIST} -EwsBlockList {_ADD}",
    (Level.ORGANISATION, Case.BLOCK_LIST, True):
        f"{_ORGANISATION} -EwsApplicationAccessPolicy {BLOCK_LIST} -EwsBlockList {_REMOVE}",
    (Level.ORGANISATION, Case.EMPTY, False):
        f"{_ORGANISATION} -EwsApplicationAccessPolicy {BLOCK_LIST} -EwsBlockList {_ADD}",
    (Level.ORGANISATION, Case.EMPTY, True): f"{_ORGANISATION} -EwsApplicationAccessPolicy $null",
    (Level.PERSON, Case.DISABLED, True): f"{_PERSON} -EwsEnabled $true",
    (Level.PERSON, Case.ALLOW_LIST, False): f"{_PERSON} -EwsAllowList {_REMOVE}",
    (Level.PERSON, Case.ALLOW_LIST, True): f"{_PERSON} -EwsAllowList {_ADD}",
    (Level.PERSON, Case.BLOCK_LIST, False): f"{_PERSON} -EwsBlockList {_ADD}",
    (Level.PERSON, Case.BLOCK_LIST, True): f"{_PERSON} -EwsBlockList {_REMOVE}",
    (Level.PERSON, Case.EMPTY, False): f"{_PERSON} -EwsApplicationAccessPolicy {BLOCK_LIST} -EWSBlockList {_ADD}",
}  # fmt: skip


def form(*, level: Level, case: Case, wish: bool, identity: str = "") -> str:
    """Microsoft's own line for a wished state in a case (S4.27); empty where none is needed."""
    return _FORMS.get((level, case, wish), "").replace(_IDENTITY, _quoted(identity))


def reading(level: Level, identity: str = "") -> tuple[str, ...]:
    """The lines that show the values."""
    get = f"Get-CASMailbox -Identity {_quoted(identity)}" if level is Level.PERSON else "Get-OrganizationConfig"
    return f"{get} | Format-List EwsEnabled", f"{get} | Format-List EwsApplicationAccessPolicy,Ews*List"


#: Everybody's values as a file. Without the joined lists it would name only their type.
EXPORT = (
    "Get-CASMailbox -ResultSize Unlimited | Select-Object PrimarySmtpAddress,EwsEnabled,EwsApplicationAccessPolicy,"
    '@{n="EwsAllowList";e={$_.EwsAllowList -join ";"}},@{n="EwsBlockList";e={$_.EwsBlockList -join ";"}} '
    "| Export-Csv ews.csv -NoTypeInformation -Encoding UTF8"
)


def lines(values: Exchange, *, level: Level, wish: bool, identity: str = "") -> tuple[str, ...]:
    """The lines that bring one level to the wished state, in their order; none where it is there already.

    Where EWS is off, the next step is asked for again: it may not be the last one.
    """
    if values.allows == wish:
        return ()
    needed = []
    if wish and values.case is Case.DISABLED:
        needed.append(form(level=level, case=Case.DISABLED, wish=True, identity=identity))
        values = replace(values, enabled=True)
    elif not wish and values.enabled is None and level is Level.ORGANISATION:
        # "EwsEnabled:" (empty is default), then enable, but only if need to block
        needed.append(form(level=level, case=Case.DISABLED, wish=True))
    if values.allows != wish:
        line = form(level=level, case=values.case, wish=wish, identity=identity)
        needed.append(line.replace(_REMOVE, _removing(values.listed_as)))
    return tuple(needed)


def _removing(entries: tuple[str, ...]) -> str:
    """As Microsoft writes it, unless a pattern stands in the list: then the pattern has to go."""
    if all(entry.strip().lower() == APPLICATION.lower() for entry in entries):
        return _REMOVE
    return "@{Remove=" + ",".join(_string(entry) for entry in entries) + "}"


def _quoted(identity: str) -> str:
    """Bare where PowerShell reads it as one word, else in single quotes, in which nothing is special."""
    return identity if re.fullmatch(r"[A-Za-z0-9@._-]+", identity) else _single(identity)


def _string(text: str) -> str:
    return f'"{text}"' if re.fullmatch(r"[\w*./ ()-]+", text) else _single(text)


def _single(text: str) -> str:
    return "'" + re.sub("(['‘’‚‛])", r"\1\1", text) + "'"


def after(values: Exchange, *, wish: bool) -> Exchange:
    """The values once `lines` for the wish were run."""
    if values.allows == wish:
        return values
    values = replace(values, enabled=True) if wish or values.enabled is None else values
    if values.allows == wish:
        return values
    covering = values.listed_as
    if values.case is Case.ALLOW_LIST:
        kept = tuple(entry for entry in values.allow_list if entry not in covering)
        return replace(values, allow_list=(*values.allow_list, APPLICATION) if wish else kept)
    kept = tuple(entry for entry in values.block_list if entry not in covering)
    return replace(values, policy=BLOCK_LIST, block_list=kept if wish else (*kept, APPLICATION))
