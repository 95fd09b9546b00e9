"""Overview and health: what waits, what is broken and how to mend it, in few queries whatever the size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import StaffMember
from tenants.models import BusyRead, Connection, Job, Mailbox, Role, Subscription, Tenant
from tests import factories

pytestmark = pytest.mark.django_db
FRONT, HEALTH = "/organisation/", "/organisation/health/"
PAGES = (FRONT, HEALTH, f"{HEALTH}parked/", f"{HEALTH}calendars/", "/organisation/permissions/")
HOUR = timedelta(hours=1)


def connected(tenant: Tenant, **more: object) -> Connection:
    values = {"client_secret": "x", "state": Connection.State.CONNECTED} | more
    return Connection.objects.create(
        tenant=tenant, secret_expires_on=timezone.now().date() + timedelta(days=300), **values
    )


def parked(tenant: Tenant, key: str, **more: Any) -> Job:
    values = {"kind": "outlook.push", "last_error": "NoMailbox: 404", "remedy": "Give this person a licence."} | more
    return Job.objects.create(tenant=tenant, dedupe_key=key, state="parked", due_at=timezone.now(), **values)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_new_organisation_reads_its_first_steps(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.OWNER)
    page = text(client, FRONT)
    for step in ("Connect Microsoft 365", "Bring in your people", "Give somebody else a role", "Make a booking page"):
        assert step in page
    assert "0 of 4 done" in page and 'href="/organisation/connection/"' in page
    assert "What needs mending" not in page


def test_steps_that_are_done_are_ticked_and_go_when_all_are(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.OWNER)
    connected(contoso)
    factories.clinic(contoso)
    assert "2 of 4 done" in text(client, FRONT)
    factories.member(contoso)
    Mailbox.objects.update(directory_object_id="d")
    assert "First steps" not in text(client, FRONT) and "Everything works" in text(client, FRONT)


@pytest.mark.row("S2.84")
def test_everything_that_is_broken_stands_there_with_time_message_remedy_and_a_button(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    connected(contoso, state="broken", last_error="AADSTS7000222", remedy="Make a new client secret",
              tested_at=timezone.now() - HOUR)  # fmt: skip
    parked(contoso, "a", waits_for="mail", last_error="535 refused", remedy="Check EMAIL_URL")
    job = parked(contoso, "b")
    page = text(client, FRONT)
    for said in ("is broken", "AADSTS7000222", "Make a new client secret", "Mails wait for the mail server",
                 "535 refused", "Check EMAIL_URL", "Writing a booking to Outlook: 1 job waits for you"):  # fmt: skip
        assert said in page
    assert "since " in page and page.count('name="cause"') == 2
    for page in (text(client, HEALTH), text(client, f"{HEALTH}parked/?cause=outlook.push")):
        assert "NoMailbox: 404" in page and "Give this person a licence." in page
    assert client.post(f"{HEALTH}mend/", {"cause": "mail"}).status_code == 302
    assert client.post(f"{HEALTH}jobs/{job.pk}/retry/").status_code == 302
    assert list(Job.objects.values_list("state", flat=True)) == ["pending", "pending"]


def test_the_button_for_the_connection_tests_it_too(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    connected(contoso, state="broken")
    parked(contoso, "a", waits_for="connection")
    answer = client.post(f"{HEALTH}mend/", {"cause": "connection"})
    assert answer["Location"] == "/organisation/connection/"
    assert Connection.objects.get().test_asked_at and Job.objects.get(kind="outlook.push").state == "pending"


@pytest.mark.row("S2.78")
def test_each_calendar_says_when_it_was_read_and_what_keeps_it_from_it(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    connected(contoso)
    _page, _service, members = factories.clinic(contoso, staff=3)
    now = timezone.now()
    Mailbox.objects.filter(pk__in=[one.mailbox_id for one in members]).update(syncs_calendar=True)
    good, late, failing = (one.mailbox for one in members)
    for box, name in ((good, "Gail Good"), (late, "Lea Late"), (failing, "Fay Failing")):
        Mailbox.objects.filter(pk=box.pk).update(display_name=name)
    BusyRead.objects.create(tenant=contoso, mailbox=good, read_at=now)
    BusyRead.objects.create(tenant=contoso, mailbox=late, read_at=now - 3 * HOUR)
    BusyRead.objects.create(tenant=contoso, mailbox=failing, failed_at=now, last_error="404 gone")
    parked(contoso, "x", kind="busy.pull", lane=f"mailbox:{failing.pk}", last_error="404 gone")
    Subscription.objects.create(tenant=contoso, mailbox=good, state="active", token_hash="h", client_state="c",
                                notified_at=now)  # fmt: skip
    everybody = text(client, f"{HEALTH}calendars/")
    assert everybody.index("Fay Failing") < everybody.index("Lea Late") < everybody.index("Gail Good")
    assert "Give this person a licence." in everybody and "3 calendars" in everybody
    shown = {only: [name for name in ("Gail", "Lea", "Fay") if name in text(client, f"{HEALTH}calendars/?only={only}")]
             for only in ("late", "failing", "untold")}  # fmt: skip
    assert shown == {"late": ["Lea", "Fay"], "failing": ["Fay"], "untold": ["Lea", "Fay"]}
    assert "2 calendars were not read for two hours" in text(client, FRONT)
    rows = client.get(f"{HEALTH}calendars/?format=csv&q=lea").content.decode().splitlines()
    assert len(rows) == 2 and "Lea Late" in rows[1]


def test_twelve_hundred_calendars_and_five_thousand_jobs_cost_no_more_queries(
    contoso: Tenant, sign_in: Callable[..., object], client: Client, django_assert_max_num_queries: Any
) -> None:
    sign_in(Role.ADMINISTRATOR)
    connected(contoso, state="broken", last_error="AADSTS7000222")
    page, _service, _members = factories.clinic(contoso)
    now = timezone.now()
    boxes = Mailbox.objects.bulk_create(
        Mailbox(tenant=contoso, kind="UserMailbox", address=f"m{n}@contoso.com", display_name=f"M {n:04}",
                syncs_calendar=True) for n in range(1200)
    )  # fmt: skip
    StaffMember.objects.bulk_create(
        StaffMember(tenant=contoso, page=page, mailbox=box, display_name=box.display_name, email=box.address,
                    status="active") for box in boxes
    )  # fmt: skip
    BusyRead.objects.bulk_create(BusyRead(tenant=contoso, mailbox=box, read_at=now - 5 * HOUR) for box in boxes)
    Job.objects.bulk_create(
        Job(tenant=contoso, kind=("outlook.push", "mail.booking")[n % 2], dedupe_key=f"j{n}", due_at=now,
            state=("parked", "pending", "done")[n % 3], waits_for=("connection", "")[n % 2], remedy=f"Mend {n}",
            lane=f"mailbox:{boxes[n % 1200].pk}", done_at=now) for n in range(5000)
    )  # fmt: skip
    client.get(FRONT)
    for address in (*PAGES, f"{HEALTH}calendars/?only=late&p=24", f"{HEALTH}parked/?cause=connection&p=3"):
        with django_assert_max_num_queries(19):
            assert client.get(address).status_code == 200, address
    assert "1200 calendars" in text(client, f"{HEALTH}calendars/")
    assert len(client.get(f"{HEALTH}calendars/?format=csv").content.decode().splitlines()) == 1201
    assert len(client.get(f"{HEALTH}parked/?format=csv").content.decode().splitlines()) == 1668


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_nobody_else_finds_these_pages(
    contoso: Tenant, sign_in: Callable[..., object], client: Client, role: str
) -> None:
    sign_in(role)
    assert {client.get(address).status_code for address in PAGES} == {404}
    assert client.post(f"{HEALTH}mend/", {"cause": "mail"}).status_code == 404


def test_an_administrator_of_another_organisation_sees_and_mends_only_their_own(
    contoso: Tenant, client: Client
) -> None:
    connected(contoso, state="broken", last_error="AADSTS7000222")
    job = parked(contoso, "a", waits_for="mail")
    fabrikam = factories.stranger()
    with scopes_disabled():
        client.force_login(factories.member(fabrikam, Role.ADMINISTRATOR).user)
    assert not any("AADSTS7000222" in text(client, page) or "NoMailbox" in text(client, page) for page in PAGES)
    client.post(f"{HEALTH}mend/", {"cause": "mail"})
    assert client.post(f"{HEALTH}jobs/{job.pk}/retry/").status_code == 404
    client.post(f"{HEALTH}summary/", {"on": "no"})
    with scope(tenant=contoso):
        assert Job.objects.get().state == "parked" and Tenant.objects.get(pk=contoso.pk).monthly_summary
