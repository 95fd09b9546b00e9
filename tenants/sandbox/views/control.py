"""The control API: faults, reset, the request log and the mails, as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import control, times
from ..models import Fault

FIELDS = {
    "method": "method",
    "path": "path",
    "effect": "effect",
    "status": "status",
    "code": "code",
    "message": "message",
    "retryAfter": "retry_after",
    "delaySeconds": "delay_seconds",
    "remaining": "remaining",
    "order": "order",
}


def _fault_json(fault: Fault) -> dict[str, Any]:
    return {"id": fault.pk, **{name: getattr(fault, field) for name, field in FIELDS.items()}}


@csrf_exempt
@require_http_methods(["GET", "POST", "DELETE"])
def faults(request: HttpRequest) -> JsonResponse:
    """List, add or clear faults."""
    if request.method == "DELETE":
        control.clear_faults()
        return JsonResponse({}, status=204)
    if request.method == "GET":
        return JsonResponse({"value": [_fault_json(fault) for fault in Fault.objects.pending()]})
    try:
        body = json.loads(request.body)
        fault = Fault(**{FIELDS[name]: value for name, value in body.items()})
        fault.full_clean()
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        return JsonResponse({"error": {"code": "BadFault", "message": f"This is not a fault: {error}"}}, status=400)
    fault.save()
    return JsonResponse(_fault_json(fault), status=201)


@csrf_exempt
@require_http_methods(["POST"])
def reset(request: HttpRequest) -> JsonResponse:
    """Empty everything but the directory; `?directory=true` empties that too."""
    control.reset(directory=request.GET.get("directory") == "true")
    return JsonResponse({}, status=204)


@csrf_exempt
@require_http_methods(["POST"])
def lifecycle(request: HttpRequest) -> JsonResponse:
    """`?address=` and `?event=`: tell the subscribers of a mailbox what becomes of their subscription."""
    event = request.GET.get("event", "")
    if event not in ("reauthorizationRequired", "subscriptionRemoved", "missed"):
        return JsonResponse({"error": {"code": "BadEvent", "message": f"This is no event: {event}"}}, status=400)
    try:
        control.lifecycle(request.GET.get("address", ""), event)
    except LookupError as error:
        return JsonResponse({"error": {"code": "NotFound", "message": str(error)}}, status=404)
    return JsonResponse({}, status=202)


@require_http_methods(["GET"])
def requests(request: HttpRequest) -> JsonResponse:
    """The request log, oldest first; `?path=` and `?method=` narrow it."""
    rows = control.requests(path=request.GET.get("path", "*"), method=request.GET.get("method", "*"))
    value = [
        {
            "at": times.stamp(row.at),
            "method": row.method,
            "path": row.path,
            "query": row.query,
            "status": row.status,
            "code": row.code,
            "dropped": row.dropped,
            "clientRequestId": row.client_request_id,
        }
        for row in rows
    ]
    return JsonResponse({"value": value})


@require_http_methods(["GET"])
def invitations(request: HttpRequest) -> JsonResponse:
    """The mails that Exchange would have sent; `?to=` narrows them."""
    value = [
        {
            "to": mail.to,
            "kind": mail.kind,
            "subject": mail.subject,
            "start": times.stamp(mail.start_at),
            "end": times.stamp(mail.end_at),
            "joinUrl": mail.join_url or None,
            "comment": mail.comment,
            "sentAt": times.stamp(mail.sent_at),
        }
        for mail in control.invitations(to=request.GET.get("to"))
    ]
    return JsonResponse({"value": value})
