"""What forms share that set something up: a host among the person's own bodies, and a last day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from ics_governance import forms
from partnerships.models import Organisation


class Choosing(forms.Form):
    """A form that sets what its fields offer."""

    def choose(self, name: str, queryset: QuerySet[Any]) -> None:
        """Set what a field offers."""
        self.fields[name].queryset = queryset  # type: ignore[attr-defined]

    def drop(self, *names: str) -> None:
        """Leave fields out."""
        for name in names:
            self.fields.pop(name, None)


class Later:
    """A field's group drawn when its page is: until then nothing looks at what was typed."""

    def __init__(self, form: forms.Form, name: str) -> None:
        self.form, self.name = form, name

    def __str__(self) -> str:
        return str(self.form[self.name])


class HostedForm(Choosing):
    """Something of a host: only bodies in which the person's role allows it are offered."""

    host = forms.ModelChoiceField(label="Host", queryset=Organisation.objects.none(), empty_label="Choose a body")

    def __init__(self, *args: Any, hosts: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts, self.on = list(hosts), on
        self.choose("host", Organisation.objects.filter(pk__in=self.hosts))
        if len(self.hosts) == 1:
            self.fields["host"].initial = self.hosts[0]


class EndForm(forms.Form):
    """A last day."""

    last_day = forms.DateField(label="Last day", help_text="It still counts on this day.")


class WithdrawForm(forms.Form):
    """Why something that has not begun is taken back."""

    why = forms.CharField(
        label="Why it is taken back", max_length=300, help_text="For example, its first day was a slip of the pen."
    )


def initial_of(record: Model, names: Iterable[str]) -> dict[str, Any]:
    """What a form that edits a record begins with; lists of records are given as their rows."""
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(record, name)
        found[name] = list(value.all()) if hasattr(value, "all") else value
    return found


class LinesField(forms.CharField):
    """Several short texts, typed one a line; gives the list of them."""

    def __init__(self, *, longest: int = 200, **options: Any) -> None:
        super().__init__(widget=forms.Textarea, required=options.pop("required", False), **options)
        self.longest = longest

    def clean(self, value: Any) -> list[str]:
        """The lines without empty ones, each once."""
        lines = list(dict.fromkeys(line.strip() for line in super().clean(value).splitlines() if line.strip()))
        for line in lines:
            if len(line) > self.longest:
                text = f"“{line[:40]}…” must be {self.longest} characters or fewer"
                raise forms.django_forms.ValidationError(text)
        return lines
