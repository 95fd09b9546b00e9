"""New organisations."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.fields import validate_time_zone
from tenants.models import BOOKINGS_CAPABILITY, Domain, Mailbox, Membership, Role, Tenant, User
from tenants.services import audit

_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def create_tenant(
    *, name: str, domain: str, admin: str, now: datetime, actor: Actor, time_zone: str = "UTC",
    password: str | None = None, directory_id: uuid.UUID | None = None,
) -> tuple[Tenant, str]:  # fmt: skip
    """An organisation with its verified domain and its first administrator; returns it with the password.

    Without `password` one is made up. An administrator whose address is under `domain` gets a mailbox with Bookings,
    so that a page can be activated before the organisation is connected. Raises InvalidInput by field.
    """
    domain, admin, name = domain.strip().lower(), admin.strip().lower(), " ".join(name.split())
    password = password if password is not None else secrets.token_urlsafe(15)
    person = User(email=admin, name=admin.partition("@")[0], time_zone=time_zone)
    directory_id = directory_id or uuid.uuid4()
    with transaction.atomic(), scopes_disabled():
        _check(name, domain, person, password, directory_id)
        tenant = Tenant.objects.create(name=name, time_zone=time_zone, directory_id=directory_id)
        person.set_password(password)
        person.save()
        EmailAddress.objects.create(user=person, email=admin, verified=True, primary=True)
        with scope(tenant=tenant):
            _furnish(tenant, domain, person, now)
            audit.record(
                tenant=tenant, actor=actor, action="tenant.created", target=tenant, now=now,
                after={"domain": domain, "owner": admin},
            )  # fmt: skip
    return tenant, password


def _furnish(tenant: Tenant, domain: str, person: User, now: datetime) -> None:
    Domain.objects.create(tenant=tenant, name=domain, is_primary=True, verified_at=now)
    Membership.objects.create(tenant=tenant, user=person, role=Role.OWNER)
    if person.email.endswith(f"@{domain}"):
        Mailbox.objects.create(
            tenant=tenant, kind=Mailbox.Kind.USER, address=person.email, display_name=person.name, user=person,
            time_zone=tenant.time_zone, capabilities=[BOOKINGS_CAPABILITY],
        )  # fmt: skip


def _check(name: str, domain: str, person: User, password: str, directory_id: uuid.UUID) -> None:
    """Raises InvalidInput with everything that is wrong."""
    problems: dict[str, list[str]] = {
        "name": [] if 0 < len(name) <= 120 else [_("Give the organisation a name of at most 120 characters.")],
        "domain": [] if _DOMAIN.fullmatch(domain) else [_("“%(domain)s” is no mail domain.") % {"domain": domain}],
        "admin": _sentences(validate_email, person.email),
        "timeZone": _sentences(validate_time_zone, person.time_zone),
        "password": _sentences(validate_password, password, person),
    }
    if Domain.objects.filter(name__iexact=domain).exists():
        problems["domain"].append(_("The domain %(domain)s belongs to an organisation already.") % {"domain": domain})
    taken = Q(email__iexact=person.email)
    if User.objects.filter(taken).exists() or EmailAddress.objects.filter(taken).exists():
        problems["admin"].append(
            _("There is somebody with the mail address %(email)s already.") % {"email": person.email}
        )
    if Mailbox.objects.filter(address__iexact=person.email).exists():
        problems["admin"].append(
            _("The mailbox %(email)s belongs to an organisation already.") % {"email": person.email}
        )
    if Tenant.objects.filter(directory_id=directory_id).exists():
        problems["directoryId"] = [_("This Entra tenant belongs to an organisation already.")]
    if found := {field: texts for field, texts in problems.items() if texts}:
        raise InvalidInput(found)


def _sentences(validator: Any, *values: Any) -> list[str]:
    try:
        validator(*values)
    except ValidationError as wrong:
        return list(wrong.messages)
    return []
