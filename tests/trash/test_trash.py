"""A booking calendar goes into the trash, comes back as it was, goes again, and is purged to the last row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_scopes import scope

from bookings import access
from bookings.models import Approval, Booking, BookingPage, Hold
from bookings.services import booking as bookings
from bookings.services import cancellation, mass_cancellation, purge, rescheduling, trash, trashed
from tenants import acting, outbox
from tenants.errors import InvalidInput, NotFound
from tenants.models import AuditEvent, Claim, Job, Mailbox, Message, Tenant, WebhookDelivery
from tests.factories import ANA, NOW, book, clinic, personal_page, stranger
from tests.trash import world
from tests.trash.world import ACT, NINE, World, furnish, run_all, snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.row("S0.7")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def calendar(contoso: Tenant) -> World:
    found = furnish(contoso)
    run_all()
    return found


def test_what_comes_back_equals_what_was_row_by_row_and_no_mail_goes_again(calendar: World, clock: Any) -> None:
    before, mails, told = snapshot(), Message.objects.count(), WebhookDelivery.objects.count()
    reminders = list(Job.objects.filter(kind="mail.reminder").order_by("pk").values("pk", "due_at", "state"))
    for _twice in range(2):
        trash.delete(page=calendar.page, **ACT)
        run_all()
        assert BookingPage.objects.count() == 0
        trash.restore(page=calendar.page, **ACT)
        run_all()
        after = snapshot()
        # The hold that was dropped, with its claim, is the only thing that did not come back.
        lapsed = [row for row in before["tenants.Claim"] if row["expires_at"] is not None]
        assert len(lapsed) == (1 if _twice == 0 else 0) and not Hold.objects.exists()
        before["tenants.Claim"] = [row for row in before["tenants.Claim"] if row not in lapsed]
        assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
    assert (Message.objects.count(), WebhookDelivery.objects.count()) == (mails, told)
    assert list(Job.objects.filter(kind="mail.reminder").order_by("pk").values("pk", "due_at", "state")) == reminders
    actions = list(
        AuditEvent.objects.filter(action__startswith="page.").order_by("at", "pk").values_list("action", "cmdlet")
    )
    assert (
        sorted(actions) == [("page.deleted", "Remove-Mailbox")] * 2 + [("page.restored", "Undo-SoftDeletedMailbox")] * 2
    )
    clock.move_to(NINE - timedelta(minutes=119))
    run_all()
    assert Message.objects.filter(template="reminder", about_id=calendar.booking.pk).count() == 2


def test_in_the_trash_nothing_is_found_said_offered_or_changed(calendar: World, client: Client, clock: Any) -> None:
    other = stranger()
    trash.delete(page=calendar.page, **ACT)
    mails, states = Message.objects.count(), list(Booking.objects.order_by("pk").values_list("pk", "status"))
    with pytest.raises(NotFound):
        access.page(calendar.page.address)
    with pytest.raises(NotFound):
        access.booking(calendar.booking.pk)
    for refused in (
        lambda: book(calendar.page, calendar.service, NINE + timedelta(days=1)),
        lambda: book(calendar.page, calendar.service, NINE + timedelta(days=1), freely=True),
        lambda: cancellation.cancel(booking=calendar.booking, **ACT),
        lambda: rescheduling.reschedule(booking=calendar.booking, starts_at=NINE + timedelta(days=1), **ACT),
    ):
        with pytest.raises(trashed.CalendarDeleted):
            refused()
    question = Approval.objects.get(booking=calendar.asked)
    for path in (
        f"/manage/{calendar.booking.manage_token}", f"/bookwithme/link/{calendar.link_token}",
        f"/waiting/{calendar.waits.token}", f"/approve/{question.token}",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 410, path
        assert "desk@contoso.com" in answer.content.decode(), path
    assert "has not been cancelled" in client.get(f"/manage/{calendar.booking.manage_token}").content.decode()
    assert mass_cancellation.ahead(ANA.email, now=NOW).count() == 0
    for days in (0.3, 1, 2, 5):  # reminders, time to answer, end of the request, days of the waiting list
        clock.move_to(NOW + timedelta(days=days))
        run_all()
    assert Message.objects.count() == mails
    assert list(Booking.objects.order_by("pk").values_list("pk", "status")) == states
    assert Claim.objects.filter(owner_id=calendar.booking.pk).exists()
    with scope(tenant=other), pytest.raises(NotFound):
        trash.restore(page=calendar.page, **ACT)


def test_questions_and_places_go_on_after_the_restore(calendar: World, clock: Any) -> None:
    trash.delete(page=calendar.page, **ACT)
    clock.move_to(NINE - timedelta(hours=2))  # the time to answer is over, the request's end too
    run_all()
    question = Approval.objects.get(booking=calendar.asked)
    assert question.state == Approval.State.WAITING and question.reminded_at is None
    trash.restore(page=calendar.page, now=timezone.now(), actor=acting.SYSTEM)
    run_all()
    calendar.asked.refresh_from_db()
    assert calendar.asked.is_pending
    clock.shift(timedelta(minutes=61))
    run_all()
    question.refresh_from_db()
    calendar.asked.refresh_from_db()
    assert question.reminded_at is not None or calendar.asked.status == Booking.Status.EXPIRED


def test_cancelling_with_it_tells_each_customer_and_each_host_once(calendar: World, clock: Any) -> None:
    mails = set(Message.objects.values_list("pk", flat=True))
    trash.delete(page=calendar.page, **ACT, cancels=True, reason="The practice closes.")
    run_all()
    fresh = Message.objects.exclude(pk__in=mails)
    assert fresh.filter(template="cancelled", to=ANA.email).count() == 4
    assert fresh.filter(template="cancelled", to="guest@example.net").count() == 1
    assert fresh.filter(template="digest", to=calendar.member.email).count() == 1
    assert not fresh.exclude(template__in=["cancelled", "digest"]).exists()
    assert "The practice closes." in fresh.filter(template="cancelled").first().text
    assert calendar.page.url not in "".join(row.text + row.html for row in fresh.filter(template="cancelled"))
    assert not Booking.objects.filter(starts_at__gt=NOW).exclude(status__in=Booking.GONE).exists()
    assert not Claim.objects.exists()
    trash.restore(page=calendar.page, **ACT)
    run_all()
    assert not Booking.objects.filter(starts_at__gt=NOW).exclude(status__in=Booking.GONE).exists()


def test_twice_is_refused_and_nothing_restores_what_is_being_purged(calendar: World, clock: Any) -> None:
    with pytest.raises(trash.NotInTrash):
        trash.restore(page=calendar.page, **ACT)
    with pytest.raises(trash.NotInTrash):
        purge.begin(page=calendar.page, **ACT, name=calendar.page.display_name)
    trash.delete(page=calendar.page, **ACT)
    with pytest.raises(trash.AlreadyDeleted):
        trash.delete(page=calendar.page, **ACT)
    with pytest.raises(InvalidInput):
        purge.begin(page=calendar.page, **ACT, name="clinic")
    assert not Job.objects.filter(kind="calendar.purge").exists()
    BookingPage.with_deleted.filter(pk=calendar.page.pk).update(display_name="Cli\u0301nic  East ")
    purge.begin(page=calendar.page, **ACT, name=" Cl\u00ednic East", tells=False)
    with pytest.raises(trash.PurgeBegun):
        trash.restore(page=calendar.page, **ACT)
    run_all()
    with pytest.raises(NotFound):
        trash.restore(page=calendar.page, **ACT)


def test_the_purge_leaves_no_row_anywhere_but_in_the_audit_trail(calendar: World, contoso: Tenant, clock: Any) -> None:
    with scope(tenant=stranger()):
        other = snapshot_of_another()
    ids, counted = calendar.ids(), Booking.objects.count()
    assert len(ids) > 20 and len(world.traces(ids)) > 15
    contoso.trash_days = 7
    contoso.save()
    trash.delete(page=BookingPage.objects.select_related("tenant").get(pk=calendar.page.pk), **ACT)
    clock.move_to(NOW + timedelta(days=7, seconds=-1))
    assert purge.due(timezone.now()) == 0
    clock.shift(timedelta(seconds=2))
    assert purge.due(timezone.now()) == 1
    run_all()
    assert world.traces(ids) == {}
    assert not Mailbox.objects.filter(kind=Mailbox.Kind.SCHEDULING).exists()
    assert Mailbox.objects.filter(pk=calendar.member.mailbox_id).exists()
    event = purge.certificates().get()
    assert event.after["counts"]["bookings.Booking"] == counted
    assert event.after["counts"]["tenants.Mailbox"] == 1
    assert (event.actor, event.before["displayName"], event.target) == (
        "Daybook",
        "Clinic",
        calendar.page.mailbox.address,
    )
    assert purge.is_genuine(event)
    event.after["counts"]["bookings.Booking"] += 1
    assert not purge.is_genuine(event)
    assert AuditEvent.objects.filter(target_id__in=ids).count() > 10
    assert other.exists()


def snapshot_of_another() -> Any:
    """A calendar of another organisation, which must stay."""
    tenant = Tenant.objects.exclude(name="Contoso").get()
    page, service, _members = clinic(tenant)
    book(page, service, NINE)
    return Booking._base_manager.filter(page=page)


def test_a_purge_tells_whoever_still_has_a_booking_ahead_before_it_deletes(calendar: World, clock: Any) -> None:
    trash.delete(page=calendar.page, **ACT)
    purge.begin(page=calendar.page, **ACT, name="Clinic")
    sent: list[str] = []
    job = Job.objects.get(kind="calendar.purge")
    purge_once(job)
    assert Booking.objects.filter(cancelled_at=NOW).count() == 4  # cancelled; their mails wait
    while Job.objects.filter(kind="calendar.purge").exists():
        run_all()
        sent += Message.objects.filter(template="cancelled", state="sent").values_list("to", flat=True)
        clock.shift(timedelta(seconds=15))
    assert sent.count(ANA.email) >= 4 and "guest@example.net" in sent
    assert not Message.objects.exclude(about_id=None).exists()


def purge_once(job: Job) -> None:
    """One run of the purge alone, as if the worker had just begun."""
    outbox.run([str(job.pk)])


def test_the_personal_page_comes_back_by_its_owner_and_its_mailbox_outlives_the_purge(contoso: Tenant) -> None:
    page, service, owner = personal_page(contoso)
    made = book(page, service, NINE)
    trash.delete(page=page, **ACT)
    with pytest.raises(trashed.CalendarDeleted):
        bookings.book(page=page, service=service, starts_at=NINE, customer=ANA, **ACT)
    purge.begin(page=page, **ACT, name=page.display_name, tells=False)
    run_all()
    assert not Booking.objects.filter(pk=made.pk).exists()
    assert Mailbox.objects.filter(pk=owner.mailbox_id).exists()
    assert purge.certificates().get().cmdlet == ""
