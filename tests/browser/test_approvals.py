"""Answering in a real browser: what is seen, by keyboard, without JavaScript, and when a question counts as opened."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from bookings.models import Approval, Booking
from bookings.services import decisions, staff
from tenants import acting
from tenants.models import Role
from tests.browser.conftest import shot
from tests.factories import MailboxFactory, StaffMemberFactory, book, clinic, member

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STAFF = acting.Actor(kind="person", label="boss@contoso.com", source="web")


def soon() -> datetime:
    """Ten o'clock UTC in three days."""
    return datetime.combine(timezone.now().date() + timedelta(days=3), time(10), UTC)


def asked(site: Any, **service: Any) -> Approval:
    """A request that waits, and its question."""
    page, made, _members = clinic(site, **({"approval": "host", "title": "Physiotherapy"} | service))
    booking = book(page, made, soon(), now=timezone.now())
    return Approval.objects.get(booking=booking)


def scenes(site: Any) -> dict[str, str]:
    """Addresses of questions in every state."""
    now = timezone.now()
    host = asked(site, pending_holds=False, location="Seestrasse 4")
    assert host.booking is not None
    book(host.booking.page, host.booking.service, soon(), now=now)
    done = asked(site)
    decisions.approve(approval=done, now=now, actor=STAFF, by="Mara Bianchi")
    turn = asked(site, approval="assignment", staff=2)
    last = asked(site, approval="assignment")
    assert last.booking is not None
    StaffMemberFactory(page=last.booking.page, role=Role.OWNER, mailbox__display_name="Head of clinic")
    decisions.reject(approval=last, now=now, actor=STAFF, by=last.asked_name)
    head = Approval.objects.get(booking=last.booking, is_owner=True)
    site.require_staff_approval = True
    site.save()
    last.booking.page.tenant.refresh_from_db()
    added = staff.add(page=last.booking.page, mailbox=MailboxFactory(tenant=site), now=now, actor=STAFF)
    membership = Approval.objects.get(staff_member=added, kind="membership")
    return {
        "host": f"/approve/{host.token}?answer=approve", "decline": f"/approve/{host.token}?answer=reject",
        "decided": f"/approve/{done.token}", "turn": f"/approve/{turn.token}", "head": f"/approve/{head.token}",
        "membership": f"/approve/{membership.token}",
    }  # fmt: skip


@pytest.mark.looks
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_readable_on_every_width(site: Any, live_server: Any, calm: Any, scheme: str) -> None:
    calm.emulate_media(color_scheme=scheme)
    for name, path in scenes(site).items():
        calm.goto(f"{live_server.url}{path}")
        for width, height in ((1280, 800), (390, 844)):
            calm.set_viewport_size({"width": width, "height": height})
            shot(calm, f"approve-{name}-{width}-{scheme}")
            assert calm.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(calm).response["violations"]
            assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.looks
def test_the_staff_area_lists_and_shows_what_waits(
    site: Any, live_server: Any, calm: Any, client: Any
) -> None:  # fmt: skip
    question = asked(site, pending_holds=False)
    asked(site, approval="assignment", title="House call")
    assert question.booking is not None
    book(question.booking.page, question.booking.service, soon() + timedelta(hours=1), now=timezone.now())
    client.force_login(member(site, Role.OWNER).user)
    calm.context.add_cookies([{
        "name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url,
    }])  # fmt: skip
    for name, path in (
        ("list", "/staff/approvals/"), ("one", f"/staff/approvals/{question.pk}/"),
        ("booking", f"/staff/bookings/{question.booking_id}/"),
    ):  # fmt: skip
        calm.goto(live_server.url + path)
        for width, height in ((1280, 800), (390, 844)):
            calm.set_viewport_size({"width": width, "height": height})
            shot(calm, f"staff-approvals-{name}-{width}")
            assert calm.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(calm).response["violations"]
            assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []


def test_a_person_who_looks_counts_as_opened_and_confirms_by_keyboard(site: Any, live_server: Any, calm: Any) -> None:
    question = asked(site)
    with calm.expect_response(f"**/approve/{question.token}/opened") as told:
        calm.goto(f"{live_server.url}/approve/{question.token}?answer=approve")
    assert told.value.status == 204
    question.refresh_from_db()
    assert question.opened_at is not None and question.state == Approval.State.WAITING
    calm.get_by_role("button", name="Confirm the booking").focus()
    calm.keyboard.press("Enter")
    calm.get_by_role("heading", name="Confirmed").wait_for()
    assert Booking.objects.get().status == Booking.Status.CONFIRMED


def test_without_javascript_declining_with_a_reason_works(site: Any, live_server: Any, browser: Any) -> None:
    question = asked(site)
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{live_server.url}/approve/{question.token}")
    page.locator("summary").click()
    page.get_by_label("Reason").fill("We are closed that day")
    page.get_by_role("button", name="Decline the booking").click()
    assert page.get_by_role("heading", name="Declined").is_visible()
    context.close()
    question.refresh_from_db()
    booking = Booking.objects.get()
    assert (booking.status, booking.cancel_reason) == (Booking.Status.DECLINED, "We are closed that day")
    assert question.opened_at is None
