"""Forms that set things up: arrangements, forums, terms of reference, members, delegations."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from ics_governance import forms
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Delegation,
    Forum,
    Function,
    LegalBasis,
    Membership,
    Organisation,
    Place,
    Post,
    SpatialLevel,
)

from .people import PersonField, people_of


class HostedForm(forms.Form):
    """Something of a host: only bodies in which the person's role allows it are offered."""

    host = forms.ModelChoiceField(label="Host", queryset=Organisation.objects.none(), empty_label="Choose a body")

    def __init__(self, *args: Any, hosts: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hosts, self.on = list(hosts), on
        self.choose("host", Organisation.objects.filter(pk__in=self.hosts))
        if len(self.hosts) == 1:
            self.fields["host"].initial = self.hosts[0]

    def choose(self, name: str, queryset: Any) -> None:
        """Set what a field offers."""
        self.fields[name].queryset = queryset  # type: ignore[attr-defined]


class ArrangementForm(HostedForm):
    """A partnership, a collaborative."""

    kind = forms.ChoiceField(label="Kind", choices=Arrangement.Kind.choices, widget=forms.RadioSelect)
    name = forms.CharField(label="Name", max_length=160)
    place = forms.ModelChoiceField(
        label="Place", queryset=Place.objects.none(), required=False, help_text="For a place-based partnership."
    )
    purpose = forms.CharField(label="Purpose", widget=forms.Textarea, required=False)
    phase = forms.ChoiceField(label="Phase", choices=Arrangement.Phase.choices)
    starts = forms.DateField(label="First day")
    parts = [
        ("", "", ["kind", "name", "host", "place"]),
        ("", "", ["purpose", ("starts", "phase")]),
    ]
    design = {"purpose": {"rows": 3}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("place", Place.objects.on(self.on).filter(icb__in=self.hosts))


class MemberForm(forms.Form):
    """A body's part in an arrangement."""

    organisation = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    sector = forms.CharField(
        label="Sector", max_length=60, required=False, help_text="For example, primary care or voluntary sector."
    )
    expectation = forms.ChoiceField(
        label="What was agreed",
        choices=ArrangementMember.Expectation.choices,
        widget=forms.RadioSelect,
        initial="member",
    )
    represented_by = forms.ModelChoiceField(
        label="Represented by", queryset=Organisation.objects.none(), required=False, empty_label="Itself"
    )
    starts = forms.DateField(label="First day")

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("organisation", "represented_by"):
            self.fields[name].queryset = Organisation.objects.on(on)  # type: ignore[attr-defined]


class ForumForm(HostedForm):
    """A forum of a host."""

    name = forms.CharField(label="Name", max_length=160)
    form = forms.ChoiceField(label="Form", choices=Forum.Form.choices)
    level = forms.ChoiceField(label="Level", choices=SpatialLevel.choices, initial="place")
    arrangement = forms.ModelChoiceField(label="Arrangement", queryset=Arrangement.objects.none(), required=False)
    places = forms.ModelMultipleChoiceField(
        label="Places", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    reports_to = forms.ModelChoiceField(label="Reports to", queryset=Forum.objects.none(), required=False)
    meets_in_public = forms.BooleanField(label="It meets in public", required=False)
    starts = forms.DateField(label="First day")
    parts = [
        ("", "", ["name", "host", ("form", "level")]),
        ("Where it stands", "", ["arrangement", "reports_to", "places"]),
        ("When and how it meets", "", ["starts", "meets_in_public"]),
    ]
    design = {"places": {"small": True, "classes": "app-checks"}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("arrangement", Arrangement.objects.on(self.on).filter(host__in=self.hosts))
        self.choose("places", Place.objects.on(self.on).filter(icb__in=self.hosts))
        self.choose("reports_to", Forum.objects.on(self.on).filter(host__in=self.hosts))


class TermsForm(forms.Form):
    """A version of a forum's terms of reference."""

    adopted_on = forms.DateField(label="Adopted on")
    quorum = forms.IntegerField(
        label="Quorum", min_value=1, max_value=100, help_text="Voting members who must be present after recusals."
    )
    disagreement_process = forms.CharField(label="How disagreement is handled", widget=forms.Textarea, required=False)
    review_on = forms.DateField(label="Review", required=False)
    document = forms.URLField(label="Link to the document", required=False, assume_scheme="https")
    parts = [("", "", [("adopted_on", "review_on"), "quorum", "disagreement_process", "document"])]
    design = {"quorum": {"width": 3}, "disagreement_process": {"rows": 3}}


class MembershipForm(forms.Form):
    """A body's member on a forum."""

    organisation = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    role = forms.ChoiceField(label="Role", choices=Membership.Role.choices, initial="member")
    voting = forms.BooleanField(label="Has a vote", required=False, initial=True)
    holder = PersonField(
        label="Member", required=False, empty_label="Vacant", help_text="Someone whom the body employs."
    )
    deputy = PersonField(label="Deputy", required=False)
    agreed_on = forms.DateField(
        label="The body agreed on", required=False, help_text="Attendance counts from then on, and not before."
    )
    starts = forms.DateField(label="First day")
    parts = [
        ("", "", ["organisation", ("holder", "deputy")]),
        ("", "", [("role", "voting"), ("starts", "agreed_on")]),
    ]

    def __init__(self, *args: Any, forum: Forum, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = Organisation.objects.on(on)
        if forum.arrangement_id:
            part = ArrangementMember.objects.on(on).filter(arrangement=forum.arrangement_id).values("organisation")
            bodies = bodies.filter(pk__in=part)
        self.fields["organisation"].queryset = bodies  # type: ignore[attr-defined]
        for name in ("holder", "deputy"):
            self.fields[name].queryset = people_of(bodies.values("pk"), on)  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """A last day."""

    last_day = forms.DateField(label="Last day")


class DelegationForm(HostedForm):
    """A delegation of one of a body's functions."""

    host = forms.ModelChoiceField(
        label="Body whose function it is", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )

    function = forms.ModelChoiceField(
        label="Function", queryset=Function.objects.none(), empty_label="Choose a function"
    )
    from_forum = forms.ModelChoiceField(
        label="Passed on by", queryset=Forum.objects.none(), required=False, empty_label="The body itself (its board)"
    )
    to_forum = forms.ModelChoiceField(
        label="A forum", queryset=Forum.objects.none(), required=False, empty_label="No forum"
    )
    to_organisation = forms.ModelChoiceField(
        label="Another body", queryset=Organisation.objects.none(), required=False, empty_label="No other body"
    )
    to_post = forms.ModelChoiceField(
        label="A named post", queryset=Post.objects.none(), required=False, empty_label="No post"
    )
    model = forms.ChoiceField(label="Model", choices=Delegation.Model.choices, initial="delegated")
    basis = forms.ChoiceField(label="Legal basis")
    instrument = forms.CharField(
        label="Document and section", max_length=160, help_text="For example, scheme of delegation 4.2"
    )
    limit = forms.MoneyField(label="Limit", required=False, help_text="Inclusive. Empty: no limit of its own.")
    limit_kind = forms.ChoiceField(
        label="The limit is", choices=Delegation.LimitKind.choices, help_text="What is counted against it."
    )
    places = forms.ModelMultipleChoiceField(
        label="Places", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None: the holder's whole area.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    ends = forms.DateField(label="Last day", required=False)
    review_on = forms.DateField(label="Review by", required=False)
    conditions = forms.CharField(label="Conditions, if any", widget=forms.Textarea, required=False)
    onward_delegation_permitted = forms.BooleanField(label="It may be passed on to another body", required=False)
    mark_optional = False  # the headings say it: one recipient of three, a last day that may stay open
    parts = [
        ("What is passed on", "", ["host", "function", "from_forum"]),
        ("To whom", "Choose one of the three.", ["to_forum", "to_organisation", "to_post"]),
        ("On what terms", "", [("model", "basis"), "instrument", ("limit", "limit_kind"), "places", "conditions",
                               "onward_delegation_permitted"]),
        ("From when to when", "The last day and the review may stay open.", [("starts", "ends"), "review_on"]),
    ]  # fmt: skip
    design = {"places": {"small": True, "classes": "app-checks"}, "conditions": {"rows": 3}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = Organisation.objects.filter(pk__in=self.hosts).values("kind")
        forums = Forum.objects.on(self.on)
        self.choose("function", Function.objects.filter(owner_kind__in=kinds, delegable=True))
        self.choose("from_forum", forums.filter(host__in=self.hosts))
        self.choose("to_forum", forums.filter(host__in=self.hosts))
        self.choose("to_organisation", Organisation.objects.on(self.on).exclude(pk__in=self.hosts))
        self.choose("to_post", Post.objects.on(self.on).filter(organisation__in=self.hosts))
        self.choose("places", Place.objects.on(self.on).filter(icb__in=self.hosts))
        titles = LegalBasis.objects.filter(owner_kind__in=kinds).order_by("title").values_list("code", "title")
        self.fields["basis"].choices = [("", "Choose a basis"), *dict(titles).items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """One recipient; an end after the start; a basis that is open to this function."""
        cleaned = super().clean() or {}
        if sum(bool(cleaned.get(name)) for name in ("to_forum", "to_organisation", "to_post")) != 1:
            self.add_error("to_forum", "Choose one recipient: a forum, a body or a named post")
        if cleaned.get("ends") and cleaned.get("starts") and cleaned["ends"] < cleaned["starts"]:
            self.add_error("ends", "The last day must not lie before the first")
        function = cleaned.get("function")
        if function and cleaned.get("basis") and cleaned["basis"] not in function.bases:
            self.add_error("basis", "This function cannot be delegated on this legal basis")
        return cleaned


class CompletenessForm(forms.Form):
    """From when the register is complete for a family of functions."""

    family = forms.ChoiceField(label="Family of functions")
    complete_from = forms.DateField(label="Complete from")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = Function.objects.filter(owner_kind=organisation.kind).values_list("family", flat=True)
        self.fields["family"].choices = [  # type: ignore[attr-defined]
            (name, name.replace("_", " ").capitalize()) for name in sorted(set(families))
        ]
