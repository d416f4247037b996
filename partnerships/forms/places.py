"""Forms of places: what one is called, where it lies, from when; and the filters of their list."""

from datetime import date
from typing import Any, ClassVar

from ics_governance import forms
from ics_governance.wording import day as in_words
from partnerships.models import Organisation, Place
from partnerships.queries.places import councils_of

from .hosted import HostedForm
from .organisations import SystemFilter
from .versions import Versioned


class PlaceFilter(SystemFilter):
    """Filters of the list of places."""

    field_order = ("q", "system", "as_of", "closed")
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "q": {"label": "Search places and councils"},
        "as_of": {"hint": "", "width": 10},
        "closed": {"label": "Also show ended ones", "small": True},
    }


class EarlierPlace(forms.ModelChoiceField):
    """A place that ended, offered with its board and its last day."""

    def label_from_instance(self, place: Any) -> str:
        """Such as "Craven, NHS West Yorkshire ICB, until 31 March 2026"."""
        return f"{place.name}, {place.icb.label}, until {in_words(place.ends)}"


class PlaceForm(HostedForm):
    """A place to record."""

    host = forms.ModelChoiceField(
        label="Integrated care board", queryset=Organisation.objects.none(), empty_label="Choose a board"
    )
    name = forms.CharField(label="Name", max_length=120, help_text="As people there call it, such as Calderdale.")
    councils = forms.ModelMultipleChoiceField(
        label="Councils", queryset=Organisation.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="The councils whose area it is, or lies in.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    follows = EarlierPlace(
        label="Carries on", queryset=Place.objects.none(), required=False, empty_label="It is new",
        help_text="The same area before, in another board or with other bounds. It must have ended.",
    )  # fmt: skip
    parts = [("", "", ["host", "name", "councils", "starts", "follows"])]
    design: ClassVar[dict[str, dict[str, Any]]] = {"councils": {"small": True, "classes": "app-checks"}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("councils", councils_of(self.hosts, self.on))
        ended = Place.objects.filter(ends__isnull=False).select_related("icb").order_by("name", "-ends", "pk")
        self.choose("follows", ended)


class PlaceEditForm(Versioned, PlaceForm):
    """A place to correct; its board stays."""

    parts = [("", "", ["name", "councils", "starts"])]

    def __init__(self, *args: Any, place: Place, on: date, **kwargs: Any) -> None:
        own = list(place.councils.all())
        kwargs["initial"] = {"name": place.name, "starts": place.starts, "councils": own}
        super().__init__(*args, hosts=[place.icb_id], on=on, **kwargs)
        self.drop("host", "follows")
        offered = {*self.fields["councils"].queryset.values_list("pk", flat=True), *(body.pk for body in own)}  # type: ignore[attr-defined]
        self.choose("councils", Organisation.objects.filter(pk__in=offered))
        self.keep_version(place)
