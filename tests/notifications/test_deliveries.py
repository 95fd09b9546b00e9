"""The delivery log of a booking: what went, what did not, and sending one again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scope

from bookings.models import Booking, Reminder
from bookings.services import deliveries, rescheduling
from tenants import acting, mail
from tenants.models import AuditEvent, Job, Message, Role, Tenant
from tests import factories
from tests.factories import ANA, NOW, at
from tests.notifications.conftest import Postbox

Run = Callable[..., None]
ACTOR = acting.Actor("person", "owner@contoso.com", "web")


def states(booking: Booking) -> dict[tuple[str, str], str]:
    return {(str(one.label), one.to): one.state for one in deliveries.of(booking, now=NOW)}


def to_customer(booking: Booking) -> deliveries.Delivery:
    return next(one for one in deliveries.of(booking, now=NOW) if one.to == booking.customer_email)


def test_it_tells_what_is_queued_what_was_sent_and_what_is_planned(booking: Booking, run: Run) -> None:
    Reminder.objects.create(tenant=booking.tenant, service=booking.service)
    member = booking.staff_member.email
    assert states(booking) == {("Confirmation", ANA.email): "queued", ("Confirmation", member): "queued"}
    run()
    assert set(states(booking).values()) == {"sent"}
    rescheduling.reschedule(booking=booking, starts_at=at("2026-11-30 09:00"), now=NOW, actor=acting.SYSTEM)
    booking.refresh_from_db()
    assert states(booking)[("New time", ANA.email)] == "queued"
    assert states(booking)[("Reminder", ANA.email)] == "planned"


def test_a_refused_mail_shows_why_and_can_be_tried_again(booking: Booking, run: Run, postbox: Postbox) -> None:
    postbox.at_recipient = "550 No such user"
    run()
    failed = to_customer(booking)
    assert (failed.state, failed.can_resend) == ("failed", True)
    assert "No such user" in failed.error and "Try again" in failed.remedy
    found = deliveries.failures(now=timezone.now())
    assert {failure.delivery.to for failure in found} == {ANA.email, booking.staff_member.email}
    assert all(failure.booking == booking for failure in found)
    postbox.at_recipient = None
    deliveries.send_again(booking=booking, delivery_id=failed.id, now=NOW, actor=ACTOR)
    run()
    assert to_customer(booking).state == "sent" and [one["To"].addresses[0].addr_spec for one in postbox.mails] == [
        ANA.email
    ]


def test_a_mail_that_is_tried_again_and_again_shows_how_often(booking: Booking, run: Run, postbox: Postbox) -> None:
    postbox.at_data = "451 Later"
    run()
    Job.objects.filter(kind="mail.booking").update(due_at=NOW)
    run()
    one = to_customer(booking)
    assert (one.state, one.attempts, one.is_retried) == ("queued", 2, True)
    assert "Later" in one.error and not one.can_resend


def test_a_sent_mail_goes_again_as_a_copy_and_the_log_says_who_did(
    booking: Booking, run: Run, postbox: Postbox
) -> None:
    run()
    first = to_customer(booking)
    for _twice in range(2):
        deliveries.send_again(booking=booking, delivery_id=first.id, now=NOW, actor=ACTOR)
    run(kind=mail.KIND)
    copies = [one for one in deliveries.of(booking, now=NOW) if one.to == ANA.email and one.by]
    assert [(one.by, one.state) for one in copies] == [("owner@contoso.com", "sent")]
    sent = [one for one in postbox.mails if ANA.email in one["To"]]
    assert len(sent) == 2 and sent[0]["Message-ID"] != sent[1]["Message-ID"]
    assert sent[0]["Subject"] == sent[1]["Subject"]
    event = AuditEvent.objects.filter(action="mail.resent").first()
    assert event is not None and (event.target, event.actor) == (ANA.email, "owner@contoso.com")


def test_what_a_newer_mail_has_overtaken_does_not_go_again(booking: Booking, run: Run) -> None:
    run()
    old = to_customer(booking)
    rescheduling.reschedule(booking=booking, starts_at=at("2026-11-30 09:00"), now=NOW, actor=acting.SYSTEM)
    booking.refresh_from_db()
    with pytest.raises(deliveries.Overtaken):
        deliveries.send_again(booking=booking, delivery_id=old.id, now=NOW, actor=ACTOR)


def test_of_another_booking_nothing_is_sent(booking: Booking, run: Run, contoso: Tenant) -> None:
    other = factories.book(booking.page, booking.service, at("2026-11-30 10:00"))
    run()
    with pytest.raises(deliveries.Overtaken):
        deliveries.send_again(booking=booking, delivery_id=to_customer(other).id, now=NOW, actor=ACTOR)


class TestPage:
    def client(self, tenant: Tenant, client: Client, role: str) -> Client:
        client.force_login(factories.member(tenant, role).user)
        return client

    def url(self, booking: Booking, one: Any) -> str:
        return f"/staff/bookings/{booking.pk}/mails/{one.id}/"

    def test_a_scheduler_sees_the_mails_and_sends_one_again(self, booking: Booking, run: Run, client: Client) -> None:
        run()
        client = self.client(booking.tenant, client, Role.SCHEDULER)
        page = client.get(f"/staff/bookings/{booking.pk}/").content.decode()
        assert "Confirmation" in page and "Send again" in page and ANA.email in page
        answer = client.post(self.url(booking, to_customer(booking)))
        assert answer.status_code == 302 and Message.objects.filter(to=ANA.email).count() == 2

    def test_looking_sends_nothing(self, booking: Booking, run: Run, client: Client) -> None:
        run()
        client = self.client(booking.tenant, client, Role.SCHEDULER)
        assert client.get(self.url(booking, to_customer(booking))).status_code == 405
        assert Message.objects.filter(to=ANA.email).count() == 1

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.TEAM_MEMBER])
    def test_who_may_not_change_the_booking_sends_nothing(
        self, booking: Booking, run: Run, client: Client, role: str
    ) -> None:
        run()
        client = self.client(booking.tenant, client, role)
        assert client.post(self.url(booking, to_customer(booking))).status_code == 404

    def test_a_stranger_finds_nothing(self, booking: Booking, run: Run, client: Client) -> None:
        run()
        one = to_customer(booking)
        stranger = factories.stranger()
        with scope(tenant=stranger):
            client.force_login(factories.member(stranger, Role.OWNER).user)
        assert client.post(self.url(booking, one)).status_code == 404

    def test_failures_stand_on_the_overview_of_who_can_mend_them(
        self, booking: Booking, run: Run, client: Client, postbox: Postbox
    ) -> None:
        postbox.at_recipient = "550 No such user"
        run()
        client = self.client(booking.tenant, client, Role.ADMINISTRATOR)
        page = client.get("/staff/").content.decode()
        assert f"did not reach {ANA.email}" in page and f"/staff/bookings/{booking.pk}/#mails" in page


def test_mails_that_wait_for_somebody_to_mend_the_server_have_failed_too(
    booking: Booking, run: Run, postbox: Postbox, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "daybook", "an old password"
    run()
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.QUEUED}
    assert set(Job.objects.filter(kind="mail.booking").values_list("state", flat=True)) == {Job.State.PARKED}
    found = deliveries.failures(now=timezone.now(), bookings=Booking.objects.all())
    assert {one.delivery.to for one in found} == {ANA.email, booking.staff_member.email}
    assert all(one.delivery.state == "failed" and one.delivery.remedy for one in found)
    assert deliveries.failures(now=timezone.now(), bookings=Booking.objects.none()) == []


def test_failures_of_long_ago_are_forgotten(booking: Booking, run: Run, postbox: Postbox) -> None:
    postbox.at_recipient = "550 No such user"
    run()
    assert deliveries.failures(now=timezone.now() + timedelta(days=31)) == []
