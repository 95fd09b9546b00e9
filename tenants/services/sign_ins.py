"""Who comes in with a Microsoft account, as whom (S3: sign-in with the organisation's own directory).

The directory's word counts for addresses under the organisation's own verified domains, and there only: an account
elsewhere is out of its reach, whatever stands in its entries. A person is known by their object in the directory,
which was linked once. The first time:

| the address of the directory's entry belongs to                     | what happens                                |
|---------------------------------------------------------------------|---------------------------------------------|
| an address that is not under a verified domain, or a guest          | refused                                     |
| a member who works here only and is no owner                        | linked, comes in                            |
| an owner, somebody of several organisations, a site's administrator | refused: they link it themselves, signed in |
| somebody who was a member and is not any more                       | refused                                     |
| nobody yet, with an invitation (not as an owner)                    | account made, takes the invitation          |
| nobody yet, and people of the directory may join                    | account made, team member                   |
| nobody yet                                                          | refused                                     |

Sources: Entra, migrate-off-email-claim-authorization ("nOAuth"); OpenID Connect Core 5.7.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import acting, sign_in
from tenants.errors import DomainError
from tenants.identity import Identity
from tenants.models import Mailbox, Membership, Role, Tenant, User
from tenants.services import audit, invitations, members


class SwitchedOff(DomainError):
    """The organisation does not sign in with Microsoft."""

    code = "signInSwitchedOff"
    status = 404
    detail = _("Your organisation does not use sign-in with Microsoft here. Sign in with your password.")


class NotFinished(DomainError):
    """The attempt did not begin in this browser, is older than ten minutes, or was ended already."""

    code = "signInNotFinished"
    status = 400
    detail = _("This sign-in was not finished: it took too long, or began in another window. Please try again.")


class Cancelled(DomainError):
    """The person said no at Microsoft."""

    code = "signInCancelled"
    status = 400
    detail = _("You cancelled signing in at Microsoft. Nothing has changed.")


class MicrosoftRefused(DomainError):
    """Microsoft gave no token."""

    code = "microsoftRefused"
    status = 502
    detail = _(
        "Microsoft did not finish this sign-in. Please try again; if it stays so, an administrator of your "
        "organisation should look at the Microsoft 365 connection."
    )


class ForeignDirectory(DomainError):
    """The token is another directory's, another application's, or of another attempt."""

    code = "foreignDirectory"
    status = 403
    detail = _("This Microsoft account belongs to another directory than your organisation's. Nobody was signed in.")


class UnknownPerson(DomainError):
    """Nobody knows this person here."""

    code = "unknownPerson"
    status = 403
    detail = _(
        "Microsoft knows you, but you have no access to Daybook yet. Ask an administrator of your organisation to "
        "give you access."
    )


class AccessTaken(DomainError):
    """There is an account without a place in this organisation."""

    code = "accessTaken"
    status = 403
    detail = _("Your account has no access to this organisation. Ask one of its administrators to invite you.")


class LinkYourself(DomainError):
    """The account is worth more than this organisation's directory may decide alone."""

    code = "linkYourself"
    status = 403
    detail = _(
        "Your account is not linked to Microsoft yet. Sign in with your password once, then choose Account, Microsoft "
        "account, and link it there."
    )


class OtherAddress(DomainError):
    """The Microsoft account is somebody else's, by its address."""

    code = "otherAddress"
    status = 403
    detail = _("This Microsoft account has another address than your account here. Choose the one that is yours.")


class AnotherAccount(DomainError):
    """The account is linked to another entry of the directory."""

    code = "anotherAccount"
    status = 403
    detail = _(
        "Your account here is linked to another Microsoft account. Sign in with your password, remove that link under "
        "Account, Microsoft account, and link this one."
    )


class NotHere(DomainError):
    """The organisation does not stand for this account."""

    code = "notHere"
    status = 403
    detail = _("This account cannot sign in with Microsoft here. Sign in with your password.")


def admit(*, tenant: Tenant, person: Identity, linked: User | None, now: datetime) -> User:
    """The account of a person whose token was believed; `linked`: the one that their directory object is linked to.

    In the organisation's scope. Raises one of the refusals above.
    """
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        if linked is None:
            linked = _first_time(tenant, person, now)
        _check_place(tenant, linked)
        members.adopt_mailbox(tenant=tenant, user=linked, directory_object_id=person.object_id)
    return linked


def check_link(*, tenant: Tenant, person: Identity, user: Any, linked: User | None, now: datetime) -> None:
    """Whether somebody who is signed in may link this Microsoft account to their own account here."""
    if not user.is_authenticated or not Membership.objects.filter(user=user).exists():
        raise NotHere
    _check_place(tenant, user)
    if linked is not None and linked != user:
        raise OtherAddress
    if not _has_address(user, _address(tenant, person)):
        raise OtherAddress
    if _links(tenant).filter(user=user).exclude(uid=person.object_id).exists():
        raise AnotherAccount


def _first_time(tenant: Tenant, person: Identity, now: datetime) -> User:
    address = _address(tenant, person)
    user = _user_of(address) or _newcomer(tenant, address, person, now)
    if _links(tenant).filter(user=user).exists():
        raise AnotherAccount
    member = Membership.objects.filter(user=user).first()
    if member is None:
        raise AccessTaken
    elsewhere = Membership._base_manager.filter(user=user).exclude(tenant=tenant)  # theirs, wherever
    if user.is_superuser or user.is_staff or member.role == Role.OWNER or elsewhere.exists():
        raise LinkYourself
    members.confirm_address(user, address)
    SocialAccount.objects.create(
        user=user, provider=sign_in.provider_id(tenant), uid=person.object_id,
        extra_data={"preferred_username": person.principal_name, "name": person.name},
    )  # fmt: skip
    record_link(tenant=tenant, user=user, now=now, linked=True)
    return user


def _newcomer(tenant: Tenant, address: str, person: Identity, now: datetime) -> User:
    """An account for somebody who has none: with the role they were invited for, else as a team member."""
    invitation = invitations.open_for(address, now=now)
    if invitation is not None and invitation.role != Role.OWNER:
        return invitations.accept_as_new(invitation=invitation, name=person.name, password=None, now=now).user
    if not tenant.joins_by_sign_in:
        raise UnknownPerson
    user = members.new_account(tenant=tenant, email=address, name=person.name, password=None)
    members.join(
        tenant=tenant, user=user, role=Role.TEAM_MEMBER, now=now, actor=acting.person(user), reason="joins by sign-in"
    )
    return user


def _address(tenant: Tenant, person: Identity) -> str:
    """The address the directory vouches for. Raises UnknownPerson: guests, and what is under no domain of its own."""
    mailbox = Mailbox.objects.filter(kind=Mailbox.Kind.USER, directory_object_id__iexact=person.object_id).first()
    address = (mailbox.address if mailbox else person.principal_name).lower()
    if person.is_guest or not address or not sign_in.is_home(tenant, address):
        raise UnknownPerson
    return address


def _user_of(address: str) -> User | None:
    """Whose address it is: of who confirmed it, else of who was entered with it; typed alone it is nobody's."""
    confirmed = EmailAddress.objects.filter(email__iexact=address, verified=True).select_related("user").first()
    return confirmed.user if confirmed else User.objects.filter(email__iexact=address).first()


def _has_address(user: User, address: str) -> bool:
    confirmed = EmailAddress.objects.filter(user=user, email__iexact=address, verified=True)
    return user.email.lower() == address or confirmed.exists()


def _check_place(tenant: Tenant, user: User) -> None:
    """The account is a member's, and this organisation stands for its address still."""
    if not Membership.objects.filter(user=user).exists():
        raise AccessTaken
    if user.is_superuser or user.is_staff or not sign_in.is_home(tenant, user.email):
        raise NotHere


def _links(tenant: Tenant) -> Any:
    return SocialAccount.objects.filter(provider=sign_in.provider_id(tenant))


def record_link(*, tenant: Tenant, user: User, now: datetime, linked: bool) -> None:
    """Writes into the trail that an account was linked to Microsoft, or that the link was removed."""
    action = "member.microsoftLinked" if linked else "member.microsoftUnlinked"
    audit.record(
        tenant=tenant, actor=acting.person(user), action=action, target=user, now=now, label=user.email
    )  # fmt: skip
