"""Forms of a case: filters of the list, and the moves; each asks for what its event asks."""

from collections.abc import Iterable
from typing import Any

from ics_governance import forms
from ics_governance.models import User
from ics_governance.permissions import Actor
from oversight.models import Case
from oversight.process import ASKS, OUTCOMES, STAGES
from oversight.queries.cases import cases_to_go_on_in
from partnerships.models import Organisation, RoleMembership

CLOCKS = [
    ("late", "Past its date"),
    ("soon", "5 working days or fewer left"),
    ("ok", "On time"),
    ("pause", "Paused"),
    ("none", "No clock"),
]
SIGNPOSTS = [
    ("the dispute resolution clause of the contract", "A dispute about a contract: its dispute resolution clause"),
    ("a Freedom to Speak Up Guardian", "Speaking up about a workplace: a Freedom to Speak Up Guardian"),
    ("the patient safety routes of the body", "Patient safety: the body’s patient safety routes"),
    ("the health and wellbeing board or the integrated care partnership", "A council matter: the health and wellbeing "
     "board or the integrated care partnership"),
]  # fmt: skip


class CaseFilters(forms.FilterForm):
    """Filters of the list of cases."""

    q = forms.CharField(label="Search titles and numbers", max_length=100)
    stage = forms.ChoiceField(
        label="Stage",
        choices=[("", "Any that is open"), *((row.code, row.title) for row in STAGES), ("all", "All, with closed")],
    )  # fmt: skip
    respondent = forms.ChoiceField(label="About")
    clock = forms.ChoiceField(label="Clock", choices=[("", "Any"), *CLOCKS])
    mine = forms.ChoiceField(
        label="Your part",
        choices=[("", "Any"), ("holder", "Held by us"), ("respondent", "About us"), ("raiser", "Raised by us")],
    )  # fmt: skip

    def __init__(self, data: Any, bodies: Iterable[Organisation]) -> None:
        super().__init__(data)
        self.fields["respondent"].choices = [("", "Any body"), *((body.code, body.label) for body in bodies)]  # type: ignore[attr-defined]


REASONS = {
    "accept": "",
    "decline": "Why it does not belong here",
    "withdraw": "Why you withdraw it",
    "not_settled": "What is still between them",
}


class MoveForm(forms.Form):
    """A move of a case: what its event asks for, as named in `process.ASKS`; a star there means that it is needed."""

    version = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, *args: Any, case: Case, event: str, people: Any, others: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = case.version
        self.asked = [name.rstrip("*") for name in ASKS[event]]
        self.design = {"reason": {"rows": 4}, "learnt": {"rows": 4}, "lead": {"empty": "Nobody yet"}}
        builders = {
            "reason": lambda needed: _text(REASONS.get(event) or "Why", needed, "All who may see the case read it."),
            "learnt": lambda needed: _text("What was learnt", needed, "For others, without blame: a sentence or two."),
            "lead": lambda needed: forms.ModelChoiceField(
                label="Who works on it", queryset=people, required=needed,
                help_text="A person of the body that holds it.",
            ),
            "signpost": lambda needed: forms.ChoiceField(
                label="Where does it belong?", choices=SIGNPOSTS, widget=forms.RadioSelect, required=needed
            ),
            "outcome": lambda needed: forms.ChoiceField(
                label="Outcome", choices=_outcomes(event), widget=forms.RadioSelect, required=needed
            ),
            "days": lambda needed: forms.IntegerField(
                label="Working days that its plan gives it", min_value=1, max_value=500, required=needed,
                help_text="Leave it empty for no clock.",
            ),
            "lead_case": lambda needed: forms.ModelChoiceField(
                label="The case in which it goes on", queryset=others, required=needed
            ),
        }  # fmt: skip
        for name in ASKS[event]:
            plain = name.rstrip("*")
            self.fields[plain] = builders[plain](name.endswith("*"))
            forms.word_errors(self.fields[plain], str(self.fields[plain].label))

    @property
    def reason(self) -> str:
        """The reason given; empty where none is asked for."""
        return str(self.cleaned_data.get("reason") or "")

    @property
    def changes(self) -> dict[str, Any]:
        """What the move sets beside the stage: what was given, without the reason."""
        given = {name: self.cleaned_data.get(name) for name in self.asked if name != "reason"}
        return {name: value for name, value in given.items() if value not in (None, "")}


def _text(label: str, needed: bool, hint: str) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea, max_length=5_000, required=needed, help_text=hint)


def _outcomes(event: str) -> list[tuple[str, str]]:
    names = dict(Case.Outcome.choices)
    return [(code, str(names[code])) for code in OUTCOMES.get(event, ())]


def move_form(data: Any, case: Case, event: str, actor: Actor) -> MoveForm:
    """The form of an event, with the people who may work on it and the cases in which it may go on."""
    holders = RoleMembership.objects.on(actor.on).filter(organisation=case.holder_id)
    people = User.objects.filter(pk__in=holders.values("user")).order_by("name")
    return MoveForm(data, case=case, event=event, people=people, others=cases_to_go_on_in(actor, case))
