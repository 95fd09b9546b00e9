"""The admin of an organisation: what its administrators see, change, and never read."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django_scopes import scope, scopes_disabled

from bookings.models import Booking, Service, StaffMember
from tenants.fields import EncryptedTextField
from tenants.models import AuditEvent, BusyRead, Job, Mailbox, Membership, Message, Role, Tenant
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(contoso: Tenant, client: Client) -> Membership:
    """Contoso's owner, signed in."""
    membership = factories.member(contoso, Role.OWNER)
    client.force_login(membership.user)
    return membership


def form_of(client: Client, address: str) -> dict[str, Any]:
    """The values a browser would send back from a form of the admin."""
    form = client.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def change(client: Client, row: Any, **values: Any):
    address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return client.post(address, form_of(client, address) | values, follow=True)


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_members_without_administration_find_nothing(contoso: Tenant, client: Client, role: str) -> None:
    client.force_login(factories.member(contoso, role).user)
    assert client.get("/admin/", follow=True).status_code == 404


def test_the_admin_signs_in_where_everybody_does(client: Client, db: None) -> None:
    answer = client.get("/admin/tenants/job/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_a_site_administrator_sees_every_organisation(contoso: Tenant, client: Client) -> None:
    factories.stranger()
    client.force_login(factories.UserFactory(is_superuser=True, is_staff=True))
    shown = client.get(reverse("admin:tenants_tenant_changelist")).content.decode()
    assert "Contoso" in shown and "Fabrikam" in shown
    assert client.get("/staff/").headers["Location"] == "/admin/"


def test_forms_offer_and_accept_only_rows_of_the_organisation(owner: Membership, client: Client) -> None:
    page, service, _ = factories.clinic(owner.tenant)
    stranger = factories.stranger()
    with scope(tenant=stranger):
        _theirs, _, (outsider,) = factories.clinic(stranger)
    address = reverse("admin:bookings_service_change", args=[service.pk])
    assert str(outsider.pk) not in client.get(address).content.decode()
    change(client, service, staff=[str(outsider.pk)])
    assert outsider not in service.staff.all()
    added = {"page": str(_theirs.pk), "display_name": "X", "email": "x@example.net", "weekly_hours": "{}"}
    client.post(reverse("admin:bookings_staffmember_add"), added)
    with scopes_disabled():
        assert not StaffMember.objects.filter(display_name="X").exists()
    assert page.tenant == owner.tenant


def test_a_new_row_belongs_to_the_organisation_of_who_adds_it(owner: Membership, client: Client) -> None:
    page, service, _ = factories.clinic(owner.tenant)
    address = reverse("admin:bookings_service_add")
    fields = form_of(client, address) | {"page": str(page.pk), "title": "Eye test", "duration": "20"}
    fields["minimum_lead"], fields["maximum_advance"] = "1", "30"
    for name in ("buffer_before", "buffer_after", "slot_interval"):
        fields[name] = "15"
    answer = client.post(address, fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = Service.objects.get(title="Eye test")
    assert made.tenant == owner.tenant and made.pk != service.pk
    event = AuditEvent.objects.get(action="service.created")
    assert (event.source, event.actor) == ("admin", owner.user.email)


def test_every_change_leaves_who_and_what(owner: Membership, client: Client) -> None:
    mailbox = factories.MailboxFactory(tenant=owner.tenant, display_name="Old name")
    change(client, mailbox, display_name="New name")
    event = AuditEvent.objects.get(target_id=mailbox.pk)
    assert (event.source, event.before, event.after) == (
        "admin", {"display_name": "Old name"}, {"display_name": "New name"},
    )  # fmt: skip
    history = client.get(reverse("admin:tenants_mailbox_history", args=[mailbox.pk]), follow=True)
    assert "mailbox.changed" in history.content.decode()


def test_no_page_of_the_admin_shows_an_encrypted_field_or_a_hash() -> None:
    for model, model_admin in admin.site._registry.items():
        fields = model_admin.fields or flatten_fieldsets(model_admin.fieldsets or [])
        shown = {*_flat(fields), *map(str, model_admin.list_display)}
        secret = {f.name for f in model._meta.fields if isinstance(f, EncryptedTextField) or f.name.endswith("_hash")}
        assert not shown & secret, model._meta.label


@pytest.mark.parametrize("name", ["tenants_auditevent", "tenants_message", "tenants_job", "tenants_claim"])
def test_records_can_be_read_only(owner: Membership, client: Client, name: str) -> None:
    assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403


def test_parked_jobs_come_first_and_can_be_tried_again(owner: Membership, client: Client) -> None:
    for state in (Job.State.DONE, Job.State.PARKED):
        Job.objects.create(
            tenant=owner.tenant, kind="outlook.push", dedupe_key=state, due_at=NOW, state=state, remedy="Renew it."
        )
    address = reverse("admin:tenants_job_changelist")
    (first, _second) = client.get(address).context["cl"].result_list
    assert first.state == Job.State.PARKED
    client.post(address, {"action": "try_again", "_selected_action": [str(first.pk)]})
    first.refresh_from_db()
    assert (first.state, first.remedy) == (Job.State.PENDING, "")


@pytest.mark.row("S0.18", "S0.20")
def test_the_mystery_user_tells_where_it_comes_from(owner: Membership, client: Client) -> None:
    client.post(reverse("staff:page_new"), {"display_name": "Eye Clinic", "language": "en", "time_zone": "UTC"})
    mailbox = Mailbox.objects.get(kind=Mailbox.Kind.SCHEDULING)
    shown = client.get(reverse("admin:tenants_mailbox_change", args=[mailbox.pk])).content.decode()
    assert f"made by {owner.user.name}" in shown
    assert reverse("admin:bookings_bookingpage_change", args=[mailbox.page.pk]) in shown


@time_machine.travel(NOW, tick=False)
def test_bookings_are_cancelled_after_a_question(owner: Membership, client: Client) -> None:
    page, service, _ = factories.clinic(owner.tenant)
    booking = factories.book(page, service, factories.at("2026-11-23 09:00"))
    address = reverse("admin:bookings_booking_changelist")
    asked = {"action": "cancel", "_selected_action": [str(booking.pk)]}
    assert "cancelled for good" in client.post(address, asked).content.decode()
    assert Booking.objects.get().status == Booking.Status.CONFIRMED
    client.post(address, asked | {"confirmed": "yes", "reason": "Closed that day."})
    booking.refresh_from_db()
    assert booking.is_cancelled and booking.cancel_reason == "Closed that day."


@time_machine.travel(NOW, tick=False)
def test_many_cancelled_at_once_are_one_mail_to_each_host(owner: Membership, client: Client) -> None:
    page, service, [vogel, steiner] = factories.clinic(owner.tenant, staff=2)
    hosts = [vogel, vogel, steiner]
    for hour, host in zip((9, 10, 11), hosts, strict=True):
        factories.book(page, service, factories.at(f"2026-11-23 {hour:02}:00"), staff_id=host.pk)
    chosen = [str(pk) for pk in Booking.objects.values_list("pk", flat=True)]
    sent = {"action": "cancel", "_selected_action": chosen, "confirmed": "yes", "reason": "Fever"}
    client.post(reverse("admin:bookings_booking_changelist"), sent)
    assert set(Booking.objects.values_list("status", flat=True)) == {Booking.Status.CANCELLED}
    told = Job.objects.filter(kind="mail.booking", payload__template="cancelled")
    assert [job.payload["reader"] for job in told] == ["customer"] * 3
    digests = {message.to: message for message in Message.objects.filter(template="digest")}
    assert set(digests) == {vogel.email, steiner.email}
    assert digests[vogel.email].subject == "2 bookings were cancelled"
    text = digests[vogel.email].text
    assert text.count("Ana Pérez") == 2 and "Fever" in text
    assert "Times are in Europe/Zurich." in text and "Mon 23 Nov 2026 10:00" in text


def test_there_is_always_an_owner_and_only_owners_make_owners(owner: Membership, client: Client) -> None:
    assert "This is the only owner." in change(client, owner, role=Role.VIEWER).content.decode()
    administrator = factories.member(owner.tenant, Role.ADMINISTRATOR)
    client.force_login(administrator.user)
    assert "Only an owner" in change(client, administrator, role=Role.OWNER).content.decode()
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
    client.post(reverse("admin:tenants_membership_delete", args=[owner.pk]), {"post": "yes"})
    assert Membership.objects.filter(pk=owner.pk).exists()


def _flat(names: Any) -> list[str]:
    return [name for part in names for name in ([part] if isinstance(part, str) else _flat(part))]


def test_a_mailbox_says_when_it_was_read_on_the_readers_clock(
    owner: Membership, contoso: Tenant, client: Client
) -> None:
    mailbox = factories.MailboxFactory(tenant=contoso, syncs_calendar=True)
    BusyRead.objects.create(tenant=contoso, mailbox=mailbox, read_at=NOW)
    shown = client.get(reverse("admin:tenants_mailbox_change", args=[mailbox.pk])).content.decode()
    assert date_format(localtime(NOW, ZoneInfo(owner.user.time_zone)), "j M Y, H:i") in shown and "+00:00" not in shown
