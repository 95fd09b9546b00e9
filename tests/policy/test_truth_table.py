"""Exchange's policy for Bookings with me: every state of the organisation with every state of a person (S4.22-S4.27).

The cases are quoted from Microsoft's document:

A. "If the value of EwsApplicationAccessPolicy is EnforceAllowList, only the applications specified in EwsAllowList are
   allowed to access EWS and REST."
B. "If the value of EwsApplicationAccessPolicy is EnforceBlockList, all applications are allowed to access EWS and REST,
   except those specified in EwsBlockList."
C. "If the value of EwsApplicationAccessPolicy is empty, all applications are allowed to access EWS and REST."
"""

from __future__ import annotations

from itertools import product

import pytest

from tenants import entitlements, exchange_policy
from tenants.exchange_policy import Case, Exchange, Level

ME, OTHER = "MicrosoftOWSPersonalBookings", "SomebodyElse"
IN_ALLOW, IN_BLOCK = {"allow_list": (OTHER, ME)}, {"block_list": (OTHER, ME)}
#: EwsEnabled, EwsApplicationAccessPolicy, the lists -> case, allowed. The list that does not count changes nothing.
TABLE = [
    *(
        (Exchange(enabled, policy, **lists), case, allowed)
        for enabled in (True, None)
        for policy, lists, case, allowed in [
            ("EnforceAllowList", IN_ALLOW, "A", True),
            ("EnforceAllowList", {}, "A", False),
            ("EnforceAllowList", IN_BLOCK, "A", False),
            ("EnforceAllowList", IN_ALLOW | IN_BLOCK, "A", True),
            ("EnforceBlockList", IN_BLOCK, "B", False),
            ("EnforceBlockList", {}, "B", True),
            ("EnforceBlockList", IN_ALLOW, "B", True),
            ("EnforceBlockList", IN_ALLOW | IN_BLOCK, "B", False),
            ("", {}, "C", True),
            ("", IN_ALLOW | IN_BLOCK, "C", True),
        ]
    ),
    (Exchange(False), "EwsEnabled", False),
    (Exchange(False, "EnforceAllowList", **IN_ALLOW), "EwsEnabled", False),
    (Exchange(False, "EnforceBlockList"), "EwsEnabled", False),
]
#: What a person's values are where nobody ever asked Exchange for them.
NEVER_READ = (None, None, True)


@pytest.mark.row("S4.22", "S4.23", "S4.24", "S4.25", "S4.26", "S4.27")
@pytest.mark.parametrize(("organisation", "person"), list(product(TABLE, [*TABLE, NEVER_READ])))
def test_the_organisation_allows_and_the_person_allows(organisation: tuple, person: tuple) -> None:
    values, case, allows = organisation
    own, own_case, own_allows = person
    decision = entitlements.exchange(values, own, identity="adam@contoso.com")
    assert decision.allowed == (allows and own_allows)
    decided_by_person = allows and own is not None
    assert decision.level == (Level.PERSON if decided_by_person else Level.ORGANISATION)
    assert decision.case == (own_case if decided_by_person else case)
    cmdlet = "Set-CASMailbox -Identity adam@contoso.com " if decided_by_person else "Set-OrganizationConfig "
    assert all(line.startswith(cmdlet) for line in decision.powershell)
    assert bool(decision.powershell) != decision.allowed
    for level, one in ((Level.ORGANISATION, values), (Level.PERSON, own)):
        for wish in (True, False):
            if one is not None:
                assert exchange_policy.after(one, wish=wish).allows == wish
                assert bool(exchange_policy.lines(one, level=level, wish=wish)) == (one.allows != wish)


#: The twelve lines that set something, in the document's order and spelling.
ORGANISATION, USER = "Set-OrganizationConfig -Ews", "Set-CASMailbox -Identity adam@contoso.com -E"
FORMS = [
    (Level.ORGANISATION, Case.DISABLED, True, "Set-OrganizationConfig -EwsEnabled: $true"),
    (Level.ORGANISATION, Case.ALLOW_LIST, False,
     f'{ORGANISATION}ApplicationAccessPolicy EnforceAllowList -EwsAllowList @{{Remove="{ME}"}}'),
    (Level.ORGANISATION, Case.ALLOW_LIST, True,
     f'{ORGANISATION}ApplicationAccessPolicy EnforceAllowList -EwsAllowList @{{Add="{ME}"}}'),
    (Level.ORGANISATION, Case.BLOCK_LIST, False,
     f'{ORGANISATION}ApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Add="{ME}"}}'),
    (Level.ORGANISATION, Case.BLOCK_LIST, True,
     f'{ORGANISATION}ApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Remove="{ME}"}}'),
    (Level.ORGANISATION, Case.EMPTY, False,
     f'{ORGANISATION}ApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Add="{ME}"}}'),
    (Level.ORGANISATION, Case.EMPTY, True, "Set-OrganizationConfig -EwsApplicationAccessPolicy $null"),
    (Level.PERSON, Case.ALLOW_LIST, False, f'{USER}wsAllowList @{{Remove="{ME}"}}'),
    (Level.PERSON, Case.ALLOW_LIST, True, f'{USER}wsAllowList @{{Add="{ME}"}}'),
    (Level.PERSON, Case.BLOCK_LIST, False, f'{USER}wsBlockList @{{Add="{ME}"}}'),
    (Level.PERSON, Case.BLOCK_LIST, True, f'{USER}wsBlockList @{{Remove="{ME}"}}'),
    (Level.PERSON, Case.EMPTY, False,
     f'{USER}wsApplicationAccessPolicy EnforceBlockList -EWSBlockList @{{Add="{ME}"}}'),
]  # fmt: skip


@pytest.mark.row("S4.27")
@pytest.mark.parametrize(("level", "case", "wish", "line"), FORMS)
def test_each_line_is_microsofts_own(level: Level, case: Case, wish: bool, line: str) -> None:
    assert exchange_policy.form(level=level, case=case, wish=wish, identity="adam@contoso.com") == line


def test_blocking_first_switches_on_what_was_empty() -> None:
    """ "If the command returns "EwsEnabled:" (empty is default), then enable, but only if need to block"."""
    first, second = exchange_policy.lines(Exchange(), level=Level.ORGANISATION, wish=False)
    assert first == FORMS[0][3] and second == FORMS[5][3]
    assert exchange_policy.lines(Exchange(True), level=Level.ORGANISATION, wish=False) == (second,)


def test_a_list_may_still_close_what_ews_enabled_opens() -> None:
    closed_twice = Exchange(False, "EnforceBlockList", block_list=(ME,))
    lines = exchange_policy.lines(closed_twice, level=Level.ORGANISATION, wish=True)
    assert lines == (FORMS[0][3], FORMS[4][3])


@pytest.mark.parametrize("entry", ["*", "MicrosoftOWS*", "microsoftowspersonalbookings", "*Bookings", " *Personal* "])
def test_a_pattern_that_covers_it_counts_and_is_what_has_to_go(entry: str) -> None:
    values = Exchange(True, "EnforceBlockList", block_list=(OTHER, entry))
    (line,) = exchange_policy.lines(values, level=Level.ORGANISATION, wish=True)
    removed = ME if "*" not in entry else entry
    assert not values.allows and line.endswith(f'-EwsBlockList @{{Remove="{removed}"}}')
    assert exchange_policy.after(values, wish=True).block_list == (OTHER,)


@pytest.mark.parametrize(
    "entry", ["MicrosoftOWS", "MicrosoftOWSPersonalBooking?", ".*", "", "MicrosoftOWSPersonalBookings2"]
)
def test_what_only_looks_alike_does_not_count(entry: str) -> None:
    assert Exchange(True, "EnforceBlockList", block_list=(entry,)).allows


def test_a_name_with_signs_cannot_become_a_command() -> None:
    line = exchange_policy.form(
        level=Level.PERSON, case=Case.BLOCK_LIST, wish=True, identity="o'brien$(Remove-Mailbox)@contoso.com"
    )
    assert line.startswith("Set-CASMailbox -Identity 'o''brien$(Remove-Mailbox)@contoso.com' -EwsBlockList")
