"""Forms of shared risks."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from collaboration.models import SharedRisk
from collaboration.queries.risks import bodies_that_may_share
from ics_governance import forms
from partnerships.forms.people import PersonField, people_of
from partnerships.models import Forum, Organisation


class RiskFilters(forms.FilterForm):
    """Filters of the list of shared risks."""

    q = forms.CharField(label="Search", max_length=100)
    whose = forms.ChoiceField(label="Whose", choices=[("", "All that we may see"), ("ours", "Owned by us")])
    state = forms.ChoiceField(
        label="State",
        choices=[
            ("", "Open"),
            ("overdue", "Review overdue"),
            ("undated", "No review date"),
            ("closed", "Closed"),
            ("any", "Any state"),
        ],
    )


class RiskForm(forms.Form):
    """Recording a risk, and changing what is recorded of it."""

    host = forms.ModelChoiceField(
        label="Who keeps the entry", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    forum = forms.ModelChoiceField(
        label="Forum that follows it", queryset=Forum.objects.none(), required=False, empty_label="None"
    )
    title = forms.CharField(label="The risk, in a few words", max_length=200)
    description = forms.CharField(
        label="What may happen, and what it would mean for partners", widget=forms.Textarea, required=False
    )
    owner = forms.ModelChoiceField(
        label="Body that owns it", queryset=Organisation.objects.none(), required=False, empty_label="Nobody yet"
    )
    owner_person = PersonField(label="Person who answers for it", required=False)
    sharers = forms.ModelMultipleChoiceField(
        label="Bodies that share it", queryset=Organisation.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple, help_text="They can read the entry.",
    )  # fmt: skip
    mitigation = forms.CharField(label="What is done about it", widget=forms.Textarea, required=False)
    review_on = forms.DateField(label="Next review", required=False)
    design = {
        "description": {"rows": 4},
        "mitigation": {"rows": 4},
        "sharers": {"small": True, "classes": "app-checks"},
    }
    parts = [
        ("", "", ["host", "title", "description", "forum"]),
        ("Who answers for it, and who shares it", "", ["owner", "owner_person", "sharers"]),
        ("What is done about it", "", ["mitigation", "review_on"]),
    ]

    def __init__(self, *args: Any, hosts: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hosts = list(hosts)
        partners = bodies_that_may_share(hosts, on)
        self._choose("host", Organisation.objects.filter(pk__in=hosts))
        self._choose("forum", Forum.objects.on(on).filter(host__in=hosts))
        self._choose("owner", partners)
        self._choose("sharers", partners.exclude(pk__in=hosts))
        bodies = [(body.pk, body.name) for body in partners]  # asked for once, offered twice
        self.fields["owner"].choices = [("", "Nobody yet"), *bodies]  # type: ignore[attr-defined]
        self.fields["sharers"].choices = [pair for pair in bodies if pair[0] not in hosts]  # type: ignore[attr-defined]
        self._choose("owner_person", people_of(partners.values("pk"), on))
        if len(hosts) == 1:
            self.fields["host"].widget = forms.HiddenInput()
            self.fields["host"].initial = hosts[0]

    def _choose(self, name: str, queryset: Any) -> None:
        self.fields[name].queryset = queryset  # type: ignore[attr-defined]

    @classmethod
    def of(cls, data: Any, risk: SharedRisk, sharers: Iterable[Organisation], on: date) -> "RiskForm":
        """The form filled with what is recorded; the host stays what it is."""
        names = ("title", "description", "forum", "owner", "owner_person", "mitigation", "review_on")
        initial = {name: getattr(risk, name) for name in names} | {"sharers": [body.pk for body in sharers]}
        return cls(data, hosts=[risk.host_id], on=on, initial=initial)


class ReviewForm(forms.Form):
    """Looking at a risk again."""

    mitigation = forms.CharField(label="What is done about it now", widget=forms.Textarea)
    review_on = forms.DateField(label="Next review")
    design = {"mitigation": {"rows": 5}}


class CloseRiskForm(forms.Form):
    """Closing a risk."""

    closed_why = forms.CharField(label="Why it is no longer a risk", widget=forms.Textarea)
    design = {"closed_why": {"rows": 4}}
