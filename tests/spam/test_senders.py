"""Blocked senders, limits per address and page, and clearing up after one sender without mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import BlockedSender, Booking, WaitingEntry
from bookings.services import booking as bookings
from bookings.services import mass_cancellation, senders
from bookings.services.intake import Blocked, Customer
from tenants import acting, outbox
from tenants.errors import InvalidInput
from tenants.models import AuditEvent, Claim, Job, Message, Role, Tenant
from tenants.ratelimit import TooManyTries
from tests.factories import NOW, at, book, clinic, stranger
from tests.pages.reading import details, text

SPAM = Customer(name="Cheap Watches", email="Buy@Spam.example", time_zone="UTC")


@pytest.mark.parametrize("pattern", ["buy@spam.example", "@spam.example", "@SPAM.example", "BUY@spam.Example"])
def test_a_blocked_sender_is_refused_in_any_case(contoso: Tenant, pattern: str) -> None:
    page, service, _members = clinic(contoso)
    senders.block(tenant=contoso, pattern=pattern, now=NOW, actor=acting.SYSTEM)
    with pytest.raises(Blocked):
        book(page, service, at("2026-11-24 09:00"), customer=SPAM)
    assert book(page, service, at("2026-11-24 09:00"))
    assert senders.is_blocked(contoso, " buy@spam.example ")
    assert not senders.is_blocked(contoso, "buy@notspam.example")
    assert not senders.is_blocked(contoso, "buy@spam.example.org")


def test_staff_may_still_book_for_a_blocked_sender(contoso: Tenant) -> None:
    page, service, _members = clinic(contoso)
    senders.block(tenant=contoso, pattern="@spam.example", now=NOW, actor=acting.SYSTEM)
    staff = acting.Actor(kind="person", label="anna@contoso.com", source="web")
    assert bookings.book(
        page=page, service=service, starts_at=at("2026-11-24 09:00"), customer=SPAM, now=NOW, actor=staff
    )  # fmt: skip


def test_blocking_twice_is_blocking_once_and_can_be_taken_back(contoso: Tenant) -> None:
    first = senders.block(tenant=contoso, pattern="@spam.example", now=NOW, actor=acting.SYSTEM)
    again = senders.block(tenant=contoso, pattern="@Spam.example", now=NOW, actor=acting.SYSTEM, note="Watches")
    assert first.pk == again.pk
    senders.unblock(blocked=first, now=NOW, actor=acting.SYSTEM)
    assert not senders.is_blocked(contoso, SPAM.email)
    actions = AuditEvent.objects.order_by("at", "pk").values_list("action", flat=True)
    assert sorted(actions) == ["sender.blocked", "sender.noted", "sender.unblocked"]


@pytest.mark.parametrize("pattern", ["", "@", "spam", "@nodot", "a b@example.net", "@exa mple.net"])
def test_what_is_no_sender_is_refused(contoso: Tenant, pattern: str) -> None:
    with pytest.raises(InvalidInput):
        senders.block(tenant=contoso, pattern=pattern, now=NOW, actor=acting.SYSTEM)


def test_another_organisations_list_does_not_count(contoso: Tenant) -> None:
    foreign = stranger()
    with scope(tenant=foreign):
        senders.block(tenant=foreign, pattern="@spam.example", now=NOW, actor=acting.SYSTEM)
    assert not senders.is_blocked(contoso, SPAM.email)


def test_one_address_and_one_page_take_only_so_many_forms(contoso: Tenant, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES, settings.VISITOR_PAGE_TRIES = 3, 5
    page, _service, _members = clinic(contoso)
    other, _service, _members = clinic(contoso)
    for _ in range(3):
        senders.count(page=page, email="ana@example.net")
    with pytest.raises(TooManyTries):
        senders.count(page=other, email="ANA@example.net")
    for name in ("ben", "cleo"):
        senders.count(page=page, email=f"{name}@example.net")
    with pytest.raises(TooManyTries) as refused:
        senders.count(page=page, email="dora@example.net")
    assert 0 < refused.value.extra["retryAfter"] <= 3600
    senders.count(page=other, email="dora@example.net")


def test_the_booking_form_counts_them_and_loses_nothing(contoso: Tenant, visitor: Client, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES = 1
    page, service, _members = clinic(contoso)
    address = f"{page.path}service/{service.pk}?time=2026-11-2{{}}T09:00Z"
    assert visitor.post(address.format(4), details(visitor, address.format(4))).status_code == 303
    answer = visitor.post(address.format(5), details(visitor, address.format(5), notes="My knee"))
    assert answer.status_code == 429
    assert "My knee" in answer.content.decode()
    assert Booking.objects.count() == 1


def test_moving_a_booking_again_and_again_fills_no_letter_box(contoso: Tenant, visitor: Client, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES, settings.VISITOR_PAGE_TRIES = 2, 1
    page, service, _members = clinic(contoso, guests_allowed=True)
    guests = bookings.Details(guests=["victim@example.org"])
    first, second = (book(page, service, at(f"2026-11-24 {hour}:00"), details=guests) for hour in ("09", "10"))
    codes = []
    for booking, hour in ((first, 12), (second, 13), (first, 14)):
        address = f"/manage/{booking.manage_token}/reschedule"
        codes.append(visitor.post(address, {"time": f"2026-11-24T{hour}:00Z"}).status_code)
    assert codes == [303, 303, 429]
    first.refresh_from_db()
    assert first.starts_at == at("2026-11-24 12:00")


def run(job_kind: str = "senders.cancelAll", *, now: Any = NOW) -> None:
    while job := Job.objects.filter(kind=job_kind, state="pending", due_at__lte=now).order_by("created_at").first():
        taken = outbox._take(job.pk, now)
        assert taken is not None
        outbox._act(taken, now)
        taken.refresh_from_db()
        assert taken.state == Job.State.DONE, taken.last_error


@pytest.fixture
def flood(contoso: Tenant, monkeypatch: pytest.MonkeyPatch) -> list[Booking]:
    """Five bookings by the sender with two colleagues, one by Ana; batches of two."""
    monkeypatch.setattr(mass_cancellation, "BATCH", 2)
    page, service, members = clinic(contoso, staff=2)
    book(page, service, at("2026-11-24 14:00"), staff_id=members[0].pk)
    times = [at("2026-11-24 09:00") + timedelta(hours=number) for number in range(5)]
    return [
        book(page, service, start, customer=SPAM, staff_id=members[number % 2].pk) for number, start in enumerate(times)
    ]


def start(tenant: Tenant, pattern: str = "buy@spam.example", **more: Any) -> int:
    arguments = {"block": True, "now": NOW + timedelta(minutes=1), "actor": acting.SYSTEM} | more
    return mass_cancellation.start(tenant=tenant, pattern=pattern, **arguments)


def test_everything_from_a_sender_is_cancelled_with_one_mail_to_each_host(
    contoso: Tenant, flood: list[Booking]
) -> None:
    mails = Job.objects.filter(kind__startswith="mail.").count()
    assert start(contoso, "@spam.example") == 5
    run(now=NOW + timedelta(minutes=1))
    assert Booking.objects.filter(customer_email=SPAM.email, status="cancelled").count() == 5
    assert Booking.objects.get(customer_email="ana@example.net").status == "confirmed"
    assert Claim.objects.count() == 1
    assert Job.objects.filter(kind__startswith="mail.booking").count() <= mails, "nobody is told of each"
    digests = {message.to: message for message in Message.objects.filter(template="digest")}
    assert set(digests) == {booking.staff_member.email for booking in flood}
    first, second = (digests[flood[number].staff_member.email] for number in (0, 1))
    assert "3 bookings by @spam.example were cancelled" in first.subject
    assert first.text.count("Cheap Watches") == 3
    assert second.text.count("Cheap Watches") == 2
    assert senders.is_blocked(contoso, "other@spam.example")
    event = AuditEvent.objects.get(action="sender.allCancelled")
    assert event.after == {"bookings": 5, "blocked": True}


def test_a_run_that_is_repeated_changes_and_tells_nothing_more(contoso: Tenant, flood: list[Booking]) -> None:
    start(contoso)
    run(now=NOW + timedelta(minutes=1))
    Job.objects.filter(kind="senders.cancelAll").update(state="pending", done_at=None, attempts=0)
    before = Booking.objects.values_list("pk", "sequence").order_by("pk")
    sequences, digests = list(before), Message.objects.filter(template="digest").count()
    run(now=NOW + timedelta(minutes=5))
    assert list(before.all()) == sequences
    assert Message.objects.filter(template="digest").count() == digests == 2


def test_what_has_begun_and_what_is_gone_stays(contoso: Tenant, flood: list[Booking]) -> None:
    later = at("2026-11-24 10:30")
    assert start(contoso, now=later, block=False) == 3
    run(now=later)
    assert Booking.objects.filter(status="cancelled").count() == 3
    assert not BlockedSender.objects.exists()


def test_its_places_in_waiting_lists_go_too(contoso: Tenant, flood: list[Booking]) -> None:
    from tests.waiting.conftest import Scene

    booking = flood[0]
    service = booking.service
    service.waiting_list = True
    service.save()
    Scene(booking.page, service, booking.staff_member).waits("ben", customer=SPAM)
    start(contoso)
    run(now=NOW + timedelta(minutes=1))
    assert WaitingEntry.objects.get().state == "left"


SignIn = Callable[..., Any]


def test_an_administrator_sees_first_what_would_go(
    contoso: Tenant, flood: list[Booking], sign_in: SignIn, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    before = Job.objects.count()
    preview = client.get("/organisation/blocked/cancel/?pattern=buy@spam.example")
    assert "Cancel 5 bookings by buy@spam.example?" in text(preview)
    assert Job.objects.count() == before
    assert not BlockedSender.objects.exists()
    client.post("/organisation/blocked/cancel/", {"pattern": "buy@spam.example", "block": "yes"})
    run(now=NOW)
    assert Booking.objects.filter(status="cancelled").count() == 5
    listed = client.get("/organisation/blocked/")
    assert "buy@spam.example" in text(listed)


def test_an_administrator_blocks_and_unblocks(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    sign_in(Role.ADMINISTRATOR)
    assert "Nobody is blocked" in text(client.get("/organisation/blocked/"))
    client.post("/organisation/blocked/", {"pattern": "@spam.example", "note": "Watches"})
    blocked = BlockedSender.objects.get()
    assert (blocked.pattern, blocked.note) == ("@spam.example", "Watches")
    wrong = client.post("/organisation/blocked/", {"pattern": "spam"})
    assert "Enter a mail address, or a domain such as @example.com." in text(wrong)
    client.post(f"/organisation/blocked/{blocked.pk}/remove/")
    assert not BlockedSender.objects.exists()


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_nobody_else_finds_the_list(contoso: Tenant, sign_in: SignIn, client: Client, role: str) -> None:
    sign_in(role)
    blocked = senders.block(tenant=contoso, pattern="@spam.example", now=NOW, actor=acting.SYSTEM)
    for method in (client.get, client.post):
        for path in ("", "cancel/", f"{blocked.pk}/remove/"):
            assert method(f"/organisation/blocked/{path}", {"pattern": "x@y.example"}).status_code in (404, 405)
    assert BlockedSender.objects.count() == 1


def test_a_stranger_cannot_unblock(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    foreign = stranger()
    with scope(tenant=foreign):
        theirs = senders.block(tenant=foreign, pattern="@spam.example", now=NOW, actor=acting.SYSTEM)
    sign_in(Role.OWNER)
    assert client.post(f"/organisation/blocked/{theirs.pk}/remove/").status_code == 404
    with scope(tenant=foreign):
        assert BlockedSender.objects.exists()


def test_a_program_without_a_key_is_counted_like_a_form(contoso: Tenant, client: Client, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES = 1
    page, service, _members = clinic(contoso)
    body = {
        "serviceId": str(service.pk), "timeZone": "Europe/Zurich",
        "customer": {"name": "Buyer", "email": "buy@spam.example"},
    }  # fmt: skip
    path = f"/api/v1/pages/{page.mailbox.address}/bookings"
    answers = [
        client.post(path, body | {"start": f"2026-11-24T0{hour}:00:00Z"}, content_type="application/json")
        for hour in (8, 9)
    ]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert Booking.objects.count() == 1
