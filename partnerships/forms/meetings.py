"""Forms of meetings."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from ics_governance import forms
from partnerships.actions.meetings import Item, Mark
from partnerships.models import Attendance, Forum, Meeting
from partnerships.queries.meetings import Seat
from partnerships.quorum import Present


class MeetingFilters(forms.FilterForm):
    """Filters of the list of meetings."""

    q = forms.CharField(label="Search forums", max_length=100)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *Meeting.State.choices])
    since = forms.DayField(label="Held on or after")
    until = forms.DayField(label="Held on or before")


LINK = forms.URLField(required=False, label="The link", assume_scheme="https")


class AgendaField(forms.CharField):
    """An agenda typed one item a line; a link to the paper may follow after a bar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea, required=False, **options)

    def clean(self, value: Any) -> list[Item]:
        """The items in order."""
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        items = []
        for line in lines:
            title, _, paper = (part.strip() for part in line.partition("|"))
            if len(title) > 200:
                raise forms.django_forms.ValidationError(f"“{title[:40]}…” must be 200 characters or fewer")
            items.append(Item(title, LINK.clean(paper)))
        return items


AGENDA_HINT = "One item a line. A link to its paper may follow after a bar: Budget | https://…"


class AgendaForm(forms.Form):
    """The agenda of a meeting."""

    items = AgendaField(label="Agenda", help_text=AGENDA_HINT)
    design = {"items": {"rows": 8}}


class MeetingForm(forms.Form):
    """Calling a meeting."""

    forum = forms.ModelChoiceField(label="Forum", queryset=Forum.objects.none(), empty_label="Choose a forum")
    held_on = forms.DateField(label="Date of the meeting")
    starts_at = forms.django_forms.TimeField(label="Starts at", required=False, help_text="For example, 14:00")
    public = forms.BooleanField(label="The meeting is held in public", required=False)
    private_reason = forms.CharField(
        label="Why it is held in private", max_length=200, required=False, help_text="When it is not held in public."
    )
    items = AgendaField(label="Agenda", help_text=AGENDA_HINT)
    design = {"items": {"rows": 8}, "starts_at": {"width": 5}}
    parts = [
        ("", "", ["forum", ("held_on", "starts_at")]),
        ("", "", ["items"]),
        ("In public or in private", "", ["public", "private_reason"]),
    ]

    def __init__(self, *args: Any, hosts: Iterable[int], on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["forum"].queryset = Forum.objects.on(on).filter(host__in=list(hosts))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A private meeting says why."""
        cleaned = super().clean() or {}
        if not cleaned.get("public") and not cleaned.get("private_reason"):
            self.add_error(
                "private_reason", "Say why the meeting is held in private, or tick that it is held in public"
            )
        return cleaned


class AttendanceForm(forms.Form):
    """One question a member: who came. Deputies are offered where they are named."""

    mark_optional = False

    def __init__(self, *args: Any, seats: list[Seat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = seats
        for seat in seats:
            self.fields[self.name_of(seat)] = forms.ChoiceField(
                label=seat.membership.organisation.label,
                choices=_choices(seat),
                required=False,
                initial=_marked(seat),
                widget=forms.RadioSelect,
            )

    @staticmethod
    def name_of(seat: Seat) -> str:
        """The name of a member's question."""
        return f"m{seat.membership.pk}"

    def rows(self) -> list[tuple[Seat, Any]]:
        """Each member with its question."""
        return [(seat, self[self.name_of(seat)]) for seat in self.seats]

    @classmethod
    def with_everyone_else(cls, data: Any, seats: list[Seat]) -> "AttendanceForm":
        """What was typed, and every member whom nobody marked taken as present."""
        filled = data.copy()
        for seat in seats:
            if not filled.get(cls.name_of(seat)):
                filled[cls.name_of(seat)] = Attendance.State.MEMBER
        return cls(filled, seats=seats)

    def quorum(self) -> tuple[int, int, int]:
        """Voting members present, voting members in all, and how many members are marked, as typed so far."""
        marks = self.marks()
        voting = [seat.membership for seat in self.seats if seat.membership.voting]
        present = [row for row in voting if row.pk in marks and marks[row.pk].state in ("member", "deputy")]
        return len(present), len(voting), len(marks)

    def marks(self) -> dict[int, Mark]:
        """What was marked, by membership; members without a mark are left as they were."""
        found = {}
        for seat in self.seats:
            typed = self.cleaned_data.get(self.name_of(seat))
            if typed:
                state, _, who = typed.partition("-")
                person = seat.membership.holder_id if state == "member" else None
                if state == "deputy":
                    person = int(who) if who else seat.deputies[0].pk
                found[seat.membership.pk] = Mark(state, person)
        return found

    def present(self) -> list[Present]:
        """Who is there, as the rules of a quorum count them, as typed so far."""
        marks = self.marks()
        return [
            seat.membership.present
            for seat in self.seats
            if (mark := marks.get(seat.membership.pk)) and mark.state in ("member", "deputy")
        ]


def _marked(seat: Seat) -> str:
    """What is saved of a member, as its choice."""
    if seat.attendance is None:
        return ""
    further = [person.pk for person in seat.deputies[1:]]
    if seat.attendance.state == "deputy" and seat.attendance.person_id in further:
        return f"deputy-{seat.attendance.person_id}"
    return seat.attendance.state


def _choices(seat: Seat) -> list[tuple[str, str]]:
    member, states = seat.membership, Attendance.State
    people = [(str(states.MEMBER), member.holder.name if member.holder else "Member, not named")]
    for place, person in enumerate(seat.deputies):
        value = f"{states.DEPUTY}-{person.pk}" if place else str(states.DEPUTY)
        people.append((value, f"{person.name}, deputy"))
    return [*people, (states.APOLOGIES, "Apologies"), (states.ABSENT, "Absent")]
