"""What a customer gives when booking: who, answers, guests, consent. Checked as a whole, refused field by field.

| field                   | refused when                                                                           |
|-------------------------|----------------------------------------------------------------------------------------|
| `name`, `email`, …      | empty, too long, or nothing that could be written to                                   |
| `answers.<question id>` | needed and missing, not one of the choices, too long, or not asked by this service     |
| `guests`                | not allowed, more than `MOST_GUESTS`, no mail address, twice, or the customer's own    |
| `consent`               | the page asks a visitor to agree, and the visitor did not                              |

What the organisation does not collect (`Tenant.collects_…`) is asked in no form and kept from nowhere: dropped, or
refused where a program sends it.

Staff who book for a customer may leave questions unanswered: they ask what matters, and consent is the customer's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import UUIDField
from django.utils.encoding import punycode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookingPage, Question, Service, ServiceQuestion
from tenants.acting import Actor
from tenants.errors import DomainError, InvalidInput
from tenants.fields import validate_time_zone
from tenants.letters import one_line
from tenants.models import Tenant
from tenants.prepared import Prepared, of

MOST_GUESTS = 10
#: The most characters of an answer.
LONGEST = {Question.Kind.TEXT: 500, Question.Kind.LONG_TEXT: 4000}


class Blocked(DomainError):
    """The organisation takes no bookings from this mail address. The sentence does not say that it is blocked."""

    code = "senderBlocked"
    status = 403
    detail = gettext_lazy("Bookings with this mail address are not possible here. Please get in touch another way.")


@dataclass(frozen=True, slots=True)
class Customer:
    """Who books, as they typed it."""

    name: str
    email: str
    time_zone: str
    phone: str = ""
    notes: str = ""
    language: str = "en"

    def cleaned(self) -> Customer:
        """The same, trimmed. Raises InvalidInput by field."""
        customer = self._trimmed()
        errors = customer.problems()
        if errors:
            raise InvalidInput(errors)
        return customer

    def _trimmed(self) -> Customer:
        return Customer(
            name=self.name if "\x00" in self.name else one_line(self.name), email=self.email.strip(),
            time_zone=self.time_zone, phone=" ".join(self.phone.split()), notes=self.notes.strip(),
            language=self.language,
        )  # fmt: skip

    def problems(self) -> dict[str, list[str]]:
        """What is wrong, by field."""
        found = (
            ("name", _length(_visible(self.name), 120, _("Please enter your name."))),
            ("email", _fails(validate_address, self.email, _("Please enter a mail address such as ana@example.com."))),
            ("phone", _length(self.phone, 40)),
            ("notes", _length(self.notes, 4000)),
            ("timeZone", _fails(validate_time_zone, self.time_zone, _("This time zone is not known."))),
        )
        return {name: [text] for name, text in found if text}


@dataclass(frozen=True, slots=True)
class Details:
    """What a customer gives beside name and address, as typed. `answers` by the id of the question."""

    answers: Mapping[str, str | list[str]] = field(default_factory=dict)
    guests: Sequence[str] = ()
    consented: bool = False
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """The same as a booking keeps it. `answers` are `{"question", "label", "answer"}`, the answer a text to show."""

    customer: Customer
    answers: list[dict[str, Any]]
    guests: list[str]
    consent_text: str
    campaign: str


_ASKED = Prepared(
    lambda: (
        ServiceQuestion.objects.filter(
            tenant=of("tenant", UUIDField()),
            service=of("service", UUIDField()),
            question__archived_at=None,
            service__tenant__collects_answers=True,
        )
        .select_related("question")
        .order_by("question__position", "question__created_at")
    )
)


#: What an organisation may decide not to ask for, by the name of the form's field.
_LIMITED = {"phone": "collects_phone", "notes": "collects_notes"}


def not_collected(tenant: Tenant) -> list[str]:
    """What this organisation asks nobody for."""
    return [name for name, switch in _LIMITED.items() if not getattr(tenant, switch)]


def without_uncollected(tenant: Tenant, customer: Customer) -> Customer:
    """The customer without what the organisation does not collect, however it came in."""
    return replace(customer, **dict.fromkeys(not_collected(tenant), ""))


def refuse_uncollected(tenant: Tenant, customer: Customer) -> None:
    """Raises InvalidInput for what a program sends and nobody would keep: it shall not believe that it is known."""
    sent = [name for name in not_collected(tenant) if getattr(customer, name)]
    if sent:
        raise InvalidInput({name: [_("The organisation does not collect this.")] for name in sent})


def asked(service: Service) -> list[ServiceQuestion]:
    """The questions `service` asks, with `question` at hand, in their order; none where the organisation asks none."""
    return _ASKED.objects(tenant=service.tenant_id, service=service.pk)


def checked(*, page: BookingPage, service: Service, customer: Customer, details: Details, actor: Actor) -> Intake:
    """Everything trimmed and found good. Raises InvalidInput with all that is wrong at once, by field."""
    customer = without_uncollected(page.tenant, customer._trimmed())
    errors = customer.problems()
    by_staff = actor.kind == "person"
    answers = _answers(asked(service), details.answers, errors, all_optional=by_staff)
    guests = _guests(service, customer, details.guests, errors)
    needs_consent = bool(page.consent_text) and actor.kind == "visitor"
    if needs_consent and not details.consented:
        errors["consent"] = [_("Please agree before you book.")]
    if errors:
        raise InvalidInput(errors)
    return Intake(
        customer=customer, answers=answers, guests=guests,
        consent_text=page.consent_text if details.consented else "",
        campaign=one_line(details.campaign.replace("\x00", ""))[:120],
    )  # fmt: skip


def _answers(
    asked: Iterable[ServiceQuestion], given: Mapping[str, str | list[str]], errors: dict[str, list[str]], *,
    all_optional: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """The answers as a booking keeps them; what is wrong goes to `errors`. A question without an answer is left out."""
    kept: list[dict[str, Any]] = []
    questions = {str(row.question_id): row for row in asked}
    for unknown in given.keys() - questions.keys():
        errors[f"answers.{unknown}"] = [_("This service has no such question.")]
    for key, row in questions.items():
        values = _texts(given.get(key, ""))
        needed = row.is_required and not all_optional
        if wrong := _wrong_answer(row.question, values, needed=needed):
            errors[f"answers.{key}"] = [wrong]
        elif values:
            answer = {"question": key, "label": row.question.label, "answer": ", ".join(values)}
            several = {"chosen": values} if row.question.kind == Question.Kind.SEVERAL else {}
            kept.append(answer | several)
    return kept


def _texts(value: str | list[str]) -> list[str]:
    return [text for text in (one.strip() for one in ([value] if isinstance(value, str) else value)) if text]


def _wrong_answer(question: Question, values: list[str], *, needed: bool) -> str:
    """The sentence that says what is wrong with an answer; empty where nothing is."""
    if not values:
        return _("Please answer this question.") if needed else ""
    if question.has_options:
        one_too_many = question.kind == Question.Kind.CHOICE and len(values) > 1
        is_known = set(values) <= set(question.options) and len(set(values)) == len(values)
        return "" if is_known and not one_too_many else _("Please choose from what is offered.")
    if len(values) > 1:
        return _("Please give one answer.")
    return _length(values[0], LONGEST[Question.Kind(question.kind)])


def _guests(service: Service, customer: Customer, given: Sequence[str], errors: dict[str, list[str]]) -> list[str]:
    guests = _texts(list(given))
    if guests and not service.guests_allowed:
        errors["guests"] = [_("You cannot bring guests to this.")]
    elif len(guests) > MOST_GUESTS:
        errors["guests"] = [_("At most %(most)d guests.") % {"most": MOST_GUESTS}]
    elif any(_fails(validate_address, guest, "wrong") for guest in guests):
        errors["guests"] = [_("Please enter mail addresses such as ana@example.com, one for each guest.")]
    elif len({guest.casefold() for guest in [*guests, customer.email]}) <= len(guests):
        errors["guests"] = [_("Please name each guest once, and not yourself.")]
    return guests


def validate_address(value: str) -> None:
    """Raises ValidationError for a mail address that is not written to.

    Django lets control characters through, and domains that have no ASCII form (RFC 5890). A name in quotes is one
    letter box in endless spellings (RFC 5321 4.1.2): limits and blocked senders would not know it again.
    """
    validate_email(value)
    try:
        punycode(value.rpartition("@")[2])
    except UnicodeError as wrong:
        raise ValidationError("This domain has no ASCII form.", code="invalid") from wrong
    if not value.isprintable() or value.startswith('"'):
        raise ValidationError("A mail address holds no control characters and no quotes.", code="invalid")


def _visible(text: str) -> str:
    """The text, empty where there is nothing in it to be read."""
    return text if any(map(str.isprintable, text.replace(" ", ""))) else ""


def _length(value: str, most: int, when_empty: str = "") -> str:
    if when_empty and not value:
        return when_empty
    if "\x00" in value:
        return _("This contains a character that cannot be stored.")
    return _("Please use at most %(most)d characters.") % {"most": most} if len(value) > most else ""


def _fails(validator: Any, value: str, sentence: str) -> str:
    try:
        validator(value)
    except ValidationError:
        return sentence
    return sentence if len(value) > 254 else ""
