"""What becomes of a push when Microsoft is slow, silent, closed or gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bookings.models import Booking, EventLink
from tenants.acting import SYSTEM
from tenants.microsoft365 import credentials, errors, http
from tenants.models import Connection, Job, Tenant
from tenants.sandbox import control, seed
from tenants.services import connections
from tests.calendar.clinic import NINE, TEN, Clinic, cancel, reschedule
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year, push_jobs, run_due

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = "/v1.0/users/*/events"


@pytest.fixture
def clinic(microsoft365: Microsoft365) -> Clinic:
    return Clinic(microsoft365)


def push_now() -> Job:
    """Makes the push due and runs it, as the sweep does when its time has come."""
    Job.objects.filter(kind="outlook.push", state=Job.State.PENDING).update(due_at=timezone.now())
    run_due()
    return push_jobs()[-1]


def test_an_event_whose_answer_was_lost_is_not_created_twice(clinic: Clinic) -> None:
    clinic.book()
    control.drop_after_store(path=EVENTS)
    run_due()
    job = push_jobs()[0]
    assert (job.state, "did not answer" in job.last_error) == (Job.State.PENDING, True)
    assert EventLink.objects.get().event_id == ""
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == [NINE]
    assert EventLink.objects.get().event_id
    assert len(control.requests(path=EVENTS, method="POST")) == 2


def test_an_event_whose_answer_was_lost_is_found_again_after_the_booking_moved(clinic: Clinic) -> None:
    booking = clinic.book()
    control.drop_after_store(path=EVENTS)
    run_due()
    reschedule(booking, TEN)
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == [TEN]
    assert EventLink.objects.get().pushed_sequence == 1


def test_an_event_whose_answer_was_lost_goes_away_with_its_booking(clinic: Clinic) -> None:
    booking = clinic.book()
    control.drop_after_store(path=EVENTS)
    run_due()
    cancel(booking)
    assert push_now().state == Job.State.DONE
    assert clinic.events() == []


def test_an_event_created_and_deleted_before_we_knew_it_is_created_under_another_id(clinic: Clinic) -> None:
    booking = clinic.book()
    control.drop_after_store(path=EVENTS)
    run_due()
    reschedule(booking, TEN)
    control.fail(status=409, code="ErrorDuplicateTransactionId", path=EVENTS, method="POST")
    clinic.microsoft365.users["bea@contoso.com"].events.all().delete()
    push_now()
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == [TEN]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_whose_answer_was_lost_is_repeated_without_harm(clinic: Clinic, method: str) -> None:
    booking = clinic.book()
    run_due()
    control.drop_after_store(path=f"{EVENTS}/*", method=method)
    reschedule(booking, TEN) if method == "PATCH" else cancel(booking)
    run_due()
    assert push_jobs()[-1].state == Job.State.PENDING
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == ([TEN] if method == "PATCH" else [])


def test_throttling_puts_the_push_off_until_microsoft_says_and_nobody_waits(clinic: Clinic) -> None:
    clinic.book()
    control.throttle(path=EVENTS, retry_after=120)
    started = timezone.now()
    run_due()
    job = push_jobs()[0]
    assert job.state == Job.State.PENDING
    assert timedelta(seconds=119) < job.due_at - started < timedelta(seconds=125)
    assert timezone.now() - started < timedelta(seconds=5)
    assert len(control.requests(path=EVENTS)) == 1
    run_due()
    assert len(control.requests(path=EVENTS)) == 1
    assert push_now().state == Job.State.DONE


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_failure_on_microsofts_side_is_tried_again_soon(clinic: Clinic, status: int) -> None:
    clinic.book()
    control.fail(status=status, path=EVENTS, method="POST")
    started = timezone.now()
    run_due()
    job = push_jobs()[0]
    assert job.state == Job.State.PENDING
    assert timedelta(seconds=2) < job.due_at - started < timedelta(seconds=15)
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == [NINE]


def test_a_server_that_is_not_there_is_tried_again(clinic: Clinic, settings: pytest.FixtureRequest) -> None:
    settings.MICROSOFT_GRAPH_URL = "http://127.0.0.1:9/v1.0"  # type: ignore[attr-defined]
    clinic.book()
    run_due()
    assert push_jobs()[0].state == Job.State.PENDING
    assert "did not answer" in push_jobs()[0].last_error


def test_an_expired_secret_parks_the_push_with_a_remedy_and_its_renewal_resumes_it(clinic: Clinic) -> None:
    control.expire_secrets(CLIENT_ID)
    clinic.book()
    run_due()
    job, connection = push_jobs()[0], Connection.objects.get()
    assert (job.state, job.waits_for) == (Job.State.PARKED, "connection")
    assert "new client secret" in job.remedy
    assert (connection.state, connection.remedy) == (Connection.State.BROKEN, job.remedy)
    assert "AADSTS7000222" in connection.last_error

    seed.create_application(organisation=clinic.microsoft365.organisation, client_id=CLIENT_ID, secret="renewed")
    connections.save(
        tenant=clinic.microsoft365.tenant, client_id=CLIENT_ID, directory_id=DIRECTORY_ID, client_secret="renewed",
        secret_expires_on=next_year(), now=timezone.now(), actor=SYSTEM,
    )  # fmt: skip
    run_due()
    assert push_now().state == Job.State.DONE
    assert [start for _, start, _ in clinic.events()] == [NINE]


def test_a_wrong_secret_says_which_value_to_copy(clinic: Clinic) -> None:
    Connection.objects.get().delete()
    Connection.objects.create(
        tenant=clinic.microsoft365.tenant, client_id=CLIENT_ID, directory_id=DIRECTORY_ID, client_secret="other",
        secret_expires_on=next_year(),
    )  # fmt: skip
    clinic.book()
    run_due()
    assert "not its ID" in push_jobs()[0].remedy


def test_a_secret_renewed_while_the_old_one_is_refused_does_not_leave_the_push_parked(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renewed_meanwhile(connection: Connection, **_: object) -> str:
        connection.client_secret = "renewed"
        connection.save()
        raise errors.SecretExpired("AADSTS7000222: expired")

    monkeypatch.setattr(credentials, "token", renewed_meanwhile)
    clinic.book()
    run_due()
    assert push_jobs()[0].state == Job.State.PENDING
    assert Connection.objects.get().state == Connection.State.CONNECTED


def test_a_token_that_is_refused_is_renewed_once(clinic: Clinic) -> None:
    control.fail(status=401, path=EVENTS, method="POST")
    clinic.book()
    run_due()
    assert push_jobs()[0].state == Job.State.DONE
    assert len(control.requests(path="/login/*/token")) == 2


@pytest.mark.row("S2.54")
def test_a_policy_that_closes_the_mailbox_parks_the_push_with_microsofts_remedy(clinic: Clinic) -> None:
    control.restrict_mailboxes(CLIENT_ID, ["someone.else@contoso.com"])
    clinic.book()
    run_due()
    job = push_jobs()[0]
    assert (job.state, job.waits_for) == (Job.State.PARKED, "connection")
    command = "Get-ApplicationAccessPolicy | Format-Table -Auto Identity,Description,ScopeName,AccessRight"
    assert command in job.remedy

    control.restrict_mailboxes(CLIENT_ID, None)
    checks = connections.test(Connection.objects.get(), now=timezone.now())
    assert all(check.ok for check in checks)
    assert push_now().state == Job.State.DONE


def test_a_person_without_a_mailbox_parks_the_push_until_somebody_looks(clinic: Clinic) -> None:
    type(clinic.microsoft365.users["bea@contoso.com"]).objects.update(mailbox="none")
    clinic.book()
    run_due()
    assert push_jobs()[0].state == Job.State.PARKED
    assert "licence" in push_jobs()[0].remedy


def test_what_microsoft_refuses_for_good_is_parked_with_its_message(clinic: Clinic) -> None:
    control.fail(status=400, code="ErrorPropertyValidationFailure", message="The location is odd.", path=EVENTS)
    clinic.book()
    run_due()
    assert push_jobs()[0].state == Job.State.PARKED
    assert "The location is odd." in push_jobs()[0].last_error


def test_an_organisation_that_was_never_connected_parks_its_pushes(clinic: Clinic) -> None:
    Connection.objects.all().delete()
    clinic.book()
    run_due()
    assert (push_jobs()[0].state, push_jobs()[0].waits_for) == (Job.State.PARKED, "connection")


def test_microsoft_is_never_asked_inside_a_transaction(microsoft365: Microsoft365) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside of transactions"):
        http.client_for(microsoft365.tenant).get("/users")
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside of transactions"):
        credentials.token(microsoft365.connection)


def test_a_link_to_another_host_gets_no_token(microsoft365: Microsoft365) -> None:
    with pytest.raises(errors.Gone):
        http.client_for(microsoft365.tenant).get("https://elsewhere.example/v1.0/users")


def test_the_secret_reaches_neither_logs_nor_errors(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    control.expire_secrets(CLIENT_ID)
    clinic.book()
    run_due()
    told = caplog.text + "".join(f"{record.__dict__}" for record in caplog.records) + push_jobs()[0].last_error
    assert SECRET not in told
    assert Booking.objects.get().customer_email not in told
    assert Tenant.objects.get().name == "Contoso"
