"""Who has which role: members, their way of signing in, and invitations that wait."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import StaffMember
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff import sheets
from bookings.views.staff.desk import tried
from tenants import sign_in
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.models import Connection, Mailbox, Membership, Role
from tenants.services import invitations, members, sign_in_choice

PER_PAGE = 50
#: How many people of the directory a search shows.
_FOUND = 20
HEAD = ("Name", "Address", "Role", "LastSignIn", "SecondFactor", "SignsInWith", "MemberSince")
#: What each role may do, in the order of power.
ABOUT = {
    Role.OWNER: gettext_lazy("Everything, and decides who else is an owner and how people sign in."),
    Role.ADMINISTRATOR: gettext_lazy("Everything in the organisation, except what concerns owners."),
    Role.SCHEDULER: gettext_lazy("Looks after everybody's pages and bookings."),
    Role.TEAM_MEMBER: gettext_lazy("Has a page and bookings of their own."),
    Role.VIEWER: gettext_lazy("Sees bookings and changes nothing."),
}


class MembersFilter(forms.Form):
    """Which members."""

    q = forms.CharField(label=gettext_lazy("Name or address"), required=False, max_length=254)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), required=False, choices=[("", gettext_lazy("Every role")), *Role.choices]
    )


class RoleForm(forms.Form):
    """What somebody may do; a role that the person who chooses cannot give is not offered."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect, initial=Role.TEAM_MEMBER)

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = [role for role in Role if role != Role.OWNER or giver.role == Role.OWNER]
        field: Any = self.fields["role"]
        field.choices = [(role.value, f"{role.label}: {ABOUT[role]}") for role in given]


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=gettext_lazy("Mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["email", "role"]


class SignInForm(forms.Form):
    """The organisation's way in through its directory."""

    signs_in = forms.BooleanField(
        label=gettext_lazy("Members sign in with their Microsoft account"), required=False,
        help_text=gettext_lazy("Passwords go on working, and second factors are still asked for."),
    )  # fmt: skip
    joins = forms.BooleanField(
        label=gettext_lazy("Everybody of the directory may join"), required=False,
        help_text=gettext_lazy("Whoever signs in for the first time becomes a team member. Guests do not."),
    )  # fmt: skip


@organisation_page
def index(request: MemberRequest) -> HttpResponseBase:
    """Members, invitations, and how people sign in; `?format=csv`: all members that fit."""
    form = MembersFilter(request.GET or None)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = _narrowed(_members(request), wanted)
    if request.GET.get("format") == "csv":
        rows = (_line(member) for member in found.iterator(chunk_size=500))
        return sheets.streamed("members", HEAD, rows, tenant=request.tenant)
    kept = request.GET.copy()
    kept.pop("p", None)
    now = timezone.now()
    waiting = [(each, each.has_expired(now)) for each in invitations.waiting(now=now)]
    context = {
        "form": form, "page": Paginator(found, PER_PAGE).get_page(request.GET.get("p")), "kept": kept.urlencode(),
        "waiting": waiting, "is_owner": request.membership.role == Role.OWNER, **_ways_in(request),
    }  # fmt: skip
    return show(request, "organisation/members.html", context, tab="members")


@organisation_page
def invite(request: MemberRequest) -> HttpResponse:
    """Gives access to an address; `?q=` looks for people of the directory, `?address=` fills one in."""
    form = InviteForm(request.POST or None, giver=request.membership, initial={"email": request.GET.get("address", "")})
    act: dict[str, Any] = {"tenant": request.tenant, "now": timezone.now(), "actor": actor_of(request)}
    if request.method == "POST" and form.is_valid():
        wanted = {**act, **form.cleaned_data, "acting_as": request.membership}
        if tried(form, lambda: invitations.invite(**wanted)):
            messages.success(request, _("The invitation is on its way to %(email)s.") % form.cleaned_data)
            return redirect("organisation:members")
    words = request.GET.get("q", "").replace("\x00", "").strip()[:254]  # no database takes NUL
    context = {"form": form, "q": words, "people": _of_the_directory(words) if words else [], "most": _FOUND}
    return show(request, "organisation/member_invite.html", context, tab="members")


@organisation_page
def detail(request: MemberRequest, membership_id: uuid.UUID) -> HttpResponse:
    """One member: GET shows, POST gives another role."""
    member = _member(request, membership_id)
    form = RoleForm(request.POST or None, giver=request.membership, initial={"role": member.role})
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request), "acting_as": request.membership}
        members.change_role(membership=member, role=form.cleaned_data["role"], **act)
        messages.success(request, _("Saved."))
        return redirect("organisation:members")
    locked = member.role == Role.OWNER and request.membership.role != Role.OWNER
    context = {"member": member, "form": form, "locked": locked, "is_self": member.pk == request.membership.pk}
    return show(request, "organisation/member.html", context, tab="members")


@organisation_page
def remove(request: MemberRequest, membership_id: uuid.UUID) -> HttpResponse:
    """GET says what is lost and what stays, POST takes the person out."""
    member = _member(request, membership_id)
    if request.method != "POST":
        boxes = Mailbox.objects.filter(user=member.user, kind=Mailbox.Kind.USER)
        context = {
            "member": member, "pages": StaffMember.objects.filter(mailbox__in=boxes).values("page").distinct().count(),
            "is_self": member.pk == request.membership.pk,
        }  # fmt: skip
        return show(request, "organisation/member_remove.html", context, tab="members")
    act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request), "acting_as": request.membership}
    members.remove(membership=member, **act)
    messages.success(request, _("%(name)s has no access any more.") % {"name": member.user})
    return redirect("/" if member.user_id == request.user.pk else "organisation:members")


@organisation_action
def send_again(request: MemberRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Sends a new link to somebody who has not answered."""
    invitation = _invitation(invitation_id)
    act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request), "acting_as": request.membership}
    invitations.send_again(invitation=invitation, **act)
    messages.success(request, _("A new invitation is on its way. The earlier link does not work any more."))
    return redirect("organisation:members")


@organisation_action
def withdraw(request: MemberRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Takes an invitation back."""
    act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request), "acting_as": request.membership}
    invitations.withdraw(invitation=_invitation(invitation_id), **act)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("organisation:members")


@organisation_action
def choose_sign_in(request: MemberRequest) -> HttpResponse:
    """Switches sign-in with Microsoft, and joining by it."""
    form = SignInForm(request.POST)
    form.is_valid()
    act: dict[str, Any] = {"now": timezone.now(), "actor": actor_of(request), "acting_as": request.membership}
    sign_in_choice.choose(tenant=request.tenant, **form.cleaned_data, **act)
    messages.success(request, _("Saved."))
    return redirect("organisation:members")


def _members(request: MemberRequest) -> QuerySet[Membership]:
    """The members with what the list says of each, in one query."""
    linked = SocialAccount.objects.filter(user=OuterRef("user"), provider=sign_in.provider_id(request.tenant))
    second = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    rows = Membership.objects.select_related("user").annotate(is_linked=Exists(linked), has_second=Exists(second))
    return rows.order_by("user__name", "user__email")


def _narrowed(rows: QuerySet[Membership], wanted: dict[str, Any]) -> QuerySet[Membership]:
    if wanted.get("q"):
        rows = rows.filter(Q(user__name__icontains=wanted["q"]) | Q(user__email__icontains=wanted["q"]))
    return rows.filter(role=wanted["role"]) if wanted.get("role") else rows


def _line(member: Any) -> tuple[Any, ...]:
    user = member.user
    ways = [*(["Microsoft"] if member.is_linked else []), *(["password"] if user.has_usable_password() else [])]
    return (
        user.name, user.email, member.role, user.last_login.isoformat() if user.last_login else "",
        "yes" if member.has_second else "no", " + ".join(ways), member.created_at.isoformat(),
    )  # fmt: skip


def _ways_in(request: MemberRequest) -> dict[str, Any]:
    """What the card about Microsoft shows."""
    used = Connection.objects.filter(is_active=True).first()
    initial = {"signs_in": bool(used and used.signs_in), "joins": request.tenant.joins_by_sign_in}
    return {
        "sign_in_form": SignInForm(initial=initial), "signs_in": initial["signs_in"], "joins": initial["joins"],
        "may_switch": used is not None and sign_in_choice.has_directory(used),
        "callback_url": sign_in.callback_url(request.tenant), "start_url": sign_in.start_url(request.tenant),
    }  # fmt: skip


def _of_the_directory(words: str) -> list[Mailbox]:
    """People of the directory without access, whose name or address holds the words."""
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER, account_enabled=True)
    mine = Membership.objects.filter(user__email__iexact=OuterRef("address"))
    people = people.filter(Q(display_name__icontains=words) | Q(address__icontains=words)).exclude(Exists(mine))
    return list(people.order_by("display_name")[:_FOUND])


def _member(request: MemberRequest, membership_id: uuid.UUID) -> Membership:
    found = _members(request).select_related("tenant", "user").filter(pk=membership_id).first()
    if found is None:
        raise NotFound
    return found


def _invitation(invitation_id: uuid.UUID) -> invitations.Invitation:
    waiting = invitations.waiting(now=timezone.now())
    found = next((each for each in waiting if each.message.pk == invitation_id), None)
    if found is None:
        raise NotFound
    return found
