"""Forms of feedback rounds."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from collaboration.actions.feedback import LEAST_DAYS, USUAL_DAYS, field_of
from collaboration.framework import Framework
from collaboration.models import FeedbackResponse, FeedbackRound
from collaboration.queries.feedback import Candidate, subjects_for
from ics_governance import forms
from ics_governance.wording import pluralise, working_days
from ics_governance.workingdays import add_working_days
from partnerships.models import Organisation

LONGEST_COMMENT = 3_000


class FeedbackFilters(forms.FilterForm):
    """Filters of the list of rounds."""

    q = forms.CharField(label="Search bodies", max_length=100)
    whose = forms.ChoiceField(
        label="Whose",
        choices=[
            ("", "All that we may see"),
            ("to_answer", "To be answered by us"),
            ("about", "About us"),
            ("run", "Run by us"),
        ],
    )
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *FeedbackRound.State.choices])


class SubjectForm(forms.Form):
    """Whom a round is about: the first of two steps, kept in the address."""

    subject = forms.ModelChoiceField(
        label="Whom it is about",
        queryset=Organisation.objects.none(),
        empty_label="Choose a body",
        help_text="A trust of your system, or the host of one of its partnerships.",
    )

    def __init__(self, *args: Any, hosts: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subject"].queryset = subjects_for(hosts, on)  # type: ignore[attr-defined]


class OpenForm(forms.Form):
    """Whom a round asks, and until when: the second step."""

    host = forms.ModelChoiceField(label="Who runs the round", queryset=Organisation.objects.none())
    invited = forms.MultipleChoiceField(
        label="Who is asked",
        widget=forms.CheckboxSelectMultiple,
        help_text="They sit on a forum or in an arrangement with the body. Take off any that cannot judge.",
    )
    closes_on = forms.DateField(label="Last day for answers")

    def __init__(
        self, *args: Any, hosts: Sequence[int], candidates: Sequence[Candidate], on: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["host"].queryset = Organisation.objects.filter(pk__in=hosts)  # type: ignore[attr-defined]
        if len(hosts) == 1:
            self.fields["host"].widget = forms.HiddenInput()
            self.fields["host"].initial = hosts[0]
        self.fields["invited"].choices = [(row.body.pk, row.body.name) for row in candidates]  # type: ignore[attr-defined]
        self.fields["invited"].initial = [row.body.pk for row in candidates if row.body.pk not in hosts]
        self.fields["closes_on"].initial = add_working_days(on, USUAL_DAYS)
        self.fields["closes_on"].help_text = (
            f"{working_days(USUAL_DAYS).capitalize()} from today unless you change it; "
            f"at least {working_days(LEAST_DAYS)}."
        )
        self.design = {
            "invited": {"small": True, "hints": {str(row.body.pk): _hint(row) for row in candidates}},
        }

    @property
    def asked(self) -> set[int]:
        """Ids of the bodies that were ticked."""
        return {int(pk) for pk in self.cleaned_data["invited"]}


def _hint(row: Candidate) -> str:
    together = f"{pluralise(row.together, 'forum or arrangement', 'forums and arrangements')} in common"
    return together if row.people else f"{together}; nobody there can sign in to answer yet"


class ResponseForm(forms.Form):
    """An organisation's answer: one rating an item, a comment. A draft may lack any of them."""

    mark_optional = False
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, content: Framework, response: FeedbackResponse | None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.content = content
        scale = [(rating.code, rating.title) for rating in content.feedback_scale]
        for item in content.feedback_items:
            self.fields[field_of(item.code)] = forms.ChoiceField(
                label=item.question,
                choices=scale,
                required=False,
                widget=forms.RadioSelect,
                initial=response.ratings.get(item.code) if response else None,
            )
        self.fields["comment"] = forms.CharField(
            label="Anything else the body should hear",
            widget=forms.Textarea,
            required=False,
            max_length=LONGEST_COMMENT,
            initial=response.comment if response else "",
            help_text="Shown word for word, without your name. Leave out what would tell who you are.",
        )
        for name, field in self.fields.items():
            forms.word_errors(field, str(field.label or name))
        self.fields["seen"].initial = response.saved_at.isoformat() if response else ""
        self.design = {"comment": {"rows": 6}}

    def groups(self) -> list[tuple[str, str, list[Any]]]:
        """Each characteristic with the fields of its items."""
        return [
            (each.code, each.title, [self[field_of(item.code)] for item in each.feedback_items])
            for each in self.content.characteristics
        ]

    @property
    def seen_at(self) -> datetime | None:
        """When the answer that this one began from was saved; None for the first, and for what is no time."""
        try:
            return datetime.fromisoformat(self.cleaned_data.get("seen") or "")
        except ValueError:
            return None

    def begin_from(self, response: FeedbackResponse | None) -> None:
        """Let the next save replace what is stored now, which the page has told of."""
        if response and response.saved_at != self.seen_at:
            self.data = self.data.copy()
            self.data["seen"] = response.saved_at.isoformat()

    @property
    def ratings(self) -> dict[str, str]:
        """What was chosen, by item."""
        chosen = {item.code: self.cleaned_data[field_of(item.code)] for item in self.content.feedback_items}
        return {code: rating for code, rating in chosen.items() if rating}


class CancelForm(forms.Form):
    """Cancelling a round."""

    reason = forms.CharField(
        label="Why the round is cancelled",
        widget=forms.Textarea,
        max_length=1_000,
        help_text="Those who were asked and the body itself read this.",
    )
    design = {"reason": {"rows": 4}}
