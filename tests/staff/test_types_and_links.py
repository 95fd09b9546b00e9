"""Meeting types, as their owner looks after them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, Service
from tenants.models import AuditEvent

pytestmark = pytest.mark.django_db
FORM = {
    "title": "Mentoring", "description": "", "duration": "45", "slot_interval": "15", "buffer_before": "0",
    "buffer_after": "10", "minimum_lead": "1.5", "maximum_advance": "60", "location": "", "is_public": "on",
}  # fmt: skip


@pytest.fixture
def own_page(sign_in, client: Client) -> BookingPage:
    sign_in()
    client.post(reverse("staff:activate"))
    return BookingPage.objects.get()


@pytest.fixture
def service(own_page: BookingPage) -> Service:
    return own_page.services.first()


@pytest.mark.row("S4.2")
def test_a_type_is_made_in_minutes_hours_and_days(own_page: BookingPage, client: Client) -> None:
    client.post(reverse("staff:service_new", args=[own_page.pk]), FORM)
    made = Service.objects.get(title="Mentoring")
    assert (made.duration, made.buffer_after) == (timedelta(minutes=45), timedelta(minutes=10))
    assert (made.minimum_lead, made.maximum_advance) == (timedelta(minutes=90), timedelta(days=60))
    assert list(made.staff.all()) == list(own_page.staff_members.all())
    assert AuditEvent.objects.filter(action="service.created", target_id=made.pk).exists()


def test_a_private_type_leads_to_the_links_that_open_it(own_page: BookingPage, client: Client) -> None:
    form = {name: value for name, value in FORM.items() if name != "is_public"}
    shown = client.post(reverse("staff:service_new", args=[own_page.pk]), form, follow=True)
    made = Service.objects.get(title="Mentoring")
    assert shown.redirect_chain[-1][0] == reverse("staff:service_links", args=[own_page.pk, made.pk])
    said = shown.content.decode()
    assert "Only its links open it: make the first one here." in said and "can be booked now" not in said


def test_links_for_many_stand_in_the_order_of_their_names(service: Service, client: Client) -> None:
    Service.objects.filter(pk=service.pk).update(is_public=False)
    batch = reverse("staff:link_batch", args=[service.page_id, service.pk])
    names = ["Cy", "Ana", "Eve", "Ben", "Dora"]
    shown = client.post(batch, {"people": "\n".join(names)}, follow=True).content.decode()
    assert [name for name in re.findall(r">([^<>]+)</a>", shown) if name in names] == names


def test_what_makes_no_sense_is_explained_beside_its_field(own_page: BookingPage, client: Client) -> None:
    wrong = FORM | {"minimum_lead": "9000", "title": ""}
    shown = client.post(reverse("staff:service_new", args=[own_page.pk]), wrong).content.decode()
    assert "This field is required" in shown
    shown = client.post(
        reverse("staff:service_new", args=[own_page.pk]), wrong | {"title": "Long ahead"}
    ).content.decode()
    assert "The earliest time must come before the latest." in shown
    assert not Service.objects.filter(title="Long ahead").exists()


@pytest.mark.row("S4.6")
def test_public_and_private_are_one_click_apart(own_page: BookingPage, service: Service, client: Client) -> None:
    address = reverse("staff:service_visibility", args=[own_page.pk, service.pk])
    for word, public in (("no", False), ("yes", True)):
        client.post(address, {"public": word})
        service.refresh_from_db()
        assert service.is_public is public


def test_a_copy_is_private_until_it_is_shown(own_page: BookingPage, service: Service, client: Client) -> None:
    client.post(reverse("staff:service_duplicate", args=[own_page.pk, service.pk]))
    copy = Service.objects.get(title=f"{service.title} (copy)")
    assert not copy.is_public and copy.duration == service.duration


@pytest.mark.row("S1.28")
def test_deleting_asks_first_and_keeps_bookings(own_page: BookingPage, service: Service, client: Client) -> None:
    service.minimum_lead = timedelta(0)
    service.save()
    address = reverse("staff:service_delete", args=[own_page.pk, service.pk])
    assert "cannot be brought back" in client.get(address).content.decode()
    assert own_page.services.filter(archived_at=None).count() == 3
    client.post(address)
    assert own_page.services.filter(archived_at=None).count() == 2
    assert client.get(reverse("staff:service", args=[own_page.pk, service.pk])).status_code == 404


def test_somebody_elses_personal_page_is_not_there(
    own_page: BookingPage, service: Service, sign_in, client: Client
) -> None:
    sign_in("owner")
    for name, arguments in (
        ("hours", [own_page.pk]),
        ("service", [own_page.pk, service.pk]),
        ("explain", [own_page.pk]),
    ):
        assert client.get(reverse(f"staff:{name}", args=arguments)).status_code == 404
    assert client.post(reverse("staff:publish", args=[own_page.pk]), {"published": "no"}).status_code == 404


def test_a_new_type_starts_from_sensible_values(own_page: BookingPage, client: Client) -> None:
    form = client.get(reverse("staff:service_new", args=[own_page.pk])).context["form"]
    shown = {name: form[name].value() for name in ("duration", "slot_interval", "buffer_after", "minimum_lead")}
    assert shown == {"duration": 30, "slot_interval": 30, "buffer_after": 0, "minimum_lead": 1}
