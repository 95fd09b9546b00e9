"""Failures as pages: what happened, in words for people, and a way out. The one translation of DomainError to HTML."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.errors import DomainError

_WITH_TEMPLATE = {400, 403, 404, 410, 429, 503}


def answer(request: HttpRequest, error: DomainError, **context: Any) -> HttpResponse:
    """The page for `error`, with its status; `brand` and `asks` (whom to ask) may come in the context."""
    template = f"{error.status}.html" if error.status in _WITH_TEMPLATE else "errors/page.html"
    seconds = int(error.extra.get("retryAfter", 0))
    context = {"title": _("This is not possible"), "text": error.detail, "wait": waiting(seconds)} | context
    response = render(request, template, context, status=error.status)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def waiting(seconds: int) -> str:
    """How long to wait, as a person would say it."""
    minutes = ceil(seconds / 60)
    return ngettext("Please try again in a minute.", "Please try again in %(n)d minutes.", minutes) % {"n": minutes}
