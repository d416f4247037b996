"""Forms of decisions and their actions. A draft may lack anything; what was typed is never lost."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from ics_governance import forms
from ics_governance.models import User
from ics_governance.wording import money
from partnerships.guards import SUBSIDIARITY, decision_is_complete, needed
from partnerships.models import Action, Decision, Delegation, Forum, Function, Organisation, Place, SpatialLevel
from partnerships.queries.decisions import urgent_powers

from .people import PersonField, bodies_of_forum, people_of, people_of_forum


class DecisionFilters(forms.FilterForm):
    """Filters of the list of decisions."""

    q = forms.CharField(label="Search titles and texts", max_length=100)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *Decision.State.choices])
    weight = forms.ChoiceField(label="Weight", choices=[("", "Any"), *Decision.Weight.choices])
    authority = forms.ChoiceField(
        label="Authority",
        choices=[("", "Any"), ("within", "Within authority"), ("other", "Not within authority"), ("none", "Not asked")],
    )
    ratified = forms.ChoiceField(
        label="Urgent decisions",
        choices=[("", "All decisions"), ("waiting", "Not ratified yet"), ("late", "Overdue for ratifying")],
    )
    forum = forms.ModelChoiceField(label="Forum", queryset=Forum.objects.all(), widget=forms.HiddenInput)
    since = forms.DayField(label="Taken on or after")
    until = forms.DayField(label="Taken on or before")


class LogForm(forms.Form):
    """Beginning a draft: a title is enough."""

    title = forms.CharField(label="What is the decision about?", max_length=200, help_text="A title of a few words.")
    weight = forms.ChoiceField(
        label="How weighty is it?", choices=Decision.Weight.choices, widget=forms.RadioSelect, initial="routine"
    )
    design = {
        "weight": {
            "hints": {
                "procedural": "Five fields: title, text, kind, lead and date.",
                "routine": "A dozen: also function, level, and the effects on health, quality and resources.",
                "significant": "Everything: also inequalities, options, engagement, equality, review, an action.",
            }
        }
    }


class PowerField(forms.ModelChoiceField):
    """A power for urgent cases, offered with its post, function and limit."""

    def label_from_instance(self, power: Any) -> str:
        """Such as "Chair: commissioning community health services, up to £250,000"."""
        limit = f", up to {money(power.limit)}" if power.limit is not None else ""
        return f"{power.to_post.title}: {power.function.name}{limit}"


class DecisionForm(forms.Form):
    """A draft on one page, in sections."""

    mark_optional = False

    title = forms.CharField(label="Title", max_length=200)
    text = forms.CharField(
        label="Decision, as it will be published", widget=forms.Textarea, required=False,
        help_text="What was agreed, in words that a member of the public understands.",
    )  # fmt: skip
    kind = forms.ChoiceField(label="Kind", choices=Decision.Kind.choices)
    weight = forms.ChoiceField(label="Weight", choices=Decision.Weight.choices)
    means = forms.ChoiceField(label="Taken", choices=Decision.Means.choices)
    urgent_power = PowerField(
        label="Power for urgent cases", queryset=Delegation.objects.none(), required=False,
        empty_label="Not taken by urgent power", help_text="When it is taken by urgent power: the post's delegation.",
    )  # fmt: skip
    decided_on = forms.DateField(label="Date on which it was taken", required=False)
    lead_officer = PersonField(label="Lead officer", required=False)

    function = forms.ModelChoiceField(label="Function", queryset=Function.objects.all(), required=False)
    amount = forms.MoneyField(label="Amount, whole life", required=False)
    places = forms.ModelMultipleChoiceField(
        label="Places", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    level = forms.ChoiceField(label="Level", choices=[("", ""), *SpatialLevel.choices], required=False)

    options = forms.CharField(label="Options considered", widget=forms.Textarea, required=False)
    effect_health = forms.CharField(label="Effect on health and wellbeing", widget=forms.Textarea, required=False)
    effect_quality = forms.CharField(label="Effect on the quality of services", widget=forms.Textarea, required=False)
    effect_resources = forms.CharField(
        label="Effect on the sustainable use of resources", widget=forms.Textarea, required=False
    )
    effect_inequalities = forms.CharField(
        label="Effect on inequalities", widget=forms.Textarea, required=False,
        help_text="Who gains, who does not, and what will be done about it.",
    )  # fmt: skip
    engagement = forms.ChoiceField(label="Engagement", choices=Decision.Check.choices, required=False)
    engagement_note = forms.CharField(label="Who was involved, or why it was not needed", required=False)
    equality = forms.ChoiceField(label="Equality impact assessment", choices=Decision.Check.choices, required=False)
    equality_note = forms.CharField(label="What it found, or why it was not needed", required=False)
    departures = forms.CharField(
        label="Dissent and reasoned departures", widget=forms.Textarea, required=False,
        help_text="In the member's own words.",
    )  # fmt: skip
    review_on = forms.DateField(label="Review of the decision", required=False)

    design = {
        **{
            name: {"rows": 2} for name in ("effect_health", "effect_quality", "effect_resources", "effect_inequalities")
        },
        "text": {"rows": 4},
        "options": {"rows": 3},
        "departures": {"rows": 2},
        "places": {"small": True, "classes": "app-checks"},
    }
    # the reasons, row by row; the first of a row decides whether the weight asks for it
    reasons = [
        ["effect_health"], ["effect_quality"], ["effect_resources"], ["effect_inequalities"], ["options"],
        ["engagement", "engagement_note"], ["equality", "equality_note"], ["review_on"],
    ]  # fmt: skip

    def __init__(self, *args: Any, decision: Decision, on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial=_initial(decision, on), **kwargs)
        self.decision = decision
        places = Place.objects.on(on).filter(icb=_system(decision.forum))
        self.fields["places"].queryset = places  # type: ignore[attr-defined]
        self.fields["places"].choices = [(place.pk, place.name) for place in places]  # type: ignore[attr-defined]
        self.fields["lead_officer"].queryset = people_of_forum(decision.forum, on)  # type: ignore[attr-defined]
        if str(self["means"].value()) == Decision.Means.URGENT:  # only then it costs a query
            power: Any = self.fields["urgent_power"]
            power.queryset = urgent_powers(decision.forum, decision.decided_on or on)
            offered = [(row.pk, power.label_from_instance(row)) for row in power.queryset]
            power.choices = [("", power.empty_label), *offered]
        else:
            del self.fields["urgent_power"]
        for key, question in SUBSIDIARITY.items():
            self.fields[f"s_{key}"] = forms.CharField(
                label=question, required=False, initial=decision.subsidiarity.get(key, "")
            )

    def look(self) -> None:
        """Mark the fields that the next step still needs."""
        self.needed = frozenset(reason.field for reason in decision_is_complete(self.decision))

    def why(self, asked: bool) -> list[list[Any]]:
        """Rows of reasons that a decision of this weight asks for, or those that it does not."""
        names = needed(str(self["weight"].value()))
        return [[self[name] for name in row] for row in self.reasons if (row[0] in names) is asked]

    def says_more(self) -> bool:
        """Whether something is said, or wrong, in what this weight does not ask for."""
        return any(field.errors or str(field.value() or "").strip("[], '") for row in self.why(False) for field in row)

    @property
    def questions(self) -> list[Any]:
        """The five questions of the subsidiarity check."""
        return [self[f"s_{key}"] for key in SUBSIDIARITY]

    def values(self) -> dict[str, Any]:
        """What the action takes: fields of the draft."""
        cleaned = dict(self.cleaned_data)
        cleaned.pop("places")
        answers = {key: cleaned.pop(f"s_{key}") for key in SUBSIDIARITY}
        return cleaned | {"subsidiarity": {key: text for key, text in answers.items() if text}}


def _initial(decision: Decision, on: date) -> dict[str, Any]:
    names = [name for name in DecisionForm.base_fields if name != "places"]
    initial = {name: getattr(decision, decision._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]
    if decision.decided_on is None and decision.meeting and decision.meeting.held_on <= on:
        initial["decided_on"] = decision.meeting.held_on
    return initial | {"places": [place.pk for place in decision.places.all()]}


def _system(forum: Forum) -> int:
    return forum.host_id


class ActionForm(forms.Form):
    """An action from a decision."""

    title = forms.CharField(label="What will be done", max_length=200)
    owner = forms.ModelChoiceField(label="Owner", queryset=Organisation.objects.none(), empty_label="Choose a body")
    owner_person = PersonField(
        label="Person who will do it", required=False,
        help_text="Someone who works for the owner. The owner may name them on accepting.",
    )  # fmt: skip
    due = forms.DateField(label="Due")

    def __init__(self, *args: Any, forum: Forum, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = bodies_of_forum(forum)  # type: ignore[attr-defined]
        self.fields["owner_person"].queryset = people_of_forum(forum, on)  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    """One reason in words."""

    why = forms.CharField(label="Why", widget=forms.Textarea, max_length=2000)
    design = {"why": {"rows": 4}}

    def __init__(self, *args: Any, label: str = "Why", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["why"].label = label
        self.fields["why"].error_messages["required"] = f"Enter {label[:1].lower()}{label[1:]}"


class RatifyForm(forms.Form):
    """Which decision of the forum ratified one that was taken by urgent power."""

    ratified_by = forms.ModelChoiceField(
        label="Decision of the forum that ratified it", queryset=Decision.objects.none(),
        empty_label="Choose a decision",
        help_text="One that the forum agreed afterwards, at a meeting or by correspondence.",
    )  # fmt: skip

    def __init__(self, *args: Any, offered: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["ratified_by"]
        field.queryset = offered  # type: ignore[attr-defined]
        field.label_from_instance = lambda row: f"{row.reference}, {row.title}"  # type: ignore[attr-defined]


class DeferForm(WhyForm):
    """Putting a decision off."""

    authority_was_missing = forms.BooleanField(
        label="A member could not decide because they lacked the authority", required=False
    )


class ContributorForm(forms.Form):
    """Inviting one person to help with a draft."""

    email = forms.EmailField(label="E-mail address of the person", max_length=254)

    def clean_email(self) -> User:
        """A person who has an account."""
        found = User.objects.filter(email=self.cleaned_data["email"].lower(), is_active=True).first()
        if found is None:
            raise forms.django_forms.ValidationError("Nobody with this address has an account here")
        return found


class AcceptForm(forms.Form):
    """The owner accepts."""

    person = PersonField(label="Person who will do it", empty_label="Choose a person")

    def __init__(self, *args: Any, action: Action, on: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"person": action.owner_person_id}, **kwargs)
        self.fields["person"].queryset = people_of([action.owner_id], on)  # type: ignore[attr-defined]


class RedateForm(WhyForm):
    """The forum's side sets another date."""

    due = forms.DateField(label="New due date")
    field_order = ("due", "why")


def chosen_ids(rows: Iterable[Any]) -> list[int]:
    """Ids of chosen rows."""
    return [row.pk for row in rows]
