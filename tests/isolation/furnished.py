"""The demonstration's organisation with a row of everything, and the ids that stand in its addresses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bookings.models import Booking, BookingPage, DateOverride, PrivateLink, Service, StaffMember
from bookings.services import approvals, hours, intake, questions, reminders, senders, waiting
from config.demonstration.people import stable_id
from tenants import acting, sign_in
from tenants.models import AuditEvent, Job, Membership, Role, Tenant
from tenants.services import invitations, webhooks


def furnished(contoso: Tenant, now: datetime) -> dict[str, Any]:
    """Adds what the demonstration does not have, and returns the parameters of addresses. In the scope of `contoso`."""
    page = BookingPage.objects.get(display_name="Contoso Clinic")
    service = page.services.get(title="Vaccination")
    hours.set_date(page=page, on_date=now.date(), intervals=[], now=now, actor=acting.SYSTEM, note="Second opinion")
    private = Service.objects.get(title="Second interview")
    service.waiting_list = True
    service.save()
    eva = intake.Customer(name="Eva", email="eva.lang@example.net", time_zone="Europe/Zurich")
    waits = waiting.join(
        service=service, customer=eva, first_date=now.date(), last_date=now.date() + timedelta(days=2), now=now,
        actor=acting.SYSTEM,
    )  # fmt: skip
    endpoint, _secret = webhooks.create(tenant=contoso, url="https://eva.lang.example", now=now, actor=acting.SYSTEM)
    webhooks.test(endpoint=endpoint, now=now)
    blocked = senders.block(tenant=contoso, pattern="eva.lang@example.net", now=now, actor=acting.SYSTEM)
    anna = StaffMember.objects.get(page=page, display_name="Dr. Anna Vogel")
    asked = approvals.question(
        kind="membership", member=anna, person=approvals.Person.of(anna), now=now, answer_by=None
    )
    act: dict[str, Any] = {"now": now, "actor": acting.SYSTEM}
    invited = invitations.invite(tenant=contoso, email="eva.lang@example.net", role=Role.VIEWER, acting_as=None, **act)
    question = questions.create(page=page, label="Second opinion?", kind="text", **act)
    reminder = reminders.add(
        service=service,
        when="before",
        distance=timedelta(days=1),
        reader="customer",
        text="Second opinion",
        **act,
    )
    job = Job.objects.create(
        tenant=contoso, kind="busy.pull", dedupe_key="second opinion", state=Job.State.PARKED, due_at=now,
        payload={"mailbox": str(page.mailbox_id)}, last_error="Second opinion", remedy="Second opinion",
    )  # fmt: skip
    return {
        "membership_id": Membership.objects.filter(role=Role.OWNER).first().pk,
        "invitation_id": invited.message.pk, "provider_id": sign_in.provider_id(contoso),
        "job_id": job.pk, "question_id": question.pk, "reminder_id": reminder.pk,
        "page_id": page.pk, "service_id": service.pk, "tenant_id": contoso.pk,
        "member_id": anna.pk, "approval_id": asked.pk,
        "row_id": DateOverride.objects.get(page=page).pk,
        "entry_id": waits.pk, "sender_id": blocked.pk, "endpoint_id": endpoint.pk,
        "told_id": endpoint.deliveries.get().pk,
        "link_id": PrivateLink.objects.filter(service=private).first().pk,
        "person_id": anna.mailbox_id, "upn": anna.email,
        "mailbox_id": page.mailbox_id, "event_id": AuditEvent.objects.filter(target_id=page.mailbox_id).first().pk,
        "booking_id": Booking.objects.filter(page=page).first().pk, "pk": page.pk, "address": page.address,
        "business": page.address, "token": "no-such-token", "key": "no-such-key", "uidb36": "1", "url": "x",
        "event": "x", "subscription": "x", "place": "x", "rest": "x", "secret": 1, "application": 1,
        "tenant": contoso.directory_id,
        "user": stable_id("user/tim.weber@contoso.com"), "app_label": "tenants", "content_type_id": 1,
        "path": "x", "name": "x", "id": page.pk, "language": "en", "delivery_id": page.pk, "accent": "0f6e56",
    }  # fmt: skip
