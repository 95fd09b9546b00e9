"""Invitations: a mail with a link that makes its reader a member, once, within a week.

The stored mail is the invitation: its key holds the role and the hash of the link's token, and shutting the link is
taking the key away. Nobody gets an account, or shows up in another organisation, before they accept: an address that
is typed here tells nothing about who has it.

| key of the mail               | the invitation is                                            |
|-------------------------------|--------------------------------------------------------------|
| `invitation:<role>:<hash>`    | open for a week after it was written, then expired           |
| `invitation-over:<mail's id>` | accepted (`about_id`: the membership), withdrawn or replaced |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_scopes import scopes_disabled

from tenants import acting, letters, links, mail, ratelimit
from tenants.acting import Actor
from tenants.errors import DomainError, InvalidInput
from tenants.letters import Action, Letter
from tenants.models import Membership, Message, Role, Tenant, User
from tenants.services import audit, members

VALID = timedelta(days=7)
#: How long one that was not accepted stays in the list.
LISTED = timedelta(days=60)
TEMPLATE = "account/invitation"
_OPEN = "invitation:"
#: Invitations of one organisation in an hour: enough to bring in everybody, too few to send spam.
_LIMIT, _PERIOD = 200, timedelta(hours=1)


class InvitationGone(DomainError):
    """The link was used, replaced, withdrawn, or is older than a week; or there never was one."""

    code = "invitationGone"
    status = 410
    detail = gettext_lazy(
        "This invitation does not work any more: it was used, withdrawn, sent again, or is older than a week. Ask an "
        "administrator of the organisation for a new one."
    )


class ForSomebodyElse(DomainError):
    """The person who is signed in does not have the address that was invited."""

    code = "forSomebodyElse"
    status = 403
    detail = gettext_lazy("This invitation is for another mail address than those of your account.")


class AccountExists(DomainError):
    """The address has an account: who has it signs in and accepts."""

    code = "accountExists"
    status = 409
    detail = gettext_lazy("There is an account with this address. Sign in to accept the invitation.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits to be accepted."""

    message: Message

    @property
    def role(self) -> str:
        """The role that it gives."""
        return self.message.dedupe_key.split(":")[1]

    @property
    def role_label(self) -> str:
        """The role's name."""
        return str(Role(self.role).label)

    @property
    def expires_at(self) -> datetime:
        """When the link stops working."""
        return self.message.created_at + VALID

    def has_expired(self, now: datetime) -> bool:
        """Whether the link works no longer."""
        return now >= self.expires_at


def invite(
    *, tenant: Tenant, email: str, role: str, now: datetime, actor: Actor, acting_as: Membership | None
) -> Invitation:
    """Invites an address; an earlier invitation of it is replaced. Raises InvalidInput, OwnersOnly, TooManyTries."""
    email = email.strip().lower()
    _check(tenant, email, role, acting_as)
    ratelimit.hit(what="invitation", who=str(tenant.pk), limit=_LIMIT, period=_PERIOD)
    token = links.new_token()
    with transaction.atomic():
        for earlier in waiting(now=now):
            if earlier.message.to == email:
                members.check_gives(earlier.role, acting_as)
                _close(earlier)
        message = _written(tenant, email, role, token, str(acting_as.user) if acting_as else "Daybook")
        mail.post(message, now=now)
        audit.record(
            tenant=tenant, actor=actor, action="invitation.sent", target=message, now=now, label=email,
            after={"role": role},
        )  # fmt: skip
    return Invitation(message)


def send_again(*, invitation: Invitation, now: datetime, actor: Actor, acting_as: Membership | None) -> Invitation:
    """Sends a new link that lasts a week; the earlier one stops working."""
    message = invitation.message
    return invite(
        tenant=message.tenant, email=message.to, role=invitation.role, now=now, actor=actor, acting_as=acting_as
    )


def withdraw(*, invitation: Invitation, now: datetime, actor: Actor, acting_as: Membership | None) -> None:
    """Shuts the link. Raises OwnersOnly for an owner's invitation, InvitationGone where it was accepted meanwhile."""
    members.check_gives(invitation.role, acting_as)
    with transaction.atomic():
        if not _close(invitation):
            raise InvitationGone
        audit.record(
            tenant=invitation.message.tenant, actor=actor, action="invitation.withdrawn", target=invitation.message,
            now=now, label=invitation.message.to, before={"role": invitation.role},
        )  # fmt: skip


def waiting(*, now: datetime) -> list[Invitation]:
    """Those not accepted yet, the newest first, expired ones among them. In the organisation's scope."""
    rows = Message.objects.filter(dedupe_key__startswith=_OPEN, created_at__gt=now - LISTED)
    return [Invitation(message) for message in rows.defer("text", "html", "calendar").select_related("tenant")]


def open_for(address: str, *, now: datetime) -> Invitation | None:
    """The invitation of this address that still works. In the organisation's scope."""
    rows = Message.objects.filter(dedupe_key__startswith=_OPEN, to__iexact=address, created_at__gt=now - VALID)
    message = rows.select_related("tenant").first()
    return Invitation(message) if message else None


def found(token: str, *, now: datetime) -> Invitation:
    """The invitation of a link. Raises InvitationGone."""
    hashed = links.hash_token(token)
    keys = [_key(role, hashed) for role in Role.values]
    with scopes_disabled():
        message = Message.objects.filter(dedupe_key__in=keys).select_related("tenant").first()
    if message is None or Invitation(message).has_expired(now):
        raise InvitationGone
    return Invitation(message)


def has_account(invitation: Invitation) -> bool:
    """Whether the invited address is somebody's already."""
    address = invitation.message.to
    known = EmailAddress.objects.filter(email__iexact=address, verified=True)
    return User.objects.filter(email__iexact=address).exists() or known.exists()


def accept(*, invitation: Invitation, user: User, now: datetime) -> Membership:
    """Makes the person who is signed in a member. Raises ForSomebodyElse, InvitationGone."""
    mine = EmailAddress.objects.filter(user=user, email__iexact=invitation.message.to, verified=True)
    if not mine.exists():
        raise ForSomebodyElse
    with transaction.atomic():
        return _joined(invitation, user, now)


def accept_as_new(*, invitation: Invitation, name: str, password: str | None, now: datetime) -> Membership:
    """Makes an account for the invited address and its person a member. Raises AccountExists, InvitationGone."""
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=invitation.message.tenant_id)
        if has_account(invitation):
            raise AccountExists
        user = members.new_account(tenant=tenant, email=invitation.message.to, name=name, password=password)
        return _joined(invitation, user, now)


def _joined(invitation: Invitation, user: User, now: datetime) -> Membership:
    membership = members.join(
        tenant=invitation.message.tenant, user=user, role=invitation.role, now=now, actor=acting.person(user),
        reason="invitation",
    )  # fmt: skip
    if not _close(invitation, membership):
        raise InvitationGone
    return membership


def _close(invitation: Invitation, membership: Membership | None = None) -> bool:
    """Shuts the link; False where another hand was quicker."""
    message = invitation.message
    open_still = Message.objects.filter(pk=message.pk, dedupe_key=message.dedupe_key)
    about_id = membership.pk if membership else None
    return open_still.update(dedupe_key=f"invitation-over:{message.pk}", about_id=about_id) == 1


def _key(role: str, hashed: str) -> str:
    return f"{_OPEN}{role}:{hashed}"


def _check(tenant: Tenant, email: str, role: str, acting_as: Membership | None) -> None:
    if role not in Role.values:
        raise InvalidInput({"role": [_("Choose a role.")]})
    members.check_gives(role, acting_as)
    try:
        validate_email(email)
    except ValidationError as wrong:
        raise InvalidInput({"email": list(wrong.messages)}) from wrong
    if Membership.objects.filter(tenant=tenant, user__email__iexact=email).exists():
        raise InvalidInput({"email": [_("This person is a member already.")]})


def _written(tenant: Tenant, email: str, role: str, token: str, inviter: str) -> Message:
    """The stored mail, in the organisation's language: that of its reader is not known yet."""
    with translation.override(tenant.language):
        letter = _letter(tenant, role, token, inviter)
        text, html = letters.render(letter, tenant=tenant)
    return mail.store(
        tenant=tenant, dedupe_key=_key(role, links.hash_token(token)), template=TEMPLATE, to=email,
        from_name=tenant.name, subject=letter.subject, text=text, html=html,
    )  # fmt: skip


def _letter(tenant: Tenant, role: str, token: str, inviter: str) -> Letter:
    names = {"organisation": tenant.name, "inviter": inviter, "role": str(Role(role).label)}
    return Letter(
        subject=_("Your access to Daybook at %(organisation)s") % names,
        heading=_("You are invited to %(organisation)s") % names,
        sender=tenant.name,
        paragraphs=[
            _("%(inviter)s gives you access to the booking pages of %(organisation)s in Daybook.") % names,
            _("Your role: %(role)s") % names,
        ],
        action=Action(
            _("Accept the invitation"), f"{settings.SITE_URL}{reverse('accounts:invitation', args=[token])}"
        ),
        notes=[_("The link works once, for a week. If you did not expect this mail, do nothing.")],
        footer=_("You get this mail because an administrator entered your address."),
    )  # fmt: skip
