"""Deleting a booking calendar: what goes with it is said first. A person brings their own page back by themselves."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import staff_access
from bookings.models import BookingPage
from bookings.services import losses, trash
from bookings.views.staff.desk import own_action, show, staff_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound


class DeleteForm(forms.Form):
    """What becomes of the bookings ahead."""

    ahead = forms.ChoiceField(
        label=gettext_lazy("What becomes of the bookings ahead?"),
        choices=[
            ("keep", gettext_lazy("Leave them as they are. They take place, and nobody is told.")),
            ("cancel", gettext_lazy("Cancel them and tell the customers by mail. This stays so after a restore.")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("What the customers read as the reason"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


@staff_page(*STAFF)
def delete(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """GET says what goes into the trash and asks, POST puts it there."""
    found, now = staff_access.page(request, page_id), timezone.now()
    gone = losses.of(found, now=now)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and (form.is_valid() or not gone.ahead):
        cancels = bool(gone.ahead) and form.cleaned_data.get("ahead") == "cancel"
        reason = form.cleaned_data.get("reason", "") if cancels else ""
        page = trash.delete(page=found, now=now, actor=actor_of(request), cancels=cancels, reason=reason)
        messages.success(request, _told(request, page))
        return redirect("staff:own_page" if page.is_personal else "staff:pages")
    context = {"page": found, "losses": gone, "form": form, "days": found.tenant.trash_days}
    return show(request, "staff/page_delete.html", context, section="own" if found.is_personal else "pages")


@own_action
def restore(request: MemberRequest) -> HttpResponse:
    """Brings the member's own personal page back."""
    page = own_in_trash(request)
    if page is None:
        raise NotFound
    trash.restore(page=page, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("Your page is back, with everything it had."))
    return redirect("staff:own_page")


def own_in_trash(request: MemberRequest) -> BookingPage | None:
    """The member's personal page that lies in the trash."""
    own = trash.contents().filter(kind=BookingPage.Kind.PERSONAL, mailbox__user=request.user)
    return own.first()


def _told(request: MemberRequest, page: BookingPage) -> str:
    day = date_format(timezone.localtime(page.purge_at or timezone.now()), _("j F Y"))
    facts = {"name": page.display_name, "day": day}
    if page.is_personal:
        return _("“%(name)s” lies in the trash. Until %(day)s you can bring it back here.") % facts
    if request.membership.administers:
        return _("“%(name)s” lies in the trash of the organisation and can be restored there until %(day)s.") % facts
    return _("“%(name)s” lies in the trash. An administrator can restore it until %(day)s.") % facts
