"""Links of the past: each says what became of it and whom to ask, and nothing that is somebody's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from bookings.models import BookingPage, PrivateLink, Service
from bookings.services import private_links, services
from tenants import acting
from tenants.models import Role, Tenant
from tests.factories import ANA, NOW, book, member, personal_page
from tests.pages.reading import text

pytestmark = pytest.mark.django_db
LIFE = timedelta(days=90)


@pytest.fixture
def private(contoso: Tenant) -> Service:
    page, service, _owner = personal_page(contoso, title="Severance talk", is_public=False, description="Strictly ours")
    page.display_name, page.email = "Anna Keller", "anna.keller@contoso.com"
    page.save()
    return service


def new(service: Service, **rules) -> PrivateLink:
    return private_links.create(service=service, now=NOW, actor=acting.SYSTEM, label="For Ben Ode", **rules)


def dead(service: Service, kind: str) -> str:
    """The address of a link that died this way."""
    if kind == "expired":
        return new(service, expires_at=NOW - timedelta(seconds=1)).token
    link = new(service, max_uses=1)
    if kind == "used":
        book(service.page, service, NOW.replace(hour=9) + timedelta(days=1), link=link)
    elif kind == "revoked":
        private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    elif kind == "deleted":
        services.archive(service=service, now=NOW, actor=acting.SYSTEM)
    return link.token if kind != "unknown" else "no-such-token"


@pytest.mark.row("S4.13", "S4.14")
@pytest.mark.parametrize(
    ("kind", "status", "heading"),
    [
        ("expired", 410, "This link has expired"),
        ("used", 410, "This link has been used"),
        ("revoked", 410, "This link was withdrawn"),
        ("deleted", 410, "This meeting is no longer offered"),
        ("unknown", 404, "We do not know this link"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_each_end_of_a_link_has_its_own_page(
    private: Service, visitor: Client, method: str, kind: str, status: int, heading: str
) -> None:
    path = f"/bookwithme/link/{dead(private, kind)}"
    answer = getattr(visitor, method)(path, {"time": "2026-11-25T09:00Z"} if method == "post" else {})
    assert answer.status_code == status
    assert answer["Cache-Control"] == "no-store" and "noindex" in answer["X-Robots-Tag"]
    if method == "get":
        said = text(answer)
        assert heading in said and "ask" in said
        assert ("Anna Keller" in said) is (kind != "unknown")
        # Not what it led to, nor for whom it was, nor who booked, nor how to write to anybody.
        for secret in ("Severance", "Strictly", "Ben Ode", ANA.name, ANA.email, "anna.keller@", private.page.address):
            assert secret not in answer.content.decode()
        assert "data-opened-url" not in answer.content.decode()


def test_a_link_of_a_closed_page_tells_nobodys_name(private: Service, visitor: Client) -> None:
    path = f"/bookwithme/link/{dead(private, 'expired')}"
    BookingPage.objects.update(is_published=False)
    hidden = visitor.get(path)
    BookingPage.objects.update(is_published=True, access=BookingPage.Access.ORGANISATION)
    closed = visitor.get(path)
    assert (hidden.status_code, closed.status_code) == (404, 302)
    assert "Keller" not in hidden.content.decode() + closed.content.decode()


@pytest.mark.row("S4.15")
def test_a_link_still_opens_its_own_type_where_that_became_public(private: Service, visitor: Client) -> None:
    link = new(private)
    Service.objects.update(is_public=True)
    body = visitor.get(f"/bookwithme/link/{link.token}").content.decode()
    assert "Severance talk" in body and private.page.path not in body


def test_only_a_browser_that_shows_the_page_marks_it_as_opened(private: Service, visitor: Client) -> None:
    link = new(private)
    path = f"/bookwithme/link/{link.token}"
    for _scanner in range(20):
        visitor.get(path)
        visitor.head(path)
    assert PrivateLink.objects.get().first_opened_at is None
    assert f'data-opened-url="{path}/opened"' in visitor.get(path).content.decode()
    assert visitor.get(f"{path}/opened").status_code == 405
    assert visitor.post(f"{path}/opened").status_code == 204
    link.refresh_from_db()
    assert link.first_opened_at == link.last_opened_at == NOW


def test_the_first_look_stays_the_first_and_the_last_follows(private: Service) -> None:
    link = new(private)
    for minutes in (0, 0.5, 5):
        link.refresh_from_db()
        private_links.opened(link=link, now=NOW + timedelta(minutes=minutes))
    link.refresh_from_db()
    assert (link.first_opened_at, link.last_opened_at) == (NOW, NOW + timedelta(minutes=5))


def test_the_owners_own_look_does_not_count(contoso: Tenant, private: Service) -> None:
    link = new(private)
    with scopes_disabled():
        colleague = member(contoso, Role.TEAM_MEMBER).user
    signed_in = Client()
    signed_in.force_login(colleague)
    assert signed_in.post(f"/bookwithme/link/{link.token}/opened").status_code == 204
    link.refresh_from_db()
    assert link.first_opened_at is None


@pytest.mark.parametrize("kind", ["expired", "used", "revoked", "deleted", "unknown"])
def test_a_dead_link_is_never_opened(private: Service, visitor: Client, kind: str) -> None:
    token = dead(private, kind)
    assert visitor.post(f"/bookwithme/link/{token}/opened").status_code in (204, 404)
    assert not PrivateLink.objects.exclude(first_opened_at=None).exists()
