"""Booking pages in a frame of another site: which site may, and how a visit stays in its frame.

| a page is asked for                                   | it is shown                               |
|-------------------------------------------------------|-------------------------------------------|
| by a frame (the browser says so), or with `?embed`    | without the site's header and footer      |
| – and the organisation names sites that may embed     | in a frame of those sites and of no other |
| – and it names none                                   | in no frame                               |
| otherwise, and where staff answer by a mail's link    | whole, and in no frame                    |

Browsers keep our cookies from a frame of another site. So a form that a browser says came from our own page, without
a session, needs no token against forgery on visitors' pages: there is nothing that a forged request could borrow, and
what acts for somebody (a private link, a booking) has a secret of its own in its address. Everything else is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_protect

from tenants.models import Tenant

View = Callable[..., HttpResponse]
#: The parameter that asks for a page without its frame, and stays in the address from step to step.
PARAMETER = "embed"
_NEVER = "/approve/"


def is_embedded(request: Any) -> bool:
    """Whether the page stands, or is about to stand, in a frame."""
    if request.path_info.startswith(_NEVER):
        return False
    return PARAMETER in request.GET or request.headers.get("Sec-Fetch-Dest") == "iframe"


def finish(request: Any, response: HttpResponse, tenant: Tenant | None) -> None:
    """Lets the sites that `tenant` names show the answer, and keeps a redirection in its frame."""
    if tenant is not None and tenant.frame_ancestors:
        response._csp_replace = {"frame-ancestors": list(tenant.frame_ancestors)}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True
    if PARAMETER in request.GET and 300 <= response.status_code < 400:
        response["Location"] = kept(response.headers.get("Location", ""))


def kept(address: str) -> str:
    """An address of this site with the parameter; another site's as it is."""
    parts = urlsplit(address)
    if parts.netloc or any(name == PARAMETER for name, _value in parse_qsl(parts.query, keep_blank_values=True)):
        return address
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{PARAMETER}"))


def guarded(view: View) -> View:
    """The view with the check against forged forms for whoever has something to lose by one."""
    checked = csrf_protect(view)

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        here = f"{request.scheme}://{request.get_host()}"
        anonymous = settings.SESSION_COOKIE_NAME not in request.COOKIES
        from_here = request.headers.get("Origin") == here
        return (view if anonymous and from_here else checked)(request, *args, **kwargs)

    return wrapped
