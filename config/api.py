"""The API as a whole: its OpenAPI description, a reader for it, and the answer for addresses it does not have."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.urls import path, re_path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from tenants.api import schema
from tenants.api.authentication import ANYONE
from tenants.api.views import ApiView
from tenants.errors import NotFound

__all__ = ["schema", "urlpatterns"]  # importing `schema` makes the key known to the description


# For browsers and proxies only: in our own cache every query string would be one more description.
@method_decorator(cache_control(public=True, max_age=600), name="dispatch")
class Description(SpectacularAPIView):
    """OpenAPI of everything below `/api/v1/`; YAML, or JSON with `?format=json`."""

    content_negotiation_class = DefaultContentNegotiation


# Swagger's own style element is the one exception from our content security policy.
@method_decorator(csp_update({"style-src": ["'unsafe-inline'"]}), name="dispatch")
class Reader(SpectacularSwaggerSplitView):
    """The description for people, from our own static files."""

    url_name = "api-description"


class Nowhere(ApiView):
    """Any other address: a problem, not a page."""

    scopes = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), ANYONE)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Raises NotFound."""
        raise NotFound

    post = put = patch = delete = get


urlpatterns = [
    path("v1/schema/", Description.as_view(), name="api-description"),
    path("v1/docs/", Reader.as_view()),
    re_path("", Nowhere.as_view(schema=None)),
]
