"""A time is kept for whoever fills in the form: not for others, not for long, and without JavaScript not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from bookings.models import Booking, Hold
from bookings.services import private_links
from bookings.views import holding
from tenants import acting
from tenants.models import Claim, Tenant
from tests.factories import NOW, clinic, personal_page, stranger
from tests.pages.reading import details, links, text, times
from tests.visitor.asking import SLOT, path_of


def keep(visitor: Client, address: str, **more: str) -> Any:
    """What the page's script asks for."""
    return visitor.post(f"{address}&hold", {"time": address.rpartition("time=")[2], **more})


def test_the_chosen_time_is_kept_for_ten_minutes_and_only_for_this_visitor(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?tz=Europe/London&{SLOT}"
    kept = keep(visitor, address).json()
    assert (kept["until"], kept["seconds"]) == ("6:10 am", 600)
    somebody = Client()
    assert "That time is no longer free" in text(somebody.get(address))
    assert "2026-11-24T09:00Z" not in times(somebody.get(f"{path_of(service)}?date=2026-11-24"))
    assert "Your details" in text(visitor.get(address))
    assert "2026-11-24T09:00Z" in times(visitor.get(f"{path_of(service)}?date=2026-11-24"))
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        assert "Your details" in text(somebody.get(address))


def test_a_form_that_overtakes_the_request_that_keeps_its_time_books(
    contoso: Tenant, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address)
    assert len(sent["hold"]) == 43
    find, looked = holding.current, []

    def as_if_not_there_yet(*args: Any) -> Hold | None:
        looked.append(args)
        if len(looked) == 1:
            Client().post(f"{address}&hold", {"time": address.rpartition("time=")[2], "hold": sent["hold"]})
            return None
        return find(*args)

    monkeypatch.setattr(holding, "current", as_if_not_there_yet)
    assert visitor.post(address, sent).status_code == 303
    assert Booking.objects.count() == 1 and not Hold.objects.exists()


def test_whoever_keeps_a_time_books_it_and_nothing_is_left_behind(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address)
    keep(visitor, address, hold=sent["hold"])
    assert visitor.post(address, sent).status_code == 303
    assert not Hold.objects.exists()
    assert Claim.objects.filter(active=True).count() == 1


def test_another_visitor_is_refused_the_kept_time_and_offered_others(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    somebody = Client()
    sent = details(somebody, address)
    keep(visitor, address)
    answer = somebody.post(address, sent)
    assert answer.status_code == 409
    assert "This time has just been taken." in text(answer)
    assert not Booking.objects.exists()


def test_the_person_who_was_kept_is_the_one_who_is_booked(contoso: Tenant, visitor: Client) -> None:
    _page, service, members = clinic(contoso, staff=3)
    address = f"{path_of(service)}?staff={members[2].pk}&{SLOT}"
    sent = details(visitor, address)
    keep(visitor, address, staff=str(members[2].pk), hold=sent["hold"])
    assert Hold.objects.get().staff_member == members[2]
    visitor.post(address, sent)
    assert Booking.objects.get().staff_member == members[2]


def test_choosing_another_time_gives_the_first_one_back(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    first, second = (f"{path_of(service)}?time=2026-11-24T{hour}:00Z" for hour in ("09", "10"))
    keep(visitor, first)
    keep(visitor, second)
    assert Hold.objects.get().starts_at.hour == 10
    assert "Your details" in text(Client().get(first))


def test_leaving_gives_the_time_back(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    keep(visitor, address)
    assert keep(visitor, address, release="1").status_code == 204
    assert not Hold.objects.exists()
    assert "Your details" in text(Client().get(address))


def test_a_frame_without_cookies_keeps_its_time_by_the_key_alone(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address)
    key = keep(visitor, address).json()["key"]
    framed = Client()
    assert "Your details" in text(framed.get(address, headers={"X-Hold": key}))
    assert framed.post(address, sent | {"hold": key}).status_code == 303
    assert not Hold.objects.exists()


def test_looking_keeps_nothing(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    for _ in range(5):
        visitor.get(f"{path_of(service)}?{SLOT}&hold")
        visitor.head(f"{path_of(service)}?{SLOT}&hold")
    assert not Hold.objects.exists()


def test_what_is_not_on_offer_or_shared_is_not_kept(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso, seats=3)
    _page, alone, _members = clinic(contoso)
    assert keep(visitor, f"{path_of(service)}?{SLOT}").json() == {}
    assert keep(visitor, f"{path_of(alone)}?time=2026-11-24T09:07Z").json() == {}
    assert keep(visitor, f"{path_of(alone)}?time=2026-11-20T09:00Z").json() == {}
    assert not Hold.objects.exists()
    assert 'id="hold"' not in visitor.get(f"{path_of(service)}?{SLOT}").content.decode()


def test_nobody_keeps_times_without_end(contoso: Tenant, visitor: Client, settings: Any) -> None:
    settings.VISITOR_TRIES = 1
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    answers = [keep(visitor, address).json() for _ in range(6)]
    assert [bool(answer) for answer in answers] == [True] * 5 + [False]


def test_a_key_of_another_organisations_visitor_opens_nothing(contoso: Tenant, visitor: Client) -> None:
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        page, theirs, _owner = personal_page(fabrikam)
        page.mailbox.address = "ben@fabrikam.example"
        page.mailbox.save()
    _page, service, _owner = personal_page(contoso)
    key = keep(visitor, f"{path_of(service)}?{SLOT}").json()["key"]
    other = Client()
    with scope(tenant=fabrikam):
        address = f"{path_of(theirs)}?{SLOT}"
    assert other.get(address, headers={"X-Hold": key}).status_code == 200
    keep(other, address, hold=key, release="1")
    assert Hold.objects.count() == 1


def test_a_link_of_the_past_keeps_nothing(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    assert keep(visitor, f"/bookwithme/link/{link.token}?{SLOT}").status_code == 410
    assert not Hold.objects.exists()
    assert not links(visitor.get(f"/bookwithme/link/{link.token}"), "time")


@pytest.mark.parametrize("key", ["😀", "a\r\nSet-Cookie: x=1", "x" * 5000])
def test_a_key_that_is_none_of_ours_is_not_handed_back(contoso: Tenant, visitor: Client, key: str) -> None:
    _page, service, _owner = personal_page(contoso)
    answer = keep(visitor, f"{path_of(service)}?{SLOT}", hold=key)
    assert len(answer.json()["key"]) == 43
    answer.cookies["kept_time"].OutputString().encode("latin-1")
