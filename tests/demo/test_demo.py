"""The demonstration: its data on every start, and the whole of it run for real."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import Booking, BookingPage, PageState, PrivateLink
from config.demonstration import environment, guide, pages, seed
from config.demonstration.people import CONTOSO, PASSWORD
from tenants.models import AuditEvent, BusyRead, Connection, Mailbox, Membership, Tenant, User
from tenants.sandbox.models import Event

SCENES = (
    "Candidate interview", "Client meeting", "Office hours", "Mentoring", "1:1 with reports", "Lunch or coffee",
)  # fmt: skip


def counts() -> dict[str, int]:
    """How many rows there are of what a seed makes."""
    with scopes_disabled():
        models = (Tenant, User, Membership, Mailbox, BookingPage, Booking, PrivateLink, Connection, Event, AuditEvent)
        return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db
class TestSeed:
    """What `manage.py demo` fills in."""

    def test_again_it_changes_nothing(self) -> None:
        now = timezone.now()
        seed.run(now)
        before = counts()
        seed.run(now + timedelta(minutes=5))
        assert counts() == before

    @pytest.mark.row("S4.34", "S1.26", "S1.27", "S1.28", "S1.33")
    def test_it_shows_every_scene_and_every_state_of_a_page(self) -> None:
        now = timezone.now()
        seed.run(now)
        with scope(tenant=Tenant.objects.get(name="Contoso")):
            found = {page.display_name: page for page in BookingPage.objects.prefetch_related("services")}
            titles = {service.title for page in found.values() for service in page.services.all()}
            assert set(SCENES) <= titles and "Laptop check" in titles
            states = {name: page.state(now) for name, page in found.items()}
            public = {
                name: page.services.filter(archived_at=None, is_public=True).count() for name, page in found.items()
            }
            assert states["Noah Fischer"] == PageState.ACTIVATING
            assert states["Adrian Meier"] == PageState.UNPUBLISHED
            assert (states["Emma Rossi"], public["Emma Rossi"]) == (PageState.ACTIVE, 0)
            assert (states["Karim Haddad"], public["Karim Haddad"]) == (PageState.ACTIVE, 0)
            assert public["Olivia Keller"] == 3
            assert "Mia Schmid" not in found and Mailbox.objects.get(display_name="Mia Schmid").has_bookings
            assert not Mailbox.objects.get(display_name="Luca Ferrari").has_bookings

    def test_a_page_that_is_being_set_up_stays_so_however_late_the_next_start(self) -> None:
        now = timezone.now()
        seed.run(now)
        seed.run(now + timedelta(days=400))
        with scopes_disabled():
            page = BookingPage.objects.get(display_name="Noah Fischer")
        assert page.state(now + timedelta(days=400)) == PageState.ACTIVATING

    def test_outlook_holds_events_of_every_kind_and_no_booking_meets_one(self) -> None:
        seed.run(timezone.now())
        events = Event.objects.filter(mailbox__user_principal_name="tim.weber@contoso.com")
        assert set(events.values_list("show_as", flat=True)) >= {"busy", "tentative", "oof", "free"}
        assert events.filter(sensitivity="private").exists() and events.filter(is_all_day=True).exists()
        master = events.get(subject="Standup", recurrence__isnull=False)
        assert len(master.cancelled_on) == 1 and master.exceptions.count() == 1
        with scopes_disabled():
            assert not BusyRead.objects.exists()  # the copy comes from the sandbox, over HTTP, as everybody's does
            for booking in Booking.objects.filter(staff_member__email="tim.weber@contoso.com"):
                assert not events.filter(
                    recurrence=None, is_all_day=False, start_at__lt=booking.ends_at, end_at__gt=booking.starts_at
                ).exists()

    def test_everybody_can_sign_in_with_what_is_printed(self, client) -> None:
        seed.run(timezone.now())
        printed = guide.text()
        assert PASSWORD in printed and settings.SITE_URL in printed
        for address, _what in guide.sign_ins():
            assert address in printed
            assert client.login(username=address, password=PASSWORD)
        assert {person.page for person in CONTOSO} <= set(pages.STATES)


@pytest.mark.django_db
def test_it_says_which_pages_take_no_bookings_and_why(client) -> None:
    seed.run(timezone.now())
    opened = {name: client.get(url) for name, url in guide.pages()}
    assert {name: answer.status_code for name, answer in opened.items()} == dict.fromkeys(opened, 200)
    closed = "\n".join(guide.closed_pages())
    assert all(name in closed for name in ("Adrian Meier", "Emma Rossi", "Karim Haddad", "Noah Fischer"))
    assert "not published: visitors find nothing" in closed


def test_its_settings_leave_other_commands_alone(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgres://real/one")
    environment.prepare(["manage.py", "start", "--port", "9000"])
    assert os.environ["DATABASE_URL"] == "postgres://real/one"


@pytest.mark.parametrize(
    ("argv", "port"),
    [(["demo"], "8000"), (["demo", "--port", "9001"], "9001"), (["demo", "--reset", "--port=9002"], "9002")],
)
def test_the_port_moves_every_address(argv: list[str], port: str) -> None:
    assert environment.port(["manage.py", *argv]) == port


def run_demo(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`manage.py demo …` with its own directory and none of our settings."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *arguments], cwd=settings.BASE_DIR,
        env=kept | {"VAR_DIR": str(directory)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.row("S0.1", "S4.1", "S4.3", "S4.7", "S4.10")
def test_a_visitor_books_and_everything_follows(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    for _start in ("cold", "warm"):
        done = run_demo(tmp_path, "--check", "--port", port)
        assert done.returncode == 0, done.stderr + (tmp_path / "demo.log").read_text()[-4000:]
        found = json.loads(done.stdout)
        assert found["booking"]["status"] == "confirmed"
        assert found["mail"]["customer"]["to"] != found["mail"]["staff"]["to"]
        assert found["event"]["joinUrl"] == found["booking"]["joinUrl"] != ""
        assert found["seconds"] < 60


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_demo(tmp_path, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken. End what uses it, or choose another with --port." in done.stderr
    assert not (tmp_path / "demo.log").exists()
