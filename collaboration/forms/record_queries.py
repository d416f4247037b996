"""Forms of queries about records."""

from ics_governance import forms

LONGEST = 5_000  # characters of a text


class QueryForm(forms.Form):
    """Objecting to a record."""

    text = forms.CharField(
        label="What is wrong with the record",
        widget=forms.Textarea,
        max_length=LONGEST,
        help_text="The keeper of the record reads this. Say what it should say, and where that can be seen.",
    )
    design = {"text": {"rows": 6}}


class QueryAnswerForm(forms.Form):
    """Answering for a record that one keeps."""

    outcome = forms.ChoiceField(
        label="What did you find?",
        choices=[
            ("rejected", "The record stands, and counts again"),
            ("upheld", "The record was wrong, and counts no more"),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="What was found",
        widget=forms.Textarea,
        max_length=LONGEST,
        help_text="If the record was wrong, correct it as well: a corrected version counts in its place.",
    )
    design = {"answer": {"rows": 5}}
