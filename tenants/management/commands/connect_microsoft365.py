"""`manage.py connect_microsoft365`: saves an organisation's Microsoft 365 connection and tests it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.models import Connection, Domain
from tenants.services import connections, people

OPTIONS = {
    "clientId": "--client-id", "directoryId": "--directory-id", "clientSecret": "--client-secret",
    "secretExpiresOn": "--secret-expires",
}  # fmt: skip
COMMAND = Actor(kind="system", label="connect_microsoft365", source="command")


class Command(BaseCommand):
    """Prints `{"tenant", "state", "checks": [{"name", "ok", "message", "remedy"}]}`; exit 1 where a check fails.

    What was entered is used only when everything that is needed passes; an earlier connection goes on until then. When
    all is well the people of the directory are brought in: `"people": {"created", "updated", "skipped"}`.
    """

    help = "Saves the Microsoft 365 connection of an organisation and runs every connection test."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="DOMAIN", help="a mail domain of the organisation")
        parser.add_argument("--client-id", required=True, help="client (application) ID of the app registration")
        parser.add_argument("--directory-id", required=True, help="directory (tenant) ID")
        parser.add_argument("--client-secret", required=True, help="the secret's value, not its ID")
        parser.add_argument("--secret-expires", required=True, type=day, metavar="YYYY-MM-DD")
        parser.add_argument("--cloud", choices=Connection.Cloud.values, help="national cloud of the directory")

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            domain = Domain.objects.select_related("tenant").filter(name__iexact=options["tenant"]).first()
        if domain is None:
            raise CommandError(f"No organisation has the domain {options['tenant']}.")
        with scope(tenant=domain.tenant):
            answer = self._connect(domain, options)
        self.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False))
        if not all(check["ok"] for check in answer["checks"]):
            sys.exit(1)

    def _connect(self, domain: Domain, options: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        try:
            connection = connections.save(
                tenant=domain.tenant, client_id=options["client_id"], directory_id=options["directory_id"],
                client_secret=options["client_secret"], secret_expires_on=options["secret_expires"], now=now,
                cloud=options["cloud"], actor=COMMAND,
            )  # fmt: skip
        except InvalidInput as wrong:
            raise CommandError("\n".join(refusals(wrong))) from wrong
        checks = connections.test(connection, now=now)
        shown = [{name: getattr(check, name) for name in ("name", "ok", "message", "remedy")} for check in checks]
        answer: dict[str, Any] = {"tenant": domain.name, "state": connection.state, "checks": shown}
        if connection.is_active:
            answer["people"] = asdict(people.import_people(connection, now=now, actor=COMMAND))
        return answer


def day(text: str) -> date:
    """A date as the command line has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a date such as 2027-11-30.") from None


def refusals(wrong: InvalidInput) -> list[str]:
    """What was refused, each line with the option it is about."""
    return [f"{OPTIONS.get(name, name)}: {text}" for name, texts in wrong.errors.items() for text in texts]
