"""An organisation's own settings: who is asked before joining a page, who may embed, who sends invitations (S0.14)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.views.organisation.desk import organisation_page, show
from bookings.views.staff.desk import tried
from tenants.access import MemberRequest, actor_of
from tenants.forms import OriginsField, TimeZoneChoice, WordsField
from tenants.models import Tenant
from tenants.services import changes


class SettingsForm(forms.ModelForm):
    """What holds for every page of the organisation."""

    time_zone = TimeZoneChoice(label=_("Time zone"))
    frame_ancestors = OriginsField(
        label=_("Sites that may show booking pages in a frame"),
        help_text=_("One address on each line, without anything behind the name. Empty: none may."),
    )
    naming_blocked = WordsField(
        label=_("Words that names must not hold"),
        help_text=_("One word or phrase on each line, in any letter case. “HR” does not refuse “Chris”."),
    )

    class Meta:
        model = Tenant
        fields = [
            "name", "time_zone", "language", "accent", "logo_url", "require_staff_approval", "bookings_enabled",
            "invitation_sender", "tentative_is_busy", "out_of_office_is_busy", "working_elsewhere_is_busy",
            "frame_ancestors", "naming_prefix", "naming_suffix", "naming_blocked", "hides_staff_details",
            "collects_phone", "collects_notes", "collects_answers", "blocks_outside",
        ]  # fmt: skip
        widgets = {"accent": forms.TextInput(attrs={"placeholder": "#2456d6", "spellcheck": "false"})}
        help_texts = {
            "accent": _("It is darkened or lightened where words would be hard to read."),
            "logo_url": _("An https address of a picture. Empty: the organisation's name."),
            "require_staff_approval": _(
                "Whoever is put on a business page gets a mail with Approve and Reject, and can be booked only "
                "after approving. Otherwise they can be booked at once."
            ),
            "bookings_enabled": _(
                "Switched off, visitors find none of the organisation's business pages, and nobody can create or "
                "manage one. Personal pages have a switch of their own under Access policy."
            ),
            "invitation_sender": _("A customer gets one invitation, never two."),
            "naming_prefix": _("It is put before the name and the address of a new or renamed business page."),
            "naming_suffix": _("It is put behind them. Pages that have their name keep it until it is changed."),
            "hides_staff_details": _(
                "Customers of business pages read the page's name in the place of the people's: on pages, in mails, "
                "in calendar files and by programs. They cannot choose with whom. Personal pages stay as they are."
            ),
            "collects_phone": _("Switched off, no form asks for it, and what a program sends is refused."),
            "collects_notes": _("Switched off, no form asks for them, and what a program sends is refused."),
            "collects_answers": _("Switched off, no page asks its own questions. They are kept and come back with it."),
            "blocks_outside": _(
                "Everybody signs in first, whatever a page says, and programs without a key find no page. Bookings "
                "that outside customers have stay; they can still cancel or move them."
            ),
        }

    def _post_clean(self) -> None:
        """The service validates."""


@organisation_page
def settings(request: MemberRequest) -> HttpResponse:
    """GET shows the settings, POST keeps them; what changed stands in the audit trail."""
    tenant = Tenant.objects.get(pk=request.tenant.pk)  # a refused change must not show in the page's frame
    form = SettingsForm(request.POST or None, instance=tenant)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"action": "tenant.changed", "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: changes.apply(row=tenant, fields=form.cleaned_data, **act)):
            messages.success(request, _("Saved."))
            return redirect("organisation:settings")
    return show(request, "organisation/settings.html", {"form": form}, tab="settings")
