"""Forms of information requests."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from collaboration.actions.requests import LEAST_NOTICE, USUAL_NOTICE
from collaboration.models import InformationRequest
from ics_governance import forms
from ics_governance.wording import day, working_days
from ics_governance.workingdays import add_working_days
from partnerships.models import Organisation

LONGEST = 5_000  # characters of a text


class RequestFilters(forms.FilterForm):
    """Filters of the list of requests."""

    q = forms.CharField(label="Search", max_length=100)
    whose = forms.ChoiceField(
        label="Whose", choices=[("", "All that we may see"), ("asked", "Asked of us"), ("asker", "Asked by us")]
    )
    state = forms.ChoiceField(
        label="State",
        choices=[
            ("", "Open"),
            ("overdue", "Overdue"),
            *[pair for pair in InformationRequest.State.choices if pair[0] != "open"],
            ("any", "Any state"),
        ],
    )


class RequestForm(forms.Form):
    """Asking another body for information."""

    asker = forms.ModelChoiceField(label="Who asks", queryset=Organisation.objects.none(), empty_label="Choose a body")
    asked = forms.ModelChoiceField(
        label="Who is asked", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    title = forms.CharField(label="What is asked for, in a few words", max_length=200)
    text = forms.CharField(
        label="What exactly is needed, and what for",
        widget=forms.Textarea,
        max_length=LONGEST,
        help_text="The other body answers faster when it knows what the information is used for.",
    )
    due_on = forms.DateField(label="Needed by")
    design = {"text": {"rows": 6}}

    def __init__(self, *args: Any, askers: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        askers = list(askers)
        self.fields["asker"].queryset = Organisation.objects.filter(pk__in=askers)  # type: ignore[attr-defined]
        self.fields["asked"].queryset = Organisation.objects.on(on)  # type: ignore[attr-defined]
        if len(askers) == 1:
            self.fields["asker"].widget = forms.HiddenInput()
            self.fields["asker"].initial = askers[0]
        usual = add_working_days(on, USUAL_NOTICE)
        self.fields["due_on"].initial = usual
        self.fields["due_on"].help_text = (
            f"{working_days(USUAL_NOTICE).capitalize()} from today is {day(usual)}; "
            f"at least {working_days(LEAST_NOTICE)} are left."
        )


class AnswerForm(forms.Form):
    """Answering a request."""

    answer = forms.CharField(
        label="The answer, or where it can be found",
        widget=forms.Textarea,
        max_length=LONGEST,
        help_text="The body that asked is told at once. A link to a document counts as an answer.",
    )
    design = {"answer": {"rows": 8}}


class RefuseForm(forms.Form):
    """Refusing a request."""

    refusal = forms.CharField(
        label="The lawful reason for the refusal",
        widget=forms.Textarea,
        max_length=LONGEST,
        help_text="For example, a duty of confidence, and the law it rests on. A refusal with a reason counts as met.",
    )
    design = {"refusal": {"rows": 5}}


class RedateForm(forms.Form):
    """Giving more time."""

    due_on = forms.DateField(label="Needed by")
