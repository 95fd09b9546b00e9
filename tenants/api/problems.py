"""Every failure as `application/problem+json` (RFC 9457).

| member                    | what                                                                  |
|---------------------------|-----------------------------------------------------------------------|
| `type`                    | `urn:daybook:problem:<code>`                                          |
| `title`, `status`         | the HTTP status                                                       |
| `detail`                  | a sentence for people                                                 |
| `code`                    | for programs: camelCase, stable                                       |
| `errors`                  | by field, dotted where it lies deeper: `{"customer.email": ["…"]}`    |
| `alternatives`, …         | what the failure has to add; instants in the zone the caller named    |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from tenants.errors import DomainError, InvalidInput, NotAllowed, NotFound

CONTENT_TYPE = "application/problem+json"
_CODES = {
    exceptions.NotAuthenticated: "notAuthenticated",
    exceptions.AuthenticationFailed: "notAuthenticated",
    exceptions.PermissionDenied: "notAllowed",
    exceptions.NotFound: "notFound",
    exceptions.MethodNotAllowed: "methodNotAllowed",
    exceptions.UnsupportedMediaType: "unsupportedMediaType",
    exceptions.ParseError: "malformed",
    exceptions.ValidationError: "invalid",
}


def problem(failure: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None for what is no refusal but a fault: it becomes a 500 and is logged."""
    zone = getattr(context.get("view"), "zone", UTC)
    if isinstance(failure, Http404):
        failure = NotFound()
    elif isinstance(failure, PermissionDenied):
        failure = NotAllowed()
    elif isinstance(failure, RequestDataTooBig):
        return _answer(413, "tooLarge", "The request is too large.")
    if isinstance(failure, DomainError):
        return of(failure, zone)
    if isinstance(failure, exceptions.APIException):
        return _of_framework(failure)
    return None


def of(failure: DomainError, zone: tzinfo = UTC) -> Response:
    """The answer to a refusal; instants in what it adds are written in `zone`."""
    more = {name: _plain(value, zone) for name, value in failure.extra.items()}
    if isinstance(failure, InvalidInput):
        more["errors"] = {field: [str(text) for text in texts] for field, texts in failure.errors.items()}
    return _answer(failure.status, failure.code, failure.detail, **more)


def _of_framework(failure: exceptions.APIException) -> Response:
    more: dict[str, Any] = {}
    detail = str(failure.detail)
    if isinstance(failure, exceptions.ValidationError):
        detail = str(InvalidInput.detail)
        more["errors"] = dict(_by_field(failure.detail))
    answer = _answer(failure.status_code, _CODES.get(type(failure), "refused"), detail, **more)
    if header := getattr(failure, "auth_header", None):
        answer["WWW-Authenticate"] = header
    return answer


def _by_field(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """`{"customer": {"email": [...]}}` as `customer.email`; what belongs to no field stands under `request`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _by_field(inner, ".".join(filter(None, [path, own])))
    elif detail:
        yield path or "request", [str(text) for text in (detail if isinstance(detail, list) else [detail])]


def _answer(status: int, code: str, detail: str, **more: Any) -> Response:
    body = {
        "type": f"urn:daybook:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    headers = {"Retry-After": str(more["retryAfter"])} if "retryAfter" in more else None
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _plain(value: Any, zone: tzinfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    return [_plain(inner, zone) for inner in value] if isinstance(value, list | tuple) else value
