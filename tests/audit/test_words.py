"""The trail speaks in words, whatever it tells of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bookings.views.organisation import audit_words
from bookings.views.organisation.audit_actions import ACTIONS
from tenants import acting
from tenants.models import Tenant
from tenants.services import audit
from tests.factories import NOW, MailboxFactory

ROOT = Path(__file__).parents[2]


def named() -> Iterator[str]:
    """Every action that the source names where it writes into the trail."""
    for path in [*ROOT.glob("tenants/**/*.py"), *ROOT.glob("bookings/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "action":
                yield from _texts(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in RECORDERS:
                for argument in node.args:
                    yield from _texts(argument)


#: Functions of services that hand an action on to `audit.record`.
RECORDERS = ("_record", "record")


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from (*_texts(value.body), *_texts(value.orelse))
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.count(".") == 1:
        thing, _dot, verb = value.value.partition(".")
        if thing.isidentifier() and verb.isidentifier():
            yield value.value


def test_every_action_has_words() -> None:
    found = set(named())
    assert len(found) > 60
    assert not {code for code in found if audit_words.action(code) == code}


@pytest.mark.django_db
def test_values_are_told_by_the_names_that_forms_have(contoso: Tenant) -> None:
    mailbox = MailboxFactory(tenant=contoso)
    event = audit.record(
        tenant=contoso, actor=acting.SYSTEM, action="mailbox.changed", target=mailbox, now=NOW,
        before={"kind": "UserMailbox", "syncs_calendar": "False", "made_up": ["a", True], "licence_checked_at": ""},
        after={"kind": "RoomMailbox", "syncs_calendar": "True", "licence_checked_at": "2026-11-23 06:00:00+00:00"},
    )  # fmt: skip
    assert audit_words.action(event.action) == "Mailbox changed"
    told = {change.name: (change.before, change.after) for change in audit_words.differences(event)}
    assert told == {
        "Kind": ("User mailbox", "Room mailbox"), "In step with Outlook": ("no", "yes"), "Made up": ("a; yes", ""),
        "Licence checked": ("", "23 November 2026, 06:00 UTC"),
    }  # fmt: skip
    assert "Done by Daybook itself on 23 November 2026 at 06:00:00 UTC." in audit_words.sentence(event)
    assert set(ACTIONS.values()) and audit_words.action("of.nothing") == "of.nothing"
