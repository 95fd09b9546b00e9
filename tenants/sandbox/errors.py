"""Failures in Graph's shape (Graph: errors) and in that of the sign-in service (OAuth 2.0, AADSTS codes)."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

AADSTS = {"AADSTS7000215": 7000215, "AADSTS7000222": 7000222, "AADSTS7000112": 7000112, "AADSTS90002": 90002}


class GraphError(Exception):
    """Refusal of a Graph request: status, code and message as Microsoft words them, and extra headers."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


class SignInError(Exception):
    """Refusal by the sign-in service."""

    def __init__(self, status: int, error: str, description: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.code = error
        self.message = description
        self.headers = headers or {}


def invalid(message: str) -> GraphError:
    """A property whose value Exchange does not take."""
    return GraphError(400, "ErrorPropertyValidationFailure", message)


def bad_request(message: str) -> GraphError:
    """A request that OData itself does not take."""
    return GraphError(400, "BadRequest", message)


def item_not_found() -> GraphError:
    """No such item in this mailbox."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def no_mailbox() -> GraphError:
    """The account has no licensed cloud mailbox."""
    return GraphError(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def resource_not_found(name: str) -> GraphError:
    """No such object in the directory."""
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", message)


def access_denied() -> GraphError:
    """The token lacks the permission."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def graph_answer(request: HttpRequest, error: GraphError) -> JsonResponse:
    """`{"error": {"code", "message", "innerError"}}`, the ids echoed as headers."""
    request_id = str(uuid.uuid4())
    client_request_id = request.headers.get("client-request-id", request_id)
    inner = {
        "date": timezone.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    body: dict[str, Any] = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    headers = {"request-id": request_id, "client-request-id": client_request_id} | error.headers
    return JsonResponse(body, status=error.status, headers=headers)


def sign_in_answer(_request: HttpRequest, error: SignInError) -> JsonResponse:
    """`{"error", "error_description", "error_codes", …}`."""
    trace = str(uuid.uuid4())
    at = timezone.now().strftime("%Y-%m-%d %H:%M:%SZ")
    number = AADSTS.get(error.message.partition(":")[0])
    body = {
        "error": error.code,
        "error_description": f"{error.message} Trace ID: {trace} Correlation ID: {trace} Timestamp: {at}",
        "error_codes": [number] if number else [],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": trace,
    }
    return JsonResponse(body, status=error.status, headers=error.headers)
