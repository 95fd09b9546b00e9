"""People are brought in from the directory: all of them, what they have, and who is not there any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from tenants.acting import SYSTEM
from tenants.microsoft365 import errors
from tenants.microsoft365.directory import BOOKINGS_PLAN
from tenants.models import BOOKINGS_CAPABILITY, AuditEvent, Job, Mailbox
from tenants.sandbox import control, lists, seed
from tenants.sandbox.models import DirectoryUser, LoggedRequest
from tenants.services import import_progress, people
from tenants.services.people import Imported
from tests.factories import TenantFactory
from tests.microsoft365.organisation import Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)
E3 = "6fd2c87f-b296-42f0-b197-1e91e994b900"


def bring_in(microsoft365: Microsoft365, **more: Any) -> Imported:
    return people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM, **more)


def user(microsoft365: Microsoft365, name: str, **more: Any) -> DirectoryUser:
    return seed.create_user(
        organisation=microsoft365.organisation, address=f"{name}@contoso.com", display_name=name.title(), **more
    )


def known(name: str) -> Mailbox:
    return Mailbox.objects.get(address=f"{name}@contoso.com")


@pytest.mark.row("S1.8", "S1.9", "S4.18", "S4.19")
def test_every_page_of_the_query_is_read_and_everybody_else_too(
    microsoft365: Microsoft365, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stranger: an organisation with the same domain's people in the same database gets nobody."""
    licensed = user(microsoft365, "ana")
    licensed.assigned_licenses = [E3]
    licensed.save()
    user(microsoft365, "ben", bookings_plan=False, bookings_capability=False)
    monkeypatch.setattr(lists, "MOST", 50)
    for number in range(120):
        DirectoryUser.objects.create(
            organisation=microsoft365.organisation, user_principal_name=f"p{number}@contoso.com",
            mail=f"p{number}@contoso.com", display_name=f"P {number}", assigned_plans=[BOOKINGS_PLAN],
        )  # fmt: skip
    LoggedRequest.objects.all().delete()
    with CaptureQueriesContext(connection) as first:
        imported = bring_in(microsoft365)
    assert (imported.created, imported.licensed) == (122, 121)
    ours = [query for query in first if "tenants_" in query["sql"]]
    assert len(ours) < 20, "bulk writes"
    asked = [request.query for request in LoggedRequest.objects.filter(path="/v1.0/users")]
    filtered = [query for query in asked if "assignedPlans%2Fany" in query or "assignedPlans/any" in query]
    assert len(filtered) == 3 and all("count=true" in query for query in filtered)
    ana, ben = known("ana"), known("ben")
    assert (ana.has_bookings_plan, ana.has_bookings, ana.licences) == (True, True, [E3])
    assert (ben.has_bookings_plan, ben.has_bookings) == (False, False)
    assert AuditEvent.objects.filter(action="person.added").count() == 122
    with CaptureQueriesContext(connection) as again:
        bring_in(microsoft365)
    assert len([query for query in again if "tenants_" in query["sql"]]) < 20, "nothing differs: little is written"
    fabrikam = TenantFactory(name="Fabrikam")
    with scope(tenant=fabrikam):
        assert not Mailbox.objects.exists()


@pytest.mark.row("S1.11")
def test_who_slipped_into_microsofts_index_is_caught(microsoft365: Microsoft365) -> None:
    slipped = user(microsoft365, "slip")
    slipped.assigned_plans = [{"servicePlanId": BOOKINGS_PLAN, "capabilityStatus": "Deleted"}]
    slipped.save()
    bring_in(microsoft365)
    assert known("slip").has_bookings_plan, "the index lists them"
    assert not known("slip").has_bookings, "their own record does not, so the capability is not assumed"


def test_what_exchange_told_stands_until_a_plan_is_assigned_anew(microsoft365: Microsoft365) -> None:
    ana = user(microsoft365, "ana")
    bring_in(microsoft365)
    told = {"capabilities": ["BPOS_S_Standard"], "capabilities_read_at": timezone.now()}
    Mailbox.objects.filter(address="ana@contoso.com").update(**told)
    bring_in(microsoft365)
    assert not known("ana").has_bookings, "Exchange has the last word"
    DirectoryUser.objects.filter(pk=ana.pk).update(assigned_plans=[])
    bring_in(microsoft365)
    DirectoryUser.objects.filter(pk=ana.pk).update(assigned_plans=[BOOKINGS_PLAN])
    bring_in(microsoft365)
    assert known("ana").has_bookings and known("ana").capabilities_read_at is None
    changes = AuditEvent.objects.filter(action="person.changed", target="ana@contoso.com").order_by("at")
    assert [event.after["has_bookings_plan"] for event in changes if "has_bookings_plan" in event.after] == [
        False,
        True,
    ]


def test_who_is_off_or_gone_is_marked_and_comes_back(microsoft365: Microsoft365) -> None:
    off, gone = user(microsoft365, "off"), user(microsoft365, "gone")
    bring_in(microsoft365)
    DirectoryUser.objects.filter(pk=off.pk).update(account_enabled=False)
    gone.delete()
    assert bring_in(microsoft365).left == 1
    assert not known("off").account_enabled and known("off").directory_object_id
    left = known("gone")
    assert (left.account_enabled, left.directory_object_id, left.has_bookings) == (False, "", False)
    assert not left.syncs_calendar
    user(microsoft365, "gone")
    bring_in(microsoft365)
    assert known("gone").account_enabled and known("gone").has_bookings


def test_a_great_many_leavers_at_once_are_not_believed_unasked(microsoft365: Microsoft365) -> None:
    for number in range(12):
        user(microsoft365, f"p{number}")
    bring_in(microsoft365)
    DirectoryUser.objects.all().delete()
    user(microsoft365, "stays")
    held = bring_in(microsoft365)
    assert (held.left, held.held) == (0, 12)
    assert Mailbox.objects.filter(account_enabled=True).count() == 13
    assert bring_in(microsoft365, accept_leavers=True).left == 12
    assert Mailbox.objects.filter(account_enabled=True).count() == 1


def test_an_address_that_is_handed_on_makes_no_two_people_one(microsoft365: Microsoft365) -> None:
    ana, ben = user(microsoft365, "ana"), user(microsoft365, "ben")
    bring_in(microsoft365)
    ids = {name: known(name).pk for name in ("ana", "ben")}
    DirectoryUser.objects.filter(pk=ana.pk).update(mail="ben@contoso.com")
    DirectoryUser.objects.filter(pk=ben.pk).update(mail="ana@contoso.com")
    bring_in(microsoft365)
    assert known("ben").pk == ids["ana"] and known("ana").pk == ids["ben"]


@pytest.mark.row("S1.39")
def test_one_mailbox_that_cannot_be_asked_stops_nobody_and_is_told_as_such(microsoft365: Microsoft365) -> None:
    user(microsoft365, "closed", bookings_plan=False, bookings_capability=False)
    user(microsoft365, "ana")
    control.fail(status=403, path="/v1.0/users/*/calendar", code="ErrorAccessDenied")
    assert bring_in(microsoft365).failed == 1
    assert "403" in known("closed").licence_error and not known("ana").licence_error
    bring_in(microsoft365)
    assert not known("closed").licence_error, "the next check that ends says so"


@pytest.mark.row("S1.39")
@pytest.mark.parametrize("status", [429, 503])
def test_a_list_that_breaks_off_changes_no_licence(microsoft365: Microsoft365, status: int) -> None:
    user(microsoft365, "ana")
    bring_in(microsoft365)
    control.fail(status=status, path="/v1.0/users")
    with pytest.raises(errors.Throttled):
        bring_in(microsoft365)
    ana = known("ana")
    assert ana.has_bookings_plan and BOOKINGS_CAPABILITY in ana.capabilities
    assert str(status) in ana.licence_error


def test_import_now_shows_how_far_it_is_and_what_came_of_it(microsoft365: Microsoft365) -> None:
    user(microsoft365, "ana")
    assert import_progress.progress(microsoft365.tenant) is None
    actor = SYSTEM
    people.ask_import(tenant=microsoft365.tenant, now=timezone.now(), actor=actor)
    waiting = import_progress.progress(microsoft365.tenant)
    assert waiting is not None and (waiting.step, waiting.runs) == ("waiting", True)
    control.fail(status=503, path="/v1.0/users")
    run_due()
    later = import_progress.progress(microsoft365.tenant)
    assert later is not None and later.step == "later" and "503" in later.error and later.runs
    people.ask_import(tenant=microsoft365.tenant, now=timezone.now() - timedelta(seconds=1), actor=actor)
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    run_due()
    done = import_progress.progress(microsoft365.tenant)
    assert done is not None and done.step == "done" and done.imported is not None and done.imported.created == 1
    assert not done.runs


def test_nothing_is_imported_without_a_connection(microsoft365: Microsoft365) -> None:
    microsoft365.connection.delete()
    with pytest.raises(people.NothingConnected):
        people.ask_import(tenant=microsoft365.tenant, now=timezone.now(), actor=SYSTEM)


def test_a_mailbox_of_another_organisation_is_never_taken(microsoft365: Microsoft365) -> None:
    fabrikam = TenantFactory(name="Fabrikam")
    with scope(tenant=fabrikam):
        theirs = Mailbox.objects.create(
            tenant=fabrikam,
            kind=Mailbox.Kind.USER,
            address="Ana@contoso.com",
            display_name="Theirs",
        )
    user(microsoft365, "ana")
    assert bring_in(microsoft365).created == 0
    with scope(tenant=fabrikam):
        theirs.refresh_from_db()
        assert (theirs.display_name, theirs.directory_object_id) == ("Theirs", "")
