"""Booking: what is offered can be booked, what is not cannot be forced, and nobody is in two places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Booking, PrivateLink
from bookings.services import offers, private_links
from bookings.services.booking import NoStaff, NotOffered, SlotTaken
from bookings.services.private_links import LinkExpired, LinkUsed
from tenants import acting
from tenants.errors import InvalidInput
from tenants.models import AuditEvent, Claim, Job, Tenant
from tests.factories import (
    ANA,
    NOW,
    BusinessPageFactory,
    ServiceFactory,
    StaffMemberFactory,
    at,
    book,
    clinic,
    personal_page,
    stranger,
)

NINE = at("2026-11-23 08:00")  # 09:00 in Zurich


@pytest.mark.row("S0.1", "S4.32")
def test_a_booking_keeps_everything_the_customer_said_and_occupies_the_staff_member(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso, buffer_before=timedelta(minutes=5), buffer_after=timedelta(minutes=10))
    booking = Booking.objects.get(pk=book(page, service, NINE).pk)
    assert (booking.customer_name, booking.customer_email, booking.customer_notes) == (
        "Ana Pérez", "ana@example.net", "First visit",
    )  # fmt: skip
    assert (booking.customer_time_zone, booking.tenant) == ("America/New_York", contoso)
    claim = Claim.objects.get(owner_id=booking.pk)
    assert claim.key_id == doctor.mailbox_id
    assert (claim.starts_at, claim.ends_at) == (NINE - timedelta(minutes=5), NINE + timedelta(minutes=40))


def test_it_is_audited_and_wishes_for_two_mails_in_the_same_transaction(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE)
    event = AuditEvent.objects.get(action="booking.created")
    assert (event.target_id, event.actor, event.actor_kind) == (booking.pk, ANA.email, "visitor")
    assert sorted(Job.objects.values_list("payload__reader", flat=True)) == ["customer", "staff"]


def test_it_wishes_for_an_outlook_event_where_the_mailbox_is_in_step(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso)
    doctor.mailbox.syncs_calendar = True
    doctor.mailbox.save()
    book(page, service, NINE)
    assert Job.objects.get(kind="outlook.push").lane == f"mailbox:{doctor.mailbox_id}"


def test_the_invitation_is_outlooks_only_from_a_mailbox_in_outlook(contoso: Tenant) -> None:
    contoso.invitation_sender = Tenant.InvitationSender.OUTLOOK
    contoso.save()
    page, service, [doctor] = clinic(contoso)
    assert book(page, service, NINE).invitation_sender == "daybook"
    doctor.mailbox.syncs_calendar = True
    doctor.mailbox.save()
    assert book(page, service, NINE + timedelta(hours=1)).invitation_sender == "outlook"


@pytest.mark.row("S0.1")
def test_a_taken_time_is_refused_with_the_nearest_free_ones_and_nothing_remains(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    book(page, service, NINE + timedelta(hours=1))
    with pytest.raises(SlotTaken) as refused:
        book(page, service, NINE + timedelta(hours=1))
    assert refused.value.extra["alternatives"] == [
        NINE, NINE + timedelta(minutes=30), NINE + timedelta(minutes=90),
    ]  # fmt: skip
    assert (Booking.objects.count(), Claim.objects.count(), Job.objects.count()) == (1, 1, 2)


@pytest.mark.parametrize(
    "start",
    [
        NINE - timedelta(minutes=30),  # before hours
        NINE + timedelta(minutes=10),  # off the grid
        NINE + timedelta(hours=7, minutes=45),  # runs past closing
        NOW - timedelta(days=7) + timedelta(hours=2),  # last week
        NINE + timedelta(days=400),  # beyond the horizon
    ],
)
def test_a_time_that_is_not_offered_cannot_be_forced(contoso: Tenant, start: Any) -> None:
    page, service, _ = clinic(contoso)
    with pytest.raises(NotOffered):
        book(page, service, start)
    assert Booking.objects.count() == 0


@pytest.mark.row("S0.1")
def test_one_person_on_two_pages_is_still_one_person(contoso: Tenant) -> None:
    page, service, owner = personal_page(contoso)
    business = BusinessPageFactory(tenant=contoso)
    StaffMemberFactory(page=business, mailbox=owner.mailbox)
    consultation = ServiceFactory(page=business)
    book(page, service, NINE)
    with pytest.raises(SlotTaken):
        book(business, consultation, NINE)


def test_anyone_means_fairly_everyone(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3)
    hours = [NINE + timedelta(hours=hour) for hour in range(6)]
    chosen = [book(page, service, hour, now=NOW + timedelta(seconds=n)).staff_member_id for n, hour in enumerate(hours)]
    assert [chosen.count(member.pk) for member in members] == [2, 2, 2]


def test_a_chosen_colleague_is_booked_or_refused_but_never_replaced(contoso: Tenant) -> None:
    page, service, [_, second] = clinic(contoso, staff=2)
    assert book(page, service, NINE, staff_id=second.pk).staff_member == second
    with pytest.raises(SlotTaken):
        book(page, service, NINE, staff_id=second.pk)
    _, _, [outsider] = clinic(contoso)
    with pytest.raises(NoStaff):
        book(page, service, NINE, staff_id=outsider.pk)


def test_a_colleague_who_has_not_accepted_is_not_booked(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso)
    doctor.status = doctor.Status.PENDING
    doctor.save()
    with pytest.raises(NoStaff):
        book(page, service, NINE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "), ("name", "x" * 121), ("name", "null \x00"), ("email", "ana"), ("email", "a@b\nc.de"),
        ("phone", "1" * 41), ("notes", "x" * 4001), ("time_zone", "Mars/Olympus"),
    ],
)  # fmt: skip
def test_bad_details_are_named_by_field_and_book_nothing(contoso: Tenant, field: str, value: str) -> None:
    page, service, _ = clinic(contoso)
    customer = type(ANA)(**{**{f: getattr(ANA, f) for f in ANA.__slots__}, field: value})
    with pytest.raises(InvalidInput) as refused:
        book(page, service, NINE, customer=customer)
    assert list(refused.value.errors) == ["timeZone" if field == "time_zone" else field]
    assert Booking.objects.count() == 0


@pytest.mark.row("S4.11")
def test_a_single_use_link_is_used_up_by_its_first_booking(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM, max_uses=1)
    book(page, service, NINE, link=link)
    with pytest.raises(LinkUsed):
        book(page, service, NINE + timedelta(hours=1), link=link)
    assert Booking.objects.count() == 1


def test_a_link_works_to_the_last_second_of_its_ninety_days(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    last = NOW + timedelta(days=90)
    assert link.expires_at == last
    book(page, service, NINE + timedelta(days=91), link=link, now=last)
    with pytest.raises(LinkExpired):
        book(page, service, NINE + timedelta(days=92), link=link, now=last + timedelta(seconds=1))
    assert PrivateLink.objects.get().uses == 1


def test_a_stranger_sees_no_booking(contoso: Tenant) -> None:
    from django_scopes import scope

    page, service, _ = clinic(contoso)
    book(page, service, NINE)
    with scope(tenant=stranger()):
        assert not Booking.objects.exists() and not Claim.objects.exists() and not Job.objects.exists()


@pytest.mark.parametrize(("staff", "queries"), [(1, 18), (20, 24)])
def test_booking_asks_the_database_a_bounded_number_of_times(
    contoso: Tenant, django_assert_max_num_queries: Any, staff: int, queries: int
) -> None:
    page, service, _ = clinic(contoso, staff=staff)
    page = type(page).objects.select_related("tenant", "mailbox").get(pk=page.pk)
    with django_assert_max_num_queries(queries):
        book(page, service, NINE)


@pytest.mark.row("S1.36")
def test_every_offered_time_books_and_no_other(contoso: Tenant) -> None:
    from datetime import date
    from zoneinfo import ZoneInfo

    page, service, _ = clinic(contoso, duration=timedelta(hours=2), slot_interval=timedelta(hours=1))
    day = date(2026, 11, 24)
    zone = ZoneInfo("Europe/Zurich")
    booked = []
    while found := offers.offer(page=page, service=service, first_date=day, last_date=day, zone=zone, now=NOW).slots:
        booking = book(page, service, at("1970-01-01") + timedelta(seconds=found[0].start))
        booked.append(booking.starts_at.astimezone(zone).hour)
    assert booked == [9, 11, 13, 15]
