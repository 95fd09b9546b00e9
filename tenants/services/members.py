"""Who works in an organisation, and as what."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import Membership, Role
from tenants.services import audit, changes


class LastOwner(DomainError):
    """An organisation always has an owner."""

    code = "lastOwner"
    status = 409
    detail = _("This is the only owner. Make somebody else an owner first.")


class OwnersOnly(DomainError):
    """Only an owner makes owners, or takes that from them."""

    code = "ownersOnly"
    status = 403
    detail = _("Only an owner can make somebody an owner, or take that away.")


def change_role(
    *, membership: Membership, role: str, now: datetime, actor: Actor, acting_as: Membership | None
) -> Membership:
    """Gives a member another role. `acting_as`: the membership of who does it; None: a site administrator.

    Raises LastOwner, OwnersOnly.
    """
    with transaction.atomic():
        before = Membership.objects.select_for_update().get(pk=membership.pk)
        if before.role != role:
            _check(before, gives=role, acting_as=acting_as)
        return changes.apply(row=before, fields={"role": role}, action="membership.changed", now=now, actor=actor)


def remove(*, membership: Membership, now: datetime, actor: Actor, acting_as: Membership | None) -> None:
    """Takes a person out of the organisation; what they made stays. Raises LastOwner, OwnersOnly."""
    with transaction.atomic():
        _check(membership, gives="", acting_as=acting_as)
        audit.record(
            tenant=membership.tenant, actor=actor, action="membership.removed", target=membership, now=now,
            label=membership.user.email, before={"role": membership.role},
        )  # fmt: skip
        membership.delete()


def _check(membership: Membership, *, gives: str, acting_as: Membership | None) -> None:
    touches_owner = Role.OWNER in (membership.role, gives)
    if touches_owner and acting_as is not None and acting_as.role != Role.OWNER:
        raise OwnersOnly
    others = Membership.objects.filter(tenant=membership.tenant, role=Role.OWNER).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and gives != Role.OWNER and not others.exists():
        raise LastOwner
