"""An organisation's looks on its pages: name, logo, and an accent colour that stays readable.

The strict content security policy forbids styles inside a page, so the accent is a small style sheet of its own with
an address that changes with the colour; browsers keep it for a year.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from tenants import contrast
from tenants.models import Tenant

_VARIABLES = ":root{{--accent:{fill.background};--accent-ink:{fill.ink};--accent-hover:{hover};--accent-read:{text}}}"


def of(tenant: Tenant, *, home: str = "/", accent: str = "", logo_url: str = "") -> dict[str, Any]:
    """The template variable `brand`: base.html shows it in the header and loads its style sheet.

    `accent` and `logo_url` are those of one page that has its own; empty: the organisation's.
    """
    return {
        "name": tenant.name,
        "initial": tenant.name[:1].upper(),
        "logo_url": logo_url or tenant.logo_url,
        "stylesheet": reverse("brand_colour", args=[accent[1:].lower()]) if accent else _address(tenant),
        "home": home,
    }


def allow_logo(response: HttpResponse, tenant: Tenant, *, logo_url: str = "") -> None:
    """Lets this one page load this one picture from elsewhere: `logo_url`, else the organisation's."""
    picture = logo_url or tenant.logo_url
    if picture.startswith("https://"):
        address = picture.partition("?")[0]
        if not any(character in address for character in " ;,"):
            response._csp_update = {"img-src": [address]}  # type: ignore[attr-defined]


@require_safe
def stylesheet(request: HttpRequest, tenant_id: uuid.UUID) -> HttpResponse:
    """`/brand/<tenant id>.css?v=<accent>`: the accent's variables, for light and dark."""
    accent = Tenant.objects.filter(pk=tenant_id).values_list("accent", flat=True).first()
    if accent is None:
        raise Http404
    return _as_file(accent)


@require_safe
def colour(request: HttpRequest, accent: str) -> HttpResponse:
    """`/brand/<six hexadecimal digits>.css`: the same for the accent of one page."""
    return _as_file(f"#{accent.lower()}")


def _as_file(accent: str) -> HttpResponse:
    response = HttpResponse(sheet(accent), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@lru_cache(maxsize=256)
def sheet(accent: str) -> str:
    """The variables for an accent colour such as `#2456d6`, corrected to WCAG AA."""
    light, dark = contrast.accent_fill(accent)
    text = contrast.accent_text(accent)
    by_day = _VARIABLES.format(fill=light, hover=_hover(light), text=text.light)
    by_night = _VARIABLES.format(fill=dark, hover=_hover(dark), text=text.dark)
    return f"{by_day}\n@media (prefers-color-scheme:dark){{{by_night}}}\n"


def _hover(fill: contrast.Fill) -> str:
    """A shade further from the ink, so that words stay readable under the pointer."""
    away = "black" if fill.ink == "#ffffff" else "white"
    return f"color-mix(in srgb,{fill.background} 86%,{away})"


def _address(tenant: Tenant) -> str:
    return _address_of(tenant.pk, tenant.accent)


@lru_cache(maxsize=1024)
def _address_of(tenant_id: uuid.UUID, accent: str) -> str:
    return f"{reverse('brand', args=[tenant_id])}?v={accent.lstrip('#')}"
