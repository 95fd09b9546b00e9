"""What a visitor meets beyond time and name, in a real browser: kept times, questions, six digits, pending requests."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Booking, Hold, Question, Service, TimeOff
from bookings.services.intake import Details
from tenants.models import Message
from tests.browser.conftest import shot
from tests.browser.test_screenshots import SIGHTS, without_findings
from tests.factories import ServiceFactory, book, clinic, personal_page
from tests.visitor.asking import asks, path_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def fill(page: Any) -> None:
    page.fill("#id_name", "Ana Pérez")
    page.fill("#id_email", "ana@example.net")


def asking(tenant: Any, **service: Any) -> Service:
    """A service that asks everything there is."""
    page, made, members = clinic(
        tenant, staff=3, title="Knee consultation", price_text="CHF 120", guests_allowed=True, **service
    )
    page.display_name = "Lakeside Clinic"
    page.consent_text = (
        "I agree that the clinic keeps my details for ten years, as the law asks. More at https://contoso.com/privacy."
    )
    page.save()
    for member, name in zip(members, ("Mara Bianchi", "Jonas Weber", "Lea Rossi"), strict=True):
        member.display_name = name
        member.save()
    asks(made, "Insurance number", required=True)
    asks(made, "Which knee?", kind=Question.Kind.CHOICE, options=["Left", "Right", "Both"], required=True, position=1)
    asks(made, "Which languages suit you?", kind=Question.Kind.SEVERAL, options=["English", "German"], position=2)
    asks(made, "How did you find us?", kind=Question.Kind.CHOICE, options=["A friend", "The web"], position=3)
    return made


def to_details(browser: Any, address: str, time: int = 0) -> None:
    browser.goto(address)
    browser.locator("a.day").nth(2).click()
    browser.wait_for_url("**date=*")
    browser.locator("a.time").nth(time).click()
    browser.locator("#book").wait_for()


def test_the_time_is_kept_exchanged_and_given_back(site: Any, live_server: Any, calm: Any) -> None:
    _page, service, _owner = personal_page(site)
    address = f"{live_server.url}{path_of(service)}?tz=Europe/London"
    to_details(calm, address)
    expect(calm.locator("#hold")).to_contain_text("This time is kept for you until")
    first = Hold.objects.get().starts_at
    fill(calm)
    calm.get_by_role("link", name="Choose another time").click()
    calm.locator("a.time").nth(1).wait_for()
    calm.locator("a.time").nth(1).click()
    expect(calm.locator("#hold")).to_contain_text("This time is kept for you until")
    second = Hold.objects.get().starts_at
    assert second != first
    calm.reload()
    expect(calm.locator("#hold")).to_contain_text("This time is kept for you until")
    calm.goto(f"{live_server.url}/")
    calm.wait_for_load_state("networkidle")
    assert not Hold.objects.exists()


def test_a_kept_time_is_booked_by_whoever_keeps_it(site: Any, live_server: Any, calm: Any) -> None:
    _page, service, _owner = personal_page(site)
    to_details(calm, f"{live_server.url}{path_of(service)}?tz=Europe/London")
    expect(calm.locator("#hold")).to_be_visible()
    fill(calm)
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    assert Booking.objects.count() == 1
    assert not Hold.objects.exists()


def test_a_time_that_is_no_longer_kept_is_said_to_be_so(site: Any, live_server: Any, calm: Any) -> None:
    _page, service, _owner = personal_page(site)
    calm.clock.install()
    to_details(calm, f"{live_server.url}{path_of(service)}?tz=Europe/London")
    expect(calm.locator("#hold")).to_contain_text("This time is kept for you until")
    calm.clock.fast_forward("10:01")
    expect(calm.locator("#hold")).to_contain_text("This time is no longer kept for you.")


def test_answers_survive_the_choice_of_another_time(site: Any, live_server: Any, calm: Any) -> None:
    service = asking(site)
    to_details(calm, f"{live_server.url}{path_of(service)}?tz=Europe/London")
    fill(calm)
    calm.get_by_label("Insurance number").fill("756.1")
    calm.get_by_label("Right").check()
    calm.get_by_label("German").check()
    calm.get_by_label("How did you find us?").select_option("The web")
    calm.get_by_label("I agree").check()
    calm.get_by_role("link", name="Choose another time").click()
    calm.locator("a.time").nth(1).click()
    calm.locator("#book").wait_for()
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    answers = {row["label"]: row["answer"] for row in Booking.objects.get().answers}
    assert answers == {
        "Insurance number": "756.1", "Which knee?": "Right", "Which languages suit you?": "German",
        "How did you find us?": "The web",
    }  # fmt: skip


def test_everything_is_asked_and_proved_without_javascript(site: Any, live_server: Any, browser: Any) -> None:
    service = asking(site)
    service.page.asks_mail_code = True
    service.page.save()
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    tab = context.new_page()
    to_details(tab, f"{live_server.url}{path_of(service)}")
    assert not tab.locator("#hold").is_visible()
    fill(tab)
    tab.get_by_label("Insurance number").fill("756.1")
    tab.get_by_label("Left").check()
    tab.get_by_label("I agree").check()
    tab.locator("#book").click()
    tab.get_by_label("The six digits from the mail").fill(digits())
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/manage/*")
    assert Booking.objects.get().answers[0]["answer"] == "756.1"
    assert not Hold.objects.exists()
    context.close()


def digits() -> str:
    """Those of the latest mail."""
    found = re.search(r"\b\d{3} ?\d{3}\b", Message.objects.filter(template="mailCode").latest("created_at").text)
    assert found is not None
    return found[0]


@pytest.mark.looks
@pytest.mark.parametrize(("width", "height", "scheme"), SIGHTS)
def test_every_step_is_accessible_in_three_widths_light_and_dark(
    site: Any, live_server: Any, calm: Any, width: int, height: int, scheme: str
) -> None:
    calm.set_viewport_size({"width": width, "height": height})
    calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def look(name: str) -> None:
        shot(calm, f"visitor-{name}-{width}-{scheme}")
        without_findings(calm)

    service = asking(site, approval=Service.Approval.HOST, change_cutoff=timedelta(hours=24))
    service.page.asks_mail_code = True
    service.page.save()
    _pickers(service, live_server.url, calm, look)
    to_details(calm, f"{live_server.url}{path_of(service)}?tz=Europe/London")
    expect(calm.locator("#hold")).to_be_visible()
    look("details")
    calm.locator("#book").click()
    calm.locator(".field__error").first.wait_for()
    look("errors")
    fill(calm)
    calm.get_by_label("Insurance number").fill("756.1234.5678.90")
    calm.get_by_label("Left").check()
    calm.get_by_label("Guests").fill("ben@example.net")
    calm.get_by_label("I agree").check()
    calm.locator("#book").click()
    calm.get_by_label("The six digits from the mail").fill("123")
    look("proof")
    calm.locator("#book").click()
    calm.locator(".field__error").first.wait_for()
    look("wrong-digits")
    calm.get_by_label("The six digits from the mail").fill(digits())
    calm.locator("#book").click()
    calm.wait_for_url("**/manage/*")
    look("requested")
    calm.get_by_role("link", name="Withdraw the request").click()
    look("withdraw")
    Booking.objects.update(status=Booking.Status.CONFIRMED, change_cutoff=timedelta(days=60))
    calm.goto(calm.url.removesuffix("/cancel"))
    look("locked")
    Booking.objects.update(status=Booking.Status.DECLINED, cancel_reason="We are closed that morning.")
    calm.reload()
    look("declined")


def _pickers(service: Service, site_url: str, browser: Any, look: Any) -> None:
    """Seats, a team, somebody away, nothing free."""
    page = service.page
    shared = ServiceFactory(page=page, title="Back class", seats=8, waiting_list=True)
    tomorrow = (timezone.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    book(page, shared, tomorrow, now=timezone.now(), details=Details(consented=True))
    browser.goto(f"{site_url}{path_of(shared)}?tz=Europe/London&date={tomorrow:%Y-%m-%d}")
    look("seats")
    team = ServiceFactory(page=page, title="Case conference", staffing=Service.Staffing.ALL)
    browser.goto(f"{site_url}{path_of(team)}?tz=Europe/London")
    look("team")
    mara, jonas, _lea = page.staff_members.all()
    TimeOff.objects.create(
        tenant=page.tenant, page=page, staff_member=mara, redirect_to=jonas,
        starts_at=timezone.now() - timedelta(days=1), ends_at=timezone.now() + timedelta(days=12),
    )  # fmt: skip
    browser.goto(f"{site_url}{path_of(service)}?tz=Europe/London&staff={mara.pk}")
    look("away")
    full = ServiceFactory(page=page, title="Surgery", minimum_lead=timedelta(days=40), waiting_list=True)
    browser.goto(f"{site_url}{path_of(full)}?tz=Europe/London&date={timezone.now():%Y-%m-%d}")
    look("nothing-free")
