"""The data that benchmarks run on, and the web server they ask: a database of their own, never the one in use."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django_scopes import scope

from bookings.models import Booking, BookingPage, Service, StaffMember
from bookings.services import pages, services, staff
from tenants import acting
from tenants.links import hash_token
from tenants.models import BusyPeriod, Claim, Domain, Mailbox, Tenant, User

HOURS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class World:
    """One page with its services: `half_hour` with one person, `team` and `many` with all of them."""

    tenant: Tenant
    page: BookingPage
    one_person: Service
    team: Service
    many: Service


def build(*, staff_count: int = 20, busy_each: int = 500, stored: int = 20_000) -> World:
    """A page with `staff_count` people, `busy_each` Outlook events each, and `stored` past bookings."""
    now = datetime.now(UTC)
    tenant = Tenant.objects.create(name="Bench", time_zone="Europe/Zurich")
    creator = User.objects.create_user("bench@bench.example")
    with scope(tenant=tenant):
        Domain.objects.create(tenant=tenant, name="bench.example", is_primary=True, verified_at=now)
        page = pages.create_business(
            tenant=tenant, creator=creator, display_name="Bench", now=now, actor=acting.SYSTEM, weekly_hours=HOURS
        )
        members = [_member(page, number, now) for number in range(staff_count)]
        world = World(
            tenant=tenant,
            page=page,
            one_person=_service(page, members[:1], 30, now),
            team=_service(page, members, 30, now),
            many=_service(page, members, 5, now),
        )
        _busy(tenant, members, busy_each, now)
        _past_bookings(world, members, stored, now)
    return world


def _service(page: BookingPage, members: list[StaffMember], minutes: int, now: datetime) -> Service:
    return services.create(
        page=page, now=now, actor=acting.SYSTEM, staff=members, title=f"{minutes} minutes with {len(members)}",
        duration=timedelta(minutes=minutes), slot_interval=timedelta(minutes=minutes), minimum_lead=timedelta(0),
    )  # fmt: skip


def _member(page: BookingPage, number: int, now: datetime) -> StaffMember:
    mailbox = Mailbox.objects.create(
        tenant=page.tenant, kind=Mailbox.Kind.USER, display_name=f"Person {number}", time_zone="Europe/Zurich",
        address=f"person{number}@bench.example",
    )  # fmt: skip
    return staff.add(page=page, mailbox=mailbox, now=now, actor=acting.SYSTEM)


def _busy(tenant: Tenant, members: list[StaffMember], each: int, now: datetime) -> None:
    """Twenty-minute events, the first of every seven hours, so that a month holds about a hundred of each person."""
    start = now.replace(minute=0, second=0, microsecond=0)
    BusyPeriod.objects.bulk_create(
        (
            BusyPeriod(
                tenant=tenant, mailbox=member.mailbox, event_id=f"{number}",
                starts_at=start + timedelta(hours=7 * number), ends_at=start + timedelta(hours=7 * number, minutes=20),
            )
            for member in members
            for number in range(each)
        ),
        batch_size=CHUNK,
    )  # fmt: skip


def _past_bookings(world: World, members: list[StaffMember], count: int, now: datetime) -> None:
    """Bookings with their claims, half an hour each, back to back into the past."""
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    for first in range(0, count, CHUNK):
        bookings, claims = [], []
        for number in range(first, min(first + CHUNK, count)):
            member = members[number % len(members)]
            begins = start - timedelta(minutes=30) * (number // len(members) + 1)
            booking = _booking(world, member, begins)
            bookings.append(booking)
            claims.append(
                Claim(
                    tenant=world.tenant, key_id=member.claim_key, owner_id=booking.pk, starts_at=begins,
                    ends_at=booking.ends_at,
                )
            )  # fmt: skip
        Booking.objects.bulk_create(bookings)
        Claim.objects.bulk_create(claims)


def _booking(world: World, member: StaffMember, begins: datetime) -> Booking:
    return Booking(
        tenant=world.tenant, page=world.page, service=world.team, staff_member=member, title="Team", starts_at=begins,
        ends_at=begins + timedelta(minutes=30), buffer_before=timedelta(0), buffer_after=timedelta(0),
        customer_name="Ana", customer_email="ana@example.net", customer_time_zone="UTC", source="page",
        invitation_sender="daybook", manage_token_hash=hash_token(uuid.uuid4().hex), manage_token="", created_at=begins,
    )  # fmt: skip


@contextmanager
def web_server(port: int) -> Iterator[tuple[tuple[str, int], subprocess.Popen[bytes]]]:
    """The web server as `manage.py start` runs it, on this database; ends with the block."""
    environment = os.environ | {
        "DAYBOOK_BIND": f"127.0.0.1:{port}", "LOG_LEVEL": "ERROR", "DEBUG": "", "SITE_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    command = [str(Path(sys.executable).parent / "gunicorn"), "--config", "python:config.gunicorn", "config.wsgi"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield ("127.0.0.1", port), process
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        probe = HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            probe.request("GET", "/healthz")
            probe.getresponse()
            return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            probe.close()
    raise TimeoutError(f"Nothing answers on port {port}.")
