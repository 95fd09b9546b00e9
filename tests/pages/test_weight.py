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
    path = f"{page.path}/meetingtype/{service.pk}"
    html = visitor.get(path).content
    # With script the same page comes again, in the visitor's own time zone.
    wire = sum(
        len(visitor.get(path + query, headers={"Accept-Encoding": "gzip"}).content)
        for query in ("", "?tz=America/New_York")
    )
    linked = set(re.findall(r'(?:href|src)="/static/([^"]+)"', html.decode()))
    linked |= {f"js/{name}" for path in linked if path.endswith(".js") for name in IMPORT.findall(_source(path))}
    sizes = {path: len(gzip.compress(_source(path).encode())) for path in linked}
    assert wire + sum(sizes.values()) < BUDGET, (wire, sizes)
    assert wire < len(html)


def _source(path: str) -> str:
    found = finders.find(path)
    assert isinstance(found, str), path
    return Path(found).read_text()
