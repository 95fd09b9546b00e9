"""The waiting list for visitors: joined with a form alone, seen and left by the mailed link; and for the staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import TimeOffer, WaitingEntry
from bookings.services import private_links
from tenants import acting
from tenants.models import Job, Role, Tenant
from tests.factories import NOW, at, clinic, stranger
from tests.pages.reading import form, text
from tests.staff.conftest import sign_in
from tests.waiting.conftest import START, Scene

__all__ = ["sign_in"]
SignIn = Callable[..., Any]


def path_of(scene: Scene) -> str:
    return f"{scene.page.path}service/{scene.service.pk}"


def filled(client: Client, address: str, **typed: str) -> dict[str, str]:
    """The form as it stands, filled in."""
    sent = form(client.get(address)) | {"name": "Ben Ruiz", "email": "ben@example.net"} | typed
    return {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"}


def fill_up(scene: Scene) -> None:
    """Nothing is free for a fortnight and more."""
    scene.doctor.time_off.create(
        tenant=scene.page.tenant, page=scene.page, starts_at=NOW, ends_at=NOW + timedelta(days=200)
    )


def test_where_nothing_is_free_the_list_is_one_click_away(scene: Scene, visitor: Client) -> None:
    fill_up(scene)
    assert "Join the waiting list" in text(visitor.get(path_of(scene)))
    scene.service.waiting_list = False
    scene.service.save()
    assert "Join the waiting list" not in text(visitor.get(path_of(scene)))
    assert visitor.get(f"{path_of(scene)}?waiting").status_code == 409


def test_a_visitor_joins_with_a_form_alone(scene: Scene, visitor: Client) -> None:
    address = f"{path_of(scene)}?waiting&date=2026-11-24&tz=Europe/Zurich"
    sent = filled(visitor, address, notes="Any morning")
    assert (sent["first_date"], sent["last_date"]) == ("2026-11-24", "2026-11-24")
    answer = visitor.post(address, sent)
    assert answer.status_code == 303
    entry = WaitingEntry.objects.get()
    assert (entry.customer_name, entry.customer_email, entry.customer_notes) == (
        "Ben Ruiz", "ben@example.net", "Any morning",
    )  # fmt: skip
    assert (entry.first_date, entry.last_date) == (date(2026, 11, 24), date(2026, 11, 24))
    assert (entry.customer_time_zone, entry.customer_language) == ("Europe/Zurich", "en")
    joined = visitor.get(answer["Location"])
    assert "You are on the list" in text(joined)
    assert entry.token not in joined.content.decode() + answer["Location"], "the link goes by mail only"
    assert Job.objects.filter(kind="mail.waitingJoined").count() == 1


def test_what_is_missing_is_asked_again_without_losing_the_rest(scene: Scene, visitor: Client) -> None:
    address = f"{path_of(scene)}?waiting"
    answer = visitor.post(address, filled(visitor, address, email="nobody", notes="Any morning"))
    assert answer.status_code == 422
    assert "Any morning" in answer.content.decode()
    sent = filled(visitor, address, first_date="2026-11-25", last_date="2026-11-24")
    refused = visitor.post(address, sent)
    assert refused.status_code == 422
    assert "The last day must not come before the first" in text(refused)
    assert not WaitingEntry.objects.exists()


def test_a_program_that_fills_in_everything_is_not_listed(scene: Scene, visitor: Client, settings: Any) -> None:
    address = f"{path_of(scene)}?waiting"
    assert visitor.post(address, filled(visitor, address, website="https://spam.example")).status_code == 422
    settings.VISITOR_FILL_TIME = timedelta(seconds=2)
    quick = visitor.post(address, filled(visitor, address))
    assert quick.status_code == 422
    assert "very quick" in text(quick)
    assert not WaitingEntry.objects.exists()


def test_a_private_type_has_its_list_behind_its_link(scene: Scene, visitor: Client) -> None:
    scene.service.is_public = False
    scene.service.save()
    link = private_links.create(service=scene.service, now=NOW, actor=acting.SYSTEM)
    assert visitor.get(f"{path_of(scene)}?waiting").status_code == 404
    address = f"/bookwithme/link/{link.token}?waiting"
    assert visitor.post(address, filled(visitor, address)).status_code == 303
    assert WaitingEntry.objects.count() == 1
    private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    assert visitor.get(address).status_code == 410


def test_the_place_is_seen_and_left_by_its_link(scene: Scene, visitor: Client) -> None:
    scene.waits("ana")
    entry = scene.waits("ben", now=NOW + timedelta(minutes=1))
    address = f"/waiting/{entry.token}"
    shown = visitor.get(address)
    assert "You are number 2 in the list" in text(shown)
    assert shown["Cache-Control"] == "no-store"
    assert (visitor.post(address).status_code, visitor.post(address).status_code) == (303, 303)
    assert "You have left the list" in text(visitor.get(address))
    assert WaitingEntry.objects.get(pk=entry.pk).state == "left"


def test_an_open_offer_is_found_from_the_place(scene: Scene, visitor: Client) -> None:
    booking = scene.taken()
    entry = scene.waits("ben")
    assert "You are next" in text(visitor.get(f"/waiting/{entry.token}"))
    scene.cancelled(booking)
    shown = visitor.get(f"/waiting/{entry.token}")
    assert "A time is free for you" in text(shown)
    assert f"/offer/{TimeOffer.objects.get().token}" in shown.content.decode()


def test_the_staff_see_who_waits_and_take_somebody_off(scene: Scene, sign_in: SignIn, client: Client) -> None:
    booking = scene.taken()
    ben = scene.waits("ben")
    scene.waits("cleo", now=NOW + timedelta(minutes=1))
    scene.cancelled(booking)
    sign_in(Role.SCHEDULER)
    path = f"/staff/pages/{scene.page.pk}/waiting/"
    said = text(client.get(path))
    assert said.index("Ben") < said.index("Cleo")
    assert "is offered until" in said
    client.post(f"{path}{ben.pk}/remove/")
    assert "Ben" not in text(client.get(path)).replace("Ben is off the list.", "")
    scene.works()
    assert scene.offered() == [("Cleo", START)]


def test_a_team_member_and_a_stranger_see_nothing_of_it(scene: Scene, sign_in: SignIn, client: Client) -> None:
    ben = scene.waits("ben")
    foreign = stranger()
    with scope(tenant=foreign):
        page, _service, _members = clinic(foreign)
    sign_in(Role.TEAM_MEMBER)
    for role_page in (scene.page, page):
        path = f"/staff/pages/{role_page.pk}/waiting/"
        assert client.get(path).status_code == 404
        assert client.post(f"{path}{ben.pk}/remove/").status_code == 404
    assert WaitingEntry.objects.get().state == "waiting"


def test_nobody_is_taken_off_through_another_page(
    scene: Scene, sign_in: SignIn, client: Client, contoso: Tenant
) -> None:
    ben = scene.waits("ben")
    other, _service, _members = clinic(contoso)
    sign_in(Role.SCHEDULER)
    assert client.post(f"/staff/pages/{other.pk}/waiting/{ben.pk}/remove/").status_code == 404
    assert WaitingEntry.objects.get().state == "waiting"


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_list_remembers_the_language_for_its_mails(scene: Scene, visitor: Client, language: str) -> None:
    address = f"{path_of(scene)}?waiting"
    visitor.get(address, headers={"Accept-Language": language})
    sent = filled(visitor, address)
    visitor.post(address, sent, headers={"Accept-Language": language})
    assert WaitingEntry.objects.get().customer_language == language


def test_who_waits_behind_a_link_for_one_booking_books_once(scene: Scene, visitor: Client) -> None:
    scene.service.is_public = False
    scene.service.save()
    link = private_links.create(service=scene.service, now=NOW, actor=acting.SYSTEM, max_uses=1)
    first, second = scene.taken(), scene.taken(at("2026-11-24 10:00"))
    for number, name in enumerate(("ben", "cleo", "dora")):
        scene.waits(name, now=NOW + timedelta(minutes=number), link=link)
    scene.cancelled(first)
    offer = TimeOffer.objects.get()
    assert visitor.post(f"/offer/{offer.token}").status_code == 303
    link.refresh_from_db()
    assert link.uses == 1
    scene.cancelled(second)
    assert TimeOffer.objects.count() == 1, "the link is used up: nobody else of it is offered anything"
    assert visitor.post(f"/offer/{offer.token}").status_code == 303, "sent twice"


def test_a_withdrawn_link_ends_what_was_offered_through_it(scene: Scene, visitor: Client) -> None:
    link = private_links.create(service=scene.service, now=NOW, actor=acting.SYSTEM)
    taken = scene.taken()
    scene.waits("ben", link=link)
    scene.cancelled(taken)
    address = f"/offer/{TimeOffer.objects.get().token}"
    assert visitor.get(address).status_code == 200
    private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    assert (visitor.get(address).status_code, visitor.post(address).status_code) == (410, 410)
