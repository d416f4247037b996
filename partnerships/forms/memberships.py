"""Forms about who sits on a forum."""

from datetime import date
from typing import Any

from ics_governance import forms
from partnerships.models import ArrangementMember, Forum, Membership, Organisation

from .hosted import Choosing, initial_of
from .people import PersonField, people_of

ROLES = {
    "chair": "Leads the meetings.",
    "partnership_convenor": "Brings the partners together and may speak for the place elsewhere; may be independent.",
    "executive_lead": "Holds functions that were delegated, so is employed by a body that delegates.",
    "programme_lead": "Runs shared work, without statutory responsibility.",
    "member": "Takes part for a body.",
    "attendee": "Comes and speaks, without a vote.",
}


class SeatForm(Choosing):
    """Who holds a membership, as what."""

    role = forms.ChoiceField(label="Role", choices=Membership.Role.choices, initial="member", widget=forms.RadioSelect)
    voting = forms.BooleanField(label="Has a vote", required=False, initial=True)
    holder = PersonField(
        label="Member", required=False, empty_label="Vacant", help_text="Someone whom the body employs."
    )
    deputy = PersonField(
        label="First deputy", required=False, empty_label="None", help_text="Stands in for the member."
    )
    share = forms.IntegerField(
        label="Share", required=False, min_value=1, max_value=1000,
        help_text="The weight of its body in a joint matter: with 1, 1 and 2 a quarter, a quarter and a half. "
        "Empty: it answers for the whole amount.",
    )  # fmt: skip
    design = {"role": {"hints": ROLES, "small": True}, "share": {"width": 4}}

    def keep_share(self, forum: Forum) -> None:
        """Only in committees in common do bodies have shares."""
        if forum.form != Forum.Form.COMMITTEES_IN_COMMON:
            self.drop("share")


class MembershipForm(SeatForm):
    """A body's member on a forum."""

    organisation = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )
    agreed_on = forms.DateField(
        label="The body agreed on", required=False,
        help_text="Attendance counts from then on. Empty: it is offered, and the body accepts or refuses.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    parts = [("", "", ["organisation", ("holder", "deputy"), "role", "voting", "share", ("starts", "agreed_on")])]

    def __init__(self, *args: Any, forum: Forum, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keep_share(forum)
        bodies = Organisation.objects.on(on)
        if forum.arrangement_id:
            part = ArrangementMember.objects.on(on).filter(arrangement=forum.arrangement_id).values("organisation")
            bodies = bodies.filter(pk__in=part) | bodies.filter(pk=forum.host_id)
        self.choose("organisation", bodies)
        for name in ("holder", "deputy"):
            self.choose(name, people_of(bodies.values("pk"), on))


class ChangeMembershipForm(SeatForm):
    """Another holder, deputy, role or vote from a day on."""

    from_day = forms.DateField(
        label="From which day", help_text="Who it was before stays recorded until the day before."
    )
    parts = [("", "", [("holder", "deputy"), "role", "voting", "share", "from_day"])]

    def __init__(self, *args: Any, membership: Membership, on: date, **kwargs: Any) -> None:
        initial = initial_of(membership, ["role", "voting", "holder", "deputy", "share"])
        super().__init__(*args, initial=initial, **kwargs)
        self.keep_share(membership.forum)
        for name in ("holder", "deputy"):
            self.choose(name, people_of([membership.organisation_id], on))


class DeputyForm(Choosing):
    """A further deputy between two days."""

    person = PersonField(label="Deputy", empty_label="Choose a person", help_text="Someone whom the body employs.")
    starts = forms.DateField(label="First day")
    ends = forms.DateField(label="Last day", required=False)
    parts = [("", "", ["person", ("starts", "ends")])]

    def __init__(self, *args: Any, membership: Membership, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("person", people_of([membership.organisation_id], on))
