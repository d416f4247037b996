"""Forms of delegations: the draft on one page, its review, suspension and end, and a body's declaration."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.db.models import Q

from ics_governance import forms
from partnerships.actions.delegations import DRAFTED
from partnerships.delegation_guards import cannot_be_kept
from partnerships.models import (
    Delegation,
    DelegationReview,
    Forum,
    Function,
    Fund,
    LegalBasis,
    Organisation,
    Place,
    Post,
    Succession,
)

from .hosted import EndForm, HostedForm

__all__ = ["CompletenessForm", "DelegationForm", "EndForm", "NeverInForceForm", "ReviewForm", "SuspendForm"]


class PostField(forms.ModelChoiceField):
    """A post, offered with its body and whoever holds it."""

    def label_from_instance(self, post: Any) -> str:
        """Such as "Place director, West Yorkshire ICB (vacant)"."""
        return f"{post.title}, {post.organisation.label} ({post.holder.name if post.holder else 'vacant'})"


class ForumField(forms.ModelChoiceField):
    """A forum, offered with its form."""

    def label_from_instance(self, forum: Any) -> str:
        """Such as "Bradford place board (committee of one statutory body)"."""
        return f"{forum.name} ({forum.get_form_display()})"


class FundField(forms.ModelChoiceField):
    """A fund, offered with its arrangement: several places have one of the same name."""

    def label_from_instance(self, fund: Any) -> str:
        """Such as "Better Care Fund 2026/27 (Bradford place partnership)"."""
        return f"{fund} ({fund.arrangement.name})"


class NovatedField(forms.ModelChoiceField):
    """A delegation of a body that is no more, offered with that body and the function."""

    def label_from_instance(self, row: Any) -> str:
        """Such as "scheme of delegation 4.2 of NHS Northern ICB: Commissioning community services"."""
        return f"{row.instrument} of {row.from_organisation.label}: {row.function.name}"


class DelegationForm(HostedForm):
    """A draft of a delegation: kept half done; what it still needs is said beside it."""

    host = forms.ModelChoiceField(
        label="Body whose authority is passed on", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    function = forms.ModelChoiceField(
        label="Function", queryset=Function.objects.none(), empty_label="Choose a function"
    )
    from_forum = ForumField(
        label="Passed on by a forum", queryset=Forum.objects.none(), required=False,
        empty_label="The body itself (its board)",
    )  # fmt: skip
    from_post = PostField(label="Or by a post", queryset=Post.objects.none(), required=False, empty_label="No post")
    to_forum = ForumField(label="A forum", queryset=Forum.objects.none(), required=False, empty_label="No forum")
    to_organisation = forms.ModelChoiceField(
        label="Another body", queryset=Organisation.objects.none(), required=False, empty_label="No other body"
    )
    to_post = PostField(label="A named post", queryset=Post.objects.none(), required=False, empty_label="No post")
    model = forms.ChoiceField(label="Model", choices=Delegation.Model.choices, initial="delegated")
    basis = forms.ChoiceField(label="Legal basis", required=False)
    instrument = forms.CharField(
        label="Document and section", max_length=160, required=False, help_text="For example, scheme of delegation 4.2"
    )
    limit = forms.MoneyField(
        label="Limit", required=False, help_text="Inclusive. Empty only where the source has no limit either."
    )  # fmt: skip
    limit_kind = forms.ChoiceField(
        label="The limit is", choices=Delegation.LimitKind.choices, initial="whole_life",
        help_text="What is counted against it.",
    )  # fmt: skip
    fund = FundField(
        label="Pooled fund that it draws on", queryset=Fund.objects.none(), required=False, empty_label="No fund",
        help_text="The fund's own limit is shared by all who draw on it.",
    )  # fmt: skip
    places = forms.ModelMultipleChoiceField(
        label="Places", queryset=Place.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None: the whole area of whoever passes it on.",
    )  # fmt: skip
    onward_delegation_permitted = forms.BooleanField(label="It may be passed on to another body", required=False)
    urgent = forms.BooleanField(label="It is a power for urgent cases only", required=False)
    ratify_within = forms.IntegerField(
        label="Ratified within (working days)", required=False, min_value=1, max_value=60,
        help_text="For a power for urgent cases.",
    )  # fmt: skip
    assurance = forms.CharField(
        label="How the accountable body is kept satisfied", widget=forms.Textarea, required=False,
        help_text="What is reported, to whom and how often.",
    )  # fmt: skip
    conditions = forms.CharField(label="Conditions, if any", widget=forms.Textarea, required=False)
    starts = forms.DateField(label="First day", required=False)
    ends = forms.DateField(label="Last day", required=False)
    review_on = forms.DateField(label="Review by", required=False)
    novates = NovatedField(
        label="Carries on", queryset=Delegation.objects.none(), required=False, empty_label="Nothing: it is new",
        help_text="The delegation of a body that came before yours. It does not pass to you by itself.",
    )  # fmt: skip
    mark_optional = False  # a draft may lack almost anything; the panel says what approving needs
    parts = [
        ("What is passed on", "", ["host", "function", ("from_forum", "from_post"), "novates"]),
        ("To whom", "Choose one of the three.", ["to_forum", "to_organisation", "to_post"]),
        ("On what terms", "", [("model", "basis"), "instrument", ("limit", "limit_kind"), "fund", "places",
                               "assurance", "conditions", "onward_delegation_permitted"]),
        ("For urgent cases", "Only for a named post, such as the chair.", ["urgent", "ratify_within"]),
        ("From when to when", "The last day and the review may stay open.", [("starts", "ends"), "review_on"]),
    ]  # fmt: skip
    design: ClassVar[dict[str, dict[str, Any]]] = {
        "places": {"small": True, "classes": "app-checks"},
        "conditions": {"rows": 2},
        "assurance": {"rows": 3},
        "ratify_within": {"width": 3},
    }

    def __init__(self, *args: Any, delegation: Delegation | None = None, **kwargs: Any) -> None:
        if delegation is not None:
            kwargs["initial"] = _initial(delegation)
        super().__init__(*args, **kwargs)
        self.delegation = delegation
        if delegation is not None:
            self.hosts = [delegation.from_organisation_id]
            self.choose("host", Organisation.objects.filter(pk__in=self.hosts))
        self._offer()

    def _offer(self) -> None:
        hosts, on = self.hosts, self.on
        kinds = list(Organisation.objects.filter(pk__in=hosts).values_list("kind", flat=True))
        own = Forum.objects.on(on).filter(host__in=hosts)
        member = Forum.objects.on(on).filter(memberships__organisation__in=hosts)
        posts = Post.objects.on(on).filter(organisation__in=hosts).select_related("organisation", "holder")
        held = Q(delegations__to_organisation__in=hosts) | Q(delegations__to_forum__in=own.values("pk"))
        functions = Function.objects.filter(Q(owner_kind__in=kinds, delegable=True) | held)
        if self.delegation is not None:
            functions = functions | Function.objects.filter(pk=self.delegation.function_id)
        self.choose("function", functions.distinct())
        self.choose("from_forum", own.exclude(form__in=Forum.NEVER_BINDS))
        self.choose("from_post", posts)
        self.choose("to_forum", Forum.objects.filter(Q(pk__in=own.values("pk")) | Q(pk__in=member.values("pk"))))
        self.choose("to_organisation", Organisation.objects.on(on).exclude(pk__in=hosts))
        self.choose("to_post", posts)
        funds = Fund.objects.filter(Q(arrangement__host__in=hosts) | Q(contributions__organisation__in=hosts))
        self.choose("fund", funds.select_related("arrangement").distinct())
        areas = Place.objects.on(on).filter(Q(icb__in=hosts) | Q(councils__in=hosts)).distinct()
        if "trust" in kinds:
            systems = Organisation.objects.filter(related_from__source_body__in=hosts, related_from__kind="system")
            areas = Place.objects.on(on).filter(icb__in=systems).distinct()
        self.choose("places", areas)
        self._offer_novations()
        bases = LegalBasis.objects.filter(owner_kind__in=kinds).order_by("title").values_list("code", "title")
        self.fields["basis"].choices = [("", "Choose a basis"), *dict(bases).items()]  # type: ignore[attr-defined]

    def _offer_novations(self) -> None:
        """Only where a body came before: elsewhere the question would only puzzle."""
        before = Succession.objects.filter(successor__in=self.hosts).values("predecessor")
        rows = Delegation.objects.filter(from_organisation__in=before).exclude(status__in=Delegation.NEVER_APPROVED)
        rows = rows.exclude(Delegation.GONE).select_related("from_organisation", "function")
        if rows.exists():
            self.choose("novates", rows.order_by("function__name", "pk"))
        else:
            self.drop("novates")

    def clean(self) -> dict[str, Any]:
        """What even a draft must have: one recipient, an end after the start."""
        cleaned = super().clean() or {}
        wrong = set(self.errors)
        for reason in cannot_be_kept(cleaned):
            if reason.field not in wrong:
                self.add_error(reason.field, reason.text)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: value for name, value in self.cleaned_data.items() if name in DRAFTED}

    def as_typed(self) -> Delegation | None:
        """The delegation as far as it is typed, not saved; None while it has no function or no recipient."""
        self.is_valid()
        found = getattr(self, "cleaned_data", {})
        parties = [found.get(name) for name in ("to_forum", "to_organisation", "to_post")]
        if not found.get("function") or not found.get("host") or sum(each is not None for each in parties) != 1:
            return None
        values = {name: found[name] for name in DRAFTED if name in found}
        made = Delegation(from_organisation=found["host"], **values)
        made.limit_kind = made.limit_kind or Delegation.LimitKind.WHOLE_LIFE
        return made

    @property
    def places_typed(self) -> list[int]:
        """Ids of the places chosen."""
        return [place.pk for place in self.cleaned_data.get("places") or ()]


def _initial(delegation: Delegation) -> dict[str, Any]:
    names = [name for name in DRAFTED if name in DelegationForm.base_fields]
    found = {name: getattr(delegation, delegation._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]
    return found | {
        "host": delegation.from_organisation_id,
        "places": list(delegation.places.values_list("pk", flat=True)),
    }


class ReviewForm(forms.Form):
    """A review that was held."""

    held_on = forms.DateField(label="Held on")
    outcome = forms.ChoiceField(label="Outcome", choices=DelegationReview.Outcome.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label="What was found", widget=forms.Textarea, required=False,
        help_text="Whether it is used well, and within its terms.",
    )  # fmt: skip
    next_review_on = forms.DateField(label="Next review", required=False)
    design = {"note": {"rows": 3}}


class SuspendForm(forms.Form):
    """Why a delegation is suspended."""

    reason = forms.CharField(
        label="Why it is suspended", widget=forms.Textarea, max_length=2000,
        help_text="From today on it gives no authority, until it is resumed. Everyone can read the reason.",
    )  # fmt: skip
    design = {"reason": {"rows": 3}}


class NeverInForceForm(forms.Form):
    """Ending what never came into force: there is no day to choose."""


class CompletenessForm(forms.Form):
    """From when the register is complete for a family of functions."""

    family = forms.ChoiceField(label="Family of functions")
    complete_from = forms.DateField(label="Complete from")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families = Function.objects.filter(owner_kind=organisation.kind).values_list("family", flat=True)
        self.fields["family"].choices = in_words(families)  # type: ignore[attr-defined]


def in_words(families: Iterable[str]) -> list[tuple[str, str]]:
    """Codes of families of functions with their words, sorted."""
    return [(code, code.replace("_", " ").capitalize()) for code in sorted(set(families))]


def today_first(on: date) -> dict[str, date]:
    """What the forms of reviews begin with."""
    return {"held_on": on}
