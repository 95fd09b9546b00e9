"""An organisation in step with the sandbox, which tells of changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from tenants.models import Mailbox, Subscription
from tenants.sandbox import control
from tenants.services import subscriptions
from tests.factories import BusinessPageFactory, StaffMemberFactory
from tests.microsoft365.fixtures import microsoft365
from tests.microsoft365.organisation import Microsoft365, run_due

__all__ = ["microsoft365"]


@pytest.fixture
def bea(microsoft365: Microsoft365) -> Iterator[Mailbox]:
    """Somebody who takes bookings. What the sandbox has to say is said before the test ends."""
    mailbox = microsoft365.mailbox("bea@contoso.com", "Bea Berger")
    StaffMemberFactory(page=BusinessPageFactory(tenant=microsoft365.tenant), mailbox=mailbox)
    yield mailbox
    control.settle()


@pytest.fixture
def subscribed(bea: Mailbox) -> Subscription:
    """Bea's subscription, made as the worker makes it."""
    subscriptions.keep_due(timezone.now())
    run_due()
    return Subscription.objects.get(mailbox=bea)
