"""The two requests of S1's script as it sends them, over a real socket, and what it concludes from the answers."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

OWNER = "1c1c7887-e0fc-479b-ac7d-6983d0f026ff"
ZONE = "W. Europe Standard Time"
SHARED = {
    "authority": "outlook.office.com",
    "scheme": "https",
    "accept": "*/*",
    "accept-encoding": "gzip, deflate, br, zstd",
    "prefer": 'exchange.behavior="IncludeThirdPartyOnlineMeetingProviders"',
    "priority": "u=1, i",
    "sec-ch-ua-mobile": "?0",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-origin",
    "x-edge-shopping-flag": "0",
    "x-owa-canary": "X-OWA-CANARY_cookie_is_null_or_empty",
    "x-owa-hosted-ux": "false",
    "x-req-source": "BookWithMe",
    "Content-Type": "application/json; charset=utf-8",
}
GET = {
    "method": "GET",
    "accept-language": "en-US,en;q=0.9",
    "sec-ch-ua-platform": '"Windows"',
    "Cookie": "ClientId=4DB0129438C34891BDD6F2D6141584B9; OIDC=1",
}
POST = {
    "method": "POST",
    "accept-language": "de-CH,de;q=0.9",
    "cache-control": "no-cache",
    "dnt": "1",
    "origin": "https://outlook.office.com",
    "pragma": "no-cache",
    "Cookie": "ClientId=09A51AD7CB19435B9DCFE57421FB3DD6; OIDC=1",
}


@dataclass
class Replay:
    """What one run of the script saw and concluded."""

    configured: bool
    services: Any = None
    availability: Any = None


def replay(host: str, guid: str, tenant_id: str, now: datetime) -> Replay:
    """Runs the part of the script between `try` and `catch`; `now` is the script's local time."""
    mailbox = f"mbx:{guid.replace('-', '')}@{tenant_id}"
    base = f"/BookingsService/api/V1/bookingBusinessesc2/{mailbox}"
    try:
        services = send(host, "GET", f"{base}/services", mailbox, GET)
        ids = [service["serviceId"] for service in services["service"]]
        body = json.dumps(
            {
                "staffIds": [OWNER],
                "startDateTime": {"dateTime": text(now), "timeZone": ZONE},
                "endDateTime": {"dateTime": text(now + timedelta(days=1)), "timeZone": ZONE},
                "serviceId": ids[0] if ids else None,
            },
            separators=(",", ":"),
        )
        availability = send(host, "POST", f"{base}/getStaffAvailability", mailbox, POST, body)
    except OSError:
        return Replay(configured=False)
    return Replay(True, services, availability)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def send(host: str, method: str, path: str, mailbox: str, own: dict[str, str], body: str | None = None) -> Any:
    """One request with exactly the script's headers. Raises OSError for any answer but 2xx."""
    connection = http.client.HTTPConnection(host)
    headers = SHARED | own | {"path": path, "x-anchormailbox": mailbox}
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if not 200 <= answer.status < 300:
        raise OSError(f"{answer.status} {content[:200]!r}")
    return json.loads(content)
