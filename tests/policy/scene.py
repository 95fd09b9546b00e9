"""A page, its owner, and what the tests of the policy do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from tenants import acting
from tenants.exchange_policy import Exchange
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import exchange_values, policies
from tests.factories import NOW

ACT: dict[str, Any] = {"now": NOW, "actor": acting.SYSTEM}
ME = "MicrosoftOWSPersonalBookings"
BLOCKED = Exchange(True, "EnforceBlockList", (), (ME,))


def take_away(why: str, mailbox: Mailbox) -> None:
    """The owner of a personal page loses what they need for it."""
    tenant = mailbox.tenant
    fields: dict[str, Any] = {
        "plan": {"has_bookings_plan": False}, "capability": {"capabilities": ["BPOS_S_Standard"]},
        "account": {"account_enabled": False},
    }.get(why, {})  # fmt: skip
    if fields:
        Mailbox.objects.filter(pk=mailbox.pk).update(**fields)
    elif why == "organisation":
        policies.set_switch(tenant=tenant, kind="personal", on=False, **ACT)
    elif why == "person":
        policies.set_switch(tenant=tenant, kind="personal", on=False, mailbox=mailbox, **ACT)
    else:
        key = mailbox.pk if why == "Exchange, person" else None
        exchange_values.keep(tenant=tenant, values={key: BLOCKED}, **ACT)


def give_back(mailbox: Mailbox) -> None:
    """Everything is as at first."""
    AccessPolicy.objects.all().delete()
    Mailbox.objects.filter(pk=mailbox.pk).update(
        has_bookings_plan=None, capabilities=mailbox.capabilities, account_enabled=True
    )


def slots_of(page: Any, service: Any) -> str:
    """The visitors' address of free times."""
    day = (NOW + timedelta(days=1)).date()
    return f"/api/v1/pages/{page.address}/services/{service.pk}/slots?from={day}&to={day}"


def microsofts(page: Any) -> str:
    """The page at Microsoft's anonymous address."""
    business = f"mbx:{page.mailbox.exchange_guid.hex}@{page.tenant.directory_id}" if page.is_personal else page.address
    return f"/BookingsService/api/V1/bookingBusinessesc2/{business}/services"


def anybody() -> Client:
    """Somebody who is not signed in."""
    return Client()


def organisation(tenant: Tenant, **fields: Any) -> Tenant:
    """Its rules, as an administrator sets them."""
    Tenant.objects.filter(pk=tenant.pk).update(**fields)
    tenant.refresh_from_db()
    return tenant
