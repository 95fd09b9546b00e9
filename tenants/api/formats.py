"""JSON in, JSON out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.utils import json


class AlwaysJson(BaseContentNegotiation):
    """Answers JSON, whatever the caller says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class BoundedJsonParser(BaseParser):
    """JSON that is neither too large nor nested too deep to be read; an empty body is an empty object."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        # `body` refuses more than DATA_UPLOAD_MAX_MEMORY_SIZE; reading the stream would not.
        body = stream.body if isinstance(stream, HttpRequest) else stream.read()
        try:
            return json.loads(body.decode()) if body else {}
        except (ValueError, RecursionError) as wrong:
            raise ParseError(_("The request is no JSON.")) from wrong
