"""Where pages are found, and what stands there in each of their states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django_scopes import scope

from tenants import acting
from tenants.models import Domain, Tenant
from tenants.services import policies
from tests.factories import NOW, ServiceFactory, clinic, member, personal_page, stranger
from tests.pages.reading import links, text


@pytest.mark.row("S1.1", "S1.2", "S1.3", "S1.38")
def test_every_form_of_a_personal_address_opens_the_same_page(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    hex_guid, domain = page.address.split("@")
    assert page.path == f"/bookwithme/user/{hex_guid}%40{domain}"
    for address in (
        f"{hex_guid}%40{domain}", f"{hex_guid}@{domain}", f"{hex_guid.upper()}@{domain}",
        f"{hex_guid}@{domain.upper()}", f"{hex_guid}%40{domain}?anonymous", f"{hex_guid}@{domain}?anonymous",
    ):  # fmt: skip
        answer = visitor.get(f"/bookwithme/user/{address}")
        assert answer.status_code == 200
        assert page.display_name in text(answer)


@pytest.mark.row("S1.3", "S1.31")
def test_an_address_that_is_not_quite_right_opens_nothing(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    hex_guid, domain = page.address.split("@")
    for address in (
        f"{page.mailbox.exchange_guid}@{domain}", f"{hex_guid}@fabrikam.example", f"{hex_guid[:-1]}@{domain}",
        f"{'0' * 32}@{domain}", f"{hex_guid}@", hex_guid, f"{hex_guid}@{domain}%00",
    ):  # fmt: skip
        assert visitor.get(f"/bookwithme/user/{address}").status_code == 404, address
    assert visitor.get(f"/book/{page.address}/").status_code == 404


def test_a_domain_must_be_verified(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    Domain.objects.update(verified_at=None)
    assert visitor.get(page.path).status_code == 404


@pytest.mark.row("S1.31", "S1.26")
def test_a_page_that_is_not_set_up_looks_like_one_that_is_unknown(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    unknown = visitor.get(f"/bookwithme/user/{'0' * 32}@contoso.com")
    page.activated_at = page.reachable_at = None
    page.save()
    for address in (page.path, f"{page.path}/meetingtype/{service.pk}"):
        answer = visitor.get(address)
        assert answer.status_code == 404
        assert text(answer) == text(unknown)


@pytest.mark.row("S1.33")
def test_a_page_just_activated_asks_for_a_few_minutes(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    page.reachable_at = NOW + timedelta(seconds=90)
    page.save()
    answer = visitor.get(page.path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "90")
    assert "being set up" in text(answer)


@pytest.mark.row("S4.8")
def test_an_unpublished_page_is_gone_and_comes_back_when_published(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    page.is_published = False
    page.save()
    assert visitor.get(page.path).status_code == 404
    page.is_published = True
    page.save()
    assert visitor.get(page.path).status_code == 200


@pytest.mark.row("S0.2", "S4.20")
def test_a_switch_closes_the_pages_it_is_for_and_no_others(contoso: Tenant, visitor: Client) -> None:
    mine, service, _owner = personal_page(contoso)
    ours, other, _people = clinic(contoso)
    personal = [mine.path, f"{mine.path}/meetingtype/{service.pk}"]
    shared = [ours.path, f"{ours.path}service/{other.pk}"]
    contoso.bookings_enabled = False
    contoso.save()
    assert [visitor.get(address).status_code for address in (*personal, *shared)] == [200, 200, 404, 404]
    policies.set_switch(tenant=contoso, kind="shared", on=True, now=NOW, actor=acting.SYSTEM)
    policies.set_switch(tenant=contoso, kind="personal", on=False, now=NOW, actor=acting.SYSTEM)
    assert [visitor.get(address).status_code for address in (*personal, *shared)] == [404, 404, 200, 200]


@pytest.mark.row("S1.27", "S1.28")
@pytest.mark.parametrize("why", ["private", "deleted"])
def test_a_page_without_public_meetings_opens_and_says_so(contoso: Tenant, visitor: Client, why: str) -> None:
    page, service, _owner = personal_page(contoso)
    if why == "private":
        service.is_public = False
    else:
        service.archived_at = NOW
    service.save()
    answer = visitor.get(page.path)
    assert answer.status_code == 200
    assert "No public meetings are available." in text(answer)


@pytest.mark.row("S4.9", "S4.10", "S4.11")
def test_the_page_lists_public_meetings_and_never_a_private_one(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso, title="Introduction", price_text="CHF 80", location="Zurich")
    secret = ServiceFactory(page=page, title="Board meeting", is_public=False)
    deleted = ServiceFactory(page=page, title="Old", archived_at=NOW)
    answer = visitor.get(page.path)
    said = text(answer)
    assert all(word in said for word in ("Introduction", "30 min", "CHF 80", "Zurich"))
    assert "Board meeting" not in said
    assert str(secret.pk) not in answer.content.decode()
    for hidden in (secret, deleted):
        assert visitor.get(f"{page.path}/meetingtype/{hidden.pk}").status_code == 404


def test_a_meeting_of_another_page_or_organisation_is_not_found_here(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    _other, foreign, _members = clinic(contoso)
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        _their_page, theirs, _their_owner = personal_page(fabrikam)
    for service in (foreign, theirs):
        assert visitor.get(f"{page.path}/meetingtype/{service.pk}").status_code == 404


def test_a_business_page_lists_its_services(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, staff=2)
    answer = visitor.get(f"/book/{page.mailbox.address.upper()}/")
    assert answer.status_code == 200
    assert service.title in text(answer)
    assert visitor.get(f"{page.path}service/{service.pk}").status_code == 200
    assert visitor.get("/book/nobody@contoso.com/").status_code == 404


@pytest.mark.row("S4.33")
def test_no_page_for_visitors_is_for_search_engines(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    for address in (page.path, f"{page.path}/meetingtype/{service.pk}", "/bookwithme/link/x", "/manage/x"):
        answer = visitor.get(address)
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


def test_a_visitor_gets_no_session_and_pages_are_not_shared(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    answer = visitor.get(page.path)
    assert "sessionid" not in visitor.cookies
    assert "private" in answer["Cache-Control"]


def test_the_accent_is_a_style_sheet_of_its_own(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    body = visitor.get(page.path).content.decode()
    address = f"/brand/{contoso.pk}.css?v={contoso.accent[1:]}"
    assert address in body
    assert 'style="' not in body
    sheet = visitor.get(address)
    assert sheet["Content-Type"].startswith("text/css")
    assert "immutable" in sheet["Cache-Control"]
    assert "--accent:" in sheet.content.decode()
    assert visitor.get("/brand/00000000-0000-0000-0000-000000000000.css").status_code == 404


def test_a_logo_is_the_one_picture_let_in_from_elsewhere(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    contoso.logo_url = "https://cdn.contoso.com/logo.svg?size=2"
    contoso.save()
    answer = visitor.get(page.path)
    assert "https://cdn.contoso.com/logo.svg" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_language_can_be_switched_without_javascript(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso)
    answer = visitor.post("/i18n/setlang/", {"language": "de", "next": page.path})
    assert unquote(answer["Location"]) == unquote(page.path)
    assert '<html lang="de">' in visitor.get(page.path).content.decode()


def test_the_home_page_lists_pages_only_in_the_demonstration(contoso: Tenant, visitor: Client, settings: Any) -> None:
    page, _service, _owner = personal_page(contoso)
    assert page.display_name not in text(visitor.get("/"))
    settings.DEMO = True
    front = visitor.get("/").content.decode()
    assert all(f'href="{address}"' in front for address in (page.path, "/outbox/", "/sandbox/", "/admin/"))


def test_links_of_the_list_keep_the_time_zone(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    body = visitor.get(f"{page.path}?tz=Asia/Tokyo").content.decode()
    assert f"{page.path}/meetingtype/{service.pk}?tz=Asia/Tokyo" in body
    assert links(visitor.get(page.path), "skip") == ["#main"]


def test_the_home_page_offers_to_sign_in_or_what_is_behind_it(contoso: Tenant, visitor: Client) -> None:
    assert "/accounts/login/" in visitor.get("/").content.decode()
    visitor.force_login(member(contoso).user)
    signed_in = visitor.get("/").content.decode()
    assert 'href="/staff/"' in signed_in and "/accounts/login/" not in signed_in
