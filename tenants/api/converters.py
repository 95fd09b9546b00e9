"""Parts of addresses."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import UUIDConverter


class Identifier(UUIDConverter):
    """A UUID in any letter case, as RFC 9562 reads them."""

    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"


register_converter(Identifier, "identifier")
