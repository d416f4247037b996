"""Forms with which the register of bodies is kept: bodies, their links, clusters."""

from datetime import date
from typing import Any, ClassVar

from ics_governance import forms
from partnerships.models import Cluster, Kind, Organisation, OrganisationRelation
from partnerships.models.organisations import SUBTYPES
from partnerships.queries.keeping import JOINS, SUBTYPES_OF, links_of_kind

Relation = OrganisationRelation.Kind
LABELS = {
    Relation.REGION: "It lies in the region",
    Relation.SYSTEM: "It belongs to the system of the ICB",
    Relation.COTERMINOUS: "It covers the same area as",
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subtypes(kinds: Any) -> list[tuple[str, str]]:
    codes = [code for kind in kinds for code in SUBTYPES_OF.get(kind, ())]
    return [("", "Not recorded"), *((code, _capital(SUBTYPES[code])) for code in codes)]


class BodyForm(forms.Form):
    """A new body of any kind."""

    kind = forms.ChoiceField(
        label="Kind", choices=[("", "Choose a kind"), *((value, _capital(label)) for value, label in Kind.choices)]
    )
    name = forms.CharField(label="Name", max_length=200)
    short_name = forms.CharField(label="Short name", max_length=80, required=False, help_text="What people call it.")
    ods_code = forms.CharField(
        label="ODS code",
        max_length=12,
        required=False,
        help_text="Without a national code the register gives one, such as L0001.",
    )
    gss_code = forms.CharField(label="GSS code", max_length=9, required=False, help_text="Of a council.")
    subtype = forms.ChoiceField(label="Kind of trust or council", choices=_subtypes(SUBTYPES_OF), required=False)
    is_foundation_trust = forms.BooleanField(label="It is an NHS foundation trust", required=False)
    opened = forms.DateField(label="First day", required=False, help_text="Leave empty where it is not known.")
    note = forms.CharField(label="Note", max_length=300, required=False)
    parts = [
        ("", "", ["kind", "name", "short_name", ("ods_code", "gss_code"), "opened"]),
        ("Trusts and councils", "", ["subtype", "is_foundation_trust"]),
        ("Anything else", "", ["note"]),
    ]
    design: ClassVar[dict[str, dict[str, Any]]] = {"ods_code": {"width": 10}, "gss_code": {"width": 10}}


class CorrectionForm(forms.Form):
    """What is recorded of a body, corrected. A new name and an end are events of their own."""

    short_name = forms.CharField(label="Short name", max_length=80, required=False, help_text="What people call it.")
    subtype = forms.ChoiceField(label="Kind of trust or council", required=False)
    is_foundation_trust = forms.BooleanField(label="It is an NHS foundation trust", required=False)
    opened = forms.DateField(label="First day", required=False, help_text="Leave empty where it is not known.")
    closed = forms.DateField(label="Last day", required=False, help_text="Empty: it is open after all.")
    note = forms.CharField(label="Note", max_length=300, required=False)

    def __init__(self, *args: Any, body: Organisation, **kwargs: Any) -> None:
        initial = {name: getattr(body, name) for name in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)
        if body.kind in SUBTYPES_OF:
            self.fields["subtype"].choices = _subtypes([body.kind])  # type: ignore[attr-defined]
        else:
            del self.fields["subtype"]
        if body.kind != Kind.TRUST:
            del self.fields["is_foundation_trust"]
        if body.closed is None:
            del self.fields["closed"]


class RenameForm(forms.Form):
    """A new name from a day on."""

    name = forms.CharField(label="New name", max_length=200)
    first_day = forms.DateField(label="First day of the new name")
    instrument = forms.CharField(
        label="What it rests on",
        max_length=200,
        required=False,
        help_text="Such as an amendment of the establishment order.",
    )


class ClosingForm(forms.Form):
    """The end of a body."""

    last_day = forms.DateField(label="Last day", help_text="The last day on which it exists.")
    instrument = forms.CharField(
        label="What it rests on", max_length=200, required=False, help_text="Such as a dissolution order."
    )
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False, max_length=1000)
    design: ClassVar[dict[str, dict[str, Any]]] = {"note": {"rows": 3}}


def _bodies(kinds: Any, on: date) -> Any:
    """Bodies of these kinds that are open or yet to open."""
    return Organisation.objects.filter(kind__in=sorted(kinds)).exclude(closed__lt=on).order_by("name")


class LinkForm(forms.Form):
    """A link of a body to another. Which kinds are offered follows from the kind of body."""

    kind = forms.ChoiceField(label="How it relates", widget=forms.RadioSelect)
    target_body = forms.ModelChoiceField(
        label="The other body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    lead = forms.BooleanField(
        label="It is the lead of several", required=False, help_text="A body has one lead ICB at a time."
    )
    starts = forms.DateField(label="First day")
    ends = forms.DateField(label="Last day", required=False, help_text="Empty: it goes on.")
    note = forms.CharField(label="Note", max_length=200, required=False)
    parts = [("", "", ["kind", "target_body", "lead", ("starts", "ends"), "note"])]

    def __init__(self, *args: Any, body: Organisation, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = links_of_kind(body.kind)
        self.fields["kind"].choices = [(kind, LABELS[Relation(kind)]) for kind in offered]  # type: ignore[attr-defined]
        targets = {target for kind in offered for target in JOINS[kind][1]}
        self.fields["target_body"].queryset = _bodies(targets, on).exclude(pk=body.pk)  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.fields["kind"].initial = offered[0]
        if Relation.SYSTEM not in offered:
            del self.fields["lead"]
            self.parts = [("", "", ["kind", "target_body", ("starts", "ends"), "note"])]

    def clean(self) -> dict[str, Any]:
        """Only the lead of a system can be one of several."""
        values = super().clean() or {}
        if values.get("kind") != Relation.SYSTEM:
            values["lead"] = True
        return values


class LeadForm(forms.Form):
    """Another lead ICB as of a day."""

    target_body = forms.ModelChoiceField(
        label="New lead ICB", queryset=Organisation.objects.none(), empty_label="Choose an ICB"
    )
    starts = forms.DateField(label="First day of the new lead")
    stays = forms.BooleanField(label="It stays in the system of the former lead too", required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target_body"].queryset = _bodies([Kind.ICB], on)  # type: ignore[attr-defined]


class LastDayForm(forms.Form):
    """The end of a link or a cluster."""

    last_day = forms.DateField(label="Last day")


class ClusterForm(forms.Form):
    """A new cluster."""

    name = forms.CharField(label="Name", max_length=160)
    members = forms.ModelMultipleChoiceField(
        label="Integrated care boards", queryset=Organisation.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    shares_chair = forms.BooleanField(label="They share a chair", required=False)
    shares_chief_executive = forms.BooleanField(label="They share a chief executive", required=False)
    starts = forms.DateField(label="First day")
    note = forms.CharField(label="Note", max_length=300, required=False)
    parts = [
        ("", "", ["name", "starts"]),
        ("What they share", "", ["shares_chair", "shares_chief_executive", "note"]),
        ("Who belongs to it", "", ["members"]),
    ]
    design: ClassVar[dict[str, dict[str, Any]]] = {"members": {"small": True, "classes": "app-checks"}}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].queryset = _bodies([Kind.ICB], on)  # type: ignore[attr-defined]


class ClusterCorrectionForm(forms.Form):
    """What is recorded of a cluster, corrected; its boards join and leave by themselves."""

    name = forms.CharField(label="Name", max_length=160)
    shares_chair = forms.BooleanField(label="They share a chair", required=False)
    shares_chief_executive = forms.BooleanField(label="They share a chief executive", required=False)
    mark = forms.ChoiceField(
        label="How sure it is",
        choices=[("V", "Confirmed"), ("P", "Partly confirmed"), ("R", "To be confirmed"), ("", "Entered by hand")],
        required=False,
    )
    note = forms.CharField(label="Note", max_length=300, required=False)
    parts = [("", "", ["name"]), ("What they share", "", ["shares_chair", "shares_chief_executive", "mark", "note"])]

    def __init__(self, *args: Any, cluster: Cluster, **kwargs: Any) -> None:
        initial = {name: getattr(cluster, name) for name in self.base_fields}
        super().__init__(*args, initial=initial, **kwargs)


class JoinForm(forms.Form):
    """An ICB joins a cluster."""

    organisation = forms.ModelChoiceField(
        label="Integrated care board", queryset=Organisation.objects.none(), empty_label="Choose an ICB"
    )
    starts = forms.DateField(label="First day")

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = _bodies([Kind.ICB], on)  # type: ignore[attr-defined]
