"""Access policy: who may have booking pages, the rule that decided, and how Microsoft's side follows a wish.

| page              | shows                                                  | does                          |
|-------------------|--------------------------------------------------------|-------------------------------|
| the organisation  | both switches, Exchange's case, PowerShell, everybody  | switches                      |
| one person        | the same for one                                       | switches                      |
| Exchange's values | whom they let in or keep out, before anything is kept  | keeps them, as taken over now |
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.organisation.people import primary_domain
from bookings.views.organisation.policy_shown import about, switches
from bookings.views.staff import sheets
from tenants.access import MemberRequest, actor_of
from tenants.entitlements import Decision
from tenants.errors import NotFound
from tenants.models import AccessPolicy, Mailbox
from tenants.services import policies

PER_PAGE = 50
HEAD = (
    "DisplayName", "PrimarySmtpAddress", "PersonalAllowed", "PersonalRule", "PersonalReason", "SharedAllowed",
    "SharedRule", "SharedReason", "PowerShell",
)  # fmt: skip
#: What the buttons of a switch send.
SETTINGS = {"on": True, "off": False, "inherit": None}
KINDS: dict[str, policies.Kind] = {"personal": "personal", "shared": "shared"}


class PolicyFilter(forms.Form):
    """Which people."""

    q = forms.CharField(label=gettext_lazy("Name or address"), required=False, max_length=254)
    only = forms.ChoiceField(
        label=gettext_lazy("Who"),
        required=False,
        choices=[
            ("", gettext_lazy("Everybody")),
            ("refused", gettext_lazy("May not have a personal page")),
            ("allowed", gettext_lazy("May have a personal page")),
            ("exceptions", gettext_lazy("Have a setting of their own")),
        ],
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponseBase:
    """The organisation's policy and what it means for everybody; `?format=csv`: all that fits as a file."""
    form = PolicyFilter(request.GET or None)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    people = list(Mailbox.objects.filter(kind=Mailbox.Kind.USER).order_by("display_name", "address"))
    rows = {row.mailbox_id: row for row in AccessPolicy.objects.all()}
    personal, shared = policies.decide_both(request.tenant, people, rows)
    found = [each for each in people if _fits(each, wanted, personal[each.pk], each.pk in rows)]
    if request.GET.get("format") == "csv":
        lines = (_line(each, personal[each.pk], shared[each.pk]) for each in found)
        return sheets.streamed("access-policy", HEAD, lines, tenant=request.tenant)
    kept = request.GET.copy()
    kept.pop("p", None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    context = about(request.tenant, rows.get(None), now=timezone.now()) | {
        "form": form, "page": page, "kept": kept.urlencode(), "total": len(people), "domain": primary_domain(),
        "allowed": sum(decision.allowed for decision in personal.values()),
        "rows": [(each, personal[each.pk], shared[each.pk], each.pk in rows) for each in page],
    }  # fmt: skip
    return show(request, "organisation/policy.html", context, tab="policy")


def _fits(mailbox: Mailbox, wanted: dict[str, Any], decision: Decision, has_own: bool) -> bool:
    text, only = wanted.get("q", "").casefold(), wanted.get("only", "")
    named = not text or any(
        text in one.casefold() for one in (mailbox.display_name, mailbox.address, mailbox.principal_name)
    )
    return (
        named and {"": True, "refused": not decision.allowed, "allowed": decision.allowed, "exceptions": has_own}[only]
    )


def _line(mailbox: Mailbox, personal: Decision, shared: Decision) -> tuple[Any, ...]:
    return (
        mailbox.display_name, mailbox.address, "yes" if personal.allowed else "no", personal.rule.value,
        personal.reason, "yes" if shared.allowed else "no", shared.rule.value, shared.reason,
        "; ".join(personal.powershell),
    )  # fmt: skip


@organisation_page
def person(request: MemberRequest, person_id: uuid.UUID) -> HttpResponse:
    """One person: what decided, the exceptions, Exchange's values."""
    mailbox = one_person(person_id)
    now = timezone.now()
    ours, own = policies.rows_of(mailbox)
    context = about(request.tenant, own, now=now, mailbox=mailbox) | {
        "mailbox": mailbox,
        "switches": switches(own, mailbox),
        "decisions": [
            (_("Personal page"), policies.judge(mailbox, ours, own, kind="personal")),
            (_("Shared pages"), policies.judge(mailbox, ours, own, kind="shared")),
        ],
    }
    return show(request, "organisation/policy_person.html", context, tab="policy")


@organisation_action
def switch(request: MemberRequest) -> HttpResponse:
    """A switch of the organisation: it acts at once."""
    return _switched(request, None)


@organisation_action
def switch_person(request: MemberRequest, person_id: uuid.UUID) -> HttpResponse:
    """A switch of one person."""
    return _switched(request, one_person(person_id))


def _switched(request: MemberRequest, mailbox: Mailbox | None) -> HttpResponse:
    kind, wanted = request.POST.get("kind", ""), request.POST.get("set", "")
    if kind not in KINDS or wanted not in SETTINGS:
        raise NotFound
    policies.set_switch(
        tenant=request.tenant, kind=KINDS[kind], on=SETTINGS[wanted], mailbox=mailbox, now=timezone.now(),
        actor=actor_of(request),
    )  # fmt: skip
    messages.success(request, _("Saved. It holds from now on. Microsoft’s side is changed by PowerShell only."))
    if mailbox is None:
        return redirect("organisation:policy")
    return redirect("organisation:policy_person", mailbox.pk)


def one_person(person_id: uuid.UUID) -> Mailbox:
    """A person of the organisation. Raises NotFound."""
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).select_related("tenant")
    found = people.filter(pk=person_id).first()
    if found is None:
        raise NotFound
    return found
