"""Roles: who has which, inviting somebody, and taking access away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from tenants.models import AuditEvent, Connection, Mailbox, Membership, Message, Role, Tenant, User
from tenants.services import invitations
from tests import factories
from tests.accounts import microsoft as at
from tests.staff.conftest import sign_in

__all__ = ["sign_in"]
pytestmark = pytest.mark.django_db
PAGE = "/organisation/members/"
PASSWORD = "correct horse battery"
Enter = Callable[..., Membership]


def invited(client: Client, email: str = "new@outside.example", role: str = Role.SCHEDULER) -> str:
    """Invites somebody through the page; returns the address of the link in the mail."""
    answer = client.post(f"{PAGE}new/", {"email": email, "role": role})
    assert answer.status_code == 302, answer.content.decode()
    mail = Message.objects.filter(to=email, template="account/invitation").first()
    found = re.search(r"/accounts/invitation/\S+", mail.text)
    assert found
    return found[0]


def page(client: Client, query: str = "") -> str:
    return client.get(PAGE + query).content.decode()


def test_the_list_says_of_each_member_what_counts_in_few_queries(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    sally = at.member(contoso, "sally@contoso.com", Role.SCHEDULER, name="Sally")
    TOTP.activate(sally, "JBSWY3DPEHPK3PXP")
    at.link(contoso, sally, sally.pk)
    for number in range(60):
        factories.member(contoso, name=f"Member {number:02}")
    grace = factories.member(contoso, name="Grace").user
    with scopes_disabled():  # what an account is elsewhere stays there
        other = factories.stranger()
        Membership.objects.create(tenant=other, user=grace, role=Role.OWNER)
        factories.member(other, name="Somebody of Fabrikam")
    at.link(other, grace, grace.pk)
    with CaptureQueriesContext(database) as queries:
        shown = page(client)
    assert len(queries) < 20 and "63 members" in shown and "Somebody of Fabrikam" not in shown
    row = page(client, "?q=sally").partition("<tbody>")[2]
    assert "Scheduler" in row and "Microsoft, password" in row and ">never<" in row.replace("\n", "") and "yes" in row
    assert "Microsoft" not in page(client, "?q=grace").partition("<tbody>")[2].partition("</tbody>")[0]
    file = client.get(f"{PAGE}?format=csv&role=scheduler").getvalue().decode()
    assert file.splitlines()[1].startswith("Sally,sally@contoso.com,scheduler,,yes,Microsoft + password,")


def test_somebody_new_chooses_a_password_once(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    sign_in(Role.ADMINISTRATOR)
    link = invited(client)
    assert not User.objects.filter(email="new@outside.example").exists(), "nobody has an account before they accept"
    assert "new@outside.example" in page(client)
    somebody = Client()
    for _scan in range(3):  # mail scanners open links
        assert somebody.get(link).status_code == 200 and somebody.head(link).status_code == 200
    weak = somebody.post(link, {"name": "Nia", "password": "password"})
    assert weak.status_code == 422 and "too common" in weak.content.decode()
    answer = somebody.post(link, {"name": "Nia", "password": "a long new sentence"})
    assert answer["Location"] == "/staff/" and at.who(somebody) == "new@outside.example"
    nia = User.objects.get(email="new@outside.example")
    assert at.roles(nia) == {"Contoso": "scheduler"} and EmailAddress.objects.get(user=nia).verified
    assert (
        Client().get(link).status_code == 410
        and Client().post(link, {"name": "X", "password": "y" * 20}).status_code == 410
    )
    assert "new@outside.example" not in page(client).partition("Invitations that wait")[2]
    actions = AuditEvent.objects.filter(target="new@outside.example").values_list("action", "actor")
    assert ("membership.added", "new@outside.example") in actions and "invitation.sent" in dict(actions)


def test_somebody_with_an_account_elsewhere_shows_up_only_when_they_accept(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    with scopes_disabled():
        other = factories.stranger()
        with scope(tenant=other):
            grace = at.member(other, "grace@fabrikam.com", Role.OWNER, name="Grace Hopper")
    link = invited(client, "grace@fabrikam.com", Role.VIEWER)
    assert "Grace Hopper" not in page(client) and at.roles(grace) == {"Fabrikam": "owner"}
    holder = Client()  # whoever got hold of the mail
    assert "choose a password" not in holder.get(link).content.decode().lower()
    taken = holder.post(link, {"name": "Mallory", "password": "a long new sentence"})
    assert taken.status_code == 409 and not at.who(holder)
    grace.refresh_from_db()
    assert grace.check_password(PASSWORD)
    stranger = Client()
    stranger.force_login(factories.member(contoso).user)
    assert "another address" in stranger.get(link).content.decode() and stranger.post(link).status_code == 403
    holder.post("/accounts/login/", {"login": "grace@fabrikam.com", "password": PASSWORD})
    assert holder.post(link)["Location"] == "/staff/"
    assert at.roles(grace) == {"Fabrikam": "owner", "Contoso": "viewer"}


def test_an_invitation_ends_after_a_week_is_sent_again_and_withdrawn(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    first = invited(client)
    Message.objects.update(created_at=timezone.now() - timedelta(days=7, seconds=1))
    assert Client().get(first).status_code == 410 and "expired" in page(client)
    waits = invitations.waiting(now=timezone.now())[0].message
    client.post(f"{PAGE}invitations/{waits.pk}/again/")
    newest = Message.objects.get(dedupe_key__startswith="invitation:scheduler:")
    link = re.search(r"/accounts/invitation/\S+", newest.text)[0]
    assert link != first and Client().get(link).status_code == 200 and Client().get(first).status_code == 410
    client.post(f"{PAGE}invitations/{newest.pk}/withdraw/")
    assert Client().get(link).status_code == 410 and "Invitations that wait" not in page(client)
    assert AuditEvent.objects.filter(action="invitation.withdrawn", target="new@outside.example").exists()


def test_only_owners_make_owners_and_one_always_stays(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    owner = factories.member(contoso, Role.OWNER)
    me = sign_in(Role.ADMINISTRATOR)
    member = factories.member(contoso)
    assert "Owner:" not in client.get(f"{PAGE}new/").content.decode()
    for address in (f"{PAGE}new/", f"{PAGE}{member.pk}/"):
        client.post(address, {"email": "new@outside.example", "role": "owner"})
    client.post(f"{PAGE}{owner.pk}/", {"role": "viewer"})
    client.post(f"{PAGE}{owner.pk}/remove/")
    assert not Message.objects.exists()
    assert set(Membership.objects.values_list("role", "pk")) == {
        ("owner", owner.pk), ("administrator", me.pk), ("teamMember", member.pk)
    }  # fmt: skip
    client.post(f"{PAGE}{member.pk}/", {"role": "scheduler"})
    member.refresh_from_db()
    assert member.role == "scheduler" and AuditEvent.objects.filter(action="membership.changed").count() == 1
    client.force_login(owner.user)
    assert "only owner" in client.post(f"{PAGE}{owner.pk}/remove/", follow=True).content.decode()
    invited(client, "second@contoso.com", Role.OWNER)
    client.force_login(me.user)
    waits = invitations.waiting(now=timezone.now())[0].message
    client.post(f"{PAGE}invitations/{waits.pk}/withdraw/")
    client.post(f"{PAGE}new/", {"email": "second@contoso.com", "role": "viewer"})
    assert [each.role for each in invitations.waiting(now=timezone.now())] == ["owner"]


def test_taking_access_away_is_asked_first_and_closes_open_pages(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    gone, theirs = factories.member(contoso, Role.SCHEDULER, name="Gone"), Client()
    theirs.force_login(gone.user)
    assert theirs.get("/staff/").status_code == 200
    assert "Take away the access of Gone?" in client.get(f"{PAGE}{gone.pk}/remove/").content.decode()
    assert Membership.objects.filter(pk=gone.pk).exists()
    client.post(f"{PAGE}{gone.pk}/remove/")
    assert not Membership.objects.filter(pk=gone.pk).exists() and theirs.get("/staff/").status_code == 404
    assert AuditEvent.objects.filter(action="membership.removed", before={"role": "scheduler"}).exists()


def test_people_of_the_directory_are_found_and_get_their_mailbox(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    box = factories.MailboxFactory(tenant=contoso, address="nia@contoso.com", display_name="Nia Nkosi")
    assert "nia@contoso.com" in client.get(f"{PAGE}new/?q=nkosi").content.decode()
    assert 'value="nia@contoso.com"' in client.get(f"{PAGE}new/?address=nia@contoso.com").content.decode()
    link = invited(client, "Nia@contoso.com".lower())
    Client().post(link, {"name": "Nia", "password": "a long new sentence"})
    assert Mailbox.objects.get(pk=box.pk).user == User.objects.get(email="nia@contoso.com")
    again = client.post(f"{PAGE}new/", {"email": "nia@contoso.com", "role": "viewer"})
    assert "is a member already" in again.content.decode()


def test_only_an_owner_hands_the_door_to_the_directory(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    used: dict[str, Any] = {
        "tenant": contoso, "client_id": "5f0c6a1e-2f5b-4b43-9a59-0b4f3c9de001", "client_secret": "hidden value",
        "directory_id": "9d3f8f0a-53d1-4d39-8a4c-6f1f6d1c0001", "secret_expires_on": timezone.now().date(),
    }  # fmt: skip
    sign_in(Role.OWNER)
    on = {"signs_in": "on", "joins": "on"}
    assert "Connect Microsoft 365" in client.post(f"{PAGE}sign-in/", on, follow=True).content.decode()
    row = Connection.objects.create(**used)
    client.force_login(factories.member(contoso, Role.ADMINISTRATOR).user)
    client.post(f"{PAGE}sign-in/", on)
    assert not Connection.objects.get().signs_in
    client.force_login(Membership.objects.get(role=Role.OWNER).user)
    client.post(f"{PAGE}sign-in/", on)
    contoso.refresh_from_db()
    assert Connection.objects.get().signs_in and contoso.joins_by_sign_in
    shown = page(client)
    assert f"/accounts/oidc/ms-{contoso.pk}/login/callback/" in shown and "hidden value" not in shown
    assert AuditEvent.objects.get(action="connection.signInChanged").target_id == row.pk
    client.post(f"{PAGE}sign-in/", {})
    contoso.refresh_from_db()
    assert not Connection.objects.get().signs_in and not contoso.joins_by_sign_in


def test_a_stranger_finds_nothing(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    member = sign_in(Role.ADMINISTRATOR)
    link = invited(client)
    waits = invitations.waiting(now=timezone.now())[0].message
    with scopes_disabled():
        other = factories.stranger()
        with scope(tenant=other):
            outsider = factories.member(other, Role.OWNER).user
    client.force_login(outsider)
    tried = (
        f"{member.pk}/",
        f"{member.pk}/remove/",
        f"invitations/{waits.pk}/again/",
        f"invitations/{waits.pk}/withdraw/",
    )
    assert {client.post(PAGE + path, {"role": "viewer"}).status_code for path in tried} == {404}
    assert client.post(link).status_code == 403
    assert Membership.objects.filter(pk=member.pk, role=Role.ADMINISTRATOR).exists()
    client.force_login(factories.member(contoso, Role.SCHEDULER).user)
    assert client.get(PAGE).status_code == 404
