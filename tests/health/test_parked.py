"""Parked jobs are grouped by what they wait for, tried again at a click, and go on when mail or keys are back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scope

from tenants import acting, mail
from tenants.errors import NotFound
from tenants.models import AuditEvent, Job, Message, Tenant
from tenants.services import parked
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
Run = Callable[..., None]
LATER = NOW + timedelta(minutes=15)


def park(tenant: Tenant, key: str, *, kind: str = "outlook.push", **more: Any) -> Job:
    values = {"state": Job.State.PARKED, "due_at": NOW, "last_error": "Refused: 400", "remedy": "Look at it"} | more
    return Job.objects.create(tenant=tenant, kind=kind, dedupe_key=key, **values)


def letter(tenant: Tenant) -> Message:
    message = mail.store(tenant=tenant, dedupe_key="x", template="test", to="ana@example.com", subject="Hi", text="Hi")
    mail.post(message, now=NOW)
    return message


@pytest.mark.row("S2.84")
def test_causes_are_counted_with_their_error_and_remedy(contoso: Tenant) -> None:
    for number in range(3):
        park(contoso, f"c{number}", waits_for="connection", remedy="Renew the secret")
    park(contoso, "p1", remedy="This")
    park(contoso, "p2", remedy="That")
    park(contoso, "running", state=Job.State.RUNNING)
    first, second = parked.causes()
    assert (first.key, first.count, first.remedy, first.remedies, first.is_named) == (
        "connection", 3, "Renew the secret", 1, True,
    )  # fmt: skip
    assert (second.key, second.count, second.remedies, second.error) == ("outlook.push", 2, 2, "Refused: 400")
    assert parked.jobs("outlook.push").count() == 2 and parked.jobs().count() == 5


def test_mending_a_cause_tries_its_jobs_and_leaves_a_line_in_the_trail(contoso: Tenant) -> None:
    mine, other = park(contoso, "a"), park(contoso, "b", waits_for="connection")
    act: dict[str, Any] = {"tenant": contoso, "now": LATER, "actor": acting.SYSTEM}
    assert (parked.mend(cause="outlook.push", **act), parked.mend(cause="outlook.push", **act)) == (1, 0)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, mine.due_at, other.state) == ("pending", LATER, "parked")
    assert AuditEvent.objects.get().after == {"cause": "outlook.push", "jobs": 1}
    parked.retry(job_id=other.pk, **act)
    with pytest.raises(NotFound):
        parked.retry(job_id=other.pk, **act)


def test_nobody_tries_the_jobs_of_another_organisation(contoso: Tenant) -> None:
    mine = park(contoso, "a")
    fabrikam = factories.stranger()
    with scope(tenant=fabrikam):
        act: dict[str, Any] = {"tenant": fabrikam, "now": LATER, "actor": acting.SYSTEM}
        assert parked.causes() == [] and parked.mend(cause="outlook.push", **act) == 0
        with pytest.raises(NotFound):
            parked.retry(job_id=mine.pk, **act)


def test_mails_go_on_by_themselves_when_the_mail_server_takes_us_again(
    contoso: Tenant, postbox: Any, run: Run, settings: Any
) -> None:
    letter(contoso)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "daybook", "wrong"
    run(kind=mail.KIND)
    job = Job.objects.get()
    assert (job.state, job.waits_for) == ("parked", "mail")
    assert parked.resume_mended(LATER) == 0 and mail.trouble()
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    assert parked.resume_mended(NOW) == 0, "it was tried a moment ago"
    assert parked.resume_mended(LATER) == 1 and not mail.trouble()
    run(kind=mail.KIND, now=LATER)
    assert len(postbox.mails) == 1 and Message.objects.get().state == "sent"


def test_mails_go_on_by_themselves_when_the_key_is_back(contoso: Tenant, run: Run, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["first"]
    letter(contoso)
    parked.resume_mended(NOW)
    settings.FIELD_ENCRYPTION_KEYS = ["second"]
    run(kind=mail.KIND)
    assert (Job.objects.get().waits_for, parked.resume_mended(NOW)) == ("keys", 1)
    run(kind=mail.KIND)
    assert Job.objects.get().state == "parked" and parked.resume_mended(NOW) == 0, "once for each change"
    settings.FIELD_ENCRYPTION_KEYS = ["third", "first"]
    assert parked.resume_mended(LATER) == 1
    run(kind=mail.KIND, now=LATER)
    assert Message.objects.get().state == "sent"
