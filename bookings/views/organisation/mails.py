"""The organisation's own words in its mails: a list of all mails, each to edit, look at and try out."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from bookings.models import MailTemplate
from bookings.notifications import catalogue, samples
from bookings.notifications.catalogue import Kind
from bookings.services import mail_templates
from bookings.views.organisation.desk import organisation_page, show
from bookings.views.staff.desk import first_sentence, tried
from tenants.access import MemberRequest, actor_of
from tenants.errors import InvalidInput, NotFound
from tenants.views.outbox import MAIL_POLICY

LANGUAGES = {"en": "English", "de": "Deutsch"}


class WordsForm(forms.Form):
    """Subject and opening of one mail."""

    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Opening"),
        max_length=4000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("An empty line begins another paragraph. Facts, buttons and calendar files follow by themselves."),
    )


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """All mails by reader, and in which languages the organisation has words of its own."""
    own = set(MailTemplate.objects.values_list("template", "reader", "language"))
    groups = []
    for reader, title in catalogue.READERS.items():
        rows = [
            (kind, [(code, name, (kind.template, reader, code) in own) for code, name in LANGUAGES.items()])
            for kind in catalogue.KINDS if kind.reader == reader
        ]  # fmt: skip
        groups.append((reader, title, rows))
    return show(request, "organisation/mails.html", {"groups": groups}, tab="mails")


@csp_update({"frame-src": [SELF]})
@organisation_page
def edit(request: MemberRequest, key: str, language: str) -> HttpResponse:
    """GET shows the words of one mail; POST keeps them, sends a test to who asks, or goes back to ours (`act`)."""
    kind = _kind(key, language)
    now = timezone.now()
    place: dict[str, Any] = {"tenant": request.tenant, "kind": kind, "language": language, "now": now}
    own = mail_templates.find(tenant=request.tenant, kind=kind, language=language)
    ours = samples.standard(kind, tenant=request.tenant, language=language, now=now)
    initial = {"subject": (own and own.subject) or ours[0], "text": (own and own.text) or ours[1]}
    form = WordsForm(request.POST or None, initial=initial)
    if request.method == "POST" and _acted(request, form, place):
        return redirect("organisation:mail", key, language)
    context = {
        "kind": kind, "form": form, "language": language, "languages": LANGUAGES, "is_own": own is not None,
        "language_name": LANGUAGES[language], "reader": catalogue.READERS[kind.reader],
        "placeholders": [f"{{{name}}}" for name in kind.placeholders],
    }  # fmt: skip
    return show(request, "organisation/mail.html", context, tab="mails")


def _acted(request: MemberRequest, form: WordsForm, place: dict[str, Any]) -> bool:
    """Does what the pressed button says; False, with the reasons in the form, where the words are refused."""
    act = request.POST.get("act", "save")
    if act == "reset":
        mail_templates.reset(**place, actor=actor_of(request))
        messages.success(request, _("The mail is back to the standard words."))
        return True
    if not form.is_valid():
        return False
    words = {"subject": form.cleaned_data["subject"], "text": form.cleaned_data["text"]}
    if act == "test":
        if tried(form, lambda: mail_templates.send_test(**place, **words, to=request.user)):
            messages.success(request, _("A test is on its way to %(address)s.") % {"address": request.user.email})
        return False  # the words stay in the form: they are not kept yet
    if tried(form, lambda: mail_templates.save(**place, **words, actor=actor_of(request))):
        messages.success(request, _("Saved."))
        return True
    return False


@csp_replace(MAIL_POLICY)
@xframe_options_sameorigin
@organisation_page
def preview(request: MemberRequest, key: str, language: str) -> HttpResponse:
    """The made-up mail alone, for the frame: in the words that are kept (GET), or in those of the form (POST)."""
    kind = _kind(key, language)
    own = mail_templates.find(tenant=request.tenant, kind=kind, language=language)
    words = {"subject": own.subject if own else "", "text": own.text if own else ""}
    if request.method == "POST":
        words = {name: request.POST.get(name, "") for name in words}
    view = request.POST.get("view") or request.GET.get("view", "")
    try:
        subject, plain, html = mail_templates.preview(
            tenant=request.tenant, kind=kind, language=language, now=timezone.now(), **words
        )
    except InvalidInput as wrong:
        return HttpResponse(f"<!doctype html><title>–</title><p>{escape(first_sentence(wrong))}</p>")
    if view == "text":
        return HttpResponse(f"{subject}\n\n{plain}", content_type="text/plain; charset=utf-8")
    return HttpResponse(html, headers={"Referrer-Policy": "no-referrer"})


def _kind(key: str, language: str) -> Kind:
    """The mail that an address names. Raises NotFound."""
    kind = catalogue.find(key)
    if kind is None or language not in LANGUAGES:
        raise NotFound
    return kind
