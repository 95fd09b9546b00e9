"""Free times: who may ask, for what, and what the answer is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookings.models import OWNER_STAFF_ID, BookingPage, Service, StaffMember
from bookings.services import offers, private_links
from tenants import acting
from tenants.models import BusyPeriod, Tenant
from tests.api.conftest import Program
from tests.factories import NOW, ServiceFactory, at, book, clinic, personal_page

WEEK = "from=2026-11-23&to=2026-11-29&timeZone=Europe/Zurich"


def path(page: BookingPage, service: Service, query: str = WEEK, address: str = "") -> str:
    return f"/pages/{address or page.address}/services/{service.pk}/slots?{query}"


@pytest.mark.row("S1.37", "S1.38", "S4.10")
def test_anybody_reads_the_free_times_of_a_public_type(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = personal_page(contoso)
    book(page, service, at("2026-11-24 08:30"))
    status, answer, headers = anybody("GET", path(page, service))
    assert (status, headers["Content-Type"], answer["timeZone"]) == (200, "application/json", "Europe/Zurich")
    assert [day["date"] for day in answer["days"]] == [f"2026-11-{n}" for n in range(23, 30)]
    tuesday = answer["days"][1]["slots"]
    assert tuesday[0] == {
        "start": "2026-11-24T09:00:00+01:00", "end": "2026-11-24T09:30:00+01:00",
        "staffMemberIds": [str(OWNER_STAFF_ID)], "seatsLeft": 1,
    }  # fmt: skip
    assert tuesday[1]["start"] == "2026-11-24T10:00:00+01:00"
    assert len(tuesday) == 15 and len(answer["days"][2]["slots"]) == 16


def test_the_answer_is_what_the_page_offers(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = clinic(contoso, staff=3, duration=timedelta(minutes=50), buffer_after=timedelta(minutes=10))
    book(page, service, at("2026-11-24 08:30"))
    answer = anybody("GET", path(page, service))[1]
    zone = offers.zoneinfo.ZoneInfo("Europe/Zurich")
    first, last = NOW.date(), NOW.date() + timedelta(days=6)
    offer = offers.offer(page=page, service=service, first_date=first, last_date=last, zone=zone, now=NOW)
    told = [(slot["start"], slot["staffMemberIds"]) for day in answer["days"] for slot in day["slots"]]
    shown = [(datetime.fromtimestamp(s.start, zone).isoformat(), list(s.host_ids)) for s in offer.slots]
    assert told == shown and len(told) > 90


def test_days_are_days_of_the_zone_that_was_asked_for(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    answer = anybody("GET", path(page, service, "from=2026-11-25&to=2026-11-25&timeZone=Asia/Tokyo"))[1]
    starts = [slot["start"] for slot in answer["days"][0]["slots"]]
    assert starts[0] == "2026-11-25T00:00:00+09:00" and starts[-1] == "2026-11-25T23:30:00+09:00"
    windows = anybody("GET", path(page, service, "from=2026-11-25&to=2026-11-25&timeZone=Tokyo Standard Time"))[1]
    assert windows == answer


@pytest.mark.parametrize("spelled", ["{hex}%40contoso.com", "{HEX}@contoso.com", "{HEX}@CONTOSO.com"])
@pytest.mark.row("S1.3")
def test_an_address_may_be_encoded_and_in_any_case(contoso: Tenant, anybody: Program, spelled: str) -> None:
    page, service, _ = personal_page(contoso)
    guid = page.mailbox.exchange_guid.hex
    assert anybody("GET", path(page, service, address=spelled.format(hex=guid, HEX=guid.upper())))[0] == 200
    assert anybody("GET", path(page, service).replace(str(service.pk), str(service.pk).upper()))[0] == 200


@pytest.mark.row("S1.35", "S4.11")
def test_a_private_type_needs_its_own_link_or_the_key(
    contoso: Tenant, anybody: Program, contoso_api: Program, fabrikam_api: Program
) -> None:
    page, service, _ = personal_page(contoso, is_public=False)
    other = Service.objects.create(tenant=contoso, page=page, title="Other", is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM, max_uses=1)
    wrong = private_links.create(service=other, now=NOW, actor=acting.SYSTEM)
    assert anybody("GET", path(page, service))[0] == fabrikam_api("GET", path(page, service))[0] == 404
    assert contoso_api("GET", path(page, service))[0] == 200
    assert anybody("GET", path(page, service, f"{WEEK}&link={link.token}"))[0] == 200
    assert anybody("GET", path(page, service, f"{WEEK}&link={wrong.token}"))[0] == 404
    assert anybody("GET", path(page, service, f"{WEEK}&link=nonsense"))[0] == 404
    private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    status, answer, _ = anybody("GET", path(page, service, f"{WEEK}&link={link.token}"))
    assert (status, answer["code"]) == (410, "linkRevoked")


def test_only_a_reachable_page_answers(contoso: Tenant, anybody: Program, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    for changes in ({"is_published": False}, {"reachable_at": NOW + timedelta(seconds=1)}, {"activated_at": None}):
        BookingPage.objects.filter(pk=page.pk).update(**changes)
        assert anybody("GET", path(page, service))[0] == contoso_api("GET", path(page, service))[0] == 404
        BookingPage.objects.filter(pk=page.pk).update(is_published=True, reachable_at=NOW, activated_at=NOW)
    assert anybody("GET", path(page, service))[0] == 200


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {"from", "to"}),
        ("from=2026-02-30&to=2026-03-01", {"from"}),
        ("from=2026-W48-1&to=x", {"from", "to"}),
        ("from=9999-12-31&to=9999-12-31", {"from", "to"}),
        ("from=2026-11-23&to=2026-11-22", {"to"}),
        ("from=2026-11-23&to=2027-01-24", {"to"}),
        ("from=2026-11-23&to=2026-11-24&timeZone=Mars/Olympus", {"timeZone"}),
        ("from=2026-11-23&to=2026-11-24&timeZone=%00", {"timeZone"}),
        ("from=2026-11-23&to=2026-11-24&staffId=me", {"staffId"}),
        ("from=2026-11-23&to=2026-11-24&staffId=1c1c7887-e0fc-479b-ac7d-6983d0f026ff", {"staffId"}),
    ],
)
def test_a_bad_question_is_refused_field_by_field(
    contoso: Tenant, anybody: Program, query: str, fields: set[str]
) -> None:
    page, service, _ = clinic(contoso)
    status, answer, headers = anybody("GET", path(page, service, query))
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert (answer["code"], set(answer["errors"])) == ("invalid", fields)


def test_62_days_are_the_most(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    status, answer, _ = anybody("GET", path(page, service, "from=2026-11-23&to=2027-01-23"))
    assert (status, len(answer["days"])) == (200, 62)


def test_times_with_one_person(contoso: Tenant, anybody: Program) -> None:
    page, service, (ana, ben) = clinic(contoso, staff=2)
    book(page, service, at("2026-11-24 08:30"), staff_id=ana.pk)
    answers = {member: anybody("GET", path(page, service, f"{WEEK}&staffId={member.pk}"))[1] for member in (ana, ben)}
    times = {member: len(answer["days"][1]["slots"]) for member, answer in answers.items()}
    assert times == {ana: 15, ben: 16}


def test_twenty_people_with_10000_busy_periods_take_few_queries(
    contoso: Tenant, anybody: Program, queries: Callable[[int], Any]
) -> None:
    page, service, members = clinic(contoso, staff=20)
    BusyPeriod.objects.bulk_create([busy(member, n) for member in members for n in range(500)])
    with queries(8):
        status, answer, _ = anybody("GET", path(page, service, "from=2026-11-23&to=2026-12-22"))
    assert status == 200 and len(answer["days"]) == 30


def busy(member: StaffMember, number: int) -> BusyPeriod:
    start = datetime(2026, 11, 1, 8, tzinfo=UTC) + timedelta(hours=5 * number)
    return BusyPeriod(
        tenant=member.tenant, mailbox=member.mailbox, event_id=f"{member.pk}-{number}", starts_at=start,
        ends_at=start + timedelta(minutes=45),
    )  # fmt: skip


@pytest.mark.row("S1.37")
def test_a_shared_time_tells_the_seats_that_are_left(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = clinic(contoso, seats=3)
    book(page, service, at("2026-11-24 09:00"))
    _, answer, _ = anybody("GET", path(page, service, "from=2026-11-24&to=2026-11-24"))
    seats = {slot["start"][11:16]: slot["seatsLeft"] for slot in answer["days"][0]["slots"]}
    assert (seats["10:00"], seats["10:30"]) == (2, 3)


def test_who_is_asked_for_comes_with_everybody_where_all_are_needed(contoso: Tenant, anybody: Program) -> None:
    page, service, (ana, ben) = clinic(contoso, staff=2, staffing=Service.Staffing.ALL)
    book(page, ServiceFactory(page=page), at("2026-11-24 09:00"), staff_id=ben.pk)
    _, answer, _ = anybody("GET", path(page, service, f"from=2026-11-24&to=2026-11-24&staffId={ana.pk}"))
    found = {slot["start"][11:16]: slot["staffMemberIds"] for slot in answer["days"][0]["slots"]}
    assert "10:00" not in found and found["10:30"] == [str(ana.pk), str(ben.pk)]
