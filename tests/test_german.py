"""German is complete: every word in the catalogue, and none of the other language left on a visitor's way."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings as site
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from bookings.models import Booking
from bookings.services import cancellation, explanations, pages, rescheduling
from bookings.services.booking import Customer
from bookings.views import zones
from tenants import acting, outbox
from tenants.forms import DayHoursField
from tenants.models import Job, Message, Role, Tenant
from tests import factories
from tests.factories import NOW, at
from tests.pages.reading import details, links, text

CATALOGUE = Path(site.BASE_DIR) / "locale" / "de" / "LC_MESSAGES" / "django.po"
SOURCES = ("bookings", "config", "rooms", "templates", "tenants")
UPDATE = "Run makemessages, translate, run compilemessages; CONTRIBUTING.md says how (“words”)."
#: English that no German page needs.
ENGLISH = frozenset({
    "the", "your", "you", "with", "and", "of", "for", "this", "that", "is", "are", "time", "times", "zone", "booking",
    "bookings", "meeting", "meetings", "choose", "book", "booked", "cancel", "cancelled", "free", "day", "month",
    "next", "previous", "please", "move", "host", "confirmation", "details", "anyone", "duration", "calendar", "file",
    "mail", "address", "when", "where", "what", "who", "back", "today", "sign", "password",
})  # fmt: skip


class Entry(NamedTuple):
    """One message of a catalogue."""

    key: str
    plural: str
    words: list[str]
    fuzzy: bool


def read(path: Path) -> list[Entry]:
    """The messages of a .po file, without its header."""
    found = []
    for block in re.split(r"\n{2,}", path.read_text("utf-8")):
        values: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            keyword, _space, rest = line.partition(" ") if not line.startswith('"') else (name, "", line)
            name = keyword
            values[name] = values.get(name, "") + ast.literal_eval(rest)
        if values.get("msgid"):
            context = f"{values['msgctxt']}\x04" if "msgctxt" in values else ""
            words = [value for key, value in values.items() if key.startswith("msgstr")]
            fuzzy = bool(re.search(r"^#,.*\bfuzzy\b", block, re.M))
            found.append(Entry(context + values["msgid"], values.get("msgid_plural", ""), words, fuzzy))
    return found


def placeholders(words: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[a-z]|%[a-z]", words))


def test_every_word_of_the_site_has_german_words(tmp_path: Path, monkeypatch: Any, settings: Any) -> None:
    if not shutil.which("xgettext"):
        pytest.skip("gettext's tools are missing: whether German is complete was NOT checked (apt-get install gettext)")
    for name in SOURCES:
        shutil.copytree(site.BASE_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    collected = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    collected.parent.mkdir(parents=True)
    shutil.copy(CATALOGUE, collected)
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    call_command("makemessages", locale=["de"], no_obsolete=True, no_location=True, verbosity=0)
    now = read(collected)
    assert len(now) > 500
    assert [entry.key for entry in now if entry.fuzzy or not all(entry.words)] == [], UPDATE
    assert {entry.key for entry in read(CATALOGUE)} == {entry.key for entry in now}, UPDATE


def test_the_catalogue_is_whole_and_compiled() -> None:
    entries = read(CATALOGUE)
    assert [entry.key for entry in entries if entry.fuzzy or not all(entry.words)] == [], UPDATE
    expected: dict[Any, str] = {}
    for entry in entries:
        if entry.plural:
            expected |= {(entry.key, n): words for n, words in enumerate(entry.words)}
        else:
            expected[entry.key] = entry.words[0]
    with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        held = dict(gettext.GNUTranslations(compiled)._catalog)  # type: ignore[attr-defined]
    held.pop("")
    assert held == expected, UPDATE


def test_every_placeholder_is_in_both_languages() -> None:
    wrong = []
    for entry in read(CATALOGUE):
        english = entry.plural or entry.key
        if placeholders(entry.words[-1]) != placeholders(english):
            wrong.append(entry.key)
        if entry.plural and not set(placeholders(entry.words[0])) <= set(placeholders(english)):
            wrong.append(entry.key)
    assert wrong == []


def test_german_speaks_politely_and_quotes_as_german_does() -> None:
    packages = CATALOGUE.parents[2] / "packages" / "de" / "LC_MESSAGES" / "django.po"
    both = [words for entry in read(CATALOGUE) + read(packages) for words in entry.words]
    words = [re.sub(r"<[^>]+>|[\[{].*\"].*[\]}]", "", text) for text in both]  # neither tags nor examples of JSON
    assert [text for text in words if re.search(r"\b([Dd]u|[Dd]ein\w*|[Dd]ich|[Dd]ir)\b", text)] == []
    assert [text for text in words if re.search(r"”|\"|“(?=\w)|\.\.\.| - ", text)] == []


@pytest.fixture
def visitor(contoso: Tenant, settings: Any) -> Iterator[Client]:
    """Somebody whose browser prefers German, on a Monday that stands still."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    with time_machine.travel(NOW, tick=False):
        yield Client(headers={"accept-language": "de-CH,de;q=0.9,en;q=0.5"})


def english_in(said: str) -> list[str]:
    """What is left of English in words: known sentences of the site, and words that German does not have."""
    sentences = [
        entry.key
        for entry in read(CATALOGUE)
        if entry.words[0] != entry.key and len(entry.key.split()) > 1 and "%(" not in entry.key and entry.key in said
    ]
    return sentences + sorted(ENGLISH & set(re.findall(r"[a-zäöüß-]+", said.lower())))


def spoken(response: Any) -> str:
    """The words of a page, those for screen readers included."""
    body = response.content.decode()
    hidden = re.findall(r'(?:aria-label|title|placeholder|alt|data-announce|data-copied)="([^"]*)"', body)
    return " ".join([text(response), *map(unescape, hidden)])


def german(response: Any, status: int = 200) -> str:
    """The words of a page that must be all German."""
    said = spoken(response)
    assert response.status_code == status
    assert '<html lang="de"' in response.content.decode()
    assert english_in(said) == []
    return said


def test_a_visitor_books_moves_and_cancels_in_german(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = factories.personal_page(contoso, title="Erstgespräch", is_online=True)
    assert "Wählen Sie einen Termin" in german(visitor.get(page.path))
    path = f"{page.path}/meetingtype/{service.pk}?tz=America/New_York"
    picked = german(visitor.get(path))
    assert "November 2026" in picked and "Montag, 23. November" in picked
    assert "Die Zeitzone Ihres Gegenübers ist Zürich (UTC+01:00)." in picked
    chosen = f"{path}&time=2026-11-24T09:00Z"
    asked = german(visitor.get(chosen))
    assert "Ihre Angaben" in asked and "30 Min." in asked and "Dienstag, 24. November 2026" in asked
    assert "Bitte geben Sie Ihren Namen ein." in german(visitor.post(chosen, {"name": "", "email": "ana"}), 422)
    answer = visitor.post(chosen, details(visitor, chosen))
    confirmed = german(visitor.get(answer["Location"]))
    assert "Ihr Termin ist gebucht" in confirmed and "04:00 – 04:30" in confirmed
    booking = Booking.objects.get()
    manage = f"/manage/{booking.manage_token}"
    assert booking.customer_language == "de"
    assert "Verschieben" in german(visitor.get(manage))
    german(visitor.get(f"{manage}/reschedule"))
    assert "Neue Zeit bestätigen" in german(visitor.get(f"{manage}/reschedule?time=2026-11-25T09:00Z"))
    assert "Diese Buchung absagen?" in german(visitor.get(f"{manage}/cancel"))
    visitor.post(f"{manage}/cancel", {"reason": "Krank"})
    assert "Diese Buchung ist abgesagt" in german(visitor.get(manage))


def test_a_business_page_speaks_german(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = factories.clinic(contoso, staff=2, title="Beratung", staff_choice=True)
    page.display_name = "Praxis"
    page.save()
    assert "Wählen Sie eine Leistung" in german(visitor.get(page.path))
    assert "Wer gerade frei ist" in german(visitor.get(f"{page.path}service/{service.pk}"))
    assert links(visitor.get(f"{page.path}service/{service.pk}"), "time")


def test_what_goes_wrong_is_said_in_german(contoso: Tenant, visitor: Client) -> None:
    assert "Unter dieser Adresse gibt es nichts" in german(visitor.get("/nirgends/"), 404)
    assert "Wir kennen diesen Link nicht" in german(visitor.get("/bookwithme/link/unbekannt"), 404)
    german(visitor.get("/accounts/login/"))
    assert "Geben Sie unten Ihre E-Mail-Adresse ein" in german(visitor.get("/accounts/password/reset/"))
    german(visitor.get("/"))


def write_mails(now: Any = NOW) -> None:
    """Runs the mail jobs as the worker would, which speaks English by itself."""
    with translation.override("en"):
        for job in Job.objects.filter(kind="mail.booking", state=Job.State.PENDING).order_by("created_at"):
            taken = outbox._take(job.pk, now)
            assert taken is not None
            outbox._act(taken, now)


def test_the_mails_to_a_german_customer_are_german(contoso: Tenant) -> None:
    page, service, members = factories.clinic(contoso, title="Beratung", is_online=True)
    page.display_name = "Praxis"
    page.save()
    ana = Customer("Ana Pérez", "ana@example.net", "America/New_York", language="de")
    booking = factories.book(page, service, at("2026-11-30 08:00"), customer=ana)
    write_mails()
    rescheduling.reschedule(booking=booking, starts_at=at("2026-12-01 09:00"), now=NOW, actor=acting.visitor(ana.email))
    write_mails()
    cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor(ana.email), reason="Krank")
    write_mails()
    mails = {mail.template: mail for mail in Message.objects.filter(to=ana.email)}
    assert {name: mail.subject for name, mail in mails.items()} == {
        "confirmed": "Bestätigt: Beratung, Mo, 30. Nov 2026 03:00",
        "rescheduled": "Neue Zeit: Beratung, Di, 1. Dez 2026 04:00",
        "cancelled": "Abgesagt: Beratung, Di, 1. Dez 2026 04:00",
    }
    lines = mails["confirmed"].text.splitlines()
    assert "Wann: Montag, 30. November 2026, 03:00–03:30 (America/New_York, UTC-05:00)" in lines
    assert "Bei Ihrem Gegenüber: Montag, 30. November 2026, 09:00–09:30 (Europe/Zurich, UTC+01:00)" in lines
    for mail in mails.values():
        words = re.sub(r"\S+(@|://)\S+|" + members[0].display_name, " ", mail.text)
        assert english_in(words) == []
        assert 'lang="de"' in mail.html
    assert "Confirmed" in Message.objects.get(template="confirmed", to=members[0].email).subject, "staff read English"


def test_a_german_page_starts_with_german_meeting_types(contoso: Tenant) -> None:
    owner = factories.member(contoso, Role.TEAM_MEMBER, language="de").user
    mailbox = factories.MailboxFactory(tenant=contoso, user=owner)
    page = pages.activate_personal(mailbox=mailbox, now=NOW, actor=acting.SYSTEM)
    titles = ["Termin, 60 Minuten", "Termin, 30 Minuten", "Termin, 15 Minuten"]
    assert [service.title for service in page.services.order_by("position")] == titles


def test_why_a_time_is_not_offered_is_said_in_german(contoso: Tenant) -> None:
    page, service, _members = factories.clinic(contoso)
    factories.book(page, service, at("2026-11-24 09:00"))

    def why(instant: str) -> str:
        with translation.override("de"):
            found = explanations.explain_instant(page=page, service=service, at=at(instant), now=NOW)
        return " ".join(reason.text for reason in found.reasons)

    assert why("2026-11-24 08:00") == "09:00 wird angeboten."
    taken = "10:00 wird nicht angeboten: Die Zeit überschneidet sich mit „Consultation, Ana Pérez“ (10:00–10:30), "
    assert why("2026-11-24 09:00") == f"{taken}eine Buchung hier."
    night = "04:00 wird nicht angeboten: Die Arbeitszeit an diesem Tag ist 09:00-17:00."
    assert why("2026-11-24 03:00") == night


def test_hours_that_cannot_be_meant_are_refused_in_german() -> None:
    with translation.override("de"), pytest.raises(Exception) as refused:
        DayHoursField(label="Montag").clean("9-25")
    assert refused.value.messages == ["Montag: „25:00“ ist keine Uhrzeit; verwenden Sie HH:MM von 00:00 bis 24:00."]  # type: ignore[attr-defined]


def test_the_staff_area_and_the_admin_speak_german(contoso: Tenant, visitor: Client) -> None:
    boss = factories.member(contoso, Role.OWNER).user
    page, service, _members = factories.clinic(contoso, title="Beratung")
    booking = factories.book(page, service, at("2026-11-24 09:00"))
    remedy = "Look at the last error, mend its cause, then choose “Try again”."
    parked = {"state": Job.State.PARKED, "due_at": NOW, "remedy": remedy}
    Job.objects.create(tenant=contoso, kind="outlook.push", dedupe_key="parked", **parked)
    visitor.force_login(boss)
    home = german(visitor.get("/staff/"))
    assert "Montag, 23. November 2026" in home and "beheben Sie seine Ursache" in home
    assert "Dienstag, 24. November 2026, 10:00–10:30" in german(visitor.get(f"/staff/bookings/{booking.pk}/"))
    german(visitor.get(f"/staff/pages/{page.pk}/people/"))
    german(visitor.get(f"/staff/pages/{page.pk}/explain/"))
    german(visitor.get("/admin/"))
    listed = german(visitor.get("/admin/bookings/staffmember/"))
    assert "Seite" in listed and "Entfernt am" in listed
    assert "beheben Sie seine Ursache" in spoken(visitor.get("/admin/tenants/job/"))


def test_cities_have_their_german_names() -> None:
    with translation.override("de"):
        assert zones.label(ZoneInfo("Europe/Vienna"), NOW) == "Wien (UTC+01:00)"
        assert "Mexiko-Stadt" in zones.options(NOW.date())
    assert zones.label(ZoneInfo("Europe/Vienna"), NOW) == "Vienna (UTC+01:00)"
