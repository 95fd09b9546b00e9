"""Booking pages in a frame of the sites that an organisation names, and nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client

from bookings.models import Booking
from tenants.models import Tenant
from tests.factories import NOW, book, personal_page
from tests.pages.reading import details

SITE = "https://www.contoso.com"
HERE = {"HTTP_ORIGIN": "http://testserver"}


@pytest.fixture
def embedding(contoso: Tenant) -> Tenant:
    contoso.frame_ancestors = [SITE, "https://*.contoso.com"]
    contoso.save()
    return contoso


def ancestors(answer) -> str:
    """Who may show the answer in a frame."""
    policy = answer["Content-Security-Policy"]
    return next(part for part in policy.split("; ") if part.startswith("frame-ancestors")).partition(" ")[2]


def test_only_the_sites_that_are_named_may_show_a_page(embedding: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(embedding)
    framed = visitor.get(f"{page.path}?embed")
    assert ancestors(framed) == f"{SITE} https://*.contoso.com"
    assert "X-Frame-Options" not in framed
    whole = visitor.get(page.path)
    assert (ancestors(whole), whole["X-Frame-Options"]) == ("'none'", "DENY")


def test_nobody_may_where_nobody_is_named(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    answer = visitor.get(f"{page.path}?embed")
    assert (ancestors(answer), answer["X-Frame-Options"]) == ("'none'", "DENY")


@pytest.mark.parametrize(("query", "headers"), [("?embed", {}), ("", {"HTTP_SEC_FETCH_DEST": "iframe"})])
def test_a_page_in_a_frame_comes_without_the_sites_own_frame(
    embedding: Tenant, visitor: Client, query: str, headers: dict[str, str]
) -> None:
    page, _service, _owner = personal_page(embedding)
    whole, framed = visitor.get(page.path), visitor.get(f"{page.path}{query}", **headers)
    for part in ('<header class="site-header"', '<footer class="site-footer"'):
        assert part in whole.content.decode() and part not in framed.content.decode()


def test_the_frame_is_kept_from_the_list_to_the_confirmation(embedding: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(embedding)
    listed = visitor.get(f"{page.path}?embed&ref=newsletter").content.decode()
    assert f"/meetingtype/{service.pk}?embed=&amp;ref=newsletter" in listed
    path = f"{page.path}/meetingtype/{service.pk}?embed=&time=2026-11-24T09:00Z"
    answer = visitor.post(path, details(visitor, path))
    assert answer.status_code == 303 and answer["Location"].endswith("?booked&embed")
    confirmed = visitor.get(answer["Location"])
    assert ancestors(confirmed).startswith(SITE) and "site-footer" not in confirmed.content.decode()


def test_errors_stay_in_the_frame_too(embedding: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(embedding)
    service.archived_at = NOW
    service.save()
    answer = visitor.get(f"{page.path}/meetingtype/{service.pk}?embed")
    assert (answer.status_code, ancestors(answer)) == (404, f"{SITE} https://*.contoso.com")


def test_an_unknown_page_may_stand_in_no_frame(embedding: Tenant, visitor: Client) -> None:
    answer = visitor.get("/bookwithme/user/0123456789abcdef0123456789abcdef@contoso.com?embed")
    assert (answer.status_code, ancestors(answer)) == (404, "'none'")


def test_staff_pages_and_the_sign_in_may_stand_in_no_frame(embedding: Tenant, visitor: Client) -> None:
    for path in ("/accounts/login/?embed", "/organisation/settings/?embed", "/?embed", "/approve/some-token?embed"):
        assert ancestors(visitor.get(path, HTTP_SEC_FETCH_DEST="iframe")) == "'none'"


def test_a_visitor_without_cookies_books_and_cancels(embedding: Tenant, monday: None) -> None:
    page, service, _owner = personal_page(embedding)
    path = f"{page.path}/meetingtype/{service.pk}?embed&time=2026-11-24T09:00Z"
    sent = details(Client(), path)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, sent, **HERE).status_code == 303
    token = Booking.objects.get().manage_token
    assert strict.post(f"/manage/{token}/cancel?embed", {}, **HERE).status_code == 303
    assert Booking.objects.get().is_cancelled


@pytest.mark.parametrize("origin", ["https://www.contoso.com", "https://evil.example", "null", ""])
def test_a_form_that_another_site_sends_is_refused(embedding: Tenant, monday: None, origin: str) -> None:
    page, service, _owner = personal_page(embedding)
    path = f"{page.path}/meetingtype/{service.pk}?embed&time=2026-11-24T09:00Z"
    sent = details(Client(), path)
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    assert Client(enforce_csrf_checks=True).post(path, sent, **headers).status_code == 403
    assert not Booking.objects.exists()


def test_whoever_has_a_session_is_checked_as_everywhere(embedding: Tenant, monday: None) -> None:
    page, service, _owner = personal_page(embedding)
    booking = book(page, service, NOW.replace(hour=9, day=24))
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["sessionid"] = "something"
    assert strict.post(f"/manage/{booking.manage_token}/cancel", {}, **HERE).status_code == 403
    booking.refresh_from_db()
    assert not booking.is_cancelled
