"""`manage.py create_tenant`: a new organisation with its first administrator."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.management.rows import sentence
from tenants.services import onboarding

ACTOR = Actor(kind="system", label="create_tenant", source="command")


class Command(BaseCommand):
    """Prints `{"tenantId", "domain", "admin", "password"}`; the tenant id is the directory's (S1.13)."""

    help = "Creates an organisation with its first administrator; prints JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the organisation is called")
        parser.add_argument("--domain", required=True, help="its mail domain")
        parser.add_argument("--admin", required=True, metavar="EMAIL", help="the first administrator")
        parser.add_argument("--time-zone", default="UTC", help="an IANA name such as Europe/Zurich")
        parser.add_argument("--password", help="the administrator's; without it one is made up and shown once")
        parser.add_argument("--entra-tenant-id", type=uuid.UUID, metavar="GUID", help="the directory (tenant) ID")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant, password = onboarding.create_tenant(
                name=options["name"], domain=options["domain"], admin=options["admin"], now=timezone.now(),
                actor=ACTOR, time_zone=options["time_zone"], password=options["password"],
                directory_id=options["entra_tenant_id"],
            )  # fmt: skip
        except InvalidInput as wrong:
            raise CommandError(sentence(wrong)) from wrong
        answer = {
            "tenantId": str(tenant.directory_id),
            "domain": options["domain"].strip().lower(),
            "admin": options["admin"].strip().lower(),
            "password": password,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
