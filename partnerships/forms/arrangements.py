"""Forms of arrangements: what they are for, who takes part, their gateways, funds and reporting lines."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from ics_governance import forms
from ics_governance.wording import money
from partnerships.actions.arrangements import Gateway, Paid
from partnerships.activity_areas import all_areas
from partnerships.arrangement_guards import CRITERIA, after, host_fits, kind_has_its_area
from partnerships.authority.graph import financial_year
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Fund,
    GatewayReview,
    Organisation,
    Place,
    SpatialLevel,
)
from partnerships.partner_types import OPTIONAL, SEVEN
from partnerships.queries import arrangements as queries
from partnerships.queries.places import places_near

from .hosted import Choosing, HostedForm, Later, LinesField, initial_of
from .versions import Versioned

KINDS = {
    "place": "Partners of one place, such as a council's area.",
    "collaborative": "Two or more trusts that work together at scale, across places.",
    "icp": "The integrated care board and all upper-tier councils of its area, with wider partners.",
    "hwb": "A council's committee with its health partners.",
}
PHASES = {
    "shadow": "It meets and advises; the bodies decide.",
    "partial": "Some functions and budgets are joint.",
    "formal": "Joint arrangements are formal and written down.",
}


FOUNDING = ("kind", "host", "starts", "gateway_on", "gateway_note")
"""Fields that are asked for once."""


class ArrangementForm(HostedForm):
    """A partnership, a collaborative, a board."""

    kind = forms.ChoiceField(label="Kind", choices=Arrangement.Kind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label="Name", max_length=160)
    place = forms.ModelChoiceField(
        label="Place", queryset=Place.objects.none(), required=False, help_text="For a place-based partnership."
    )
    level = forms.ChoiceField(
        label="Level", choices=[("", "Not recorded"), *SpatialLevel.choices], required=False,
        help_text="The level at which it works.",
    )  # fmt: skip
    footprint = forms.ModelMultipleChoiceField(
        label="Footprint", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="The places it covers. None: its host's whole area.",
    )  # fmt: skip
    purpose = forms.CharField(label="Purpose", widget=forms.Textarea, required=False, max_length=4_000)
    priorities = LinesField(label="Priorities", help_text="One a line.")
    activities = forms.MultipleChoiceField(
        label="What the partners do together", required=False, widget=forms.CheckboxSelectMultiple
    )
    phase = forms.ChoiceField(label="Phase", choices=Arrangement.Phase.choices, widget=forms.RadioSelect)
    gateway_on = forms.DateField(
        label="Gateway review passed on", required=False,
        help_text="For an arrangement that is past its first phase already. Not for statutory boards.",
    )  # fmt: skip
    gateway_note = forms.CharField(
        label="Where the review is written down", max_length=1_000, required=False,
        help_text="For example, minutes of the board of May 2025.",
    )  # fmt: skip
    scrutiny = forms.CharField(
        label="Council scrutiny", widget=forms.Textarea, required=False, max_length=4_000,
        help_text="How the council's scrutiny committee is involved.",
    )  # fmt: skip
    political_oversight = forms.CharField(
        label="Political oversight", widget=forms.Textarea, required=False, max_length=4_000,
        help_text="How elected members oversee it.",
    )  # fmt: skip
    governors_oversight = forms.CharField(
        label="Governors", widget=forms.Textarea, required=False, max_length=4_000,
        help_text="How foundation trusts' governors are kept informed.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    parts = [
        ("What it is", "", ["kind", "name", "host", "starts"]),
        ("What it is for", "", ["purpose", "priorities", "activities"]),
        ("Where", "", ["place", "level", "footprint"]),
        (
            "How far it has come",
            "It goes on to the next phase by a gateway review.",
            ["phase", "gateway_on", "gateway_note"],
        ),
        ("Who looks over it", "", ["scrutiny", "political_oversight", "governors_oversight"]),
    ]
    design = {
        "kind": {"hints": KINDS},
        "phase": {"hints": PHASES},
        "purpose": {"rows": 3},
        "priorities": {"rows": 4},
        "footprint": {"small": True, "classes": "app-checks"},
        "activities": {"hints": {area.code: area.meaning for area in all_areas()}},
        "scrutiny": {"rows": 2},
        "political_oversight": {"rows": 2},
        "governors_oversight": {"rows": 2},
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = places_near(self.hosts, self.on)
        self.choose("place", places)
        self.choose("footprint", places)
        self.fields["activities"].choices = [(area.code, area.name) for area in all_areas()]  # type: ignore[attr-defined]

    def clean_priorities(self) -> str:
        """As they are kept: one a line."""
        return "\n".join(self.cleaned_data["priorities"])

    def clean(self) -> dict[str, Any]:
        """What the kind demands is said together with what cannot be read."""
        cleaned = super().clean() or {}
        if kind := cleaned.get("kind"):
            reasons = kind_has_its_area(kind, cleaned.get("place"), cleaned.get("footprint") or [])
            if host := cleaned.get("host"):
                reasons += host_fits(kind, host)
            for reason in reasons:
                if not self.has_error(reason.field):
                    self.add_error(reason.field, reason.text)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What was entered, without what is given by itself."""
        apart = ("host", "footprint", "gateway_on", "gateway_note")
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}

    def gateway(self) -> Gateway | None:
        """The review that it had passed already."""
        held_on = self.cleaned_data.get("gateway_on")
        return Gateway(held_on, self.cleaned_data["gateway_note"]) if held_on else None


class ArrangementEditForm(Versioned, ArrangementForm):
    """The same for an arrangement that is recorded: kind, host and first day stay as they are."""

    parts = [
        ("What it is", "", ["name"]), *ArrangementForm.parts[1:3],
        ("How far it has come", "It goes on to the next phase by a gateway review.", ["phase"]),
        ArrangementForm.parts[4],
    ]  # fmt: skip

    def __init__(self, *args: Any, arrangement: Arrangement, on: date, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if name not in FOUNDING]
        kwargs["initial"] = initial_of(arrangement, names)
        super().__init__(*args, hosts=[arrangement.host_id], on=on, **kwargs)
        self.drop(*FOUNDING)
        own = Place.objects.filter(pk__in=[arrangement.place_id, *(row.pk for row in kwargs["initial"]["footprint"])])
        places = Place.objects.filter(pk__in=[*self.fields["place"].queryset.values_list("pk", flat=True),  # type: ignore[attr-defined]
                                              *own.values_list("pk", flat=True)])  # fmt: skip
        self.choose("place", places)
        self.choose("footprint", places)
        known = {area.code for area in all_areas()}
        gone = [(code, code) for code in arrangement.activities if code not in known]
        self.fields["activities"].choices = [*self.fields["activities"].choices, *gone]  # type: ignore[attr-defined]
        self.keep_version(arrangement)


# --- Members --------------------------------------------------------------------------------------------------------

ANOTHER = "another"


class PartForm(Choosing):
    """What was agreed of a body's part."""

    sector = forms.ChoiceField(
        label="Sector", required=False, help_text="Seven kinds of partner are advised for a place; others fit the aims."
    )
    other_sector = forms.CharField(label="Which other sector", max_length=60, required=False)
    capacity = forms.ChoiceField(label="Capacity", choices=ArrangementMember.Capacity.choices, initial="voting")
    expectation = forms.ChoiceField(
        label="What was agreed", choices=ArrangementMember.Expectation.choices, widget=forms.RadioSelect,
        initial="member",
    )  # fmt: skip
    represented_by = forms.ModelChoiceField(
        label="Represented by", queryset=Organisation.objects.none(), required=False, empty_label="Choose a member"
    )
    design = {
        "expectation": {"hints": {
            "member": "Its attendance counts.",
            "represented": "Another member speaks for it, such as for a body that covers many places.",
            "not_expected": "It is not asked to come.",
        }},
    }  # fmt: skip

    def __init__(self, *args: Any, arrangement: Arrangement, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [one.name for one in (*SEVEN, *OPTIONAL)]
        self.fields["sector"].choices = [  # type: ignore[attr-defined]
            ("", "As its kind of organisation says"), *((name, name) for name in names), (ANOTHER, "Another sector"),
        ]  # fmt: skip
        self.choose("represented_by", queries.speakers(arrangement, on))
        self.design = {**self.design, "expectation": {
            **self.design["expectation"], "conditional": {"represented": Later(self, "represented_by")},
        }}  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The sector in words; who represents counts only for a body that is represented."""
        cleaned = super().clean() or {}
        other = cleaned.pop("other_sector", "")
        if cleaned.get("sector") == ANOTHER:
            cleaned["sector"] = other
            if not other:
                self.add_error("other_sector", "Name the sector")
        if cleaned.get("expectation") != "represented":
            cleaned["represented_by"] = None
        return cleaned


class MemberForm(PartForm):
    """A body that begins to take part."""

    organisation = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    starts = forms.DateField(label="First day")
    parts = [("", "", ["organisation", ("sector", "other_sector"), "capacity", "expectation", "starts"])]

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, on=on, **kwargs)
        self.choose("organisation", Organisation.objects.on(on))


class MemberChangeForm(PartForm):
    """Another agreement with a body from a day on."""

    from_day = forms.DateField(label="From which day", help_text="What was agreed before stays recorded until then.")
    parts = [("", "", [("sector", "other_sector"), "capacity", "expectation", "from_day"])]

    def __init__(self, *args: Any, member: ArrangementMember, on: date, **kwargs: Any) -> None:
        known = {one.name for one in (*SEVEN, *OPTIONAL)}
        other = member.sector and member.sector not in known
        initial = initial_of(member, ["sector", "capacity", "expectation", "represented_by"])
        if other:
            initial |= {"sector": ANOTHER, "other_sector": member.sector}
        super().__init__(*args, arrangement=member.arrangement, on=on, initial=initial, **kwargs)


# --- Gateways -------------------------------------------------------------------------------------------------------


class GatewayForm(forms.Form):
    """A gateway review before the next phase."""

    held_on = forms.DateField(label="Held on")
    met = forms.MultipleChoiceField(
        label="Which of these were met?", required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), text) for number, text in enumerate(CRITERIA)],
        help_text="What is not ticked is recorded as not met.",
    )  # fmt: skip
    also_met = LinesField(label="Further criteria that were met", help_text="One a line.", longest=300)
    also_unmet = LinesField(label="Further criteria that were not met", help_text="One a line.", longest=300)
    outcome = forms.ChoiceField(label="Outcome", choices=GatewayReview.Outcome.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label="Conditions and reasons", widget=forms.Textarea, required=False, max_length=4_000,
        help_text="Needed where it passed with conditions.",
    )  # fmt: skip
    review_on = forms.DateField(label="Looked at again on", required=False)
    parts = [("", "", ["held_on", "met", ("also_met", "also_unmet"), "outcome", "note", "review_on"])]
    design = {"also_met": {"rows": 3}, "also_unmet": {"rows": 3}, "note": {"rows": 3}}

    def __init__(self, *args: Any, arrangement: Arrangement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.following = after(arrangement.phase)

    def values(self) -> dict[str, Any]:
        """The review as it is kept: pairs of a criterion and whether it was met."""
        met = self.cleaned_data["met"]
        criteria = [[text, str(number) in met] for number, text in enumerate(CRITERIA)]
        criteria += [[text, True] for text in self.cleaned_data["also_met"]]
        criteria += [[text, False] for text in self.cleaned_data["also_unmet"]]
        kept = ("held_on", "outcome", "note", "review_on")
        return {name: self.cleaned_data[name] for name in kept} | {
            "criteria": criteria, "phase_after": self.following
        }  # fmt: skip


# --- Funds ----------------------------------------------------------------------------------------------------------


class FundForm(Versioned, Choosing):
    """A fund of a financial year with what each body puts into it."""

    kind = forms.ChoiceField(label="Kind", choices=Fund.Kind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label="Name", max_length=160, help_text="The same name every year keeps its years together.")
    host = forms.ModelChoiceField(
        label="Who keeps the money", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    year = forms.TypedChoiceField(label="Financial year", coerce=int)
    limit = forms.MoneyField(
        label="The most that may be committed", required=False, help_text="Empty: what is contributed."
    )
    purpose = forms.CharField(label="What it is for", widget=forms.Textarea, required=False, max_length=4_000)
    agreement = forms.CharField(
        label="Agreement", max_length=200, required=False, help_text="The document that it rests on."
    )
    as_fact = forms.BooleanField(
        label="Some paid less than their minimum: record it as it is, and mark it", required=False
    )
    parts = []
    design = {
        "kind": {"hints": {
            "pooled": "A council and an NHS body put money together and spend it as one.",
            "aligned": "Each body keeps its own money, and they plan its use together.",
            "delegated": "A body passes a budget on with a function.",
        }},
        "purpose": {"rows": 2},
    }  # fmt: skip

    def __init__(self, *args: Any, arrangement: Arrangement, on: date, fund: Fund | None = None, **kwargs: Any) -> None:
        self.mark_optional = False  # type: ignore[misc]  # most of it is, and the hint above the rows says so
        rows = {row.organisation_id: row for row in fund.contributions.all()} if fund else {}
        this_year = financial_year(on)
        if fund:
            kwargs["initial"] = initial_of(fund, ["kind", "name", "host", "year", "limit", "purpose", "agreement"])
        super().__init__(*args, **kwargs)
        years = {*range(this_year - 3, this_year + 3), *([fund.year] if fund else [])}
        self.fields["year"].choices = [  # type: ignore[attr-defined]
            (year, f"{year}/{(year + 1) % 100:02d}") for year in sorted(years, reverse=True)
        ]
        self.fields["year"].initial = this_year
        self.bodies = queries.contributors(arrangement, on, rows)
        self.choose("host", Organisation.objects.filter(pk__in=[body.pk for body in self.bodies]))
        for body in self.bodies:
            own = rows.get(body.pk)
            self.fields[f"amount_{body.pk}"] = forms.MoneyField(
                label=f"{body.label} contributes", required=False, initial=own and own.amount
            )
            self.fields[f"minimum_{body.pk}"] = forms.MoneyField(
                label="At least", required=False, initial=own and own.minimum
            )
        for name, field in list(self.fields.items()):
            if name.startswith(("amount_", "minimum_")):
                forms.word_errors(field, str(field.label))
        self.stand_for = {"contributions": f"amount_{self.bodies[0].pk}"}
        pairs = [(f"amount_{body.pk}", f"minimum_{body.pk}") for body in self.bodies]
        self.parts = [
            ("The fund", "", ["kind", "name", ("host", "year"), "limit", "purpose", "agreement"]),
            ("Contributions", "Leave empty whoever puts nothing in. A minimum is what a body must contribute by rule, "
             "such as the NHS minimum of the Better Care Fund.", [*pairs, "as_fact"]),
        ]  # fmt: skip
        if fund:
            self.keep_version(fund)

    def trail_name(self, name: str) -> str:
        """Amounts and minima are one value of the trail."""
        return "contributions" if name.startswith(("amount_", "minimum_")) else name

    def clean(self) -> dict[str, Any]:
        """A minimum needs an amount beside it."""
        cleaned = super().clean() or {}
        for body in self.bodies:
            if cleaned.get(f"minimum_{body.pk}") is not None and cleaned.get(f"amount_{body.pk}") is None:
                text = f"Enter what {body.label} contributes; its minimum is {money(cleaned[f'minimum_{body.pk}'])}"
                self.add_error(f"amount_{body.pk}", text)
        return cleaned

    def values(self) -> Mapping[str, Any]:
        """The fund's own fields."""
        names = ("kind", "name", "host", "year", "limit", "purpose", "agreement")
        return {name: self.cleaned_data[name] for name in names}

    def paid(self) -> list[Paid]:
        """Who puts in how much."""
        found = []
        for body in self.bodies:
            amount: Decimal | None = self.cleaned_data.get(f"amount_{body.pk}")
            if amount is not None:
                found.append(Paid(body, amount, self.cleaned_data.get(f"minimum_{body.pk}")))
        return found


# --- Reporting lines ------------------------------------------------------------------------------------------------


class LineForm(Choosing):
    """To whom an arrangement reports."""

    to_arrangement = forms.ModelChoiceField(
        label="Another arrangement", queryset=Arrangement.objects.none(), required=False,
        empty_label="No arrangement",
        help_text="Such as the integrated care partnership or the health and wellbeing board.",
    )  # fmt: skip
    to_organisation = forms.ModelChoiceField(
        label="Or the board of a body", queryset=Organisation.objects.none(), required=False, empty_label="No body"
    )
    about = forms.CharField(
        label="What it reports", max_length=200, required=False, help_text="For example, progress every three months."
    )
    starts = forms.DateField(label="First day")
    parts = [("", "", ["to_arrangement", "to_organisation", "about", "starts"])]

    def __init__(self, *args: Any, arrangement: Arrangement, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("to_arrangement", queries.may_report_to(arrangement, on))
        self.choose("to_organisation", queries.boards_near(arrangement, on))

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("to_arrangement")) == bool(cleaned.get("to_organisation")) and not self.errors:
            raise ValidationError("Choose one: another arrangement, or the board of a body")
        return cleaned
