"""Who came by a private link and cancels: the link's use is given back by its owner, not by a mail with other times."""

from __future__ import annotations

from bookings.models import Booking, TimeOffer
from bookings.services import cancellation, link_keeping, private_links, time_offers
from tenants import acting
from tests.factories import NOW
from tests.waiting.conftest import Scene

CUSTOMER, HOST = acting.visitor("ana@example.net"), acting.Actor(kind="person", label="Bea", source="staff")


def cancelled(scene: Scene, actor: acting.Actor, max_uses: int | None = 1) -> Booking:
    """Ana booked by a link, and `actor` cancels."""
    link = private_links.create(service=scene.service, now=NOW, actor=acting.SYSTEM, max_uses=max_uses)
    return cancellation.cancel(booking=scene.taken(link=link), now=NOW, actor=actor)


def test_who_cancels_what_a_used_up_link_booked_is_offered_nothing_in_its_place(scene: Scene) -> None:
    assert time_offers.for_gone(cancelled(scene, CUSTOMER), NOW) == []
    assert not TimeOffer.objects.exists()


def test_the_hosts_own_cancellation_leaves_nobody_without_other_times(scene: Scene) -> None:
    assert len(time_offers.for_gone(cancelled(scene, HOST), NOW)) == 3


def test_a_link_that_still_opens_or_was_reopened_offers_them_too(scene: Scene) -> None:
    assert len(time_offers.for_gone(cancelled(scene, CUSTOMER, max_uses=None), NOW)) == 3
    again = cancelled(scene, CUSTOMER)
    assert again.link is not None
    link_keeping.reopen(link=again.link, now=NOW, actor=acting.SYSTEM)
    assert len(time_offers.for_gone(Booking.objects.get(pk=again.pk), NOW)) == 3
