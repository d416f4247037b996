"""Forms of who keeps a case: who works on it, who reviews it, who holds it, what it is linked to, time to reply."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from collaboration.queries.people import everyone_who
from ics_governance import forms
from ics_governance.models import User
from ics_governance.wording import day
from oversight.access import P
from oversight.process import BY_REGION
from oversight.queries.cases import cases_to_go_on_in
from partnerships.models import Kind, Organisation

from .case_file import CaseForm, long_text


class WorkerForm(CaseForm):
    """A person of the body that holds the case."""

    user = forms.ModelChoiceField(
        label="Who works on it", queryset=None, help_text="A person of the body that holds the case."
    )
    design = {"user": {"empty": "Choose"}}
    now = "lead_id"  # the field of the case that the person comes into

    def prepare(self) -> None:
        """Those who may keep it, without who does so now."""
        case = self.file.case
        able = everyone_who(P.CASE_LEAD, "holder", [case.holder_id], self.on) - {getattr(case, self.now)}
        self.fields["user"].queryset = User.objects.filter(pk__in=able).order_by("name", "pk")  # type: ignore[attr-defined]


class ReviewerForm(WorkerForm):
    """A person of the region who took no step in the case before its review."""

    user = forms.ModelChoiceField(
        label="Who leads the review", queryset=None,
        help_text="A person of the region who took no step in the case before its review.",
    )  # fmt: skip
    now = "reviewer_id"


class HandOverForm(CaseForm):
    """Another body takes the stage over."""

    organisation = forms.ModelChoiceField(
        label="The body that takes it over",
        queryset=None,
        help_text="Never to a party; from oversight review on, to a region.",
    )
    reason = long_text("Why it is handed over", "All who may see the case read it.")
    design = {"organisation": {"empty": "Choose"}, "reason": {"rows": 4}}

    def prepare(self) -> None:
        """Systems and regions that exist, without the parties that this reader may know and who holds it."""
        case = self.file.case
        kinds = [Kind.REGION] if case.stage in BY_REGION else [Kind.ICB, Kind.REGION]
        out = [case.holder_id, *(body.pk for body in self.file.parties)]
        rows = Organisation.objects.on(self.on).filter(kind__in=kinds).exclude(pk__in=out)
        self.fields["organisation"].queryset = rows.order_by("name", "pk")  # type: ignore[attr-defined]


class LinkForm(CaseForm):
    """The case of the same facts that leads."""

    lead_case = forms.ModelChoiceField(
        label="The case that leads", queryset=None,
        help_text="An open case of the same facts that you can see. It carries the reply, and is counted once.",
    )  # fmt: skip
    design = {"lead_case": {"empty": "Choose"}}

    def prepare(self) -> None:
        """The other open cases, without the one it is linked to already."""
        rows = cases_to_go_on_in(self.actor, self.file.case).exclude(pk=self.file.case.lead_case_id)
        self.fields["lead_case"].queryset = rows  # type: ignore[attr-defined]
        self.fields["lead_case"].label_from_instance = lambda row: f"{row.reference} {row.concern.title}"  # type: ignore[attr-defined]


class MoreTimeForm(CaseForm):
    """A respondent gets more time to reply."""

    until = forms.DateField(label="New last day to reply", example=date(2027, 1, 29))
    reason = long_text("Why it gets more time")

    def prepare(self) -> None:
        """The day that holds now."""
        self.earliest = max(self.on, self.part.due_on) + timedelta(days=1)
        self.fields["until"].help_text = f"{day(self.earliest)} or later."

    def clean_until(self) -> Any:
        """Later than today and than the day that holds now."""
        until = self.cleaned_data["until"]
        if until and until < self.earliest:
            raise ValidationError(f"The new day must be {day(self.earliest)} or later")
        return until
