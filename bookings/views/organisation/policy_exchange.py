"""Exchange's values, pasted or typed: first what they would change, then kept. A wish is looked at the same way."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.views.organisation.desk import organisation_page, show
from bookings.views.organisation.policy import one_person
from bookings.views.organisation.policy_shown import facts, level_of
from tenants import exchange_policy
from tenants.access import MemberRequest, actor_of
from tenants.errors import DomainError
from tenants.exchange_policy import ALLOW_LIST, BLOCK_LIST, Exchange
from tenants.models import Mailbox
from tenants.services import exchange_values, policies
from tenants.services.exchange_values import Pasted

#: How many people are listed by name.
_LISTED = 50
_LIST = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})


class ExchangeForm(forms.Form):
    """PowerShell's output; or the values one by one."""

    text = forms.CharField(
        label=gettext_lazy("What PowerShell printed"),
        help_text=gettext_lazy("Format-List or a CSV file, of the organisation, of one person or of many."),
        required=False,
        strip=False,
        max_length=4_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "input input--code"}),
    )
    enabled = forms.TypedChoiceField(
        label="EwsEnabled",
        required=False,
        choices=[("", gettext_lazy("Empty: Exchange’s default")), ("True", "True"), ("False", "False")],
        coerce=lambda value: {"True": True, "False": False}.get(value),
        empty_value=None,
    )
    policy = forms.ChoiceField(
        label="EwsApplicationAccessPolicy",
        required=False,
        choices=[("", gettext_lazy("Empty: every application")), (ALLOW_LIST, ALLOW_LIST), (BLOCK_LIST, BLOCK_LIST)],
    )
    allow_list = forms.CharField(label="EwsAllowList", required=False, max_length=20_000, widget=_LIST)
    block_list = forms.CharField(label="EwsBlockList", required=False, max_length=20_000, widget=_LIST)

    def typed(self) -> Exchange:
        """The values that were entered one by one."""
        data = self.cleaned_data
        lists = (
            tuple(dict.fromkeys(data[name].replace(",", "\n").split("\n"))) for name in ("allow_list", "block_list")
        )
        allow, block = (tuple(one.strip() for one in entries if one.strip()) for entries in lists)
        return Exchange(data["enabled"], data["policy"], allow, block)


@organisation_page
def organisation(request: MemberRequest) -> HttpResponse:
    """The organisation's values, or those of many people at once."""
    return _page(request, None)


@organisation_page
def person(request: MemberRequest, person_id: uuid.UUID) -> HttpResponse:
    """One person's values."""
    return _page(request, one_person(person_id))


def _page(request: MemberRequest, mailbox: Mailbox | None) -> HttpResponse:
    """GET shows the form, with `?wish=on` or `off` what its lines would change; POST looks first, then keeps."""
    key = mailbox.pk if mailbox else None
    before = exchange_values.known()
    now_known = before.get(key, Exchange())
    wish = {"on": True, "off": False}.get(request.GET.get("wish", ""))
    shown = now_known if wish is None else exchange_policy.after(now_known, wish=wish)
    form = ExchangeForm(request.POST or None, initial=_initial(shown))
    read = Pasted({key: shown}) if wish is not None else None
    if request.method == "POST" and form.is_valid():
        read = _read(form, mailbox)
        if read is not None and request.POST.get("act") == "keep":
            act: dict[str, Any] = {"tenant": request.tenant, "now": timezone.now(), "actor": actor_of(request)}
            exchange_values.keep(values=read.values, **act)
            messages.success(request, _("Exchange’s values are kept. Pages follow them from now on."))
            return redirect("organisation:policy_person", key) if key else redirect("organisation:policy")
    context = {
        "form": form,
        "mailbox": mailbox,
        "wish": wish,
        "export_line": exchange_policy.EXPORT,
        **_compared(request, read, before, mailbox),
    }
    if wish is not None:
        who = policies.identity(mailbox) if mailbox else ""
        context["lines"] = exchange_policy.lines(now_known, level=level_of(mailbox), wish=wish, identity=who)
    return show(request, "organisation/policy_exchange.html", context, tab="policy")


def _read(form: ExchangeForm, mailbox: Mailbox | None) -> Pasted | None:
    """What the form says; None, with the reason in it, where that cannot be read."""
    if not form.cleaned_data["text"].strip():
        return Pasted({mailbox.pk if mailbox else None: form.typed()})
    try:
        return exchange_values.read(form.cleaned_data["text"], mailbox=mailbox)
    except DomainError as wrong:
        form.add_error("text", str(wrong.detail))
        return None


def _initial(values: Exchange) -> dict[str, Any]:
    return {
        "enabled": "" if values.enabled is None else str(values.enabled), "policy": values.policy,
        "allow_list": "\n".join(values.allow_list), "block_list": "\n".join(values.block_list),
    }  # fmt: skip


def _compared(
    request: MemberRequest, read: Pasted | None, before: dict[uuid.UUID | None, Exchange], mailbox: Mailbox | None
) -> dict[str, Any]:
    """The values before and after, and whom the change lets in or keeps out."""
    if read is None:
        return {}
    key = mailbox.pk if mailbox else None
    pairs = []
    if key in read.values:
        old, new = facts(before.get(key, Exchange())), facts(read.values[key])
        pairs = [(name, was, is_now, was != is_now) for (name, was), (_name, is_now) in zip(old, new, strict=True)]
    changed = exchange_values.simulate(request.tenant, read.values)
    return {
        "pairs": pairs, "people": sum(pk is not None for pk in read.values), "unknown": read.unknown[:_LISTED],
        "unknown_count": len(read.unknown), "changed": changed[:_LISTED], "changed_count": len(changed),
        "let_in": sum(change.after.allowed for change in changed),
        "kept_out": sum(not change.after.allowed for change in changed), "is_read": True,
    }  # fmt: skip
