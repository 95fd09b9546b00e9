"""Whatever the sandbox does not play."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .. import errors, gateway
from ..errors import GraphError


def _unknown(_request: HttpRequest, rest: str) -> HttpResponseBase:
    segment = rest.rstrip("/").rpartition("/")[2]
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


unknown_view = gateway.served(lambda request, _log, ids: _unknown(request, **ids), errors.graph_answer)
