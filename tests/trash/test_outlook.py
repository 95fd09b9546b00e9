"""Deleted and restored calendars in Outlook: events that vanished are put back, those that stayed are not doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking, EventLink
from bookings.services import erasure, purge, trash
from tenants import acting
from tenants.models import BusyPeriod, Job, Message
from tenants.sandbox import control
from tests.calendar.clinic import ELEVEN, NINE, TEN, Clinic
from tests.factories import ANA
from tests.microsoft365.organisation import Microsoft365
from tests.trash.world import run_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row("S0.7")]


@pytest.fixture
def clinic(microsoft365: Microsoft365) -> Clinic:
    return Clinic(microsoft365)


def test_events_stay_in_the_trash_and_are_matched_again_after_it(clinic: Clinic) -> None:
    stays, vanishes, cancelled = clinic.book(NINE), clinic.book(TEN), clinic.book(ELEVEN)
    run_all()
    mails, events = Message.objects.count(), clinic.events()
    links = {link.booking_id: link.event_id for link in EventLink.objects.all()}
    act = {"now": timezone.now(), "actor": acting.SYSTEM}
    trash.delete(page=clinic.page, **act)
    run_all()
    assert clinic.events() == events
    found = clinic.microsoft365.events(clinic.bea)
    clinic.microsoft365.remove(found[1])
    made = len(control.requests(path="*/events", method="POST"))
    trash.restore(page=clinic.page, **act)
    run_all()
    run_all()
    assert clinic.events() == events
    assert len(control.requests(path="*/events", method="POST")) == made + 1
    after = {link.booking_id: link.event_id for link in EventLink.objects.all()}
    assert [after[row.pk] == links[row.pk] for row in (stays, vanishes, cancelled)] == [True, False, True]
    assert Message.objects.count() == mails
    purge_now(clinic, act)


def purge_now(clinic: Clinic, act: dict[str, object]) -> None:
    """… and with the purge all of them leave, and nothing of them is left here."""
    clinic.microsoft365.put(clinic.bea, "Dentist", NINE - timedelta(hours=1))
    trash.delete(page=clinic.page, **act)  # type: ignore[arg-type]
    purge.begin(page=clinic.page, **act, name="Clinic", tells=False)  # type: ignore[arg-type]
    run_all()
    assert [subject for subject, *_times in clinic.events()] == ["Dentist"]
    assert not EventLink.objects.exists() and not Booking.objects.exists()
    assert not BusyPeriod.objects.filter(title__contains="Ana").exists()
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_erasing_takes_the_name_out_of_past_events_and_brings_back_none_that_are_gone(clinic: Clinic) -> None:
    clinic.book(NINE), clinic.book(TEN)
    run_all()
    gone = clinic.microsoft365.events(clinic.bea)[1]
    clinic.microsoft365.remove(gone)
    Booking.objects.update(starts_at=NINE - timedelta(days=30), ends_at=NINE - timedelta(days=30, hours=-1))
    tenant = clinic.page.tenant
    erasure.erase(
        tenant=tenant, address=ANA.email, now=timezone.now(), actor=acting.SYSTEM, cancels=False
    )  # fmt: skip
    run_all()
    assert [subject for subject, *_times in clinic.events()] == ["Consultation: Erased person"]
    event = clinic.microsoft365.events(clinic.bea)[0]
    assert ANA.email not in str(event.__dict__) and "Pérez" not in str(event.__dict__)
    assert not BusyPeriod.objects.filter(title__contains="Ana").exists()
