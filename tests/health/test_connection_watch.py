"""A connection that breaks is told by mail; what waited for it goes on by itself when it is mended (pain 11, S2.84)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from tenants import acting, mail, outbox
from tenants.models import AuditEvent, BusyRead, Connection, Job, Message, Role, Tenant
from tenants.sandbox import control, seed
from tenants.services import busy_times, connection_watch, connections
from tests import factories
from tests.factories import NOW
from tests.microsoft365.organisation import CLIENT_ID, Microsoft365, next_year, run_due

Run = Callable[..., None]
BROKEN, CONNECTED = Connection.State.BROKEN, Connection.State.CONNECTED
HOUR = timedelta(hours=1)


@pytest.fixture
def connection(contoso: Tenant) -> Connection:
    factories.member(contoso, Role.OWNER, email="olivia@contoso.com")
    factories.member(contoso, email="tim@contoso.com")
    return Connection.objects.create(
        tenant=contoso, client_id=CLIENT_ID, client_secret="x", secret_expires_on=NOW.date(), state=CONNECTED
    )


def turn(state: str, **more: Any) -> None:
    Connection.objects.update(state=state, **more)


@pytest.mark.django_db
@pytest.mark.row("S2.84")
def test_a_break_is_told_once_with_its_remedy_and_once_more_when_it_breaks_again(
    connection: Connection, run: Run
) -> None:
    Job.objects.create(
        tenant=connection.tenant, kind="outlook.push", dedupe_key="a", due_at=NOW, state="parked",
        waits_for="connection",
    )  # fmt: skip
    assert connection_watch.watch(NOW) == 0
    turn(BROKEN, last_error="AADSTS7000222: expired", remedy="Make a new client secret", tested_at=NOW)
    assert (connection_watch.watch(NOW), connection_watch.watch(NOW + HOUR / 2)) == (1, 0)
    # Mails go out through Microsoft as a rule: this one cannot.
    Tenant.objects.update(mail_from="desk@contoso.com")
    run(kind=mail.KIND, now=NOW + HOUR)
    letter = Message.objects.get()
    assert (letter.to, letter.state) == ("olivia@contoso.com", "sent")
    assert letter.subject == "The connection to Microsoft 365 is broken"
    for said in ("AADSTS7000222: expired", "Make a new client secret", "1 job", "/organisation/connection/"):
        assert said in letter.text
    turn(CONNECTED, last_error="", remedy="")
    assert connection_watch.watch(NOW + HOUR) == 1 and Job.objects.get(kind="outlook.push").state == "pending"
    turn(BROKEN)
    assert connection_watch.watch(NOW + 2 * HOUR) == 1 and Message.objects.count() == 2
    actions = AuditEvent.objects.order_by("at").values_list("action", flat=True)
    assert list(actions) == ["connection.broke", "connection.mended", "connection.broke"]


@pytest.mark.django_db
def test_what_is_broken_is_tried_again_each_hour(connection: Connection) -> None:
    turn(BROKEN, tested_at=NOW)
    connection_watch.watch(NOW)
    connection_watch.watch(NOW + HOUR / 2)
    assert Connection.objects.get().test_asked_at is None
    connection_watch.watch(NOW + HOUR)
    assert Connection.objects.get().test_asked_at == NOW + HOUR


@pytest.mark.django_db
def test_a_break_is_nobody_elses_business(connection: Connection) -> None:
    fabrikam = factories.stranger()
    turn(BROKEN)
    connection_watch.watch(NOW)
    with scope(tenant=fabrikam):
        assert not Message.objects.exists() and not AuditEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.row("S3.4")
def test_after_a_secret_ends_and_is_renewed_everything_goes_on_by_itself(microsoft365: Microsoft365) -> None:
    now, bea = timezone.now(), microsoft365.mailbox("bea@contoso.com")
    factories.member(microsoft365.tenant, Role.OWNER, email="olivia@contoso.com")
    control.expire_secrets(CLIENT_ID)
    busy_times.request_pull(bea, now=now)
    run_due()
    job = Job.objects.get(kind="busy.pull")
    assert (job.state, job.waits_for) == ("parked", "connection") and "secret" in job.remedy
    assert connection_watch.watch(now) == 1
    seed.create_application(organisation=microsoft365.organisation, client_id=CLIENT_ID, secret="a-new-one")
    connections.add_secret(
        connection=Connection.objects.get(), client_secret="a-new-one", secret_expires_on=next_year(), now=now,
        actor=acting.SYSTEM,
    )  # fmt: skip
    for _round in range(3):
        run_due()
    assert Connection.objects.get(is_active=True).state == CONNECTED
    assert Job.objects.get(kind="busy.pull").state == "done" and BusyRead.objects.get().read_at
    assert outbox.resume(tenant=microsoft365.tenant, waits_for="connection", now=now) == 0
