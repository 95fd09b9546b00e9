"""The people of a page: weight, language, membership, dates of their own, time away and who stands in."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings.models import Approval, BookingPage, DateOverride, StaffMember, TimeOff
from tenants.models import AuditEvent, Role, Tenant
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day")]
HOURS = {"time_zone": "Europe/London", "tue": "09:00-13:00", "role": "teamMember"}


@pytest.fixture
def the_day():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic(contoso: Tenant, sign_in) -> tuple[BookingPage, list[StaffMember]]:
    sign_in(Role.SCHEDULER)
    page, _service, members = factories.clinic(contoso, staff=2)
    return page, members


def test_a_share_and_a_language_are_set_and_kept_when_left_out(client: Client, clinic) -> None:
    page, (ana, _ben) = clinic
    address = reverse("staff:member", args=[page.pk, ana.pk])
    details = HOURS | {"display_name": "Ana", "email": "ana@contoso.com"}
    client.post(address, details | {"weight": "3", "language": "de"})
    ana.refresh_from_db()
    assert (ana.weight, ana.language, ana.time_zone) == (3, "de", "Europe/London")
    client.post(address, details)
    ana.refresh_from_db()
    assert (ana.weight, ana.language) == (3, "de")
    assert "share 3" in client.get(reverse("staff:people", args=[page.pk])).content.decode()
    assert "less than or equal to 100" in client.post(address, details | {"weight": "101"}).content.decode()


@pytest.mark.row("S0.12", "S0.15")
def test_whoever_has_not_agreed_is_shown_so_and_asked_again(client: Client, clinic, contoso: Tenant) -> None:
    page, (ana, _ben) = clinic
    StaffMember.objects.filter(pk=ana.pk).update(status=StaffMember.Status.REJECTED)
    people = reverse("staff:people", args=[page.pk])
    shown = client.get(people).content.decode()
    assert "Not accepting bookings" in shown and shown.count("Ask again") == 1
    client.post(reverse("staff:member_ask", args=[page.pk, ana.pk]))
    ana.refresh_from_db()
    assert ana.status == StaffMember.Status.PENDING
    assert Approval.objects.filter(staff_member=ana, state="waiting").exists()
    assert "Approve to receive bookings" in client.get(people).content.decode()


def test_time_away_is_typed_on_the_persons_own_clock_with_who_stands_in(client: Client, clinic) -> None:
    page, (ana, ben) = clinic
    StaffMember.objects.filter(pk=ana.pk).update(time_zone="America/New_York")
    away = reverse("staff:absence_add", args=[page.pk, ana.pk])
    given = {"starts_at": "2026-12-01T09:00", "ends_at": "2026-12-04T17:00", "reason": "Course"}
    client.post(away, given | {"redirect_to": str(ben.pk)})
    off = TimeOff.objects.get()
    assert (off.staff_member, off.redirect_to, off.reason) == (ana, ben, "Course")
    assert (off.starts_at, off.ends_at) == (at("2026-12-01 14:00"), at("2026-12-04 22:00"))
    shown = client.get(reverse("staff:absences", args=[page.pk, ana.pk])).content.decode()
    assert f"Meanwhile: {ben}" in shown and "09:00" in shown
    assert "Away 1 Dec 2026" in client.get(reverse("staff:people", args=[page.pk])).content.decode()
    client.post(reverse("staff:absence_remove", args=[page.pk, ana.pk, off.pk]))
    assert not TimeOff.objects.exists()
    assert AuditEvent.objects.filter(action="timeOff.removed").exists()


def test_nobody_stands_in_for_themselves_and_no_stranger_does(client: Client, clinic, contoso: Tenant) -> None:
    page, (ana, ben) = clinic
    hers = factories.PersonalPageFactory(tenant=contoso, mailbox=ana.mailbox)
    herself = factories.StaffMemberFactory(page=hers, mailbox=ana.mailbox)
    his = factories.PersonalPageFactory(tenant=contoso, mailbox=ben.mailbox)
    himself = factories.StaffMemberFactory(page=his, mailbox=ben.mailbox)
    _elsewhere, _service, (other,) = factories.clinic(contoso)
    address = reverse("staff:absences", args=[page.pk, ana.pk])
    offered = set(client.get(address).context["off_form"].fields["redirect_to"].queryset)
    assert offered == {ben, himself}
    given = {"starts_at": "2026-12-01T09:00", "ends_at": "2026-12-04T17:00"}
    for wrong in (ana, herself, other):
        client.post(reverse("staff:absence_add", args=[page.pk, ana.pk]), given | {"redirect_to": str(wrong.pk)})
    assert not TimeOff.objects.exists()


def test_a_personal_page_leads_to_a_colleague_meanwhile(client: Client, sign_in, contoso: Tenant) -> None:
    other, _service, colleague = factories.personal_page(contoso)
    sign_in()
    client.post(reverse("staff:activate"))
    mine = BookingPage.objects.exclude(pk=other.pk).get(kind="personal")
    given = {"starts_at": "2026-12-01T09:00", "ends_at": "2026-12-04T17:00", "redirect_to": str(colleague.pk)}
    client.post(reverse("staff:time_off_add", args=[mine.pk]), given)
    off = TimeOff.objects.get()
    assert (off.page, off.staff_member, off.redirect_to) == (mine, None, colleague)
    assert f"Meanwhile: {colleague}" in client.get(reverse("staff:hours", args=[mine.pk])).content.decode()


def test_a_closure_of_a_business_page_leads_nowhere(client: Client, clinic) -> None:
    page, (ana, _ben) = clinic
    assert "redirect_to" not in client.get(reverse("staff:hours", args=[page.pk])).context["off_form"].fields
    given = {"starts_at": "2026-12-24T00:00", "ends_at": "2026-12-27T00:00", "redirect_to": str(ana.pk)}
    client.post(reverse("staff:time_off_add", args=[page.pk]), given)
    assert TimeOff.objects.get().redirect_to is None


def test_one_person_has_other_hours_on_a_date(client: Client, clinic) -> None:
    page, (ana, _ben) = clinic
    client.post(reverse("staff:absence_date", args=[page.pk, ana.pk]), {"on_date": "2026-12-01", "intervals": "10-12"})
    row = DateOverride.objects.get()
    assert (row.staff_member, row.on_date, row.intervals) == (ana, date(2026, 12, 1), [["10:00", "12:00"]])
    assert "10:00–12:00" in client.get(reverse("staff:absences", args=[page.pk, ana.pk])).content.decode()
    client.post(reverse("staff:absence_remove", args=[page.pk, ana.pk, row.pk]))
    assert not DateOverride.objects.exists()


def test_absences_of_others_are_not_there(client: Client, clinic, contoso: Tenant, sign_in) -> None:
    page, (ana, ben) = clinic
    off = TimeOff.objects.create(
        tenant=contoso, page=page, staff_member=ben, starts_at=NOW, ends_at=at("2026-11-30 00:00")
    )
    assert client.post(reverse("staff:absence_remove", args=[page.pk, ana.pk, off.pk])).status_code == 404
    sign_in()
    assert client.get(reverse("staff:absences", args=[page.pk, ana.pk])).status_code == 404
