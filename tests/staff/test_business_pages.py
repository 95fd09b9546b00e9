"""Business pages: made with their scheduling mailbox, people and services (S0.3-S0.6, S0.11, S0.16)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, Service
from tenants.models import AuditEvent, Job, Mailbox, Role, Tenant
from tests import factories

pytestmark = pytest.mark.django_db
HOURS = {"time_zone": "Europe/Zurich", "mon": "08:00-12:00"}


def create(client: Client, **more: object):
    data = {"display_name": "Eye Clinic", "language": "en", "phone": "+41 44 555 01 00"} | HOURS | more
    return client.post(reverse("staff:page_new"), data, follow=True)


@pytest.mark.row("S0.3", "S0.4", "S0.5", "S0.11", "S0.16")
def test_a_page_comes_with_one_scheduling_mailbox_and_all_that_was_given(
    sign_in, client: Client, contoso: Tenant
) -> None:
    owner = sign_in(Role.OWNER)
    colleague = factories.MailboxFactory(tenant=contoso, display_name="Dr. Vogel")
    create(client, people=[str(colleague.pk)], service_title="Eye test", service_duration="20")
    (mailbox,) = Mailbox.objects.filter(kind=Mailbox.Kind.SCHEDULING)
    page = BookingPage.objects.get()
    assert (page.mailbox, page.display_name, page.phone) == (mailbox, "Eye Clinic", "+41 44 555 01 00")
    assert page.weekly_hours["mon"] == [["08:00", "12:00"]]
    assert [member.mailbox for member in page.staff_members.all()] == [colleague]
    assert list(page.services.get(title="Eye test").staff.all()) == list(page.staff_members.all())
    event = AuditEvent.objects.get(cmdlet="New-SchedulingMailbox")
    assert event.actor == owner.user.email and event.after["createdBy"] == owner.user.name
    assert Job.objects.filter(kind="mail.pageCreated").exists()


@pytest.mark.row("S0.2")
def test_switched_off_nobody_can_create_one(sign_in, client: Client, contoso: Tenant) -> None:
    Tenant.objects.update(bookings_enabled=False)
    sign_in(Role.OWNER)
    assert "switched off" in create(client).content.decode()
    assert not BookingPage.objects.exists()


@pytest.mark.parametrize("role", [Role.TEAM_MEMBER, Role.VIEWER])
def test_others_do_not_find_business_pages(sign_in, client: Client, contoso: Tenant, role: str) -> None:
    page, service, _ = factories.clinic(contoso)
    sign_in(role)
    assert client.get(reverse("staff:pages")).status_code == 404
    assert client.get(reverse("staff:page", args=[page.pk])).status_code == 404
    assert create(client).status_code == 404
    assert client.post(reverse("staff:service_delete", args=[page.pk, service.pk])).status_code == 404
    assert Service.objects.get().archived_at is None


@pytest.mark.row("S0.6")
def test_people_come_and_go_and_have_hours_of_their_own(sign_in, client: Client, contoso: Tenant) -> None:
    page, _, (first,) = factories.clinic(contoso)
    sign_in(Role.SCHEDULER)
    outsider = {"display_name": "Dr. Lang", "email": "lang@example.net"}
    client.post(reverse("staff:people", args=[page.pk]), outsider)
    lang = page.staff_members.get(display_name="Dr. Lang")
    assert lang.mailbox is None
    hours = {"role": "teamMember", "time_zone": "Europe/London", "tue": "09:00-13:00", **outsider}
    client.post(reverse("staff:member", args=[page.pk, lang.pk]), hours)
    lang.refresh_from_db()
    assert (lang.uses_business_hours, lang.time_zone) == (False, "Europe/London")
    assert lang.weekly_hours["tue"] == [["09:00", "13:00"]]
    client.post(reverse("staff:member_remove", args=[page.pk, first.pk]))
    assert list(page.staff_members.filter(removed_at=None)) == [lang]


def test_a_person_is_needed_one_way_or_the_other(sign_in, client: Client, contoso: Tenant) -> None:
    page, _, _ = factories.clinic(contoso)
    sign_in(Role.OWNER)
    shown = client.post(reverse("staff:people", args=[page.pk]), {"display_name": "Nobody"}).content.decode()
    assert "Choose a colleague, or enter a name and a mail address." in shown


@pytest.mark.row("S4.16")
def test_a_personal_page_has_its_owner_and_nobody_else(sign_in, client: Client) -> None:
    sign_in(Role.OWNER)
    client.post(reverse("staff:activate"))
    page = BookingPage.objects.get()
    assert client.get(reverse("staff:people", args=[page.pk])).status_code == 404
