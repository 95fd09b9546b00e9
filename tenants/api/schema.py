"""What the OpenAPI description says of every endpoint: the key, paging, and problems."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from tenants.api.paging import DEFAULT_TOP, MOST

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="The same key with the same request gets the same answer, and nothing happens twice.",
)  # fmt: skip
PAGING = [
    OpenApiParameter(
        "top",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_TOP},
        description="How many at most.",
    ),
    OpenApiParameter("after", str, description="Where to go on; part of `nextLink`."),
]


def query(name: str, kind: Any, description: str, *, required: bool = False) -> OpenApiParameter:
    """A parameter in the address's query."""
    return OpenApiParameter(name, kind, description=description, required=required)


@cache
def listed(shape: type[serializers.Serializer[Any]]) -> Any:
    """A page of a list."""
    name = shape.__name__.removesuffix("Serializer")
    return inline_serializer(
        f"{name}List", {"value": shape(many=True), "nextLink": serializers.URLField(allow_null=True)}
    )


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Names the key in the description."""

    target_class = "tenants.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer key; anonymous where the endpoint is open to anybody."""
        return {"type": "http", "scheme": "bearer", "description": "The API key of an organisation's program."}


def describe_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing: every operation may answer a problem; what it looks like is described once."""
    text: dict[str, str] = {"type": "string"}
    result["components"].setdefault("schemas", {})["Problem"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "code": text,
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": text}},
            "alternatives": {"type": "array", "items": {"type": "string", "format": "date-time"}},
            "retryAfter": {"type": "integer"},
        },
    }  # fmt: skip
    answer = {
        "description": "Refused; `code` says why.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", answer)
    return result


INSTANT = OpenApiTypes.DATETIME
DATE = OpenApiTypes.DATE
IDENTIFIER = OpenApiTypes.UUID
