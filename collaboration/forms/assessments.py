"""Forms of self-assessments: beginning, assigning, signing, opening again, moderating, evidence."""

from datetime import date
from typing import Any

from collaboration.framework import Framework
from collaboration.models import Answer, Assessment
from collaboration.uploads import ALLOWED, IN_WORDS, LARGEST, MB
from ics_governance import forms
from ics_governance.models import User
from partnerships.forms.decisions import ContributorForm
from partnerships.models import Organisation

LONGEST = 5_000  # characters of a text


class AssessmentFilters(forms.FilterForm):
    """Filters of the list."""

    q = forms.CharField(label="Trust", max_length=100)
    year = forms.TypedChoiceField(label="Year", coerce=int, empty_value=None)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *Assessment.State.choices])

    def __init__(self, data: Any, *, this_year: int) -> None:
        super().__init__(data)
        years = [(year, f"{year}/{(year + 1) % 100:02}") for year in range(this_year, this_year - 6, -1)]
        self.fields["year"].choices = [("", "Any"), *years]  # type: ignore[attr-defined]


class BeginForm(forms.Form):
    """Beginning this year's."""

    subject = forms.ModelChoiceField(label="Trust", queryset=Organisation.objects.none(), empty_label="Choose a trust")
    due_on = forms.DateField(
        label="To be signed off by", help_text="The day of your board, or the last day of the financial year."
    )

    def __init__(self, *args: Any, bodies: list[Organisation], year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Organisation.objects.filter(pk__in=[body.pk for body in bodies])
        self.fields["subject"].queryset = rows  # type: ignore[attr-defined]
        self.fields["due_on"].initial = date(year + 1, 3, 31)
        if len(bodies) == 1:
            self.fields["subject"].widget = forms.HiddenInput()
            self.fields["subject"].initial = bodies[0].pk


class AssignForm(ContributorForm):
    """Asking a person to answer a section."""

    characteristic = forms.ChoiceField(label="Section")
    colleague = forms.ChoiceField(label="Colleague", required=False)
    due_on = forms.DateField(label="Answers needed by", required=False)
    field_order = ("characteristic", "colleague", "email", "due_on")

    def __init__(self, *args: Any, framework: Framework, colleagues: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = [(each.code, each.title) for each in framework.characteristics]
        self.fields["characteristic"].choices = sections  # type: ignore[attr-defined]
        people = [("", "Somebody else, by e-mail"), *((str(row.pk), row.name) for row in colleagues)]
        self.fields["colleague"].choices = people  # type: ignore[attr-defined]
        self.fields["email"].required = False
        self.fields["email"].label = "or the e-mail address of a person elsewhere"
        self.colleagues = {str(row.pk): row for row in colleagues}

    def clean_email(self) -> User | None:
        """A person who has an account, where an address was typed."""
        return super().clean_email() if self.cleaned_data["email"] else None

    def clean(self) -> dict[str, Any]:
        """One person."""
        values = super().clean() or self.cleaned_data
        values["user"] = self.colleagues.get(values.get("colleague", "")) or values.get("email")
        if values["user"] is None and "email" not in self.errors:
            self.add_error("email", "Choose a colleague, or enter an e-mail address")
        return values


class SignForm(forms.Form):
    """The first signature; `read` is the digest of what the page showed."""

    read = forms.CharField(widget=forms.HiddenInput, max_length=64)


class SignOffForm(SignForm):
    """The second signature, for the board."""

    board_met_on = forms.DateField(label="The board approved it on", example=date(2027, 1, 28))
    minute = forms.CharField(label="Reference of the minute", max_length=60, help_text="For example, TB/2027/12")
    design = {"minute": {"width": 20}}


class BackForm(forms.Form):
    """Opening it again, by either side of the trust."""

    why = forms.CharField(label="What has to change", widget=forms.Textarea, max_length=LONGEST)


class AppealForm(forms.Form):
    """The trust's one appeal."""

    why = forms.CharField(
        label="The reason of the appeal", widget=forms.Textarea, max_length=LONGEST,
        help_text="There is one appeal. Name the questions, and what the ICB has not seen.",
    )  # fmt: skip
    design = {"why": {"rows": 8}}


class ModerationForm(forms.Form):
    """The ICB's view of one answer."""

    mark_optional = False
    rating = forms.ChoiceField(label="Your rating", required=False, widget=forms.RadioSelect)
    note = forms.CharField(
        label="Why", required=False, widget=forms.Textarea, max_length=LONGEST,
        help_text="Needed when your rating differs. The trust reads it.",
    )  # fmt: skip
    question = forms.CharField(
        label="A question back to the trust", required=False, widget=forms.Textarea, max_length=LONGEST
    )
    settled = forms.BooleanField(label="I am done with this answer", required=False)
    design = {"note": {"rows": 3}, "question": {"rows": 3}, "rating": {"small": True}}

    def __init__(self, *args: Any, framework: Framework, answer: Answer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scale = [(each.code, rating_words(each.code, each.title)) for each in framework.rating_scale]
        self.fields["rating"].choices = [("", "as submitted"), *scale]  # type: ignore[attr-defined]


class ReplyForm(forms.Form):
    """The trust's reply to a question back."""

    reply = forms.CharField(label="Your reply", widget=forms.Textarea, max_length=LONGEST)


# --- Evidence -----------------------------------------------------------------------------------------------------


FILE_KINDS = f"{IN_WORDS}; at most {LARGEST // MB} MB, without macros."
FILE_DESIGN = {"accept": ",".join(ALLOWED)}


class FileForm(forms.Form):
    """Uploading a file."""

    prefix = "file"
    file = forms.FileField(label="File", max_length=500, help_text=FILE_KINDS)
    title = forms.CharField(label="What it is", max_length=200, required=False, help_text="Else its name is shown.")
    dated_on = forms.DateField(label="Date of the document", required=False)
    design = {"file": FILE_DESIGN}


class LinkForm(forms.Form):
    """Linking to where a paper is published."""

    prefix = "link"
    url = forms.URLField(label="Web address", max_length=500, assume_scheme="https")
    title = forms.CharField(label="What it is", max_length=200)
    dated_on = forms.DateField(label="Date of the document", required=False)


class DecisionForm(forms.Form):
    """Naming a decision of the register."""

    prefix = "decision"
    reference = forms.CharField(
        label="Reference of the decision", max_length=30, help_text="For example, QWO-2026-0143"
    )
    design = {"reference": {"width": 20}}


def rating_words(code: str, title: str) -> str:
    """A rating as it is read: "2, mostly in place", but "Not applicable"."""
    return f"{code}, {title[:1].lower()}{title[1:]}" if code.isdigit() else title
