"""Forums, their terms of reference, and their members."""

from django.db import models
from django.db.models import F, Q

from .arrangements import Arrangement
from .organisations import Dated, DatedQuerySet, Organisation, Place
from .people import Person


class SpatialLevel(models.TextChoices):
    """Levels at which decisions are taken, lowest first."""

    NEIGHBOURHOOD = "neighbourhood", "neighbourhood"
    PLACE = "place", "place"
    MULTI_PLACE = "multi_place", "several places"
    SYSTEM = "system", "system"
    MULTI_SYSTEM = "multi_system", "several systems"
    REGION = "region", "region"
    NATIONAL = "national", "national"


class Forum(Dated):
    """A meeting body: a board, a committee, a joint committee, a consultative group."""

    class Form(models.TextChoices):
        BOARD = "board", "board"
        BOARD_COMMITTEE = "board_committee", "committee of the board"
        COMMITTEE = "committee", "committee of one statutory body"
        JOINT_COMMITTEE = "joint_committee", "joint committee"
        COMMITTEES_IN_COMMON = "committees_in_common", "committees in common"
        CONSULTATIVE = "consultative_forum", "consultative forum"
        INDIVIDUAL = "individual_executive", "individual executive"
        LEAD_PROVIDER = "lead_provider", "lead provider"

    name = models.CharField(max_length=160)
    host = models.ForeignKey(Organisation, models.PROTECT, related_name="forums")
    arrangement = models.ForeignKey(Arrangement, models.PROTECT, null=True, blank=True, related_name="forums")
    form = models.CharField(max_length=25, choices=Form)
    level = models.CharField(max_length=15, choices=SpatialLevel)
    places = models.ManyToManyField(Place, blank=True, related_name="forums")
    meets_in_public = models.BooleanField(default=False)
    reports_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reporting_forums")

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["host", "name", "id"], name="forums_by_host")]

    def __str__(self) -> str:
        return self.name

    @property
    def binds(self) -> bool:
        """Whether the forum may take binding decisions at all: a consultative forum only recommends."""
        return self.form != self.Form.CONSULTATIVE


class TermsOfReference(models.Model):
    """A version of a forum's terms of reference."""

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="terms")
    version = models.PositiveSmallIntegerField()
    adopted_on = models.DateField()
    review_on = models.DateField(null=True, blank=True)
    quorum = models.PositiveSmallIntegerField(help_text="Voting members who must be present after recusals.")
    disagreement_process = models.TextField(blank=True)
    document = models.URLField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "version"], name="one_version_of_terms")]
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"version {self.version}"


class Membership(Dated):
    """A body's member on a forum, with the named holder and deputy. The body agreed to it on `agreed_on`."""

    class Role(models.TextChoices):
        CHAIR = "chair", "chair"
        CONVENOR = "partnership_convenor", "partnership convenor"
        EXECUTIVE_LEAD = "executive_lead", "executive lead"
        PROGRAMME_LEAD = "programme_lead", "programme lead"
        MEMBER = "member", "member"
        ATTENDEE = "attendee", "in attendance"

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.MEMBER)
    voting = models.BooleanField(default=True)
    holder = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="memberships")
    deputy = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="deputyships")
    agreed_on = models.DateField(null=True, blank=True, help_text="When the body agreed to be a member.")
    refused_on = models.DateField(null=True, blank=True, help_text="When the body refused a membership it was offered.")

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "forum"], name="memberships_by_body")]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="membership_dates"),
            models.CheckConstraint(condition=~Q(holder=F("deputy")), name="deputy_is_another_person"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.forum_id}"
