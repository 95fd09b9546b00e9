"""Nobody gets into an account through a directory that does not stand for it, whatever stands in its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django_scopes import scope, scopes_disabled

from tenants import acting, sign_in
from tenants.errors import DomainError
from tenants.identity import Identity
from tenants.models import Connection, Domain, Mailbox, Membership, Role, Tenant, User
from tenants.sandbox import seed
from tenants.services import invitations, sign_ins
from tests import factories
from tests.accounts import microsoft as at
from tests.factories import NOW
from tests.microsoft365.organisation import Microsoft365, next_year

SALLY, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
EVIL_DIRECTORY, EVIL_CLIENT = "0b1d0000-0000-4000-8000-00000000e711", "0b1d0000-0000-4000-8000-00000000c11e"


def person(object_id: str = SALLY, name: str = "sally@contoso.com", *, is_guest: bool = False) -> Identity:
    """What a believed token says."""
    return Identity(object_id=object_id, principal_name="" if is_guest else name, name="Sally", is_guest=is_guest)


@pytest.fixture
def refused(contoso: Tenant) -> Iterator[Callable[..., str]]:
    """How Contoso answers to somebody at its door; empty: they came in."""

    def ask(who: Identity, tenant: Tenant = contoso, linked: User | None = None) -> str:
        try:
            with scope(tenant=tenant):
                sign_ins.admit(tenant=tenant, person=who, linked=linked, now=NOW)
        except DomainError as reason:
            return reason.code
        return ""

    yield ask


@pytest.fixture
def evil(db: None) -> Tenant:
    """Fabrikam, whose owner fills a directory with other people's addresses, and lets all of it join."""
    tenant: Tenant = factories.TenantFactory(name="Fabrikam", domain="fabrikam.com", joins_by_sign_in=True)
    return tenant


@pytest.mark.django_db(transaction=True)
def test_a_directory_with_the_victims_address_in_it_opens_nothing(signing_in: Microsoft365, client: Client) -> None:
    victim = at.member(signing_in.tenant, "sally@contoso.com", Role.ADMINISTRATOR)
    with scopes_disabled():
        evil = factories.TenantFactory(name="Fabrikam", domain="fabrikam.com", joins_by_sign_in=True)
        directory = seed.create_organisation(domain="fabrikam.com", display_name="F", directory_id=EVIL_DIRECTORY)
        seed.create_application(organisation=directory, client_id=EVIL_CLIENT, secret="theirs")
        entry = seed.create_user(organisation=directory, address="mallory@fabrikam.com", display_name="Mallory")
        entry.mail, entry.user_principal_name = "sally@contoso.com", "sally@contoso.com.fabrikam.com"
        entry.save()
        Connection.objects.create(
            tenant=evil, client_id=EVIL_CLIENT, directory_id=EVIL_DIRECTORY, client_secret="theirs",
            secret_expires_on=next_year(), signs_in=True,
        )  # fmt: skip
        Mailbox.objects.filter(address="sally@contoso.com").update(address="sally.sommer@contoso.com")
        Mailbox.objects.create(  # what bringing in that directory would leave
            tenant=evil, kind=Mailbox.Kind.USER, address="sally@contoso.com", display_name="S", user=victim,
            directory_object_id=str(entry.pk),
        )  # fmt: skip
    assert at.sign_in_as(client, evil, "Mallory").status_code == 403
    with scopes_disabled():
        Mailbox.objects.filter(tenant=evil).delete()
        Membership.objects.create(tenant=evil, user=victim, role=Role.OWNER)
    # The victim even is a member there: it changes nothing.
    assert at.sign_in_as(client, evil, "Mallory").status_code == 403
    # Their code and their token at Contoso's door.
    own = at.parameters(at.begin(client, signing_in.tenant))
    code = at.parameters(at.choose(at.begin(Client(), evil), "Mallory"))["code"]
    door = f"{at.LOGIN.format(sign_in.provider_id(signing_in.tenant))}callback/"
    assert client.get(f"{door}?code={code}&state={own['state']}").status_code == 502
    assert not at.who(client) and not SocialAccount.objects.exists()
    assert not User.objects.exclude(pk=victim.pk).exists()


def test_an_organisation_speaks_for_its_own_verified_domains_alone(
    contoso: Tenant, evil: Tenant, refused: Callable[..., str]
) -> None:
    sally = at.member(contoso, "sally@contoso.com")
    assert refused(person(OTHER), evil) == "unknownPerson"
    with scope(tenant=evil):
        unproven = Domain.objects.create(tenant=evil, name="contoso.example", verified_at=None)
    assert refused(person(OTHER, f"sally@{unproven.name}"), evil) == "unknownPerson"
    with scopes_disabled():
        Membership.objects.create(tenant=evil, user=sally, role=Role.TEAM_MEMBER)
        Mailbox.objects.create(
            tenant=evil, kind=Mailbox.Kind.USER, address="mallory@fabrikam.com", display_name="M", user=sally,
            directory_object_id=OTHER,
        )  # fmt: skip
    # Its entry has an address of its own, and the mailbox names Sally as its person: that is no proof either.
    assert refused(person(OTHER, "mallory@fabrikam.com"), evil) == ""
    assert SocialAccount.objects.get().user.email == "mallory@fabrikam.com"
    # Even a link that is there opens nothing where the account's address is not the organisation's.
    assert refused(person(OTHER), evil, linked=sally) == "notHere"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.TEAM_MEMBER])
def test_who_is_worth_more_than_one_directory_links_the_account_themselves(
    contoso: Tenant, evil: Tenant, refused: Callable[..., str], role: str
) -> None:
    owner = at.member(contoso, "olivia@contoso.com", Role.OWNER)
    several = at.member(contoso, "sally@contoso.com", role)
    with scopes_disabled():
        Membership.objects.create(tenant=evil, user=several, role=Role.OWNER)
    assert refused(person(OTHER, "olivia@contoso.com")) == "linkYourself"
    assert refused(person()) == "linkYourself"
    at.link(contoso, owner, OTHER)
    assert refused(person(OTHER, "olivia@contoso.com"), linked=owner) == ""
    site = at.member(contoso, "root@contoso.com", is_superuser=True, is_staff=True)
    assert refused(person(SALLY, "root@contoso.com")) == "linkYourself"
    assert refused(person(SALLY, "root@contoso.com"), linked=site) == "notHere"


def test_a_guest_of_the_directory_is_nobody_by_address(contoso: Tenant, refused: Callable[..., str]) -> None:
    """A guest's address and name come from another directory, which anybody may run."""
    at.member(contoso, "sally@contoso.com")
    contoso.joins_by_sign_in = True
    contoso.save()
    assert refused(person(OTHER, is_guest=True)) == "unknownPerson"
    factories.MailboxFactory(tenant=contoso, address="sally@contoso.com", directory_object_id=OTHER)
    assert refused(person(OTHER, is_guest=True)) == "unknownPerson"


def test_an_address_that_changes_hands_does_not_hand_over_the_account(
    contoso: Tenant, refused: Callable[..., str]
) -> None:
    sally = at.member(contoso, "sally@contoso.com")
    assert refused(person()) == ""
    assert refused(person(OTHER)) == "anotherAccount"
    # She goes on with an address elsewhere: Contoso's directory does not stand for it.
    sally.email = "sally@home.example"
    sally.save()
    assert refused(person(), linked=sally) == "notHere"
    Membership.objects.all().delete()
    assert refused(person(), linked=sally) == "accessTaken"


def test_an_address_that_somebody_only_typed_is_not_theirs(contoso: Tenant, refused: Callable[..., str]) -> None:
    mallory = at.member(contoso, "mallory@contoso.com")
    EmailAddress.objects.create(user=mallory, email="sally@contoso.com", verified=False)
    assert refused(person()) == "unknownPerson"
    contoso.joins_by_sign_in = True
    contoso.save()
    assert refused(person()) == ""
    assert SocialAccount.objects.get().user.email == "sally@contoso.com" and mallory.socialaccount_set.count() == 0


def test_a_mailbox_that_names_somebody_gives_nobody_their_account(contoso: Tenant, refused: Callable[..., str]) -> None:
    """An administrator may enter whose mailbox it is; that must not make them an owner."""
    owner = at.member(contoso, "olivia@contoso.com", Role.OWNER)
    adam = at.member(contoso, "adam@contoso.com", Role.ADMINISTRATOR)
    factories.MailboxFactory(tenant=contoso, address="adam@contoso.com", directory_object_id=OTHER, user=owner)
    assert refused(person(OTHER, "olivia@contoso.com")) == ""
    assert SocialAccount.objects.get().user == adam


def test_an_invitation_counts_for_its_address_and_never_makes_an_owner_by_itself(
    contoso: Tenant, refused: Callable[..., str]
) -> None:
    giver = Membership.objects.get(user=at.member(contoso, "olivia@contoso.com", Role.OWNER))
    act: dict[str, Any] = {"tenant": contoso, "now": NOW, "actor": _actor(giver), "acting_as": giver}
    invitations.invite(email="sally@contoso.com", role=Role.OWNER, **act)
    assert refused(person()) == "unknownPerson"
    invitations.invite(email="sally@contoso.com", role=Role.SCHEDULER, **act)
    assert refused(person(OTHER, "mallory@contoso.com")) == "unknownPerson"
    assert refused(person()) == ""
    assert at.roles(User.objects.get(email="sally@contoso.com")) == {"Contoso": "scheduler"}


def _actor(giver: Membership) -> Any:
    return acting.person(giver.user)
