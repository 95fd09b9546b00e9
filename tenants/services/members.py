"""Who works in an organisation, and as what."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import Mailbox, Membership, Role, Tenant, User
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


def new_account(*, tenant: Tenant, email: str, name: str, password: str | None) -> User:
    """An account for somebody who has shown that the address is theirs; without `password` none opens it."""
    email = email.lower()
    person: User = User.objects.create_user(
        email, password, name=name.strip()[:120] or email.partition("@")[0], time_zone=tenant.time_zone,
        language=tenant.language,
    )  # fmt: skip
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person


def confirm_address(user: User, address: str) -> None:
    """Notes that the person's own address was shown to be theirs; another one than that stays as it is."""
    if user.email.lower() == address.lower():
        EmailAddress.objects.update_or_create(
            user=user, email=user.email.lower(), defaults={"verified": True},
            create_defaults={"verified": True, "primary": True},
        )  # fmt: skip


def join(*, tenant: Tenant, user: User, role: str, now: datetime, actor: Actor, reason: str = "") -> Membership:
    """Makes a person a member; who is one already keeps the role. In the organisation's scope."""
    with transaction.atomic():
        membership, created = Membership.objects.get_or_create(tenant=tenant, user=user, defaults={"role": role})
        if created:
            audit.record(
                tenant=tenant, actor=actor, action="membership.added", target=membership, now=now, label=user.email,
                after={"role": role}, reason=reason,
            )  # fmt: skip
        adopt_mailbox(tenant=tenant, user=user)
    return membership


def adopt_mailbox(*, tenant: Tenant, user: User, directory_object_id: str = "") -> None:
    """Gives a member their own mailbox, where it is nobody's yet: by directory object, else by confirmed address."""
    free = Mailbox.objects.filter(tenant=tenant, kind=Mailbox.Kind.USER, user=None)
    mine = free.filter(directory_object_id__iexact=directory_object_id) if directory_object_id else free.none()
    if not mine.exists() and EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists():
        mine = free.filter(address__iexact=user.email)
    if not Mailbox.objects.filter(tenant=tenant, kind=Mailbox.Kind.USER, user=user).exists():
        mine.update(user=user)


def change_role(
    *, membership: Membership, role: str, now: datetime, actor: Actor, acting_as: Membership | None
) -> Membership:
    """Gives a member another role. `acting_as`: the membership of who does it; None: a site administrator.

    Raises LastOwner, OwnersOnly.
    """
    with transaction.atomic():
        _lock_owners(membership.tenant)
        before = Membership.objects.select_for_update().get(pk=membership.pk)
        if before.role != role:
            _check(before, gives=role, acting_as=acting_as)
        return changes.apply(row=before, fields={"role": role}, action="membership.changed", now=now, actor=actor)


def remove(*, membership: Membership, now: datetime, actor: Actor, acting_as: Membership | None) -> None:
    """Takes a person out of the organisation; what they made stays. Raises LastOwner, OwnersOnly."""
    with transaction.atomic():
        _lock_owners(membership.tenant)
        membership = Membership.objects.select_related("tenant", "user").get(pk=membership.pk)
        _check(membership, gives="", acting_as=acting_as)
        audit.record(
            tenant=membership.tenant, actor=actor, action="membership.removed", target=membership, now=now,
            label=membership.user.email, before={"role": membership.role},
        )  # fmt: skip
        membership.delete()


def _lock_owners(tenant: Tenant) -> None:
    """Two owners who take each other's role at the same moment wait for each other."""
    owners = Membership.objects.filter(tenant=tenant, role=Role.OWNER).order_by("pk")
    list(owners.select_for_update().values_list("pk", flat=True))


def check_gives(role: str, acting_as: Membership | None) -> None:
    """Raises OwnersOnly where somebody who is no owner would make one. `acting_as` None: a site administrator."""
    if role == Role.OWNER and acting_as is not None and acting_as.role != Role.OWNER:
        raise OwnersOnly


def _check(membership: Membership, *, gives: str, acting_as: Membership | None) -> None:
    touches_owner = Role.OWNER in (membership.role, gives)
    if touches_owner and acting_as is not None and acting_as.role != Role.OWNER:
        raise OwnersOnly
    others = Membership.objects.filter(tenant=membership.tenant, role=Role.OWNER).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and gives != Role.OWNER and not others.exists():
        raise LastOwner
