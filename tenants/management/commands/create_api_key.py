"""`manage.py create_api_key`: a key for a program that calls the API."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from tenants.acting import Actor
from tenants.management.rows import TenantCommand
from tenants.models import Tenant
from tenants.services import api_clients

ACTOR = Actor(kind="system", label="create_api_key", source="command")


class Command(TenantCommand):
    """Prints `{"name", "key", "scopes"}`; the key is shown this once and stored as a hash."""

    help = "Creates an API key of an organisation; prints JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", required=True, help="what the program is called")
        parser.add_argument(
            "--scope", dest="scopes", metavar="SCOPE", nargs="+", action="extend",
            help=f"what it may do, of {', '.join(api_clients.SCOPES)}; without this option everything",
        )  # fmt: skip

    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        client, key = api_clients.create(
            tenant=tenant, name=options["name"], scopes=options["scopes"] or api_clients.SCOPES, now=timezone.now(),
            actor=ACTOR,
        )  # fmt: skip
        self.stdout.write(json.dumps({"name": client.name, "key": key, "scopes": client.scopes}, ensure_ascii=False))
