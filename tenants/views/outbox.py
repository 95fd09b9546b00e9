"""The demonstration's mail program: every mail of this site, whoever it is for.

Mails hold links that act, and these pages ask nobody to sign in: on purpose, because they stand for the mailboxes of
everybody who plays along. They exist only where `EMAIL_URL` is `outbox:`, which a production start refuses.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from django_scopes import scopes_disabled

from tenants import mail
from tenants.models import Message

View = Callable[..., HttpResponse]
PER_PAGE = 30
#: How a mail can be looked at: the parameter `view` of its page.
VIEWS = ("html", "text", "calendar", "source")
#: A mail may style itself, be framed by us, and open its links in a new tab; nothing else that our pages may.
MAIL_POLICY = dict.fromkeys(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]) | {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


def _every_organisation(view: View) -> View:
    """The outbox stands outside the organisations: it shows the mails of all of them (see the module's docstring)."""

    @wraps(view)
    def inner(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        with scopes_disabled():
            return view(request, *args, **kwargs)

    return never_cache(require_safe(inner))


@_every_organisation
def message_list(request: HttpRequest) -> HttpResponse:
    """All mails, newest first; `?q=` narrows by recipient or subject."""
    asked = request.GET.get("q", "").strip()
    found = Message.objects.select_related("tenant").defer("text", "html", "calendar")
    if asked:
        found = found.filter(Q(to__icontains=asked) | Q(to_name__icontains=asked) | Q(subject__icontains=asked))
    page = Paginator(found.order_by("-created_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "outbox/list.html", {"page": page, "q": asked})


@csp_update({"frame-src": [SELF]})
@_every_organisation
def message_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One mail: its head, and one of its parts (`?view=`)."""
    message = _message(pk)
    offered = [name for name in VIEWS if name in ("text", "source") or getattr(message, name)]
    asked = request.GET.get("view", "")
    shown = asked if asked in offered else offered[0]
    context = {"message": message, "offered": offered, "shown": shown}
    if shown == "source":
        context["source"] = mail.source(message)
    return render(request, "outbox/detail.html", context)


@csp_replace(MAIL_POLICY)
@xframe_options_sameorigin
@_every_organisation
def message_html(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The mail as its reader sees it. Its own inline styles hold here and nowhere else on the site."""
    html = _message(pk).html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Referrer-Policy": "no-referrer"})


@_every_organisation
def message_calendar(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The calendar file, to save or to open in a calendar."""
    message = _message(pk)
    if not message.calendar:
        raise Http404
    return HttpResponse(
        message.calendar.encode(),
        content_type=f"text/calendar; method={message.calendar_method}; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="invite.ics"'},
    )


@_every_organisation
def message_source(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The raw mail."""
    return HttpResponse(mail.source(_message(pk)), content_type="text/plain; charset=utf-8")


def _message(pk: uuid.UUID) -> Message:
    return get_object_or_404(Message.objects.select_related("tenant"), pk=pk)
