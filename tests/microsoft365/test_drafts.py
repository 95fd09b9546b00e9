"""A connection in use while another is entered: two secrets, a draft that fails, removal, clouds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.acting import SYSTEM
from tenants.errors import InvalidInput
from tenants.microsoft365 import clouds, credentials
from tenants.models import AuditEvent, BusyPeriod, Connection, Job
from tenants.sandbox import control, seed
from tenants.services import connection_uses, connections
from tests.calendar.clinic import TEN, Clinic, reschedule
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year, push_jobs, run_due

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "a-new-secret-of-the-sandbox"


def add(microsoft365: Microsoft365, secret: str = NEW, ends: date | None = None) -> list[Any]:
    """Enters a secret beside the one in use, and tests it as the worker does."""
    used = connections.active(microsoft365.tenant)
    assert used is not None
    act: dict[str, Any] = {"now": timezone.now(), "actor": SYSTEM}
    draft = connections.add_secret(
        connection=used, client_secret=secret, secret_expires_on=ends or next_year() + timedelta(days=90), **act
    )
    return connections.test(draft, now=timezone.now())


def in_use(microsoft365: Microsoft365) -> list[str]:
    used = connections.active(microsoft365.tenant)
    assert used is not None
    return [secret for secret, _ends_on in used.secrets()]


@pytest.mark.row("S3.4")
def test_a_secret_is_renewed_without_a_single_failed_push(microsoft365: Microsoft365) -> None:
    """Before the new one, with both, when the old one has ended, and after it was removed."""
    clinic = Clinic(microsoft365)
    booking = clinic.book()
    run_due()
    seed.create_application(organisation=microsoft365.organisation, client_id=CLIENT_ID, secret=NEW)
    assert all(check.ok for check in add(microsoft365))
    assert in_use(microsoft365) == [NEW, SECRET], "the one that ends last is tried first"
    credentials.forget()
    control.clear_requests()
    reschedule(booking, TEN)
    run_due()
    old = microsoft365.organisation.applications.get().secrets.get(value=SECRET)
    old.expires_at = timezone.now() - timedelta(minutes=1)
    old.save()
    credentials.forget()
    clinic.book(starts_at=TEN + timedelta(hours=1))
    run_due()
    used = connections.active(microsoft365.tenant)
    assert used is not None
    connections.remove_secret(connection=used, slot="client_secret", now=timezone.now(), actor=SYSTEM)
    assert in_use(microsoft365) == [NEW]
    clinic.book(starts_at=TEN + timedelta(hours=2))
    run_due()
    assert {(job.state, job.attempts, job.last_error) for job in push_jobs()} == {("done", 1, "")}
    assert not [request for request in control.requests(path="/login/*/token") if request.status != 200]
    assert SECRET not in str(list(AuditEvent.objects.values())) and NEW not in str(list(AuditEvent.objects.values()))


def test_the_old_secret_takes_over_where_the_new_one_is_withdrawn(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    seed.create_application(organisation=microsoft365.organisation, client_id=CLIENT_ID, secret=NEW)
    add(microsoft365)
    run_due()
    microsoft365.organisation.applications.get().secrets.filter(value=NEW).delete()
    credentials.forget()
    control.clear_requests()
    clinic.book()
    run_due()
    assert [job.state for job in push_jobs()] == ["done"]
    microsoft365.pull(clinic.bea, timezone.now())
    refused = [request for request in control.requests(path="/login/*/token") if request.status != 200]
    assert len(refused) == 1, "a refused secret is passed over for a while"


@pytest.mark.row("S2.22")
def test_a_secret_that_is_wrong_touches_nothing(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    failed = [check for check in add(microsoft365, secret="wrong") if not check.ok]
    assert failed[0].name == "signIn" and "not its ID" in failed[0].remedy
    assert in_use(microsoft365) == [SECRET]
    clinic.book()
    run_due()
    assert [job.state for job in push_jobs()] == ["done"]
    draft = connections.draft(microsoft365.tenant)
    assert draft is not None
    connections.discard(connection=draft, now=timezone.now(), actor=SYSTEM)
    assert connections.draft(microsoft365.tenant) is None and in_use(microsoft365) == [SECRET]


def test_the_secrets_id_and_an_end_too_far_away_are_refused(microsoft365: Microsoft365) -> None:
    for values in ({"secret": CLIENT_ID}, {"secret": ""}, {"ends": next_year() + timedelta(days=800)}):
        with pytest.raises(InvalidInput):
            add(microsoft365, **values)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        used = Connection.objects.get()
        connections.remove_secret(connection=used, slot="client_secret", now=timezone.now(), actor=SYSTEM)


def test_when_microsoft_is_away_a_draft_is_tested_again_by_itself(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    seed.create_application(organisation=microsoft365.organisation, client_id=CLIENT_ID, secret=NEW)
    control.fail(status=503, path="/v1.0/users")
    used = Connection.objects.get()
    connections.add_secret(
        connection=used, client_secret=NEW, secret_expires_on=next_year(), now=timezone.now(), actor=SYSTEM
    )
    run_due()
    job = Job.objects.get(kind="connection.test")
    draft = connections.draft(microsoft365.tenant)
    assert job.state == Job.State.PENDING and draft is not None and draft.state == "untested"
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
    run_due()
    assert set(in_use(microsoft365)) == {NEW, SECRET}


def test_a_permission_that_is_revoked_later_shows_on_the_connection(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    control.set_roles(CLIENT_ID, ["User.Read.All", "Place.Read.All"])
    credentials.forget()
    clinic.book()
    run_due()
    assert push_jobs()[0].waits_for == "connection"
    run_due()
    used = Connection.objects.get()
    assert used.state == "broken" and "Calendars.ReadWrite" in used.remedy
    control.set_roles(CLIENT_ID, seed.ASKED_ROLES)
    connections.test(used, now=timezone.now())
    run_due()
    assert Connection.objects.get().state == "connected" and push_jobs()[0].state == "done"


def test_a_connection_is_removed_with_what_was_read_and_nothing_else(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    microsoft365.put(clinic.bea, "Dentist", TEN)
    microsoft365.pull(clinic.bea, timezone.now())
    booking = clinic.book()
    assert connection_uses.losses(microsoft365.tenant).waiting == 1
    connection_uses.remove(tenant=microsoft365.tenant, now=timezone.now(), actor=SYSTEM)
    assert not Connection.objects.exists() and not BusyPeriod.objects.exists()
    run_due()
    assert (push_jobs()[0].state, push_jobs()[0].waits_for) == ("parked", "connection")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    assert AuditEvent.objects.get(action="connection.removed").before["clientId"] == CLIENT_ID


def test_the_directorys_name_becomes_its_id(microsoft365: Microsoft365) -> None:
    microsoft365.mailbox("bea@contoso.com")
    draft = connections.save(
        tenant=microsoft365.tenant, client_id=CLIENT_ID, directory_id="Contoso.com", client_secret=SECRET,
        secret_expires_on=next_year(), now=timezone.now(), actor=SYSTEM,
    )  # fmt: skip
    connections.test(draft, now=timezone.now())
    assert Connection.objects.get().directory_id == DIRECTORY_ID
    assert str(Connection.objects.get().tenant.directory_id) == DIRECTORY_ID


USUAL = {"login_url": clouds.CLOUDS["global"].login, "graph_url": clouds.CLOUDS["global"].graph}


@pytest.mark.parametrize(
    ("cloud", "login", "graph", "scope"),
    [
        ("global", "login.microsoftonline.com", "graph.microsoft.com", "graph.microsoft.com"),
        ("usGovernment", "login.microsoftonline.us", "graph.microsoft.us", "graph.microsoft.us"),
        ("usDefense", "login.microsoftonline.us", "dod-graph.microsoft.us", "dod-graph.microsoft.us"),
        ("china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn",
         "microsoftgraph.chinacloudapi.cn"),
    ],
)  # fmt: skip
def test_each_cloud_has_a_sign_in_and_a_graph_of_its_own(cloud: str, login: str, graph: str, scope: str) -> None:
    found = clouds.reached(cloud, **USUAL)
    assert (found.login, found.authority) == (f"https://{login}", f"https://{login}")
    assert (found.graph, found.scope) == (f"https://{graph}/v1.0", f"https://{scope}/.default")
    here = clouds.reached(cloud, login_url="http://127.0.0.1/login", graph_url="http://127.0.0.1/v1.0")
    assert (here.login, here.graph) == ("http://127.0.0.1/login", "http://127.0.0.1/v1.0")
