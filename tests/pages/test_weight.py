"""The booking page with everything it loads stays light."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from tenants.models import Tenant
from tests.factories import personal_page

#: What DESIGN allows over the wire, style and script included.
BUDGET = 60_000
IMPORT = re.compile(r'from "\./([a-z]+\.js)"')


def test_the_picker_weighs_less_than_sixty_kilobytes(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    html = visitor.get(f"{page.path}/meetingtype/{service.pk}").content
    linked = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html.decode()))
    linked |= {f"js/{name}" for path in linked if path.endswith(".js") for name in IMPORT.findall(_source(path))}
    sizes = {path: len(gzip.compress(_source(path).encode())) for path in linked}
    assert len(html) + sum(sizes.values()) < BUDGET, sizes


def _source(path: str) -> str:
    found = finders.find(path)
    assert isinstance(found, str), path
    return Path(found).read_text()
