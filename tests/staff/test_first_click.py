"""A page's first day: the button, the click, the wait, the link (S1.32-S1.34, S4.28-S4.30)."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, PageState
from tenants.models import AuditEvent, Mailbox, Role

pytestmark = pytest.mark.django_db
BUTTON = "Go to my booking page"


@pytest.mark.row("S1.34", "S4.28")
def test_the_button_appears_with_the_licence(sign_in, client: Client) -> None:
    sign_in()
    assert BUTTON in client.get(reverse("staff:own_page")).content.decode()
    assert BUTTON in client.get(reverse("staff:dashboard")).content.decode()


@pytest.mark.row("S1.34", "S4.30")
def test_without_a_licence_there_is_no_button_and_the_click_is_refused(sign_in, client: Client) -> None:
    sign_in(capabilities=["BPOS_S_Standard"])
    assert BUTTON not in client.get(reverse("staff:own_page")).content.decode()
    answer = client.post(reverse("staff:activate"), follow=True)
    assert "no Microsoft Bookings licence" in answer.content.decode()
    assert not BookingPage.objects.exists()


@pytest.mark.row("S1.32", "S1.33", "S4.29")
def test_the_first_click_makes_the_page_and_says_when_others_reach_it(sign_in, client: Client) -> None:
    sign_in()
    mailboxes = Mailbox.objects.count()
    answer = client.post(reverse("staff:activate"), follow=True)
    page = BookingPage.objects.get()
    assert page.state(page.activated_at) == PageState.ACTIVATING
    assert page.reachable_at - page.activated_at == settings.PERSONAL_PAGE_ACTIVATION
    assert "Others reach it from" in answer.content.decode()
    assert "60 minutes meeting" in answer.content.decode()
    assert Mailbox.objects.count() == mailboxes
    assert AuditEvent.objects.filter(action="page.activated").count() == 1


def test_a_second_click_changes_nothing(sign_in, client: Client) -> None:
    sign_in()
    for _again in range(2):
        client.post(reverse("staff:activate"))
    assert BookingPage.objects.get().services.count() == 3


@pytest.mark.row("S1.2", "S4.5")
def test_the_anonymous_address_is_the_one_offered_for_copying(sign_in, client: Client) -> None:
    sign_in()
    shown = client.post(reverse("staff:activate"), follow=True).content.decode()
    page = BookingPage.objects.get()
    first_copy = shown.split('data-copy="')[1].split('"')[0]
    assert first_copy == page.anonymous_url and first_copy.endswith("?anonymous")
    assert f'data-copy="{page.url}"' in shown


@pytest.mark.row("S4.8")
def test_publishing_is_a_switch(sign_in, client: Client) -> None:
    sign_in()
    client.post(reverse("staff:activate"))
    page = BookingPage.objects.get()
    BookingPage.objects.update(reachable_at=page.activated_at)
    client.post(reverse("staff:publish", args=[page.pk]), {"published": "no"})
    assert client.get(page.path).status_code == 404
    client.post(reverse("staff:publish", args=[page.pk]), {"published": "yes"})
    assert client.get(page.path).status_code == 200
    actions = AuditEvent.objects.filter(action__startswith="page.").order_by("at").values_list("action", flat=True)
    assert list(actions) == ["page.activated", "page.unpublished", "page.published"]


def test_a_viewer_has_no_page(sign_in, client: Client) -> None:
    sign_in(Role.VIEWER)
    assert client.get(reverse("staff:own_page")).status_code == 404
    assert client.post(reverse("staff:activate")).status_code == 404
    assert client.get(reverse("staff:dashboard")).status_code == 200


def test_nobody_signed_in_is_sent_to_the_sign_in_and_back(client: Client) -> None:
    answer = client.get("/staff/bookings/?when=past")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/staff/bookings/%3Fwhen%3Dpast"
