"""Meetings, their agendas and who was there. Guarded: read only through an audience."""

from django.db import models
from django.db.models import F, Q

from partnerships import quorum

from .forums import Forum, Membership, TermsOfReference
from .people import Audience, Person


class Meeting(models.Model):
    """A meeting of a forum. Notice is kept in working days of England, as counted when it happened."""

    class State(models.TextChoices):
        PLANNED = "planned", "planned"
        PAPERS_ISSUED = "papers_issued", "papers issued"
        HELD = "held", "held, to be minuted"
        MINUTED = "minuted", "minuted"
        CANCELLED = "cancelled", "cancelled"

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="meetings")
    held_on = models.DateField()
    starts_at = models.TimeField(null=True, blank=True)
    called_on = models.DateField(null=True, blank=True)
    call_notice = models.SmallIntegerField(null=True, blank=True, help_text="Working days from call to meeting.")
    papers_issued_on = models.DateField(null=True, blank=True)
    paper_notice = models.SmallIntegerField(null=True, blank=True, help_text="Working days from papers to meeting.")
    public = models.BooleanField(default=False)
    private_reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=15, choices=State, default=State.PLANNED)

    class Meta:
        ordering = ["-held_on", "-id"]
        indexes = [
            models.Index(fields=["forum", "-held_on", "-id"], name="meetings_by_forum"),
            models.Index(fields=["-held_on", "-id"], name="meetings_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.forum}, {self.held_on:%-d %B %Y}"

    @property
    def quorum_facts(self) -> tuple[int, int | None]:
        """Voting members present and how many are needed (None: the terms of reference do not say).

        Reads attendance with its memberships and the forum's terms: load them before asking for many.
        """
        return sum(row.fills and row.membership.voting for row in self.attendance.all()), self.quorum_needed

    @property
    def quorum_needed(self) -> int | None:
        """The quorum of the terms of reference in force that day; None when they name none."""
        terms = self.terms_in_force
        return terms.quorum if terms else None

    @property
    def terms_in_force(self) -> TermsOfReference | None:
        """The terms of reference in force that day."""
        terms = [version for version in self.forum.terms.all() if version.adopted_on <= self.held_on]
        return max(terms, key=lambda version: version.version, default=None)

    @property
    def quorum_rules(self) -> tuple[quorum.Rule, ...]:
        """Who must be among those present, beyond the number."""
        terms = self.terms_in_force
        return quorum.readable(terms.quorum_rules) if terms else ()

    @property
    def rules_unmet(self) -> tuple[str, ...]:
        """Those of the rules that the attendance does not meet, in words; reads attendance with its members' bodies."""
        rules = self.quorum_rules
        if not rules:
            return ()
        there = [row.membership for row in self.attendance.all() if row.fills]
        return quorum.unmet(rules, [member.present for member in there])


class MeetingAudience(Audience):
    """Who may read a meeting."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="audience")

    class Meta:
        indexes = [models.Index(fields=["meeting", "organisation"], name="audience_of_meeting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, user=None), name="meeting_audience_of_bodies"
            )
        ]


class AgendaItem(models.Model):
    """A numbered item; its paper may be a link to where it already is."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="items")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    paper = models.URLField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["meeting", "number"], name="one_item_of_a_number")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Attendance(models.Model):
    """How a membership was filled at a meeting. A refused membership counts as absent."""

    class State(models.TextChoices):
        MEMBER = "member", "member present"
        DEPUTY = "deputy", "deputy present"
        APOLOGIES = "apologies", "apologies"
        ABSENT = "absent", "absent"
        REFUSED = "refused", "membership refused"

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendance")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="attendance")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["meeting", "membership"], name="one_attendance_per_member")]
        indexes = [models.Index(F("membership"), F("meeting"), name="attendance_by_member")]

    def __str__(self) -> str:
        return f"{self.membership_id}: {self.state}"

    @property
    def fills(self) -> bool:
        """Whether somebody was there for the membership."""
        return self.state in (self.State.MEMBER, self.State.DEPUTY)
