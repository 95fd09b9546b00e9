"""Both sides are told of every change, each on their own clock and in their own language."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from bookings.models import Booking
from bookings.services import cancellation, follow_up, rescheduling
from tenants import acting, outbox
from tenants.models import Job, Mailbox, Message, Tenant
from tests import factories
from tests.factories import ANA, NOW, Customer, at
from tests.notifications.conftest import message_to

Run = Callable[..., None]
JOIN = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc/0?context=%7b%7d&x=1"


def lines(message: Message) -> list[str]:
    return message.text.splitlines()


@pytest.mark.row("S4.3")
def test_organizer_and_attendee_get_a_confirmation(booking: Booking, run: Run) -> None:
    run()
    assert {(message.to, message.state) for message in Message.objects.all()} == {
        (booking.customer_email, Message.State.SENT), (booking.staff_member.email, Message.State.SENT)
    }  # fmt: skip


def test_times_stand_on_each_readers_clock_with_zone_and_offset(booking: Booking, run: Run) -> None:
    run()
    customer = message_to("ana@example.net", "confirmed")
    staff = message_to(booking.staff_member.email, "confirmed")
    assert customer.subject == "Confirmed: Consultation, Mon 30 Nov 2026 03:00"
    assert "When: Monday 30 November 2026, 03:00–03:30 (America/New_York, UTC-05:00)" in lines(customer)
    assert "Host's time: Monday 30 November 2026, 09:00–09:30 (Europe/Zurich, UTC+01:00)" in lines(customer)
    assert staff.subject == "Confirmed: Consultation, Mon 30 Nov 2026 09:00"
    assert "When: Monday 30 November 2026, 09:00–09:30 (Europe/Zurich, UTC+01:00)" in lines(staff)
    assert "America/New_York" not in staff.text and "Host's time" not in staff.text


def test_a_personal_page_is_not_named_twice(booking: Booking, run: Run) -> None:
    booking.page.display_name = booking.staff_member.display_name
    booking.page.save()
    run()
    assert f"With: {booking.staff_member.display_name}" in lines(message_to("ana@example.net", "confirmed"))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Zurich", None),
        ("Europe/Berlin", None),
        ("Pacific/Kiritimati", "Tuesday 1 December 2026, 05:00–05:30 (Pacific/Kiritimati, UTC+14:00)"),
        ("Asia/Kathmandu", "Monday 30 November 2026, 20:45–21:15 (Asia/Kathmandu, UTC+05:45)"),
        ("Pacific/Honolulu", "Monday 30 November 2026, 05:00–05:30 (Pacific/Honolulu, UTC-10:00)"),
    ],
)
def test_across_the_date_line_the_day_is_the_readers(
    contoso: Tenant, run: Run, zone: str, expected: str | None
) -> None:
    page, service, _members = factories.clinic(contoso)
    factories.book(page, service, at("2026-11-30 15:00"), customer=Customer("Ana", "ana@example.net", zone))
    run()
    told = lines(message_to("ana@example.net", "confirmed"))
    host = "Monday 30 November 2026, 16:00–16:30 (Europe/Zurich, UTC+01:00)"
    if expected is None:
        assert f"When: {host}".replace("Europe/Zurich", zone) in told and not any("Host" in line for line in told)
    else:
        assert f"When: {expected}" in told and f"Host's time: {host}" in told


@pytest.mark.row("S4.7")
def test_the_join_link_is_the_action_and_the_link_to_change_it_is_the_customers_alone(
    contoso: Tenant, run: Run
) -> None:
    booking = online(contoso, join_url=JOIN)
    run()
    customer = message_to("ana@example.net", "confirmed")
    staff = message_to(booking.staff_member.email, "confirmed")
    assert links(customer) == [JOIN, JOIN, booking.manage_url]
    assert links(staff) == [JOIN, "mailto:ana@example.net", JOIN, f"http://127.0.0.1:8000/staff/bookings/{booking.pk}/"]
    assert booking.manage_token not in staff.text + staff.html + staff.calendar
    assert JOIN in customer.text and booking.manage_url in customer.text
    assert (customer.reply_to, staff.reply_to) == (booking.staff_member.email, "ana@example.net")
    assert customer.from_name == staff.from_name == booking.page.display_name


@pytest.mark.row("S4.7")
def test_the_link_follows_those_who_were_told_without_it(contoso: Tenant, run: Run) -> None:
    booking = online(contoso)
    run()
    first = message_to("ana@example.net", "confirmed")
    assert "The Teams link follows in a second mail." in first.text
    give_link(booking)
    run()
    second = message_to("ana@example.net", "joinLink")
    assert second.subject == "Teams link: Consultation, Mon 30 Nov 2026 03:00"
    assert JOIN in second.text and "follows in a second mail" not in second.text
    assert Message.objects.filter(template="joinLink").count() == 2


def test_the_link_is_told_once_to_those_who_waited_for_it(contoso: Tenant, run: Run) -> None:
    booking = online(contoso, in_step=True)
    run()
    assert not Message.objects.exists(), "the first mail waits for the link"
    give_link(booking)
    run()
    assert {message.template for message in Message.objects.all()} == {"confirmed"}
    assert all(JOIN in message.text for message in Message.objects.all())


def test_the_link_waits_while_the_first_mail_is_being_written(contoso: Tenant, run: Run) -> None:
    booking = online(contoso)
    Job.objects.filter(kind="mail.booking").update(state=Job.State.RUNNING, lease_until=NOW + factories.timedelta(9))
    give_link(booking)
    run()
    waiting = Job.objects.filter(payload__template="joinLink")
    assert {(job.state, job.last_error) for job in waiting} == {
        (Job.State.PENDING, "RetryLater: The first mail is being written.")
    }  # fmt: skip


def test_a_newer_mail_takes_the_place_of_one_that_has_not_gone(booking: Booking, run: Run) -> None:
    rescheduling.reschedule(booking=booking, starts_at=at("2026-12-01 09:00"), now=NOW, actor=acting.SYSTEM)
    run()
    assert {message.template for message in Message.objects.all()} == {"rescheduled"}
    assert not Job.objects.exclude(state=Job.State.DONE).filter(kind="mail.booking").exists()


def test_every_handler_may_run_twice(booking: Booking, run: Run) -> None:
    run()
    Job.objects.update(state=Job.State.PENDING)
    before = list(Message.objects.order_by("pk").values())
    run()
    assert list(Message.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("actor", "sentence"),
    [
        (acting.visitor(ANA.email), "Hello Ana Pérez, you have cancelled this meeting."),
        (acting.SYSTEM, "Hello Ana Pérez, unfortunately this meeting had to be cancelled."),
    ],
)
def test_a_cancellation_says_by_whom_and_why(booking: Booking, run: Run, actor: acting.Actor, sentence: str) -> None:
    cancellation.cancel(booking=booking, now=NOW, actor=actor, reason="Fever")
    run()
    told = message_to("ana@example.net", "cancelled")
    assert sentence in lines(told) and "Reason: Fever" in lines(told)
    *instead, page = links(told)
    assert page == booking.page.url and len(instead) == 3 and all("/offer/" in link for link in instead)


def test_a_german_reader_gets_a_german_date(contoso: Tenant, run: Run) -> None:
    page, service, _members = factories.clinic(contoso)
    joerg = Customer("Jörg", "j@example.net", "Europe/Zurich", language="de")
    factories.book(page, service, at("2026-11-30 08:00"), customer=joerg)
    run()
    message = message_to("j@example.net", "confirmed")
    assert "Montag, 30. November 2026, 09:00–09:30 (Europe/Zurich, UTC+01:00)" in message.text
    assert "Mo, 30. Nov 2026 09:00" in message.subject
    assert '<html lang="de"' in message.html


def test_the_html_fetches_nothing_and_escapes_everything(contoso: Tenant, run: Run) -> None:
    page, service, _members = factories.clinic(contoso)
    evil = "<img src=https://evil.example/x.png onerror=alert(1)>"
    factories.book(page, service, at("2026-11-30 08:00"), customer=Customer(evil, "e@example.net", "UTC", notes=evil))
    run()
    for message in Message.objects.all():
        page_of = Tags(message.html)
        assert not page_of.tags & {"img", "script", "link", "iframe", "object", "video", "form", "input"}
        assert not page_of.attributes & {"src", "background", "srcset", "onerror"}
        assert not re.search(r"url\(|@import", message.html)
        assert {"html", "head", "title", "meta", "body", "h1"} <= page_of.tags
        assert "color-scheme" in message.html and "prefers-color-scheme: dark" in message.html
        assert evil in message.text


def test_a_stranger_to_the_organisation_finds_none_of_its_mails(booking: Booking, run: Run) -> None:
    run()
    other = factories.stranger()
    with factories.scope(tenant=other):
        assert not Message.objects.exists()


class Tags(HTMLParser):
    """What elements and attributes a document has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.hrefs: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.hrefs += [str(value) for name, value in attrs if name == "href"]


def links(message: Message) -> list[str]:
    """Where the links of the HTML lead, in order."""
    return Tags(message.html).hrefs


def online(tenant: Tenant, *, in_step: bool = False, **changes: Any) -> Booking:
    page, service, [member] = factories.clinic(tenant, is_online=True)
    Mailbox.objects.filter(pk=member.mailbox_id).update(syncs_calendar=in_step)
    booking = factories.book(page, service, at("2026-11-30 08:00"))
    Booking.objects.filter(pk=booking.pk).update(**changes or {"join_url": ""})
    booking.refresh_from_db()
    return booking


def give_link(booking: Booking) -> None:
    """What the push to Outlook does once it knows the link."""
    booking.join_url = JOIN
    booking.save()
    with outbox.transaction.atomic():
        follow_up.link_known(booking, now=NOW)
