"""What the owner of a page decides about it, and what a visitor notices of that."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from bookings.models import BookingPage, PrivateLink
from bookings.services import private_links
from bookings.views.staff import holiday_choices
from tenants import acting, contrast
from tenants.models import AuditEvent, Role, Tenant
from tests.api.conftest import Program, anybody, fabrikam_api, program
from tests.factories import NOW, clinic, member, personal_page, stranger

__all__ = ["anybody", "fabrikam_api"]

pytestmark = pytest.mark.django_db
FORM = {
    "display_name": "Clinic", "description": "", "phone": "", "email": "", "website": "", "postal_address": "",
    "language": "en", "access": "everyone", "accent": "", "logo_url": "", "consent_text": "", "holiday_country": "",
    "holiday_region": "",
}  # fmt: skip


@pytest.fixture
def own_page(contoso: Tenant) -> BookingPage:
    return clinic(contoso)[0]


@pytest.fixture
def owner(contoso: Tenant) -> Client:
    return signed_in(member(contoso, Role.OWNER).user)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def settings_of(own_page: BookingPage) -> str:
    return reverse("staff:page_details", args=[own_page.pk])


def service_path(own_page: BookingPage) -> str:
    return f"{own_page.path}service/{own_page.services.get().pk}"


def test_everything_is_kept_and_stands_in_the_trail(own_page: BookingPage, owner: Client) -> None:
    typed = FORM | {
        "access": "organisation", "is_indexed": "on", "accent": "#AA3300", "logo_url": "https://cdn.contoso.com/l.png",
        "consent_text": "I agree.", "asks_mail_code": "on", "holiday_country": "DE", "holiday_region": "BY",
        "language": "de",
    }  # fmt: skip
    assert owner.post(settings_of(own_page), typed).status_code == 302
    own_page.refresh_from_db()
    assert (own_page.access, own_page.is_indexed, own_page.accent, own_page.asks_mail_code) == (
        "organisation",
        True,
        "#AA3300",
        True,
    )
    assert (own_page.consent_text, own_page.holiday_country, own_page.holiday_region) == ("I agree.", "DE", "BY")
    assert AuditEvent.objects.get(action="page.changed").after["access"] == "organisation"
    shown = owner.get(settings_of(own_page)).content.decode()
    assert "Bayern" in shown and "Switzerland" in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"accent": "red"}, "six hexadecimal digits"),
        ({"holiday_country": "DE", "holiday_region": "XX"}, "Select a valid"),
        ({"holiday_country": "??"}, "Select a valid"),
        ({"access": "nobody"}, "Select a valid"),
    ],
)
def test_what_makes_no_sense_is_refused(own_page: BookingPage, owner: Client, typed: dict[str, str], said: str) -> None:
    BookingPage.objects.filter(pk=own_page.pk).update(holiday_country=typed.get("holiday_country", "")[:2])
    assert said in owner.post(settings_of(own_page), FORM | typed | {"display_name": "Other"}).content.decode()
    own_page.refresh_from_db()
    assert own_page.display_name == "Clinic"


def test_another_country_forgets_the_region_of_the_one_before(own_page: BookingPage, owner: Client) -> None:
    BookingPage.objects.filter(pk=own_page.pk).update(holiday_country="DE", holiday_region="BY")
    assert (
        owner.post(settings_of(own_page), FORM | {"holiday_country": "CH", "holiday_region": "BY"}).status_code == 302
    )
    own_page.refresh_from_db()
    assert (own_page.holiday_country, own_page.holiday_region) == ("CH", "")


@pytest.mark.row("S4.33")
def test_search_engines_are_kept_out_unless_the_owner_wants_them(own_page: BookingPage, visitor: Client) -> None:
    for path in (own_page.path, service_path(own_page)):
        hidden = visitor.get(path)
        assert "noindex" in hidden["X-Robots-Tag"] and 'name="robots"' in hidden.content.decode()
    own_page.is_indexed = True
    own_page.save()
    for path in (own_page.path, service_path(own_page)):
        found = visitor.get(path)
        assert "X-Robots-Tag" not in found and 'name="robots"' not in found.content.decode()
    # Neither a chosen time, nor what is not there, nor a page for the organisation only.
    assert "noindex" in visitor.get(f"{service_path(own_page)}?time=2026-11-24T09:00Z")["X-Robots-Tag"]
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    assert "noindex" in visitor.get(own_page.path)["X-Robots-Tag"]


def test_a_private_link_is_never_for_search_engines(contoso: Tenant, visitor: Client) -> None:
    own_page, service, _owner = personal_page(contoso, is_public=False)
    own_page.is_indexed = True
    own_page.save()
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    assert "noindex" in visitor.get(f"/bookwithme/link/{link.token}")["X-Robots-Tag"]


def test_a_page_has_its_own_colour_corrected_and_its_own_picture(own_page: BookingPage, visitor: Client) -> None:
    own_page.accent, own_page.logo_url = "#FFEE00", "https://cdn.contoso.com/logo.png"
    own_page.save()
    answer = visitor.get(own_page.path)
    body = answer.content.decode()
    assert '"/brand/ffee00.css"' in body and "cdn.contoso.com/logo.png" in body
    assert "https://cdn.contoso.com/logo.png" in answer["Content-Security-Policy"]
    sheet = visitor.get("/brand/ffee00.css").content.decode()
    assert contrast.accent_text("#ffee00").light in sheet and contrast.accent_text("#ffee00").light != "#ffee00"
    assert visitor.get("/brand/zzzzzz.css").status_code == 404


@pytest.mark.row("S1.38")
def test_a_page_for_the_organisation_asks_for_the_sign_in_and_comes_back(
    contoso: Tenant, own_page: BookingPage, visitor: Client
) -> None:
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    for path in (own_page.path, f"{service_path(own_page)}?tz=Asia/Tokyo"):
        answer = visitor.get(path)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=")
        assert own_page.display_name not in answer.content.decode()
    colleague = signed_in(member(contoso, Role.VIEWER).user)
    assert colleague.get(own_page.path).status_code == colleague.get(service_path(own_page)).status_code == 200


def test_other_organisations_find_nothing_there(own_page: BookingPage) -> None:
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    with scopes_disabled():
        foreign = signed_in(member(stranger(), Role.OWNER).user)
    for path in (own_page.path, service_path(own_page)):
        answer = foreign.get(path)
        assert answer.status_code == 404 and "Clinic" not in answer.content.decode()


def test_programs_and_microsofts_endpoints_are_closed_too(
    contoso: Tenant, own_page: BookingPage, anybody: Program, fabrikam_api: Program
) -> None:
    slots = f"/pages/{own_page.address}/services/{own_page.services.get().pk}/slots?from=2026-11-24&to=2026-11-24"
    microsofts = f"/BookingsService/api/V1/bookingBusinessesc2/{own_page.address}/services"
    assert anybody("GET", slots)[0] == Client().get(microsofts).status_code == 200
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    assert anybody("GET", slots)[0] == fabrikam_api("GET", slots)[0] == Client().get(microsofts).status_code == 404
    wish = {"serviceId": str(own_page.services.get().pk), "start": "2026-11-24T09:00:00Z", "timeZone": "UTC",
            "customer": {"name": "Ana", "email": "ana@example.net"}}  # fmt: skip
    assert anybody("POST", f"/pages/{own_page.address}/bookings", wish)[0] == 404
    assert program(contoso, scopes=["bookings:read"])("GET", slots)[0] == 200


def test_a_private_link_obeys_its_page(contoso: Tenant, visitor: Client) -> None:
    own_page, service, _owner = personal_page(contoso, is_public=False)
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    path = f"/bookwithme/link/{link.token}"
    assert visitor.get(path).status_code == 302
    assert signed_in(member(contoso).user).get(path).status_code == 200
    assert visitor.post(f"{path}/opened").status_code == 302
    assert PrivateLink.objects.get().first_opened_at is None


def test_in_a_frame_the_sign_in_opens_by_itself(contoso: Tenant, own_page: BookingPage, visitor: Client) -> None:
    contoso.frame_ancestors = ["https://www.contoso.com"]
    contoso.save()
    own_page.access = BookingPage.Access.ORGANISATION
    own_page.save()
    answer = visitor.get(f"{own_page.path}?embed")
    assert answer.status_code == 403 and f'href="{own_page.path}" target="_blank"' in answer.content.decode()
    assert "Clinic" not in answer.content.decode()


@pytest.mark.parametrize(
    ("accepts", "cookie", "expected"),
    [("", "", "de"), ("fr-CH, fr;q=0.9", "", "de"), ("en-GB, fr;q=0.9", "", "en"), ("fr, en;q=0.2", "", "en"),
     ("de-AT", "", "de"), ("fr", "en", "en"), ("*", "", "de")],
)  # fmt: skip
def test_visitors_read_their_language_and_else_the_pages(
    own_page: BookingPage, visitor: Client, accepts: str, cookie: str, expected: str
) -> None:
    own_page.language = "de"
    own_page.save()
    if cookie:
        visitor.cookies["django_language"] = cookie
    for path in (own_page.path, service_path(own_page)):
        answer = visitor.get(path, HTTP_ACCEPT_LANGUAGE=accepts)
        assert (answer["Content-Language"], f'<html lang="{expected}"' in answer.content.decode()) == (expected, True)


def test_countries_have_names_as_people_write_them() -> None:
    names = dict(holiday_choices.countries())
    assert (names["CD"], names["AG"], names["IM"]) == ("DR Congo", "Antigua and Barbuda", "Isle of Man")
