"""`manage.py demo --check`: a visitor books one meeting over HTTP, and everything that should follow is looked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django_scopes import scope

from bookings.models import Booking, BookingPage, Service
from config.demonstration.running import Site
from tenants.models import BusyRead, Message
from tenants.sandbox.models import Event

HOST_ADDRESS = "tim.weber@contoso.com"
VISITOR = {"name": "Vera Novak", "email": "vera.novak@example.net", "notes": "Made by manage.py demo --check."}
ZONE = "Europe/Vienna"
PATIENCE_SECONDS = 30.0


class Missing(Exception):
    """Something did not answer as it should; the text says what."""


@dataclass
class Visit:
    """One visitor's way through the page of an interviewer."""

    site: Site
    page: BookingPage
    service: Service

    def run(self, now: datetime) -> dict[str, Any]:
        """Books, waits for what follows and returns all of it. Raises Missing and TooSlow."""
        with scope(tenant=self.page.tenant):
            return self._go(now)

    def _go(self, now: datetime) -> dict[str, Any]:
        self._open_page()
        self._wait_for_calendar()
        answer = self._book(self._free_times(now))
        booking = {
            "id": answer["id"], "status": answer["status"], "start": answer["start"], "end": answer["end"],
            "page": self.page.url, "service": self.service.title,
        }  # fmt: skip
        event = self._wait("the event in Outlook with its Teams link", lambda: self._event(answer["id"]))
        mail = self._wait("the confirmation mails", lambda: self._mails(answer["id"]))
        return {"booking": booking | {"joinUrl": event["joinUrl"]}, "mail": mail, "event": event}

    def _open_page(self) -> None:
        status, body = self.site.ask("GET", self.page.path)
        if status != 200 or self.page.display_name.encode() not in body:
            raise Missing(f"{self.page.url} answered {status}.")

    def _wait_for_calendar(self) -> None:
        """The page must know the calendar before the visitor trusts it."""
        known = BusyRead.objects.filter(mailbox=self.page.mailbox_id, read_at__isnull=False)
        self._wait("the calendar from Outlook", known.exists)

    def _free_times(self, now: datetime) -> list[str]:
        first, last = (now + timedelta(days=1)).date(), (now + timedelta(days=21)).date()
        path = f"{self._api}/services/{self.service.pk}/slots?from={first}&to={last}&timeZone={quote(ZONE)}"
        status, body = self.site.ask("GET", path)
        if status != 200:
            raise Missing(f"{path} answered {status}.")
        times = [slot["start"] for day in json.loads(body)["days"] for slot in day["slots"]]
        if not times:
            raise Missing("No free time is offered in the next three weeks.")
        return times

    def _book(self, times: list[str]) -> dict[str, Any]:
        body = {"serviceId": str(self.service.pk), "start": times[0], "timeZone": ZONE, "customer": VISITOR}
        status, answer = self.site.ask("POST", f"{self._api}/bookings", body)
        if status != 201:
            raise Missing(f"The booking was answered with {status}: {answer[:300].decode(errors='replace')}")
        booked: dict[str, Any] = json.loads(answer)
        return booked

    def _event(self, booking_id: str) -> dict[str, Any] | None:
        """The event in the host's Outlook calendar, once it is there and its link has come back."""
        booking = Booking.objects.get(pk=booking_id)
        if not booking.join_url:
            return None
        stored = Event.objects.filter(
            mailbox__user_principal_name=HOST_ADDRESS, start_at=booking.starts_at, join_url=booking.join_url
        ).first()
        if stored is None:
            return None
        return {
            "mailbox": HOST_ADDRESS, "subject": stored.subject, "start": stored.start_at.isoformat(),
            "end": stored.end_at.isoformat(), "joinUrl": stored.join_url,
        }  # fmt: skip

    def _mails(self, booking_id: str) -> dict[str, Any] | None:
        """Both confirmations, once both are sent."""
        sent = Message.objects.filter(about_id=booking_id, state=Message.State.SENT)
        by_reader = {message.to: {"to": message.to, "subject": message.subject} for message in sent}
        customer, staff = by_reader.get(VISITOR["email"]), by_reader.get(HOST_ADDRESS)
        return {"customer": customer, "staff": staff} if customer and staff else None

    def _wait(self, what: str, find: Callable[[], Any]) -> Any:
        return self.site.wait_for(find, seconds=PATIENCE_SECONDS, what=what)

    @property
    def _api(self) -> str:
        return f"/api/v1/pages/{quote(self.page.address, safe='')}"
