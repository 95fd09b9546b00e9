"""The connection: saved, tested, told apart from what only looks like a failure, and used to bring in people."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_scopes import scope

from tenants.acting import SYSTEM
from tenants.errors import InvalidInput
from tenants.microsoft365 import errors, http
from tenants.models import BOOKINGS_CAPABILITY, AuditEvent, Connection, Job, Mailbox, Tenant
from tenants.sandbox import control, seed
from tenants.sandbox.models import AppRegistration
from tenants.services import connections, people
from tests.factories import NOW, MailboxFactory, TenantFactory, stranger
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year, run_due

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ["signIn", "people", "calendar", "write", "places", "groups", "mail", "mailboxes", "notifications"]
BROKEN, CONNECTED = Connection.State.BROKEN, Connection.State.CONNECTED


def save(microsoft365: Microsoft365, **changes: Any) -> Connection:
    values = {
        "client_id": CLIENT_ID, "directory_id": DIRECTORY_ID, "client_secret": SECRET,
        "secret_expires_on": next_year(), "now": timezone.now(), "actor": SYSTEM,
    } | changes  # fmt: skip
    return connections.save(tenant=microsoft365.tenant, **values)


def examine(microsoft365: Microsoft365) -> tuple[dict[str, bool], Connection]:
    """Tests what was entered last; the outcomes, and the row as it is then."""
    connection = connections.draft(microsoft365.tenant) or Connection.objects.get()
    checks = connections.test(connection, now=timezone.now())
    return {check.name: check.ok for check in checks}, Connection.objects.get(pk=connection.pk)


@pytest.mark.row("S3.8")
def test_three_values_connect_an_organisation(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    Connection.objects.all().delete()
    assert save(microsoft365).state == Connection.State.UNTESTED
    found, connection = examine(microsoft365)
    assert found == dict.fromkeys(NAMES, True)
    assert connection.is_active
    assert (connection.state, connection.last_error, connection.remedy) == (CONNECTED, "", "")
    assert connection.tested_at is not None


def test_a_secret_is_never_shown_nor_kept_in_the_audit_trail(microsoft365: Microsoft365) -> None:
    save(microsoft365, client_secret="a-new-secret")
    event = AuditEvent.objects.get(action="connection.saved")
    assert event.after["clientSecret"] == "renewed"
    assert SECRET not in str(event.before) + str(event.after)
    assert "a-new-secret" not in str(event.before) + str(event.after)


def test_an_empty_secret_keeps_the_one_there_is(microsoft365: Microsoft365) -> None:
    assert save(microsoft365, client_secret="  ").client_secret == SECRET
    assert AuditEvent.objects.get(action="connection.saved").after["clientSecret"] == "kept"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": "contoso"}, "clientId"),
        ({"directory_id": "not a directory"}, "directoryId"),
        ({"secret_expires_on": timezone.now().date() - timedelta(days=400)}, "secretExpiresOn"),
        ({"secret_expires_on": timezone.now().date() + timedelta(days=2000)}, "secretExpiresOn"),
    ],
)
def test_values_that_cannot_be_are_refused_by_field(microsoft365: Microsoft365, changes: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(microsoft365, **changes)
    assert list(refused.value.errors) == [field]
    assert AuditEvent.objects.count() == 0


def test_a_secret_lasts_two_years_to_the_day(microsoft365: Microsoft365) -> None:
    now = timezone.now()
    two_years = now.date().replace(year=now.year + 2)
    save(microsoft365, secret_expires_on=two_years, now=now)
    with pytest.raises(InvalidInput):
        save(microsoft365, secret_expires_on=two_years + timedelta(days=1), now=now)


def test_tests_that_pass_resume_what_waits_for_the_connection_and_nothing_else(microsoft365: Microsoft365) -> None:
    for number, waits_for in enumerate(["connection", ""]):
        Job.objects.create(
            tenant=microsoft365.tenant, kind="outlook.push", dedupe_key=str(number), state=Job.State.PARKED,
            waits_for=waits_for, due_at=timezone.now(),
        )  # fmt: skip
    microsoft365.mailbox("bea@contoso.com")
    save(microsoft365)
    examine(microsoft365)
    pushes = Job.objects.filter(kind="outlook.push").order_by("dedupe_key")
    assert list(pushes.values_list("state", flat=True)) == ["pending", "parked"]


NOBODY = "00000000-0000-0000-0000-000000000009"


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"client_secret": "x"}, "not its ID"),
        ({"client_id": NOBODY}, "client ID"),
        ({"directory_id": NOBODY}, "directory"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(
    microsoft365: Microsoft365, change: dict[str, str], remedy: str
) -> None:
    save(microsoft365, **change)
    found, connection = examine(microsoft365)
    assert not any(found.values())
    assert connection.state == BROKEN
    assert remedy in connection.remedy


@pytest.mark.parametrize(
    ("missing", "failed", "state"),
    [
        ("User.Read.All", ["people"], BROKEN),
        ("Calendars.ReadWrite", ["calendar", "write", "mail", "mailboxes", "notifications"], BROKEN),
        ("Place.Read.All", ["places"], CONNECTED),
        ("Group.Read.All", ["groups"], CONNECTED),
        ("Mail.Send", ["mail"], CONNECTED),
    ],
)
def test_each_permission_that_is_missing_is_found_by_trying(
    microsoft365: Microsoft365, missing: str, failed: list[str], state: str
) -> None:
    microsoft365.mailbox("bea@contoso.com")
    control.set_roles(CLIENT_ID, [role for role in seed.ASKED_ROLES if role != missing])
    found, connection = examine(microsoft365)
    assert [name for name, ok in found.items() if not ok] == failed
    assert connection.state == state
    first = next(check for check in connection.checks if not check["ok"])
    assert missing in first["remedy"] and first["permission"] == missing


def test_reading_calendars_alone_is_not_writing(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    control.set_roles(CLIENT_ID, [*(role for role in seed.ASKED_ROLES if "Calendars" not in role), "Calendars.Read"])
    found, connection = examine(microsoft365)
    assert [name for name, ok in found.items() if not ok] == ["write"]
    assert connection.state == BROKEN and "Calendars.ReadWrite" in connection.remedy


def test_permissions_granted_by_exchange_count_though_no_token_names_them(microsoft365: Microsoft365) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    microsoft365.put(bea, "Stays", timezone.now())
    control.set_roles(CLIENT_ID, ["User.Read.All"])
    AppRegistration.objects.update(exchange_roles=["Calendars.ReadWrite"])
    found, connection = examine(microsoft365)
    assert found["write"] and connection.state == CONNECTED
    assert len(microsoft365.events(bea)) == 1


def test_a_permission_that_was_just_granted_is_seen(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    control.set_roles(CLIENT_ID, [])
    examine(microsoft365)
    control.set_roles(CLIENT_ID, list(seed.ALL_ROLES))
    assert examine(microsoft365)[1].state == CONNECTED


def test_a_moment_in_which_microsoft_is_away_does_not_break_the_connection(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    control.fail(status=503, path="/v1.0/users")
    found, connection = examine(microsoft365)
    assert not found["people"]
    assert (connection.state, "503" in connection.last_error) == (CONNECTED, True)


def test_somebody_without_a_mailbox_is_passed_over_when_a_calendar_is_tried(microsoft365: Microsoft365) -> None:
    seed.create_user(organisation=microsoft365.organisation, address="a@contoso.com", display_name="A", mailbox="none")
    found, _connection = examine(microsoft365)
    assert not found["calendar"]
    microsoft365.mailbox("bea@contoso.com")
    assert examine(microsoft365)[0]["calendar"]


def test_people_are_brought_in_with_their_mailboxes(microsoft365: Microsoft365) -> None:
    organisation = microsoft365.organisation
    for number in range(120):
        seed.create_user(organisation=organisation, address=f"p{number}@contoso.com", display_name=f"Person {number}")
    seed.create_room(organisation=organisation, address="room@contoso.com", display_name="Room")
    seed.create_user(organisation=organisation, address="out@partner.example", display_name="Partner")
    seed.create_user(organisation=organisation, address="off@contoso.com", display_name="Off", account_enabled=False)
    seed.create_user(
        organisation=organisation, address="plain@contoso.com", display_name="Plain", bookings_plan=False,
        bookings_capability=False,
    )  # fmt: skip
    imported = people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM)
    assert (imported.created, imported.updated) == (121, 0)
    assert Mailbox.objects.filter(kind=Mailbox.Kind.USER, syncs_calendar=True).count() == 121
    assert not Mailbox.objects.filter(address__in=["room@contoso.com", "out@partner.example", "off@contoso.com"])
    known = Mailbox.objects.get(address="p7@contoso.com")
    assert (known.display_name, known.has_bookings, known.time_zone) == ("Person 7", True, "Europe/Zurich")
    assert known.directory_object_id
    assert not Mailbox.objects.get(address="plain@contoso.com").has_bookings
    assert AuditEvent.objects.get(action="people.imported").after["created"] == 121
    assert not Job.objects.filter(kind="busy.pull").exists(), "nobody of them takes bookings yet"


def test_people_are_brought_up_to_date_and_not_made_twice(microsoft365: Microsoft365) -> None:
    user = seed.create_user(organisation=microsoft365.organisation, address="bea@contoso.com", display_name="Bea B")
    earlier = MailboxFactory(tenant=microsoft365.tenant, address="Bea@contoso.com", time_zone="Asia/Tokyo")
    page = MailboxFactory(tenant=microsoft365.tenant, address="clinic@contoso.com", kind=Mailbox.Kind.SCHEDULING)
    seed.create_user(organisation=microsoft365.organisation, address="clinic@contoso.com", display_name="Not you")
    imported = people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM)
    assert (imported.created, imported.updated, imported.skipped) == (0, 1, 1)
    earlier.refresh_from_db()
    page.refresh_from_db()
    assert (earlier.display_name, earlier.directory_object_id, earlier.time_zone) == (
        "Bea B",
        str(user.pk),
        "Asia/Tokyo",
    )
    assert page.kind == Mailbox.Kind.SCHEDULING and page.display_name != "Not you"
    user.mail = "beatrice@contoso.com"
    user.save()
    people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM)
    earlier.refresh_from_db()
    assert earlier.address == "beatrice@contoso.com"


def test_losing_the_bookings_plan_loses_the_capability(microsoft365: Microsoft365) -> None:
    bea = microsoft365.mailbox("bea@contoso.com", bookings_plan=False, bookings_capability=False)
    Mailbox.objects.filter(pk=bea.pk).update(capabilities=[BOOKINGS_CAPABILITY, "BPOS_S_Standard"])
    people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM)
    assert not Mailbox.objects.get(pk=bea.pk).has_bookings


def test_an_import_that_breaks_off_changes_nothing(microsoft365: Microsoft365) -> None:
    seed.create_user(organisation=microsoft365.organisation, address="bea@contoso.com", display_name="Bea")
    control.fail(status=503, path="/v1.0/users")
    with pytest.raises(errors.Throttled):
        people.import_people(microsoft365.connection, now=timezone.now(), actor=SYSTEM)
    assert not Mailbox.objects.exists()


def command(**changes: str) -> tuple[dict[str, Any], int]:
    options = {
        "tenant": "contoso.com", "client_id": CLIENT_ID, "directory_id": DIRECTORY_ID, "client_secret": SECRET,
        "secret_expires": f"{next_year()}",
    } | changes  # fmt: skip
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    out, code = StringIO(), 0
    try:
        call_command("connect_microsoft365", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(str(ended.code))
    return json.loads(out.getvalue()), code


@pytest.mark.row("S3.8")
def test_the_command_saves_tests_and_prints_every_check(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    answer, code = command()
    assert code == 0
    assert (answer["tenant"], answer["state"]) == ("contoso.com", "connected")
    assert [check["name"] for check in answer["checks"]] == NAMES
    assert set(answer["checks"][0]) == {"name", "ok", "message", "remedy"}
    assert all(check["ok"] and check["message"] and check["remedy"] == "" for check in answer["checks"])


def test_the_command_ends_with_one_where_a_check_fails(microsoft365: Microsoft365) -> None:
    answer, code = command(client_secret="wrong")
    assert (code, answer["state"]) == (1, "broken")
    assert "AADSTS7000215" in answer["checks"][0]["message"]


def test_the_command_says_what_is_wrong_with_its_values(microsoft365: Microsoft365) -> None:
    with pytest.raises(CommandError, match="No organisation has the domain"):
        command(tenant="nobody.example")
    with pytest.raises(CommandError, match=r"--secret-expires: .*two years"):
        command(secret_expires="2036-01-01")
    with pytest.raises(CommandError, match="--client-id: This ID has the form"):
        command(client_id="C")
    with pytest.raises(CommandError, match=r"“30\.11\.2027” is not a date such as 2027-11-30"):
        command(secret_expires="30.11.2027")


def test_another_organisation_neither_sees_nor_touches_the_connection(microsoft365: Microsoft365) -> None:
    fabrikam = TenantFactory(name="Fabrikam")
    with scope(tenant=fabrikam):
        assert not Connection.objects.exists()
    with pytest.raises(errors.NotConnected), scope(tenant=fabrikam):
        http.client_for(fabrikam)


@pytest.mark.row("S1.13")
def test_the_organisation_takes_the_id_of_the_directory_it_is_connected_to(contoso: Tenant) -> None:
    values = {"client_id": CLIENT_ID, "client_secret": SECRET, "secret_expires_on": next_year()}
    entered = connections.save(tenant=contoso, directory_id=DIRECTORY_ID, now=NOW, actor=SYSTEM, **values)
    assert str(Tenant.objects.get(pk=contoso.pk).directory_id) != DIRECTORY_ID, "it has not been proved yet"
    connections.activate(entered, now=NOW, actor=SYSTEM)
    assert str(Tenant.objects.get(pk=contoso.pk).directory_id) == DIRECTORY_ID
    fabrikam = stranger()
    with scope(tenant=fabrikam), pytest.raises(InvalidInput, match="need another look") as refused:
        connections.save(tenant=fabrikam, directory_id=DIRECTORY_ID, now=NOW, actor=SYSTEM, **values)
    assert list(refused.value.errors) == ["directoryId"]


def test_a_saved_connection_is_tested_and_its_people_come_in_by_themselves(microsoft365: Microsoft365) -> None:
    seed.create_user(organisation=microsoft365.organisation, address="bea@contoso.com", display_name="Bea")
    save(microsoft365)
    run_due()
    assert Connection.objects.get().state == CONNECTED
    run_due()
    assert Mailbox.objects.get(address="bea@contoso.com").syncs_calendar
    seed.create_user(organisation=microsoft365.organisation, address="carl@contoso.com", display_name="Carl")
    assert people.keep_all(timezone.now()) == 1
    run_due()
    assert Mailbox.objects.filter(address="carl@contoso.com").exists()


def test_a_saved_connection_that_is_wrong_says_so_and_waits_for_nobody(microsoft365: Microsoft365) -> None:
    save(microsoft365, client_secret="wrong")
    run_due()
    entered = connections.draft(microsoft365.tenant)
    assert entered is not None and entered.state == BROKEN and entered.remedy
    assert Job.objects.get(kind="connection.test").state == Job.State.DONE
    assert Connection.objects.get(is_active=True).state == CONNECTED, "what was in use goes on"
