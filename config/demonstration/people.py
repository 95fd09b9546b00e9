"""The made-up people: who they are, what they may do, and in which state their page is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tenants.models import Role

PASSWORD = "daybook-demo"  # noqa: S105 - printed at every start, for everybody to try
SITE_ADMINISTRATOR = "admin@daybook.example"
MINUTE = timedelta(minutes=1)


def stable_id(name: str) -> uuid.UUID:
    """The same id in every demonstration, so that addresses survive `--reset`."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://daybook.example/demonstration/{name}")


#: Products as the directory names them: Microsoft 365 E3 has Bookings, Exchange Online (Plan 1) has not.
WITH_BOOKINGS, WITHOUT_BOOKINGS = "05e9a617-0261-4cee-bb44-138d3ef5d965", "4b9405b0-7788-4568-add1-99614e613b69"


@dataclass(frozen=True, slots=True)
class Type:
    """A meeting type: title, minutes, what it is about."""

    title: str
    minutes: int
    description: str = ""
    online: bool = False
    public: bool = True
    location: str = ""
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox. `page`: see `pages.STATES`; `role`: empty for people who do not sign in."""

    address: str
    name: str
    page: str = "none"
    role: str = ""
    types: tuple[Type, ...] = ()
    licensed: bool = True
    note: str = ""
    about: str = ""

    @property
    def licences(self) -> list[str]:
        """The ids of the products that are assigned."""
        return [WITH_BOOKINGS if self.licensed else WITHOUT_BOOKINGS]


#: The scenes of the source: interviews, clients, support, office hours, mentoring, reports, lunch and coffee.
CONTOSO = (
    Person("olivia.keller@contoso.com", "Olivia Keller", "defaults", Role.OWNER, note="page with the default types"),
    Person("adrian.meier@contoso.com", "Adrian Meier", "unpublished", Role.ADMINISTRATOR, note="page not published"),
    Person("sofia.brunner@contoso.com", "Sofia Brunner", "none", Role.SCHEDULER, note="looks after the clinic's page"),
    Person(
        "tim.weber@contoso.com", "Tim Weber", "custom", Role.TEAM_MEMBER,
        (
            Type("Candidate interview", 45, "A first talk about the role and about you.", online=True),
            Type("Lunch or coffee", 60, "Let us eat together.", location="Café Lux, ground floor"),
            Type("Second interview", 90, "With the team you would join.", online=True, public=False),
        ),
        note="candidate interviews; one private type with links", about="I hire for our engineering teams.",
    ),
    Person("priya.nair@contoso.com", "Priya Nair", "notSetUp", Role.VIEWER, note="may look, not change"),
    Person(
        "lena.hofmann@contoso.com", "Lena Hofmann", "custom", Role.TEAM_MEMBER,
        (
            Type("Client meeting", 60, "Where you stand and what comes next.", online=True,
                 more={"buffer_before": 10 * MINUTE, "buffer_after": 10 * MINUTE}),
            Type("Short call", 15, "One question, one answer.", online=True, more={"slot_interval": 15 * MINUTE}),
            Type("Yearly review", 120, "For clients of long standing.", public=False,
                 location="Contoso, Bahnhofstrasse 1, Zurich", more={"minimum_lead": timedelta(days=2)}),
        ),
        note="client meetings with buffers", about="I look after our clients in Zurich and Geneva.",
    ),
    Person(
        "jonas.baumann@contoso.com", "Prof. Jonas Baumann", "custom", Role.TEAM_MEMBER,
        (
            Type("Office hours", 20, "Bring your questions about the course.", location="Room E 14",
                 more={"slot_interval": 20 * MINUTE}),
            Type("Mentoring", 45, "For my mentees.", online=True),
        ),
        note="office hours and mentoring",
    ),
    Person(
        "emma.rossi@contoso.com", "Emma Rossi", "privateOnly", Role.TEAM_MEMBER,
        (Type("1:1 with reports", 30, "Your time, your topics.", online=True, public=False),),
        note="only private types: the page is empty",
    ),
    Person("karim.haddad@contoso.com", "Karim Haddad", "allDeleted", Role.TEAM_MEMBER, note="deleted all types"),
    Person("noah.fischer@contoso.com", "Noah Fischer", "activating", Role.TEAM_MEMBER, note="has just clicked"),
    Person("mia.schmid@contoso.com", "Mia Schmid", "notSetUp", Role.TEAM_MEMBER, note="can activate a page"),
    Person("luca.ferrari@contoso.com", "Luca Ferrari", "none", Role.TEAM_MEMBER, licensed=False, note="no licence"),
    Person("anna.vogel@contoso.com", "Dr. Anna Vogel"),
    Person("ben.steiner@contoso.com", "Dr. Ben Steiner"),
    Person("clara.huber@contoso.com", "Clara Huber"),
    Person("sam.taylor@contoso.com", "Sam Taylor"),
    Person("yuki.tanaka@contoso.com", "Yuki Tanaka"),
)  # fmt: skip

FABRIKAM = (
    Person("grace.hill@fabrikam.com", "Grace Hill", "defaults", Role.OWNER, note="sees nothing of Contoso"),
    Person("oscar.wright@fabrikam.com", "Oscar Wright", "none", Role.TEAM_MEMBER),
)
