"""What every template may know of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The site's own address and whether it is the demonstration."""
    return {"SITE_URL": settings.SITE_URL, "DEMO": settings.DEMO, "SANDBOX": settings.SANDBOX}
