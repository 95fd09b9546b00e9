"""The form of a meeting type or service, in sections; what is rarely needed folds away until it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Question, Service, StaffMember
from bookings.services import questions
from tenants.forms import DaysField, HoursField, MinutesField

#: Section: key, title, help, rows of fields, whether it folds.
SECTIONS: tuple[tuple[str, Any, Any, tuple[tuple[str, ...], ...], bool], ...] = (
    ("what", _("What it is"), "", (
        ("title",), ("description",), ("duration", "price_text"), ("colour",), ("is_public",),
    ), False),
    ("where", _("Where it takes place"), "", (("is_online",), ("location",)), False),
    ("times", _("Which times are offered"), _("Time kept free before and after is not shown to customers."), (
        ("slot_interval",), ("buffer_before", "buffer_after"), ("minimum_lead", "maximum_advance"),
    ), False),
    ("who", _("Who gives it"), "", (("staff",), ("staffing",), ("staff_choice",)), False),
    ("questions", _("What customers are asked"), _("Name and mail address are always asked."), (), False),
    ("seats", _("Several customers at one time"), _("A class or a talk. Nobody sees the others’ names."), (
        ("seats",), ("guests_allowed",),
    ), True),
    ("limits", _("How many bookings at most"), _("Requests that wait for approval count too. Empty means no limit."), (
        ("daily_limit", "weekly_limit"), ("monthly_limit", "booker_limit"),
    ), True),
    ("approval", _("Approval"), _("Who has to agree before a booking counts. Customers read that they have to wait."), (
        ("approval",), ("answer_within",), ("pending_holds",),
    ), True),
    ("changes", _("Changes by customers"), _("Each booking keeps what was agreed when it was made."), (
        ("customers_may_move",), ("customers_may_cancel",), ("change_cutoff",), ("reason_required",),
    ), True),
    ("more", _("Full calendars and late Outlook"), "", (("waiting_list",), ("calendar_age_limit",)), True),
)  # fmt: skip
#: Personal pages are for meetings of two (S4.16).
BUSINESS_ONLY = ("staff", "staffing", "staff_choice", "seats", "guests_allowed")
ASKED = [("", _("Not asked")), ("asked", _("Asked")), ("required", _("Asked, and an answer is needed"))]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form that is read as one."""

    key: str
    title: str | Promise
    help: str | Promise
    rows: list[list[forms.BoundField]]
    folds: bool
    is_open: bool


class ServiceForm(forms.ModelForm):
    """A meeting type or service. An empty number keeps what holds already."""

    duration = MinutesField(label=_("Duration"), min_value=5)
    slot_interval = MinutesField(label=_("A time is offered every"), min_value=5)
    buffer_before = MinutesField(label=_("Free time before"))
    buffer_after = MinutesField(label=_("Free time after"))
    minimum_lead = HoursField(label=_("Shortest notice"))
    maximum_advance = DaysField(label=_("Can be booked ahead"), min_value=1)
    seats = forms.IntegerField(
        label=_("Seats"), required=False, help_text=_("How many customers may share one time. 1: nobody shares.")
    )
    answer_within = HoursField(
        label=_("Time to answer"), required=False,
        help_text=_("In hours. Then the page's owner is asked, or the next colleague; after twice that it expires."),
    )  # fmt: skip
    change_cutoff = HoursField(
        label=_("No changes later than"), required=False, help_text=_("In hours before the start. 0: until it begins.")
    )
    calendar_age_limit = MinutesField(
        label=_("Do not rely on Outlook times older than"), required=False,
        help_text=_("In minutes. Empty: when Outlook cannot be reached, the times that were read last count."),
    )  # fmt: skip
    # Querysets stand in `__init__`, inside the organisation's scope.
    staff = forms.ModelMultipleChoiceField(
        StaffMember._base_manager.none(), label=_("Staff"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Service
        fields = [
            "title", "description", "duration", "slot_interval", "is_online", "location", "is_public", "buffer_before",
            "buffer_after", "minimum_lead", "maximum_advance", "price_text", "staff_choice", "colour", "staffing",
            "seats", "guests_allowed", "daily_limit", "weekly_limit", "monthly_limit", "booker_limit", "approval",
            "pending_holds", "answer_within", "customers_may_move", "customers_may_cancel", "change_cutoff",
            "reason_required", "waiting_list", "calendar_age_limit",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "approval": forms.RadioSelect,
            "staffing": forms.RadioSelect,
        }
        labels = {
            "is_online": _("Online, with a Teams link"),
            "is_public": _("Public: stands on the page"),
            "pending_holds": _("A request keeps its time from others"),
            "guests_allowed": _("Customers may bring guests, by mail address"),
            "waiting_list": _("Offer a waiting list where nothing is free"),
            "reason_required": _("Customers give a reason to cancel"),
        }
        help_texts = {
            "is_public": _("A private type is reached only through its own links."),
            "price_text": _("Shown as you write it. Nothing is paid here."),
            "colour": _("Tells bookings apart in your lists."),
            "waiting_list": _("A time that becomes free is offered to the first in the list."),
            "booker_limit": _("Meetings to come under one mail address."),
        }

    def __init__(self, *args: Any, page: BookingPage, **kwargs: Any) -> None:
        super().__init__(*args, **{"instance": Service()} | kwargs)  # a new one shows the model's defaults
        self.page = page
        for name in ("approval", "staffing"):
            self.fields[name].required = False
        if page.is_personal:
            for name in BUSINESS_ONLY:
                del self.fields[name]
            approvals: Any = self.fields["approval"]
            approvals.choices = [choice for choice in approvals.choices if choice[0] != Service.Approval.ASSIGNMENT]
        else:
            staff: Any = self.fields["staff"]
            staff.queryset = page.staff_members.filter(removed_at=None)
            giving = staff.queryset if self.is_new else self.instance.staff.all()
            self.initial["staff"] = [member.pk for member in giving]
        self._add_questions()
        if self.instance.managed_by_id:
            for name, field in self.fields.items():
                field.disabled = name != "is_public"

    @property
    def is_new(self) -> bool:
        """Whether the service does not exist yet."""
        return self.instance._state.adding

    def clean(self) -> dict[str, Any]:
        """Numbers that were left out stay as they are."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("seats", "answer_within", "change_cutoff", "approval", "staffing"):
            if name in cleaned and cleaned[name] in (None, ""):
                cleaned[name] = getattr(self.instance, name)
        return cleaned

    @property
    def changes(self) -> dict[str, Any]:
        """What the services take: model fields, `staff` and the questions `asked`; of a copy what is its own."""
        if self.instance.managed_by_id:
            return {"is_public": self.cleaned_data["is_public"]}
        names = {question_field(question): question for question in self.questions}
        found = {name: value for name, value in self.cleaned_data.items() if name not in names}
        answers = {names[name]: self.cleaned_data[name] for name in names}
        return found | {"asked": {question: how == "required" for question, how in answers.items() if how}}

    @property
    def sections(self) -> Iterator[Section]:
        """The form as it is shown."""
        for key, title, about, names, folds in SECTIONS:
            rows = [[self[name] for name in row if name in self.fields] for row in names]
            if key == "questions":
                rows = [[self[question_field(question)]] for question in self.questions]
            rows = [row for row in rows if row]
            if rows or key == "questions":
                yield Section(key, title, about, rows, folds, not folds or self._stands_out(rows))

    def _stands_out(self, rows: list[list[forms.BoundField]]) -> bool:
        """Whether there is something to see: an error, or a value that is not the usual one."""
        usual = Service()
        return any(
            field.errors or (field.initial or None) != (getattr(usual, field.name, None) or None)
            for row in rows
            for field in row
        )

    def _add_questions(self) -> None:
        self.questions: list[Question] = questions.of_page(self.page)
        asked = {} if self.is_new else questions.asked_by(self.instance)
        for question in self.questions:
            how = {None: "", False: "asked", True: "required"}[asked.get(question)]
            self.fields[question_field(question)] = forms.ChoiceField(
                label=question.label, choices=ASKED, required=False, initial=how, help_text=question.get_kind_display()
            )

    def _post_clean(self) -> None:
        """The service validates; a form for a refused change must not alter the row it shows."""


def question_field(question: Question) -> str:
    """The name of the field that says whether a service asks this question."""
    return f"ask_{question.pk}"


class QuestionForm(forms.ModelForm):
    """A question of a page."""

    options = forms.CharField(
        label=_("Choices"), required=False, max_length=11000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One in each line, where customers choose from several."),
    )  # fmt: skip

    class Meta:
        model = Question
        fields = ["label", "kind", "options"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["options"] = "\n".join(self.instance.options or [])

    def clean_options(self) -> list[str]:
        """The lines that say something."""
        return [line.strip() for line in self.cleaned_data["options"].splitlines() if line.strip()]

    def _post_clean(self) -> None:
        """The service validates."""
