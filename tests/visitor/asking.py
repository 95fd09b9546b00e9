"""Services that ask, and where they are booked."""

from __future__ import annotations

from typing import Any

from bookings.models import Question, Service, ServiceQuestion

SLOT = "time=2026-11-24T09:00Z"


def path_of(service: Service) -> str:
    """The address of a service or meeting type."""
    page = service.page
    return f"{page.path}{'/meetingtype/' if page.is_personal else 'service/'}{service.pk}"


def asks(service: Service, label: str, *, required: bool = False, **question: Any) -> str:
    """Lets the service ask; the name of the form's field."""
    made = Question.objects.create(tenant=service.tenant, page=service.page, label=label, **question)
    ServiceQuestion.objects.create(tenant=service.tenant, service=service, question=made, is_required=required)
    return f"q_{made.pk}"
