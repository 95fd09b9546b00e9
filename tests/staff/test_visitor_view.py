"""One's page as visitors see it: the same times, a reason for every other one, and the days on which clocks change."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from bookings.models import BookingPage, Service, StaffMember
from tenants.models import Mailbox, Membership, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = pytest.mark.django_db
Look = Callable[..., str]


@pytest.fixture
def own(contoso: Tenant, sign_in: Any, mailbox_of: Callable[[Membership], Mailbox]) -> tuple[BookingPage, Service]:
    """The page of who is signed in, open every day from nine to five in Zurich."""
    mailbox = mailbox_of(sign_in())
    page = factories.PersonalPageFactory(tenant=contoso, mailbox=mailbox)
    factories.StaffMemberFactory(page=page, mailbox=mailbox)
    return page, factories.ServiceFactory(page=page, duration=timedelta(hours=1), slot_interval=timedelta(hours=1))


@pytest.fixture
def look(client: Client) -> Look:
    """What the page shows, as text: `look(page, service, "Europe/Zurich", "2026-11-24")`."""

    def asked(page: BookingPage, service: Service, zone: str, day: str, now: datetime = NOW, status: int = 200) -> str:
        with time_machine.travel(now, tick=False):
            if now != NOW:
                client.force_login(page.mailbox.user)
            response = client.get(
                reverse("staff:visitor", args=[page.pk]), {"service": service.pk, "zone": zone, "day": day},
                HTTP_ACCEPT_LANGUAGE="en-GB",
            )  # fmt: skip
        assert response.status_code == status
        return unescape(response.content.decode())

    return asked


def times(html: str) -> list[str]:
    """The times offered, as shown."""
    return re.findall(r'class="visitor__time">([^<]+)', html)


def reasons(html: str) -> dict[str, str]:
    """Stretch of the day → what is said of it."""
    rows = re.findall(r'class="why__when">([^<]+)</span>(.*?)</li>', html, re.DOTALL)
    return {when: " ".join(re.sub(r"<[^>]+>", " ", text).split()) for when, text in rows}


@pytest.mark.row("S1.36")
@pytest.mark.parametrize("zone", ["Europe/Zurich", "America/New_York", "Asia/Kolkata"])
def test_it_shows_what_the_visitors_own_page_shows(
    own: tuple[BookingPage, Service], look: Look, client: Client, zone: str
) -> None:
    page, service = own
    factories.book(page, service, at("2026-11-24 09:00"))
    shown = times(look(page, service, zone, "2026-11-24"))
    with time_machine.travel(NOW, tick=False):
        public = client.get(
            f"{page.path}/meetingtype/{service.pk}", {"tz": zone, "date": "2026-11-24"}, HTTP_ACCEPT_LANGUAGE="en-GB"
        ).content.decode()
    assert shown == re.findall(r'class="time"[^>]*>\s*(\d\d:\d\d)', public)
    assert len(shown) == 7


def test_every_hour_of_the_day_is_there_with_its_reason(own: tuple[BookingPage, Service], look: Look) -> None:
    page, service = own
    factories.book(page, service, at("2026-11-24 09:00"))
    found = reasons(look(page, service, "Europe/Zurich", "2026-11-24"))
    assert found["00:00 – 08:00"] == "The working hours of this day are 09:00-17:00."
    assert found["09:00"] == "Offered."
    assert "Ana Pérez" in found["10:00"] and "10:00-11:00" in found["10:00"]
    assert found["17:00 – 23:00"] == "The working hours of this day are 09:00-17:00."


def test_each_colleague_has_reasons_of_their_own(contoso: Tenant, sign_in: Any, look: Look) -> None:
    sign_in(Role.SCHEDULER)
    page, service, [ada, bo] = factories.clinic(contoso, staff=2, duration=timedelta(hours=1))
    factories.book(page, service, at("2026-11-24 09:00"), staff_id=ada.pk)
    found = reasons(look(page, service, "Europe/Zurich", "2026-11-24"))["10:00"]
    assert f"Offered with {bo.display_name}." in found
    assert f"{ada.display_name}: it overlaps" in found


@pytest.mark.parametrize(
    ("zone", "day", "sentence"),
    [
        ("Europe/Zurich", "2027-03-28", "In Zurich the clocks go forward from 02:00 to 03:00: the times between"),
        ("Europe/Zurich", "2027-03-28", "the day has 23 h."),
        ("Europe/Zurich", "2027-10-31", "In Zurich the clocks go back from 03:00 to 02:00: the times between"),
        ("Europe/Zurich", "2027-10-31", "the day has 25 h."),
        ("Australia/Lord_Howe", "2027-04-04", "the day has 24 h 30 min."),
        ("America/New_York", "2027-03-28", "visitors in New York find the same working hours 1 h earlier."),
        ("America/New_York", "2027-10-31", "visitors in New York find the same working hours 1 h later."),
    ],
)  # fmt: skip
def test_a_day_on_which_clocks_change_says_what_happens(
    own: tuple[BookingPage, Service], look: Look, zone: str, day: str, sentence: str
) -> None:
    now = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) - timedelta(days=9)
    html = look(*own, zone, day, now=now)
    assert sentence in html
    month = re.findall(r'aria-label="([^"]*the clocks change)"', html)
    number = str(date.fromisoformat(day).day)
    assert any(f" {number} " in label for label in month)
    assert "The clocks change, here or where your staff are." in html


def test_what_holds_for_everybody_is_said_once(contoso: Tenant, sign_in: Any, look: Look) -> None:
    sign_in(Role.SCHEDULER)
    page, service, [ada, bo] = factories.clinic(contoso, staff=2, duration=timedelta(hours=1))
    found = reasons(look(page, service, "Europe/Zurich", "2026-11-24"))
    assert found["09:00"] == f"Offered with {ada.display_name} and {bo.display_name}."
    assert found["17:00 – 23:30"] == "The working hours of this day are 09:00-17:00."


def test_an_ordinary_day_says_nothing_of_clocks(own: tuple[BookingPage, Service], look: Look) -> None:
    html = look(*own, "Europe/Zurich", "2026-11-24").lower()
    assert "the clocks go" not in html and "the clocks change" not in html


def test_it_speaks_of_services_on_business_pages(
    own: tuple[BookingPage, Service], contoso: Tenant, sign_in: Any, look: Look
) -> None:
    assert "Meeting type" in look(*own, "Europe/Zurich", "2026-11-24")
    sign_in(Role.SCHEDULER)
    page, service, _staff = factories.clinic(contoso)
    assert "Meeting type" not in look(page, service, "Europe/Zurich", "2026-11-24")


def test_the_hour_that_comes_twice_is_explained_and_offered_once(own: tuple[BookingPage, Service], look: Look) -> None:
    page, service = own
    BookingPage.objects.update(weekly_hours={"sun": [["00:00", "06:00"]]})
    html = look(page, service, "Europe/Zurich", "2027-10-31", now=at("2027-10-20"))
    assert times(html) == ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00"]
    assert "The clocks are put back and this time comes twice" in reasons(html)["02:00"] or any(
        "this time comes twice" in text for text in reasons(html).values()
    )


def test_a_date_that_a_zone_left_out_is_told(own: tuple[BookingPage, Service], look: Look) -> None:
    html = look(*own, "Pacific/Apia", "2011-12-30")
    assert "In Apia there was no Friday 30 December 2011" in html
    assert times(html) == [] and reasons(html) == {}


def test_seats_left_are_shown_as_visitors_see_them(contoso: Tenant, sign_in: Any, look: Look) -> None:
    sign_in(Role.OWNER)
    page, service, _ = factories.clinic(contoso, seats=5, duration=timedelta(hours=1))
    factories.book(page, service, at("2026-11-24 09:00"))
    html = look(page, service, "Europe/Zurich", "2026-11-24")
    assert "4 seats left" in html and "5 seats left" in html


def test_nonsense_in_the_address_is_answered_beside_its_field(own: tuple[BookingPage, Service], client: Client) -> None:
    address = reverse("staff:visitor", args=[own[0].pk])
    for query in ({"day": "0001-01-01"}, {"day": "x"}, {"zone": "Mars/Base"}, {"service": "x"}):
        html = client.get(address, query).content.decode()
        assert 'aria-invalid="true"' in html and "visitor__time" not in html


def test_a_page_without_anything_to_book_says_so(own: tuple[BookingPage, Service], client: Client) -> None:
    own[1].archived_at = NOW
    own[1].save()
    assert "Nothing can be booked" in client.get(reverse("staff:visitor", args=[own[0].pk])).content.decode()


def test_it_takes_few_questions_however_many_colleagues_there_are(
    contoso: Tenant, sign_in: Any, look: Look, django_assert_max_num_queries: Any
) -> None:
    sign_in(Role.SCHEDULER)
    page, service, _ = factories.clinic(contoso, staff=6)
    with django_assert_max_num_queries(32):
        look(page, service, "Europe/Zurich", "2026-11-24")


@pytest.mark.row("S0.8")
def test_a_stranger_a_colleague_and_a_service_of_another_page_find_nothing(
    contoso: Tenant, own: tuple[BookingPage, Service], client: Client, look: Look
) -> None:
    page, service = own
    _, foreign, _ = factories.clinic(contoso)
    html = client.get(reverse("staff:visitor", args=[page.pk]), {"service": foreign.pk}).content.decode()
    assert foreign.title not in html or "visitor__time" not in html
    other = factories.stranger()
    with scope(tenant=other):
        client.force_login(factories.member(other, Role.OWNER).user)
    look(page, service, "Europe/Zurich", "2026-11-24", status=404)
    client.force_login(factories.member(contoso, Role.TEAM_MEMBER).user)
    look(page, service, "Europe/Zurich", "2026-11-24", status=404)
    assert StaffMember.objects.filter(page=page).count() == 1


def test_it_changes_nothing_and_takes_no_post(own: tuple[BookingPage, Service], client: Client) -> None:
    assert client.post(reverse("staff:visitor", args=[own[0].pk])).status_code == 405
