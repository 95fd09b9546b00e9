"""`/api/v1/audit`: the audit trail of an organisation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.api import paging, schema
from tenants.api.fields import InstantField, asked_instant
from tenants.api.views import ApiView
from tenants.models import AuditEvent
from tenants.services import audit


class AuditSerializer(serializers.Serializer[AuditEvent]):
    """Who did what to which thing, with the values before and after."""

    at = InstantField()
    actor = serializers.CharField()
    initiator = serializers.CharField()
    action = serializers.CharField()
    cmdlet = serializers.CharField()
    target = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    before = serializers.DictField()
    after = serializers.DictField()


class Audit(ApiView):
    """The audit trail."""

    scopes = {"GET": "admin:read"}

    @extend_schema(
        operation_id="audit_list",
        parameters=[
            *schema.PAGING,
            schema.query("cmdlet", str, "Exchange's name of the act, in any letter case."),
            schema.query("from", schema.INSTANT, "First instant."),
            schema.query("to", schema.INSTANT, "Last instant."),
        ],
        responses=schema.listed(AuditSerializer),
    )
    def get(self, request: Request) -> Response:
        """Every event, the newest first."""
        names = [name for name in request.query_params.get("cmdlet", "").split(",") if name]
        rows = audit.search(
            cmdlets=names, starts_at=asked_instant(request, "from"), ends_at=asked_instant(request, "to")
        )
        return paging.answer(request, rows, order=("-at", "-pk"), render=_plain)


def _plain(found: list[AuditEvent]) -> list[dict[str, Any]]:
    return [dict(AuditSerializer(event).data) for event in found]
