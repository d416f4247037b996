"""Forms about who sits on a forum."""

from datetime import date
from typing import Any

from ics_governance import forms
from partnerships.forms_of_forum import needs_consent
from partnerships.models import ArrangementMember, Forum, Membership, Organisation

from .hosted import Choosing, initial_of
from .people import GuardedPersonField

ROLES = {
    "chair": "Leads the meetings.",
    "partnership_convenor": "Brings the partners together and may speak for the place elsewhere; may be independent.",
    "executive_lead": "Holds functions that were delegated, so is employed by a body that delegates.",
    "programme_lead": "Runs shared work, without statutory responsibility.",
    "member": "Takes part for a body.",
    "attendee": "Comes and speaks, without a vote.",
}


CONSENT = ("consented_on", "consented_by")


class BodyForm(Choosing):
    """Which body a member is for; the people whom it employs are asked for next."""

    organisation = forms.ModelChoiceField(
        label="Body", queryset=Organisation.objects.none(), empty_label="Choose a body"
    )

    def __init__(self, *args: Any, forum: Forum, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = Organisation.objects.on(on)
        if forum.arrangement_id:
            part = ArrangementMember.objects.on(on).filter(arrangement=forum.arrangement_id).values("organisation")
            bodies = bodies.filter(pk__in=part) | bodies.filter(pk=forum.host_id)
        self.choose("organisation", bodies)


class SeatForm(Choosing):
    """Who holds a body's membership of a forum, as what; consent and share are asked for only where they count."""

    role = forms.ChoiceField(label="Role", choices=Membership.Role.choices, initial="member", widget=forms.RadioSelect)
    voting = forms.BooleanField(label="Has a vote", required=False, initial=True)
    holder = GuardedPersonField(
        label="Member", required=False, empty_label="Vacant", help_text="Someone whom the body employs."
    )
    deputy = GuardedPersonField(
        label="First deputy", required=False, empty_label="None", help_text="Stands in for the member."
    )
    consented_on = forms.DateField(
        label="The convening body agreed on", required=False,
        help_text="Needed: a body that is not statutory sits on a committee when whoever convenes it thinks it right.",
    )  # fmt: skip
    consented_by = forms.CharField(
        label="Who agreed for the convening body", max_length=160, required=False,
        help_text="For example, the board at its meeting in May.",
    )  # fmt: skip
    share = forms.IntegerField(
        label="Share", required=False, min_value=1, max_value=1000,
        help_text="The weight of its body in a joint matter: with 1, 1 and 2 a quarter, a quarter and a half. "
        "Empty: it answers for the whole amount.",
    )  # fmt: skip
    design = {"role": {"hints": ROLES, "small": True}, "share": {"width": 4}}

    def __init__(self, *args: Any, forum: Forum, body: Organisation, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("holder", "deputy"):
            self.fields[name].offer([body.pk], on)  # type: ignore[attr-defined]
        if forum.form != Forum.Form.COMMITTEES_IN_COMMON:
            self.drop("share")
        if not needs_consent(forum.form, body.kind):
            self.drop(*CONSENT)
            self.parts = [  # type: ignore[misc]
                (heading, hint, [row for row in rows if row != CONSENT]) for heading, hint, rows in self.parts
            ]


class MembershipForm(SeatForm):
    """A body's member on a forum; the body was chosen before."""

    organisation = forms.IntegerField(widget=forms.HiddenInput)
    agreed_on = forms.DateField(
        label="The body agreed on", required=False,
        help_text="Attendance counts from then on. Empty: it is offered, and the body accepts or refuses.",
    )  # fmt: skip
    starts = forms.DateField(label="First day")
    parts = [
        ("", "", [("holder", "deputy"), "role", "voting", "share", "organisation", ("starts", "agreed_on"), CONSENT])
    ]  # fmt: skip

    def __init__(self, *args: Any, body: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, body=body, initial={"organisation": body.pk}, **kwargs)


class ChangeMembershipForm(SeatForm):
    """Another holder, deputy, role or vote from a day on."""

    from_day = forms.DateField(
        label="From which day", help_text="Who it was before stays recorded until the day before."
    )
    parts = [("", "", [("holder", "deputy"), "role", "voting", "share", "from_day", CONSENT])]

    def __init__(self, *args: Any, membership: Membership, on: date, **kwargs: Any) -> None:
        initial = initial_of(membership, ["role", "voting", "holder", "deputy", "share", *CONSENT])
        forum, body = membership.forum, membership.organisation
        super().__init__(*args, initial=initial, forum=forum, body=body, on=on, **kwargs)


class DeputyForm(Choosing):
    """A further deputy between two days."""

    person = GuardedPersonField(
        label="Deputy", empty_label="Choose a person", help_text="Someone whom the body employs."
    )
    starts = forms.DateField(label="First day")
    ends = forms.DateField(label="Last day", required=False)
    parts = [("", "", ["person", ("starts", "ends")])]

    def __init__(self, *args: Any, membership: Membership, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].offer([membership.organisation_id], on)  # type: ignore[attr-defined]
