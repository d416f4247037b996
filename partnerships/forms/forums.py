"""Forms of forums: what one is, and its terms of reference."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from ics_governance import forms
from partnerships import quorum
from partnerships.forms_of_forum import FORMS
from partnerships.models import Arrangement, Forum, Kind, Membership, Place, Post, SpatialLevel, TermsOfReference
from partnerships.queries import forums as queries
from partnerships.queries.places import places_near

from .hosted import Choosing, HostedForm, Later, initial_of
from .versions import Versioned


class ForumForm(HostedForm):
    """A forum of a host. Its form decides whether a post or committees are asked for."""

    name = forms.CharField(label="Name", max_length=160)
    form = forms.ChoiceField(label="Form", choices=Forum.Form.choices, widget=forms.RadioSelect)
    post = forms.ModelChoiceField(
        label="The post that decides", queryset=Post.objects.none(), required=False, empty_label="Choose a post"
    )
    committees = forms.ModelMultipleChoiceField(
        label="The committees that meet", queryset=Forum.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple, help_text="One committee of each body.",
    )  # fmt: skip
    level = forms.ChoiceField(label="Level", choices=SpatialLevel.choices, initial="place")
    arrangement = forms.ModelChoiceField(label="Arrangement", queryset=Arrangement.objects.none(), required=False)
    places = forms.ModelMultipleChoiceField(
        label="Places", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None: its host's whole area.",
    )  # fmt: skip
    reports_to = forms.ModelChoiceField(
        label="Reports to", queryset=Forum.objects.none(), required=False, empty_label="Not recorded"
    )
    purpose = forms.CharField(label="Purpose", widget=forms.Textarea, required=False, max_length=4_000)
    meets_in_public = forms.BooleanField(label="It meets in public", required=False)
    private_reason = forms.CharField(
        label="Why it does not meet in public", max_length=200, required=False,
        help_text="Needed when it does not. For example, it discusses single patients.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    parts = [
        ("What it is", "", ["name", "host", "form", "starts"]),
        ("What it is for", "", ["purpose", "level", "places"]),
        ("Where it stands", "", ["arrangement", "reports_to"]),
        ("In public or in private", "", ["meets_in_public", "private_reason"]),
    ]
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "form": {"hints": {code: form.meaning for code, form in FORMS.items()}},
        "places": {"small": True, "classes": "app-checks"},
        "committees": {"small": True},
        "purpose": {"rows": 3},
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        near = queries.bodies_near(self.hosts, self.on)
        forums = Forum.objects.on(self.on)
        self.choose("arrangement", queries.arrangements_near(self.hosts, near, self.on))
        self.choose("places", places_near(self.hosts, self.on))
        self.choose("reports_to", forums.filter(host__in=near).select_related("host"))
        self.choose("post", Post.objects.on(self.on).filter(organisation__in=self.hosts))
        self.choose("committees", forums.filter(host__in=near, form__in=queries.MAY_MEET_IN_COMMON))
        if "form" in self.fields:
            self._show_under_form()

    def _show_under_form(self) -> None:
        """The post and the committees are asked for under the form that needs them."""
        asked = {
            Forum.Form.INDIVIDUAL: Later(self, "post"),
            Forum.Form.COMMITTEES_IN_COMMON: Later(self, "committees"),
        }
        own = {**self.design["form"], "conditional": {str(form): html for form, html in asked.items()}}
        self.design = {**self.design, "form": own}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """What was chosen under another form counts for nothing."""
        cleaned = super().clean() or {}
        form = cleaned.get("form")
        if form is not None and form != Forum.Form.INDIVIDUAL:
            cleaned["post"] = None
        if form is not None and form != Forum.Form.COMMITTEES_IN_COMMON:
            cleaned["committees"] = []
        if cleaned.get("meets_in_public"):
            cleaned["private_reason"] = ""
        return cleaned


class ForumEditForm(Versioned, ForumForm):
    """The same for a forum that is recorded: host, form and first day stay as they are."""

    def __init__(self, *args: Any, forum: Forum, on: date, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if name not in ("host", "form", "starts")]
        kwargs["initial"] = initial_of(forum, names)
        super().__init__(*args, hosts=[forum.host_id], on=on, **kwargs)
        self.drop("host", "form", "starts")
        extra = {"post": forum.form == Forum.Form.INDIVIDUAL, "committees": forum.form == "committees_in_common"}
        self.drop(*(name for name, kept in extra.items() if not kept))
        self._keep_what_is_recorded(forum)
        kept = [name for name in extra if name in self.fields]
        self.parts = [("What it is", "", ["name", *kept]), *ForumForm.parts[1:]]  # type: ignore[misc]
        self.keep_version(forum)

    def _show_under_form(self) -> None:
        """The form is not asked for again."""

    def _keep_what_is_recorded(self, forum: Forum) -> None:
        """What is recorded stays on offer, also when it would not be offered afresh."""
        for name in ("arrangement", "places", "reports_to", "post", "committees"):
            if name not in self.fields:
                continue
            recorded = self.initial[name]
            rows = recorded if isinstance(recorded, list) else [recorded] if recorded else []
            field: Any = self.fields[name]
            offered = set(field.queryset.values_list("pk", flat=True)) | {row.pk for row in rows}
            field.queryset = field.queryset.model.objects.filter(pk__in=offered - {forum.pk} if name in (
                "reports_to", "committees") else offered)  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """As above, with the form that it has."""
        cleaned = forms.Form.clean(self) or {}
        if cleaned.get("meets_in_public"):
            cleaned["private_reason"] = ""
        return cleaned


# --- Terms of reference ---------------------------------------------------------------------------------------------

ROLE_LABELS = {
    "chair": "The chair", "partnership_convenor": "Partnership convenors", "executive_lead": "Executive leads",
    "programme_lead": "Programme leads",
}  # fmt: skip


class TermsForm(Choosing):
    """A version of a forum's terms of reference: the form begins with the version in force."""

    adopted_on = forms.DateField(label="Adopted on")
    review_on = forms.DateField(label="Review by", required=False)
    quorum = forms.IntegerField(
        label="Quorum", min_value=1, max_value=100, help_text="Voting members who must be present after recusals."
    )
    voting_rule = forms.ChoiceField(
        label="How it decides", choices=[("", "Not recorded"), *TermsOfReference.Rule.choices], required=False
    )
    casting_vote = forms.BooleanField(label="The chair has a second vote when votes are equal", required=False)
    disagreement_process = forms.CharField(
        label="What happens when members disagree", widget=forms.Textarea, required=False, max_length=4_000
    )
    document = forms.URLField(label="Link to the document", required=False, assume_scheme="https")
    quorum_rules = forms.CharField(required=False, widget=forms.HiddenInput)  # where a guard finds its place
    design = {"quorum": {"width": 3}, "disagreement_process": {"rows": 3}}

    def __init__(self, *args: Any, forum: Forum, kinds: Iterable[str], latest: TermsOfReference | None, **kwargs: Any):
        names = ("quorum", "voting_rule", "casting_vote", "disagreement_process", "document")
        kwargs["initial"] = initial_of(latest, names) if latest else {}
        super().__init__(*args, **kwargs)
        known = {
            (rule.kind, rule.role): rule.at_least for rule in quorum.readable(latest.quorum_rules if latest else [])
        }
        wanted = {*kinds, *(kind for kind, _ in known if kind)}
        self.rule_fields = [("kind", kind, _of_kind(kind)) for kind in Kind.values if kind in wanted]
        self.rule_fields += [("role", role, label) for role, label in ROLE_LABELS.items()]
        for about, code, label in self.rule_fields:
            initial = known.get((code, "") if about == "kind" else ("", code))
            field = forms.IntegerField(label=label, min_value=0, max_value=quorum.MOST, required=False, initial=initial)
            forms.word_errors(field, label)
            self.fields[f"at_least_{about}_{code}"] = field
        self.mark_optional = False  # type: ignore[misc]
        self.design = {**self.design, **{f"at_least_{a}_{c}": {"width": 2} for a, c, _ in self.rule_fields}}
        rows = [f"at_least_{about}_{code}" for about, code, _ in self.rule_fields]
        self.parts = [
            ("This version", "", [("adopted_on", "review_on"), "document"]),
            ("Quorum", "", ["quorum", "quorum_rules"]),
            ("Who must be among them", "At least so many. Leave empty where nobody in particular must be there.",
             [tuple(rows[at : at + 3]) if len(rows[at : at + 3]) > 1 else rows[at] for at in range(0, len(rows), 3)]),
            ("Deciding and disagreeing", "", ["voting_rule", "casting_vote", "disagreement_process"]),
        ]  # fmt: skip

    def values(self) -> dict[str, Any]:
        """The version as it is kept."""
        names = ("adopted_on", "review_on", "quorum", "voting_rule", "casting_vote", "disagreement_process", "document")
        rules = [
            {about: code, "at_least": number}
            for about, code, _ in self.rule_fields
            if (number := self.cleaned_data.get(f"at_least_{about}_{code}"))
        ]
        return {name: self.cleaned_data[name] for name in names} | {"quorum_rules": rules}


def _of_kind(kind: str) -> str:
    """Such as "Council members"."""
    words = quorum.KINDS[kind][1]
    return words[:1].upper() + words[1:]


def kinds_of(forum: Forum) -> set[str]:
    """The kinds of organisation that have a voting member on a forum."""
    rows = Membership.objects.filter(forum=forum, voting=True, refused_on=None)
    return set(rows.values_list("organisation__kind", flat=True))
