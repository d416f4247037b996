"""Filters of the lists of organisations, arrangements, forums and delegations, read from the URL."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from ics_governance import forms
from ics_governance.wording import day as day_in_words
from partnerships.activity_areas import all_areas
from partnerships.models import Arrangement, Delegation, Forum, Function, Kind, Organisation, SpatialLevel
from partnerships.queries.organisations import choices_of_places, label_on

EARLIEST = date(1948, 7, 5)  # the first day of the NHS; an earlier one is a slip of the keyboard
LATEST = date(2099, 12, 31)


def within_reason(day: date) -> None:
    """Refuse days on which no body of the register can have existed."""
    if not EARLIEST <= day <= LATEST:
        span = f"{day_in_words(EARLIEST)} and {day_in_words(LATEST)}"
        raise ValidationError(f"As of must be a day between {span}")


def choices(pairs: Iterable[tuple[str, str]], every: str) -> list[tuple[str, str]]:
    """Choices for a filter, with capitals, and first the one that filters nothing."""
    return [("", every), *((value, label[:1].upper() + label[1:]) for value, label in pairs)]


def unknown(what: str) -> dict[str, str]:
    """What a filter says of a value that it does not know; the value stays readable in the message."""
    return {"invalid_choice": f"“%(value)s” is not {what} that can be chosen here"}


class AsOf(forms.FilterForm):
    """A page as of another day than today."""

    as_of = forms.DayField(label="As of", validators=[within_reason])
    design: ClassVar[dict[str, dict[str, Any]]] = {"as_of": {"hint": "For example, 31 March 2026", "width": 10}}

    def day(self, today: date) -> date:
        """The day asked for, or today."""
        return self.values.get("as_of") or today


class SystemFilter(AsOf):
    """Filters by ICB, offered as they were on the day: what is chosen becomes the organisation.

    An ICB that has closed is no longer offered, but can be asked for: the list is then that of its last day.
    """

    q = forms.CharField(label="Search", max_length=100)
    system = forms.ChoiceField(label="System", error_messages=unknown("an integrated care board"))
    closed = forms.BooleanField(label="Also show those that had ended by then")

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        try:
            asked = self.fields["as_of"].clean(self.data.get("as_of"))
        except ValidationError:
            asked = None
        self.regions, self.systems = choices_of_places(asked or today, str(self.data.get("system", ""))[:12])
        systems = [(body.code, label_on(body, asked or today)) for body in self.systems]
        self.fields["system"].choices = choices(systems, "All systems")

    def day(self, today: date) -> date:
        """The day asked for, or today; of a system that had ended by then, its last."""
        asked, system = super().day(today), self.values.get("system")
        return min(asked, system.closed or asked) if system else asked

    def clean_system(self) -> Organisation | None:
        """The ICB of the code."""
        return _coded(self.systems, self.cleaned_data.get("system"))


class OrganisationFilter(SystemFilter):
    """Filters of the list of organisations."""

    kind = forms.ChoiceField(
        label="Kind", choices=choices(Kind.choices, "All kinds"), error_messages=unknown("a kind of organisation")
    )
    region = forms.ChoiceField(label="Region", error_messages=unknown("a region"))
    field_order = ("q", "kind", "region", "system", "as_of", "closed")
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "q": {"label": "Search names, former names and codes"},
        "as_of": {"hint": "", "width": 10},
        "closed": {"label": "Also show closed bodies", "small": True},
    }

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, today=today)
        self.fields["region"].choices = choices([(row.code, row.name) for row in self.regions], "All regions")

    def clean_region(self) -> Organisation | None:
        """The region of the code."""
        return _coded(self.regions, self.cleaned_data.get("region"))


class RegisterFilter(SystemFilter):
    """Filters of what bodies register: also by one organisation, set by the links on its page."""

    body = forms.CharField(label="Organisation", max_length=12, widget=forms.HiddenInput)

    def clean_body(self) -> Organisation | None:
        """The organisation that hosts, belongs to, made or holds what is listed."""
        code = self.cleaned_data.get("body")
        if not code:
            return None
        if found := Organisation.objects.coded(code).first():
            return found
        raise ValidationError(f"“{code}” is not the code of an organisation")


class ArrangementFilter(RegisterFilter):
    """Filters of the list of arrangements."""

    kind = forms.ChoiceField(
        label="Kind",
        choices=choices(Arrangement.Kind.choices, "All kinds"),
        error_messages=unknown("a kind of arrangement"),
    )
    phase = forms.ChoiceField(
        label="Phase", choices=choices(Arrangement.Phase.choices, "All phases"), error_messages=unknown("a phase")
    )
    level = forms.ChoiceField(
        label="Level", choices=choices(SpatialLevel.choices, "All levels"), error_messages=unknown("a level")
    )
    activity = forms.ChoiceField(
        label="Activity",
        choices=choices([(area.code, area.name) for area in all_areas()], "All activities"),
        error_messages=unknown("an activity area"),
    )
    field_order = ("q", "kind", "system", "level", "phase", "activity", "as_of", "closed", "body")
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "q": {"label": "Search names of arrangements and places"},
        "as_of": {"hint": "", "width": 10},
        "closed": {"label": "Also show ended ones", "small": True},
    }


class ForumFilter(RegisterFilter):
    """Filters of the list of forums."""

    form = forms.ChoiceField(
        label="Form", choices=choices(Forum.Form.choices, "All forms"), error_messages=unknown("a form of forum")
    )
    level = forms.ChoiceField(
        label="Level", choices=choices(SpatialLevel.choices, "All levels"), error_messages=unknown("a level")
    )
    field_order = ("q", "form", "level", "system", "as_of", "closed", "body")
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "q": {"label": "Search names of forums and their hosts"},
        "system": {"label": "Host's system"},
        "as_of": {"hint": "", "width": 10},
        "closed": {"label": "Also show ended ones", "small": True},
    }


class DelegationFilter(RegisterFilter):
    """Filters of the list of delegations."""

    function = forms.ChoiceField(label="Function", error_messages=unknown("a function of the catalogue"))
    status = forms.ChoiceField(
        label="Status", choices=choices(Delegation.Status.choices, "All statuses"), error_messages=unknown("a status")
    )
    due = forms.ChoiceField(
        label="Needs attention",
        choices=[("", "All"), ("expiring", "Ends within 60 days"), ("review", "Review overdue"),
                 ("urgent", "Powers for urgent cases")],
        error_messages=unknown("something that needs attention"),
    )  # fmt: skip
    forum = forms.ModelChoiceField(
        label="Forum", queryset=Forum.objects.all(), widget=forms.HiddenInput,
        error_messages=unknown("a forum"),
    )  # fmt: skip
    field_order = ("q", "function", "status", "due", "system", "as_of", "closed", "body", "forum")
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "q": {"label": "Search functions, instruments and recipients"},
        "as_of": {"hint": "", "width": 10},
        "closed": {"label": "Also show ended ones", "small": True},
    }

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data, today=today)
        self.fields["function"].choices = choices(Function.objects.values_list("code", "name"), "All functions")


def _coded(bodies: Iterable[Organisation], code: str | None) -> Organisation | None:
    return next((body for body in bodies if code and body.code == code), None)
