"""A member with an own mailbox, signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tenants.models import Mailbox, Membership, Role, Tenant
from tests import factories


@pytest.fixture
def sign_in(contoso: Tenant, client: Client) -> Callable[..., Membership]:
    """Signs somebody in: `sign_in(role)`; they get a licensed mailbox unless `capabilities` says otherwise."""

    def enter(role: str = Role.TEAM_MEMBER, **mailbox: object) -> Membership:
        membership = factories.member(contoso, role)
        factories.MailboxFactory(
            tenant=contoso, user=membership.user, address=membership.user.email, display_name=membership.user.name,
            **mailbox,
        )  # fmt: skip
        client.force_login(membership.user)
        return membership

    return enter


@pytest.fixture
def mailbox_of() -> Callable[[Membership], Mailbox]:
    """The mailbox of a member."""
    return lambda membership: Mailbox.objects.get(user=membership.user)
