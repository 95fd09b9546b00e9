"""Who may have booking pages: our switches, the licence, and the policy that Exchange keeps. Pure.

| asked, in this order                             | personal page            | shared booking pages |
|--------------------------------------------------|--------------------------|----------------------|
| 1. organisation's switch (S0.2, S4.17, S4.20)    | off: no, unless 2. is on | off: nobody          |
| 2. person's switch; not set: as the organisation | off: no                  | off: no              |
| 3. account in the directory                      | disabled: no             | disabled: no         |
| 4. service plan Microsoft Bookings (S4.19)       | not assigned: no         | not assigned: no     |
| 5. mailbox capability (S1.10, S1.11)             | missing: no              | missing: no          |
| 6. Exchange's policy (`tenants.exchange_policy`) | the organisation's *and* | not asked: it names  |
|                                                  | the person's (S4.26)     | Bookings with me     |

A plan that was never asked for decides nothing; the capability then does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tenants import exchange_policy
from tenants.exchange_policy import APPLICATION, Case, Exchange, Level
from tenants.scheduling.words import gettext


class Rule(StrEnum):
    """What decided."""

    ORGANISATION_SWITCH = "organisationSwitch"
    PERSON_SWITCH = "userSwitch"
    ACCOUNT = "accountDisabled"
    PLAN = "servicePlan"
    CAPABILITY = "capability"
    ORGANISATION_DISABLED = "organisationEwsEnabled"
    ORGANISATION_ALLOW_LIST = "organisationAllowList"
    ORGANISATION_BLOCK_LIST = "organisationBlockList"
    ORGANISATION_EMPTY = "organisationEmpty"
    PERSON_DISABLED = "userEwsEnabled"
    PERSON_ALLOW_LIST = "userAllowList"
    PERSON_BLOCK_LIST = "userBlockList"
    PERSON_EMPTY = "userEmpty"


_RULES = {
    (Level.ORGANISATION, Case.DISABLED): Rule.ORGANISATION_DISABLED,
    (Level.ORGANISATION, Case.ALLOW_LIST): Rule.ORGANISATION_ALLOW_LIST,
    (Level.ORGANISATION, Case.BLOCK_LIST): Rule.ORGANISATION_BLOCK_LIST,
    (Level.ORGANISATION, Case.EMPTY): Rule.ORGANISATION_EMPTY,
    (Level.PERSON, Case.DISABLED): Rule.PERSON_DISABLED,
    (Level.PERSON, Case.ALLOW_LIST): Rule.PERSON_ALLOW_LIST,
    (Level.PERSON, Case.BLOCK_LIST): Rule.PERSON_BLOCK_LIST,
    (Level.PERSON, Case.EMPTY): Rule.PERSON_EMPTY,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person and their organisation. `has_plan` None: the directory was never asked."""

    organisation_switch: bool = True
    person_switch: bool | None = None
    is_enabled: bool = True
    has_plan: bool | None = None
    has_capability: bool = True
    organisation: Exchange = field(default_factory=Exchange)
    person: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether somebody may, in a sentence why, and the rule that decided.

    `powershell`: where Exchange's policy is what keeps them out, the lines that let them in; else none.
    """

    allowed: bool
    reason: str
    rule: Rule
    powershell: tuple[str, ...] = ()

    @property
    def case(self) -> Case | None:
        """Microsoft's case, where Exchange's policy decided."""
        return next((case for (_level, case), rule in _RULES.items() if rule is self.rule), None)

    @property
    def level(self) -> Level | None:
        """Whose policy it was, where Exchange's decided."""
        return next((level for (level, _case), rule in _RULES.items() if rule is self.rule), None)


def organisation(*, switch: bool, values: Exchange, is_shared: bool = False) -> Decision:
    """What holds for everybody who has the licence and no switch of their own."""
    standing = Standing(organisation_switch=switch, organisation=values)
    return shared(standing) if is_shared else personal(standing, identity="")


def personal(standing: Standing, *, identity: str) -> Decision:
    """Whether a person may have a personal page. `identity` names them in PowerShell."""
    refused = _personal_switch(standing) or _licence(standing)
    return refused or exchange(standing.organisation, standing.person, identity=identity)


def shared(standing: Standing) -> Decision:
    """Whether a person may create, manage and open shared booking pages."""
    if not standing.organisation_switch:
        return _no(Rule.ORGANISATION_SWITCH, gettext("Shared booking pages are switched off in this organisation."))
    if standing.person_switch is False:
        return _no(Rule.PERSON_SWITCH, gettext("Shared booking pages are switched off for this person."))
    refused = _licence(standing)
    if refused is not None:
        return refused
    if standing.person_switch:
        return Decision(True, gettext("Shared booking pages are switched on for this person."), Rule.PERSON_SWITCH)
    words = gettext("Shared booking pages are switched on in this organisation.")
    return Decision(True, words, Rule.ORGANISATION_SWITCH)


def exchange(organisation: Exchange, person: Exchange | None, *, identity: str = "") -> Decision:
    """What Exchange's policy says about personal pages: the organisation allows and the person's values allow.

    `person` None: only the organisation is asked.
    """
    if not organisation.allows or person is None:
        return _said(organisation, Level.ORGANISATION, "")
    return _said(person, Level.PERSON, identity)


def _personal_switch(standing: Standing) -> Decision | None:
    if standing.person_switch is False:
        return _no(Rule.PERSON_SWITCH, gettext("Personal booking pages are switched off for this person."))
    if not standing.organisation_switch and standing.person_switch is None:
        return _no(Rule.ORGANISATION_SWITCH, gettext("Personal booking pages are switched off in this organisation."))
    return None


def _licence(standing: Standing) -> Decision | None:
    if not standing.is_enabled:
        return _no(Rule.ACCOUNT, gettext("The account is disabled in the directory."))
    if standing.has_plan is False:
        words = gettext(
            "This person has no Microsoft Bookings licence: the service plan is not assigned. "
            "An administrator can assign it."
        )
        return _no(Rule.PLAN, words)
    if not standing.has_capability:
        words = gettext(
            "This person has no Microsoft Bookings licence: Exchange has not given it to the mailbox. "
            "An administrator can assign one."
        )
        return _no(Rule.CAPABILITY, words)
    return None


def _no(rule: Rule, reason: str) -> Decision:
    return Decision(False, reason, rule)


def _said(values: Exchange, level: Level, identity: str) -> Decision:
    remedy = () if values.allows else exchange_policy.lines(values, level=level, wish=True, identity=identity)
    return Decision(values.allows, _reason(values, level), _RULES[level, values.case], remedy)


def _reason(values: Exchange, level: Level) -> str:
    words = _of_organisation() if level is Level.ORGANISATION else _of_person()
    return words[values.case, values.allows] % {"application": APPLICATION}


def _of_organisation() -> dict[tuple[Case, bool], str]:
    return {
        (Case.DISABLED, False): gettext("EwsEnabled is False for the organisation: nothing may use EWS and REST."),
        (Case.ALLOW_LIST, True): gettext("Case A: the organisation’s EwsAllowList holds %(application)s."),
        (Case.ALLOW_LIST, False): gettext(
            "Case A: only what the organisation’s EwsAllowList holds is allowed; %(application)s is not in it."
        ),
        (Case.BLOCK_LIST, True): gettext(
            "Case B: only what the organisation’s EwsBlockList holds is blocked; %(application)s is not in it."
        ),
        (Case.BLOCK_LIST, False): gettext("Case B: the organisation’s EwsBlockList holds %(application)s."),
        (Case.EMPTY, True): gettext(
            "Case C: the organisation’s EwsApplicationAccessPolicy is empty, so every application is allowed."
        ),
    }


def _of_person() -> dict[tuple[Case, bool], str]:
    return {
        (Case.DISABLED, False): gettext("EwsEnabled is False for this person: nothing may use EWS and REST."),
        (Case.ALLOW_LIST, True): gettext("Case A: this person’s EwsAllowList holds %(application)s."),
        (Case.ALLOW_LIST, False): gettext(
            "Case A: only what this person’s EwsAllowList holds is allowed; %(application)s is not in it."
        ),
        (Case.BLOCK_LIST, True): gettext(
            "Case B: only what this person’s EwsBlockList holds is blocked; %(application)s is not in it."
        ),
        (Case.BLOCK_LIST, False): gettext("Case B: this person’s EwsBlockList holds %(application)s."),
        (Case.EMPTY, True): gettext(
            "Case C: this person’s EwsApplicationAccessPolicy is empty, so every application is allowed."
        ),
    }
