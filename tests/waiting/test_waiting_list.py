"""A freed time is offered to the first, held for a while, then to the next; nothing is offered that is not on offer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django_scopes import scope

from bookings.models import TimeOffer, WaitingEntry
from bookings.services import hours, offers, rescheduling, taking, time_offers, waiting
from bookings.services.booking import NotOffered, SlotTaken
from tenants import acting
from tenants.models import AuditEvent, Claim, Job, Tenant
from tests.factories import NOW, StaffMemberFactory, at, book, clinic, stranger
from tests.waiting.conftest import START, Scene


def state(entry: WaitingEntry) -> str:
    return WaitingEntry.objects.get(pk=entry.pk).state


def test_a_cancelled_time_goes_to_who_waited_longest(scene: Scene, mails: Any) -> None:
    booking = scene.taken()
    cleo = scene.waits("cleo", now=NOW + timedelta(minutes=1))
    ben = scene.waits("ben")
    scene.cancelled(booking)
    assert scene.offered() == [("Ben", START)]
    assert (state(ben), state(cleo)) == ("offered", "waiting")
    assert mails("mail.timeOffered") == [str(TimeOffer.objects.get().pk)]
    assert TimeOffer.objects.get().expires_at == NOW + time_offers.OFFER_FOR


def test_the_time_is_kept_for_that_one_alone(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben")
    scene.cancelled(booking)
    with pytest.raises((SlotTaken, NotOffered)):
        book(scene.page, scene.service, START)
    made = taking.take(offer=TimeOffer.objects.get(), now=NOW)
    assert (made.starts_at, made.customer_email, made.status) == (START, "ben@example.net", "confirmed")
    assert list(Claim.objects.values_list("owner_id", flat=True)) == [made.pk], "what was held is booked, no more"
    assert state(WaitingEntry.objects.get()) == "booked"


def test_an_offer_nobody_takes_goes_to_the_next_and_the_place_is_kept(scene: Scene) -> None:
    booking = scene.taken()
    ben, cleo = scene.waits("ben"), scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    scene.works(now=NOW + timedelta(hours=1, minutes=59))
    assert scene.offered() == [("Ben", START)]
    later = NOW + time_offers.OFFER_FOR
    scene.works(now=later)
    assert scene.offered() == [("Cleo", START)]
    assert (state(ben), waiting.place(ben)) == ("waiting", 1)
    scene.works(now=later + time_offers.OFFER_FOR)
    assert scene.offered() == [], "nobody is asked twice about one time"
    assert (state(ben), state(cleo)) == ("waiting", "waiting")
    assert book(scene.page, scene.service, START, now=later + time_offers.OFFER_FOR)


def test_a_moved_booking_frees_its_old_time(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben")
    rescheduling.reschedule(
        booking=booking, starts_at=at("2026-11-25 09:00"), now=NOW, actor=acting.visitor("ana@example.net")
    )
    scene.works()
    assert scene.offered() == [("Ben", START)]


def test_a_long_time_that_becomes_free_serves_several(scene: Scene) -> None:
    """An hour of one service is two half hours of another."""
    long = clinic_service(scene, duration=timedelta(hours=1))
    booking = book(scene.page, long, START)
    scene.waits("ben"), scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    assert scene.offered() == [("Ben", START), ("Cleo", START + timedelta(minutes=30))]


def clinic_service(scene: Scene, **fields: Any) -> Any:
    from tests.factories import ServiceFactory

    return ServiceFactory(page=scene.page, **fields)


def test_only_who_wants_that_day_and_that_colleague_is_asked(scene: Scene) -> None:
    other = StaffMemberFactory(page=scene.page, position=1)
    scene.service.staff.add(other)
    booking = scene.taken(staff_id=scene.doctor.pk)
    book(scene.page, scene.service, START, staff_id=other.pk)
    scene.waits("ben", first_date=date(2026, 11, 25), last_date=date(2026, 11, 30))
    scene.waits("cleo", staff_id=other.pk)
    scene.waits("dora", now=NOW + timedelta(minutes=5), staff_id=scene.doctor.pk)
    scene.cancelled(booking)
    assert scene.offered() == [("Dora", START)]


def test_days_are_those_of_the_customers_zone(scene: Scene) -> None:
    booking = scene.taken(at("2026-11-24 08:00"))
    from bookings.services.intake import Customer

    far = Customer(name="Hana", email="hana@example.net", time_zone="Pacific/Honolulu")
    # 08:00 UTC on the 24th is 22:00 on the 23rd in Honolulu.
    scene.waits("hana", customer=far, first_date=date(2026, 11, 23), last_date=date(2026, 11, 23))
    scene.cancelled(booking)
    assert [name for name, _at in scene.offered()] == ["Hana"]


def test_nothing_is_offered_that_the_page_does_not_offer(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben")
    scene.doctor.time_off.create(
        tenant=scene.page.tenant, page=scene.page, starts_at=at("2026-11-24 00:00"), ends_at=at("2026-11-25 00:00")
    )
    scene.cancelled(booking)
    assert scene.offered() == []


def test_a_hidden_page_or_a_list_switched_off_offers_nothing(scene: Scene) -> None:
    booking, second = scene.taken(), scene.taken(at("2026-11-24 10:00"))
    scene.waits("ben")
    scene.page.is_published = False
    scene.page.save()
    scene.cancelled(booking)
    scene.page.is_published = True
    scene.page.save()
    scene.service.waiting_list = False
    scene.service.save()
    scene.cancelled(second)
    assert scene.offered() == []


def test_a_time_too_near_to_decide_about_is_not_offered(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben")
    scene.cancelled(booking, now=START - timedelta(minutes=5))
    assert scene.offered() == []


def test_near_the_start_the_offer_is_short(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben")
    scene.service.minimum_lead = timedelta(minutes=30)
    scene.service.save()
    scene.cancelled(booking, now=START - timedelta(hours=1))
    assert TimeOffer.objects.get().expires_at == START - timedelta(minutes=30)


def test_with_a_cap_one_offer_is_open_at_a_time(scene: Scene) -> None:
    scene.service.daily_limit = 1
    scene.service.save()
    booking = scene.taken()
    scene.waits("ben"), scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    assert scene.offered() == [("Ben", START)]
    taking.take(offer=TimeOffer.objects.get(), now=NOW)


def test_refusing_asks_the_next_one_at_once(scene: Scene) -> None:
    booking = scene.taken()
    scene.waits("ben"), scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    offer = TimeOffer.objects.get()
    assert time_offers.end(offer=offer, now=NOW, actor=acting.visitor("ben@example.net"))
    scene.works()
    assert scene.offered() == [("Cleo", START)]
    with pytest.raises(time_offers.OfferExpired):
        taking.take(offer=offer, now=NOW)
    assert AuditEvent.objects.filter(action="offer.refused").count() == 1


def test_leaving_gives_back_what_was_held(scene: Scene) -> None:
    booking = scene.taken()
    ben = scene.waits("ben")
    scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    assert waiting.leave(entry=ben, now=NOW, actor=acting.visitor(ben.customer_email))
    assert not waiting.leave(entry=ben, now=NOW, actor=acting.visitor(ben.customer_email))
    scene.works()
    assert scene.offered() == [("Cleo", START)]


def test_who_booked_meanwhile_is_off_the_list(scene: Scene) -> None:
    booking = scene.taken()
    ben = scene.waits("ben")
    from bookings.services.intake import Customer

    himself = Customer(name="Ben", email="BEN@example.net", time_zone="Europe/Zurich")
    later = NOW + timedelta(minutes=1)
    book(scene.page, scene.service, at("2026-11-26 09:00"), customer=himself, now=later)
    scene.cancelled(booking, now=later)
    assert (scene.offered(), state(ben)) == ([], "booked")


def test_the_last_day_ends_the_wait(scene: Scene) -> None:
    ben = scene.waits("ben")
    scene.works(now=at("2026-11-24 22:59"))
    assert state(ben) == "waiting"
    scene.works(now=at("2026-11-24 23:00"))
    assert state(ben) == "expired"


def test_a_service_for_which_all_are_needed_holds_all_of_them(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3, waiting_list=True, staffing="all")
    both = Scene(page, service, members[0])
    booking = both.taken()
    both.waits("ben")
    both.cancelled(booking)
    offer = TimeOffer.objects.get()
    held = set(Claim.objects.filter(owner_id=offer.pk).values_list("key_id", flat=True))
    assert held == {member.claim_key for member in members}
    made = taking.take(offer=offer, now=NOW)
    assert {host.pk for host in made.hosts} == {member.pk for member in members}


def test_a_seat_that_becomes_free_is_offered_without_being_held(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, waiting_list=True, seats=2)
    group = Scene(page, service, members[0])
    first = group.taken()
    group.taken(customer=first_of("zoe"))
    group.waits("ben")
    group.cancelled(first)
    offer = TimeOffer.objects.get()
    assert not time_offers.is_held(offer, now=NOW)
    assert taking.take(offer=offer, now=NOW).starts_at == START


def first_of(name: str) -> Any:
    from bookings.services.intake import Customer

    return Customer(name=name.title(), email=f"{name}@example.net", time_zone="Europe/Zurich")


def test_no_wish_is_written_where_nobody_waits(scene: Scene) -> None:
    scene.cancelled(scene.taken())
    assert not Job.objects.filter(kind="waiting.freed").exists()


@pytest.mark.parametrize("whole_page", [True, False])
def test_days_that_open_again_are_offered(scene: Scene, whole_page: bool) -> None:
    away = hours.add_time_off(
        page=scene.page, staff_member=None if whole_page else scene.doctor, starts_at=at("2026-11-24 00:00"),
        ends_at=at("2026-11-25 00:00"), now=NOW, actor=acting.SYSTEM,
    )  # fmt: skip
    scene.waits("ben"), scene.waits("cleo", now=NOW + timedelta(minutes=1))
    hours.remove_time_off(time_off=away, now=NOW, actor=acting.SYSTEM)
    scene.works()
    first = at("2026-11-24 08:00")
    assert scene.offered() == [("Ben", first), ("Cleo", first + timedelta(minutes=30))]


def test_another_organisations_list_is_not_asked(scene: Scene) -> None:
    foreign = stranger()
    with scope(tenant=foreign):
        page, service, members = clinic(foreign, waiting_list=True)
        Scene(page, service, members[0]).waits("mallory")
    scene.cancelled(scene.taken())
    with scope(tenant=foreign):
        assert not TimeOffer.objects.exists()
        assert offers.free_staff(page=page, service=service, staff=members, starts_at=START, now=NOW)
