"""A calendar that cannot be read is told to its owner and to who looks after the page, once a day (FEATURES 41)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django_scopes import scope

from bookings.models import StaffMember
from bookings.services import calendar_watch
from tenants.models import BusyRead, Connection, Job, Message, Role, Tenant
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Run = Callable[..., None]


@pytest.fixture
def vogel(contoso: Tenant) -> StaffMember:
    """A doctor of the clinic with a calendar of her own, and the organisation's owner."""
    factories.member(contoso, Role.OWNER, email="olivia@contoso.com", name="Olivia Keller")
    Connection.objects.create(tenant=contoso, secret_expires_on=NOW.date() + timedelta(days=90))
    _page, _service, (member,) = factories.clinic(contoso)
    mailbox = member.mailbox
    mailbox.user = factories.member(contoso, email="vogel@contoso.com", name="Anna Vogel").user
    mailbox.display_name, mailbox.syncs_calendar = "Dr. Anna Vogel", True
    mailbox.save()
    return member


def copy(member: StaffMember, **state: object) -> BusyRead:
    return BusyRead.objects.create(tenant=member.tenant, mailbox=member.mailbox, time_zone="UTC", **state)


def test_owner_and_page_are_told_once_a_day_while_it_lasts(vogel: StaffMember, run: Run) -> None:
    copy(vogel, read_at=NOW - timedelta(hours=3), failed_at=NOW)
    assert calendar_watch.warn(NOW) == 2
    assert calendar_watch.warn(NOW + timedelta(hours=1)) == 0
    run(kind=calendar_watch.KIND)
    told = {message.to: message for message in Message.objects.all()}
    assert set(told) == {"olivia@contoso.com", "vogel@contoso.com"}
    letter = told["vogel@contoso.com"]
    assert letter.subject == "Outlook calendar not read: Dr. Anna Vogel"
    assert "last read 23 November 2026, 04:00 (Europe/Zurich)" in letter.text and "/staff/" in letter.text
    assert calendar_watch.warn(NOW + timedelta(days=1)) == 2


def test_what_was_read_meanwhile_is_not_told(vogel: StaffMember, run: Run) -> None:
    row = copy(vogel, read_at=NOW - timedelta(hours=3))
    calendar_watch.warn(NOW)
    BusyRead.objects.filter(pk=row.pk).update(read_at=NOW)
    run(kind=calendar_watch.KIND)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("state", "late"),
    [
        ({"read_at": NOW - timedelta(minutes=110)}, False),
        ({"read_at": NOW - timedelta(minutes=121)}, True),
        ({}, False),
        ({"failed_at": NOW - timedelta(minutes=1)}, True),
    ],
)
def test_only_late_copies_count(vogel: StaffMember, state: dict[str, object], late: bool) -> None:
    copy(vogel, **state)
    assert bool(calendar_watch.late(NOW)) is late


def test_calendars_that_nobody_is_booked_by_are_left_alone(vogel: StaffMember) -> None:
    copy(vogel, read_at=NOW - timedelta(hours=3))
    for change in ({"calendar_counts": False}, {"calendar_counts": True, "removed_at": NOW}):
        StaffMember.objects.filter(pk=vogel.pk).update(**change)
        assert calendar_watch.warn(NOW) == 0


def test_who_is_not_connected_is_not_reminded_of_it(vogel: StaffMember) -> None:
    copy(vogel, read_at=NOW - timedelta(hours=3))
    Connection.objects.all().delete()
    assert calendar_watch.warn(NOW) == 0


def test_two_calendars_are_one_mail_and_organisations_stay_apart(vogel: StaffMember, run: Run) -> None:
    copy(vogel, read_at=NOW - timedelta(hours=3))
    second = factories.StaffMemberFactory(page=vogel.page)
    second.mailbox.syncs_calendar = True
    second.mailbox.display_name = "Dr. Ben Steiner"
    second.mailbox.save()
    copy(second, read_at=NOW - timedelta(hours=4))
    other = factories.stranger()
    with scope(tenant=other):
        factories.member(other, Role.OWNER, email="grace@fabrikam.com")
    assert calendar_watch.warn(NOW) == 2
    run(kind=calendar_watch.KIND)
    owner = Message.objects.get(to="olivia@contoso.com")
    assert "Dr. Anna Vogel" in owner.text and "Dr. Ben Steiner" in owner.text
    assert "Steiner" not in Message.objects.get(to="vogel@contoso.com").text
    with scope(tenant=other):
        assert not Job.objects.exists()
