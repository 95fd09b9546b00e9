"""What visitors fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import linebreaksbr, urlize
from django.utils.translation import gettext_lazy as _

from bookings.models import Question, ServiceQuestion
from bookings.services.intake import LONGEST, Customer, Details, validate_address
from bookings.views import stamps
from tenants.errors import InvalidInput

#: Up to so many choices are all shown; more are in a list that opens.
_SHOWN_CHOICES = 6


class MendableForm(forms.Form):
    """A form that puts the cursor where the first thing is to be mended, also without JavaScript."""

    use_required_attribute = False

    def focus_first_error(self) -> None:
        """Call it before a form that was sent is shown again."""
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return


class DetailsForm(MendableForm):
    """Who books, and what the service asks. The rules stand in `intake`; here are the words and what browsers can do.

    `asked` are the service's questions, `consent` the text to agree to, `guests` whether others may come along,
    `without` what the organisation does not collect.
    """

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        validators=[validate_address],  # before a code is mailed to it
        error_messages={
            "required": _("Please enter a mail address such as ana@example.com."),
            "invalid": _("Please enter a mail address such as ana@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    notes = forms.CharField(
        label=_("What is it about?"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    request_key = forms.CharField(widget=forms.HiddenInput, max_length=200)
    #: A field people do not see.
    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))

    template_name = "bookings/details_fields.html"

    def __init__(
        self, *args: Any, asked: Sequence[ServiceQuestion] = (), consent: str = "", guests: bool = False,
        without: Sequence[str] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        for name in without:
            del self.fields[name]
        self._answers = {_name(row): str(row.question_id) for row in asked}
        self.fields |= {_name(row): _answer_field(row) for row in asked}
        if guests:
            self.fields["guests"] = _guests_field()
        if consent:
            self.fields["consent"] = _consent_field(consent)
        for field in self.fields.values():
            if field.required and not isinstance(field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
                field.widget.attrs["aria-required"] = "true"

    @property
    def questions(self) -> list[forms.BoundField]:
        """The fields of this service's own questions, and of the guests."""
        return [self[name] for name in [*self._answers, "guests"] if name in self.fields]

    @property
    def kept(self) -> list[forms.BoundField]:
        """Everything that was typed, to be sent again unseen."""
        return [self[name] for name in self.fields if name != "website"]

    def clean_website(self) -> str:
        """Refuses what filled in the field that people do not see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("Please leave this field empty."))
        return ""

    def customer(self, *, time_zone: str, language: str) -> Customer:
        """Who books, as they typed it."""
        data = self.cleaned_data
        return Customer(
            name=data["name"], email=data["email"], phone=data.get("phone", ""), notes=data.get("notes", ""),
            time_zone=time_zone,
            language=language,
        )  # fmt: skip

    @property
    def guests(self) -> list[str]:
        """Who comes along, as typed."""
        return [guest for guest in re.split(r"[,;\s]+", self.cleaned_data.get("guests", "")) if guest]

    def details(self, *, campaign: str) -> Details:
        """Answers, guests and consent, as they were given."""
        data = self.cleaned_data
        return Details(
            answers={question: data[name] for name, question in self._answers.items() if data.get(name)},
            guests=self.guests,
            consented=bool(data.get("consent")),
            campaign=campaign,
        )

    def refuse(self, wrong: InvalidInput) -> None:
        """Shows what the booking itself found wrong, at the field it is about."""
        for field, sentences in wrong.errors.items():
            name = field.replace("answers.", "q_", 1) if field.startswith("answers.") else field
            self.add_error(name if name in self.fields else None, [ValidationError(sentence) for sentence in sentences])

    def renew_key(self, *, now: datetime) -> None:
        """Gives the form another key of the same age, so that it makes another booking."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["request_key"] = stamps.issue(now=now, like=data.get("request_key", ""))
        self.data = data


def brought(carried: Sequence[tuple[str, str]], asked: Sequence[ServiceQuestion]) -> Mapping[str, Any]:
    """What an address fills in: the form's own names, of several values a list."""
    several = {_name(row) for row in asked if row.question.kind == Question.Kind.SEVERAL}
    found: dict[str, Any] = {name: value for name, value in carried if name not in several}
    for name in several:
        found[name] = [value for known, value in carried if known == name]
    return found


def _name(row: ServiceQuestion) -> str:
    return f"q_{row.question_id}"


def _answer_field(row: ServiceQuestion) -> forms.Field:
    """The field of a question, as its answer looks."""
    question = row.question
    common: dict[str, Any] = {
        "label": question.label, "required": row.is_required,
        "error_messages": {"required": _("Please answer this question."),
                           "invalid_choice": _("Please choose from what is offered.")},
    }  # fmt: skip
    options = [(option, option) for option in question.options]
    if question.kind == Question.Kind.SEVERAL:
        return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)
    if question.kind == Question.Kind.CHOICE:
        # What needs no answer must be able to be taken back, which radio buttons cannot.
        if row.is_required and len(options) <= _SHOWN_CHOICES:
            return forms.ChoiceField(choices=options, widget=forms.RadioSelect, **common)
        return forms.ChoiceField(
            choices=[("", _("Please choose") if row.is_required else _("No answer")), *options], **common
        )
    long = question.kind == Question.Kind.LONG_TEXT
    widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
    return forms.CharField(max_length=LONGEST[Question.Kind(question.kind)], widget=widget, **common)


def _guests_field() -> forms.Field:
    return forms.CharField(
        label=_("Guests"),
        help_text=_("Mail addresses of who comes along, separated by commas. They get the invitation too."),
        max_length=3000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false", "autocomplete": "off"}),
    )


def _consent_field(text: str) -> forms.Field:
    return forms.BooleanField(
        label=_("I agree"),
        help_text=linebreaksbr(urlize(text)),
        error_messages={"required": _("Please agree before you book.")},
    )


class CancelForm(MendableForm):
    """Why a booking is cancelled: if its customer says so, or because the service wants to know."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is passed on to your host."),
        max_length=500,
        required=False,
        error_messages={"required": _("Please say why you cancel.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, reason_required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = reason_required
        if reason_required:
            self.fields["reason"].widget.attrs["aria-required"] = "true"
