"""Times beside a cancellation and from the waiting list: one link, one booking, shown by GET and taken by POST."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django_scopes import scope, scopes_disabled

from bookings.models import Booking, Question, ServiceQuestion, TimeOffer, WaitingEntry
from bookings.services import cancellation, taking, time_offers
from tenants import acting
from tenants.errors import DomainError
from tenants.models import AuditEvent, Claim, Job, Tenant
from tests.factories import NOW, TenantFactory, at, book, clinic
from tests.pages.reading import alternatives, text
from tests.waiting.conftest import START, Scene

MINUTE = timedelta(minutes=1)


def gone(scene: Scene, **changes: Any) -> list[TimeOffer]:
    """Ana's booking is cancelled, and the mail about it is written."""
    booking = scene.taken(**changes)
    booking = cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor("ana@example.net"))
    return time_offers.for_gone(booking, NOW)


def path(offer: TimeOffer) -> str:
    return f"/offer/{offer.token}"


def test_three_free_times_nearest_to_the_cancelled_one_are_offered(scene: Scene) -> None:
    book(scene.page, scene.service, START - 30 * MINUTE)
    offers = gone(scene)
    assert [offer.starts_at for offer in offers] == [START - 60 * MINUTE, START + 30 * MINUTE, START + 60 * MINUTE]
    assert {offer.group for offer in offers} == {Booking.objects.get(starts_at=START).pk}


def test_asked_again_they_are_the_same(scene: Scene) -> None:
    offers = gone(scene)
    again = time_offers.for_gone(Booking.objects.get(), NOW + timedelta(days=1))
    assert [offer.token for offer in again] == [offer.token for offer in offers]


def test_a_booking_that_takes_place_has_no_alternatives(scene: Scene) -> None:
    assert time_offers.for_gone(scene.taken(), NOW) == []


def test_who_could_choose_with_whom_is_offered_the_same_colleague(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=2)
    offers = gone(Scene(page, service, members[1]), staff_id=members[1].pk)
    assert {offer.staff_member_id for offer in offers} == {members[1].pk}
    service.staff_choice = False
    service.save()
    offers = gone(Scene(page, service, members[1]), starts_at=at("2026-11-26 09:00"))
    assert {offer.staff_member_id for offer in offers} == {None}


def test_the_page_shows_the_time_and_one_button_books_it(scene: Scene, visitor: Client) -> None:
    offers = gone(scene)
    shown = visitor.get(path(offers[0]))
    said = text(shown)
    assert "Tuesday 24 November 2026" in said
    assert "New York (UTC-05:00)" in said
    assert "Ana Pérez" in said
    assert shown["Cache-Control"] == "no-store"
    assert shown["X-Robots-Tag"] == "noindex, nofollow"
    answer = visitor.post(path(offers[0]))
    made = Booking.objects.get(status=Booking.Status.CONFIRMED)
    assert (answer.status_code, answer["Location"]) == (303, f"/manage/{made.manage_token}?booked")
    assert (made.starts_at, made.customer_email, made.source) == (offers[0].starts_at, "ana@example.net", "offer")


def test_looking_changes_nothing(scene: Scene, visitor: Client) -> None:
    booking = scene.taken()
    scene.waits("ben")
    scene.cancelled(booking)
    waiting_offer, offers = TimeOffer.objects.get(), time_offers.for_gone(Booking.objects.get(), NOW)
    before = counted()
    for _ in range(20):
        for offer in (waiting_offer, *offers):
            visitor.get(f"{path(offer)}?instead=2026-11-24T12:00Z&refuse=yes")
            visitor.head(path(offer))
        visitor.get(f"/waiting/{WaitingEntry.objects.get().token}?refused")
        visitor.head(f"/waiting/{WaitingEntry.objects.get().token}")
    assert counted() == before


def counted() -> Any:
    return [
        sorted(map(str, model.objects.values_list()))
        for model in (Booking, TimeOffer, WaitingEntry, Claim, Job, AuditEvent)
    ]


def test_one_time_of_three_can_be_taken(scene: Scene, visitor: Client) -> None:
    offers = gone(scene)
    visitor.post(path(offers[0]))
    for other in offers[1:]:
        for answer in (visitor.get(path(other)), visitor.post(path(other))):
            assert answer.status_code == 410
            assert "has been booked" in text(answer)
    assert Booking.objects.filter(status=Booking.Status.CONFIRMED).count() == 1


def test_sent_twice_it_is_one_booking(scene: Scene, visitor: Client) -> None:
    offers = gone(scene)
    first, second = visitor.post(path(offers[0])), visitor.post(path(offers[0]))
    assert second.status_code == 303
    assert second["Location"] in first["Location"]
    seen = visitor.get(path(offers[0]))
    assert seen.status_code == 410
    assert "You have booked this time" in text(seen)
    assert f'href="{second["Location"]}"' in seen.content.decode()


def test_after_its_time_the_link_says_so(scene: Scene, visitor: Client) -> None:
    offer = gone(scene)[0]
    for when, status in ((offer.expires_at - MINUTE, 200), (offer.expires_at, 410)):
        with time_machine.travel(when, tick=False):
            assert visitor.get(path(offer)).status_code == status
    with time_machine.travel(offer.expires_at, tick=False):
        answer = visitor.post(path(offer))
        assert answer.status_code == 410
        assert "See all free times" in text(answer)


def test_a_time_somebody_took_meanwhile_offers_others_at_one_click(scene: Scene, visitor: Client) -> None:
    offer = gone(scene)[0]
    book(scene.page, scene.service, offer.starts_at)
    seen = visitor.get(path(offer))
    assert seen.status_code == 200
    assert "no longer free" in text(seen)
    answer = visitor.post(path(offer))
    assert answer.status_code == 409
    instead = alternatives(answer)
    assert len(instead) == 3
    assert visitor.post(path(offer), {"instead": "2026-11-27T09:00Z"}).status_code == 409, "only what is shown"
    assert visitor.post(path(offer), {"instead": instead[0]}).status_code == 303
    assert Booking.objects.filter(customer_email="ana@example.net", status="confirmed").count() == 2


def test_an_open_offer_cannot_be_turned_into_another_time(scene: Scene, visitor: Client) -> None:
    offer = gone(scene)[0]
    answer = visitor.post(path(offer), {"instead": "2026-11-24T13:00Z"})
    assert answer.status_code == 409
    assert not Booking.objects.filter(status="confirmed").exists()


def test_no_thank_you_keeps_the_place_and_asks_the_next(scene: Scene, visitor: Client) -> None:
    booking = scene.taken()
    ben = scene.waits("ben")
    scene.waits("cleo", now=NOW + MINUTE)
    scene.cancelled(booking)
    offer = TimeOffer.objects.get()
    assert "It is kept for you until 9:00 am" in text(visitor.get(path(offer)))
    answer = visitor.post(path(offer), {"refuse": "yes"})
    assert (answer.status_code, answer["Location"]) == (303, f"/waiting/{ben.token}?refused")
    assert "You keep your place" in text(visitor.get(answer["Location"]))
    scene.works()
    assert scene.offered() == [("Cleo", START)]
    assert visitor.get(path(offer)).status_code == 410


def test_what_the_service_asks_is_asked_here_too(scene: Scene, visitor: Client) -> None:
    scene.page.consent_text = "We keep your details for a year."
    scene.page.save()
    question = Question.objects.create(tenant=scene.page.tenant, page=scene.page, label="Which knee?")
    booking = scene.taken(details=consented())
    ServiceQuestion.objects.create(tenant=scene.page.tenant, service=scene.service, question=question, is_required=True)
    cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor("ana@example.net"))
    offer = time_offers.for_gone(Booking.objects.get(), NOW)[0]
    asked = visitor.post(path(offer))
    assert asked.status_code == 422
    assert "Please answer this question." in text(asked)
    assert "Please agree before you book." in text(asked)
    answer = visitor.post(path(offer), {f"q_{question.pk}": "The left", "consent": "on"})
    assert answer.status_code == 303
    made = Booking.objects.get(status="confirmed")
    assert (made.answers[0]["answer"], made.consent_text) == ("The left", "We keep your details for a year.")


def consented() -> Any:
    from bookings.services.intake import Details

    return Details(consented=True)


def test_a_private_types_offer_leads_to_that_time_only(scene: Scene, visitor: Client) -> None:
    scene.service.is_public = False
    scene.service.save()
    offer = gone(scene)[0]
    shown = visitor.get(path(offer))
    assert shown.status_code == 200
    assert scene.page.path not in shown.content.decode()
    with time_machine.travel(offer.expires_at, tick=False):
        assert scene.page.path not in visitor.get(path(offer)).content.decode()


def test_an_unknown_link_is_not_found(scene: Scene, visitor: Client) -> None:
    offer = gone(scene)[0]
    for token in (str(offer.pk), offer.token_hash, f"{offer.token}x"):
        assert visitor.get(f"/offer/{token}").status_code == 404
        assert visitor.post(f"/waiting/{token}").status_code == 404


def test_an_offer_that_needs_approval_becomes_a_request(scene: Scene, visitor: Client) -> None:
    offer = gone(scene)[0]
    scene.service.approval = "host"
    scene.service.save()
    shown = text(visitor.get(path(offer)))
    assert "Your host confirms each booking" in shown and "Ask for this time" in shown and "Book this time" not in shown
    assert visitor.post(path(offer)).status_code == 303
    assert Booking.objects.filter(status=Booking.Status.PENDING).count() == 1


def test_the_page_is_cheap(scene: Scene, visitor: Client, django_assert_max_num_queries: Any) -> None:
    offer = gone(scene)[0]
    visitor.get(path(offer))
    with django_assert_max_num_queries(8):
        visitor.get(path(offer))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_on_three_links_of_one_offer_are_one_booking() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, members = clinic(tenant)
        offers = gone(Scene(page, service, members[0]))
    gate, outcome = threading.Barrier(12), []

    def click(offer: TimeOffer) -> None:
        gate.wait()
        try:
            with scope(tenant=tenant):
                taking.take(offer=offer, now=NOW)
            outcome.append("booked")
        except DomainError as refused:
            outcome.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=(offers[number % 3],)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["booked", *["offerUsed"] * 11]
    with scopes_disabled():
        assert Booking.objects.filter(status="confirmed").count() == 1
        assert Claim.objects.count() == 1
