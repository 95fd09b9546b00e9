"""The share kit: everything that leads a visitor to a page, a type or a private link."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models import BookingPage
from bookings.services import private_links
from tenants import acting
from tenants.models import Role, Tenant
from tests.factories import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_page(sign_in, client: Client) -> BookingPage:
    """The own page of the member who is signed in, that others reach."""
    sign_in()
    client.post(reverse("staff:activate"))
    BookingPage.objects.update(reachable_at=timezone.now() - timedelta(days=1), display_name='Ana "Q" <b>')
    return BookingPage.objects.select_related("mailbox").get()


def kit(client: Client, view: str, *args, **query: str) -> str:
    return client.get(reverse(f"staff:{view}", args=args), query).content.decode()


def copied(body: str) -> list[str]:
    """What the copy buttons copy."""
    return [unescape(text) for text in re.findall(r'data-copy(?:-html)?="([^"]*)"', body)]


@pytest.mark.row("S4.8", "S4.9")
def test_a_page_is_copied_mailed_signed_and_framed(own_page: BookingPage, client: Client) -> None:
    body = kit(client, "page_share", own_page.pk)
    texts = copied(body)
    assert own_page.anonymous_url in texts
    assert f"Book a time with {own_page.display_name}: {own_page.anonymous_url}" in texts
    html = next(text for text in texts if text.startswith("<a "))
    assert "&quot;Q&quot; &lt;b&gt;" in html and f'href="{own_page.anonymous_url}"' in html
    frame = next(text for text in texts if text.startswith("<iframe"))
    assert f'src="{own_page.anonymous_url}&amp;embed"' in frame
    mail = parse_qs(urlsplit(unescape(re.findall(r'href="(mailto:[^"]+)"', body)[0])).query)
    assert own_page.anonymous_url in mail["body"][0] and own_page.display_name in mail["subject"][0]
    for address in (own_page.anonymous_url, f"{own_page.anonymous_url}&embed"):
        path = urlsplit(address)
        assert Client().get(f"{path.path}?{path.query}").status_code == 200


def test_a_public_type_is_shared_by_itself_and_a_private_one_by_its_links(
    own_page: BookingPage, client: Client
) -> None:
    service = own_page.services.first()
    address = f"{own_page.url}/meetingtype/{service.pk}"
    assert address in copied(kit(client, "service_share", own_page.pk, service.pk))
    service.is_public = False
    service.save()
    away = client.get(reverse("staff:service_share", args=[own_page.pk, service.pk]))
    assert away["Location"] == reverse("staff:service_links", args=[own_page.pk, service.pk])
    assert client.get(reverse("staff:service_code_svg", args=[own_page.pk, service.pk])).status_code == 404


def test_a_private_link_is_shared_while_it_works(own_page: BookingPage, client: Client) -> None:
    service, now = own_page.services.first(), timezone.now()
    link = private_links.create(service=service, now=now, actor=acting.SYSTEM)
    where = [own_page.pk, service.pk, link.pk]
    assert link.url in copied(kit(client, "link_share", *where))
    private_links.revoke(link=link, now=now, actor=acting.SYSTEM)
    for name in ("link_share", "link_code_svg", "link_code_png"):
        answer = client.get(reverse(f"staff:{name}", args=where))
        assert answer.status_code == 404 and link.token not in answer.content.decode()


def test_the_code_is_a_picture_in_two_formats(own_page: BookingPage, client: Client) -> None:
    svg = client.get(reverse("staff:page_code_svg", args=[own_page.pk]))
    png = client.get(reverse("staff:page_code_png", args=[own_page.pk]))
    assert svg["Content-Type"] == "image/svg+xml" and b"<svg" in svg.content and b"style=" not in svg.content
    assert png["Content-Type"] == "image/png" and png.content.startswith(b"\x89PNG")


def test_a_link_brings_name_address_and_campaign_along(own_page: BookingPage, client: Client) -> None:
    texts = copied(kit(client, "page_share", own_page.pk, name="Zoë & Co", email="zoe@example.net", ref="spring"))
    filled = f"{own_page.anonymous_url}&name=Zo%C3%AB%20%26%20Co&email=zoe%40example.net&ref=spring"
    assert filled in texts
    service = own_page.services.first()
    listed = Client().get(f"{urlsplit(filled).path}?{urlsplit(filled).query}").content.decode()
    onward = unescape(re.findall(rf'href="([^"]*{service.pk}[^"]*)"', listed)[0])
    assert parse_qs(urlsplit(onward).query)["ref"] == ["spring"]


def test_without_a_site_that_may_embed_the_owner_reads_what_to_do(
    contoso: Tenant, own_page: BookingPage, client: Client
) -> None:
    assert "Ask an administrator" in kit(client, "page_share", own_page.pk)
    contoso.frame_ancestors = ["https://www.contoso.com"]
    contoso.save()
    assert "https://www.contoso.com" in kit(client, "page_share", own_page.pk)


def test_nobody_else_finds_the_kit(contoso: Tenant, own_page: BookingPage) -> None:
    colleague = Client()
    colleague.force_login(member(contoso, Role.OWNER).user)
    for name in ("page_share", "page_code_svg", "page_code_png"):
        assert colleague.get(reverse(f"staff:{name}", args=[own_page.pk])).status_code == 404
