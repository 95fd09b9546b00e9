"""The customer gets exactly one invitation: Daybook's mail, or Outlook's."""

from __future__ import annotations

import pytest

from bookings.models import Booking
from tenants.models import Tenant
from tenants.sandbox import control
from tests.calendar.clinic import TEN, Clinic, cancel, reschedule
from tests.microsoft365.organisation import Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def invited_by(microsoft365: Microsoft365, sender: str, **service: object) -> Clinic:
    microsoft365.tenant.invitation_sender = sender
    microsoft365.tenant.save()
    return Clinic(microsoft365, **service)


def test_outlook_sends_nothing_when_daybook_invites(microsoft365: Microsoft365) -> None:
    clinic = invited_by(microsoft365, Tenant.InvitationSender.DAYBOOK)
    booking = clinic.book()
    run_due()
    assert microsoft365.events(clinic.bea)[0].attendees == []
    reschedule(booking, TEN)
    run_due()
    cancel(booking)
    run_due()
    assert control.invitations() == []


def test_outlook_sends_one_invitation_one_update_and_one_cancellation_when_it_invites(
    microsoft365: Microsoft365,
) -> None:
    clinic = invited_by(microsoft365, Tenant.InvitationSender.OUTLOOK, is_online=True)
    booking = clinic.book()
    run_due()
    mails = control.invitations(to="ana@example.net")
    assert [(mail.kind, mail.subject) for mail in mails] == [("invite", "Consultation: Ana Pérez")]
    assert mails[0].join_url == Booking.objects.get().join_url
    reschedule(booking, TEN)
    run_due()
    cancel(booking, reason="Bea is ill")
    run_due()
    mails = control.invitations(to="ana@example.net")
    assert [mail.kind for mail in mails] == ["invite", "update", "cancel"]
    assert mails[2].comment == "Bea is ill"


def test_an_invitation_whose_answer_was_lost_is_sent_once(microsoft365: Microsoft365) -> None:
    clinic = invited_by(microsoft365, Tenant.InvitationSender.OUTLOOK)
    control.drop_after_store(path="/v1.0/users/*/events")
    booking = clinic.book()
    run_due()
    reschedule(booking, TEN)
    run_due()
    assert [mail.kind for mail in control.invitations()] == ["invite", "update"]


def test_the_setting_of_the_day_of_the_booking_counts(microsoft365: Microsoft365) -> None:
    clinic = invited_by(microsoft365, Tenant.InvitationSender.DAYBOOK)
    booking = clinic.book()
    run_due()
    Tenant.objects.update(invitation_sender=Tenant.InvitationSender.OUTLOOK)
    reschedule(booking, TEN)
    run_due()
    assert control.invitations() == []
