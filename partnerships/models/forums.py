"""Forums, their terms of reference, and their members."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from partnerships.forms_of_forum import needs_consent
from partnerships.quorum import Present

from .arrangements import Arrangement, SpatialLevel
from .organisations import Dated, DatedQuerySet, Organisation, Place, span
from .people import Person, Post


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
        JOINT_VENTURE = "joint_venture", "joint venture"
        COUNCIL_OF_GOVERNORS = "council_of_governors", "council of governors"

    NEVER_BINDS = (Form.CONSULTATIVE, Form.COUNCIL_OF_GOVERNORS)

    name = models.CharField(max_length=160)
    host = models.ForeignKey(Organisation, models.PROTECT, related_name="forums")
    arrangement = models.ForeignKey(Arrangement, models.PROTECT, null=True, blank=True, related_name="forums")
    form = models.CharField(max_length=25, choices=Form)
    level = models.CharField(max_length=15, choices=SpatialLevel)
    places = models.ManyToManyField(Place, blank=True, related_name="forums")
    meets_in_public = models.BooleanField(default=False)
    reports_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reporting_forums")
    purpose = models.TextField(blank=True)
    private_reason = models.CharField(max_length=200, blank=True, help_text="Why it does not meet in public.")
    committees = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="meets_within",
        help_text="The committees that meet in common in it.",
    )  # fmt: skip
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The forum that it carries on, of a body that is no more.",
    )  # fmt: skip
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="forums",
        help_text="The post that decides, where an individual executive does.",
    )  # fmt: skip

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["host", "name", "id"], name="forums_by_host")]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="forum_dates"),
            models.CheckConstraint(
                condition=Q(reports_to=None) | ~Q(reports_to=F("id")), name="forum_reports_to_another"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def binds(self) -> bool:
        """Whether the forum may take binding decisions at all: a consultative forum or governors only recommend."""
        return self.form not in self.NEVER_BINDS


class TermsOfReference(models.Model):
    """A version of a forum's terms of reference."""

    class Rule(models.TextChoices):
        CONSENSUS = "consensus", "by consensus"
        CONSENSUS_THEN_VOTE = "consensus_then_vote", "by consensus, else by a majority of the members present"
        MAJORITY = "majority", "by a majority of the members present"
        TWO_THIRDS = "two_thirds", "by two thirds of the members present"
        UNANIMOUS = "unanimous", "by all members present"

    forum = models.ForeignKey(Forum, models.PROTECT, related_name="terms")
    version = models.PositiveSmallIntegerField()
    adopted_on = models.DateField()
    review_on = models.DateField(null=True, blank=True)
    quorum = models.PositiveSmallIntegerField(help_text="Voting members who must be present after recusals.")
    quorum_rules = models.JSONField(
        default=list, blank=True,
        help_text="Who must be among them: objects with `kind` (of organisation) or `role`, and `at_least`.",
    )  # fmt: skip
    voting_rule = models.CharField(max_length=20, choices=Rule, blank=True)
    casting_vote = models.BooleanField(default=False, help_text="The chair has a second vote when votes are equal.")
    disagreement_process = models.TextField(blank=True)
    document = models.URLField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["forum", "version"], name="one_version_of_terms")]
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"version {self.version}"


class Membership(Dated):
    """A body's member on a forum, with the named holder and deputy. The body agreed to it on `agreed_on`.

    Where a body that is not statutory sits on a committee, the convening body agreed to that on `consented_on`.
    """

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
    consented_on = models.DateField(
        null=True, blank=True,
        help_text="When the convening body agreed that a body which is not statutory sits on a committee.",
    )  # fmt: skip
    consented_by = models.CharField(max_length=160, blank=True, help_text="Who agreed to that for the convening body.")
    share = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)],
        help_text="The weight of its body in committees in common: with 1, 1 and 2 a quarter, a quarter and a half.",
    )  # fmt: skip

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "forum"], name="memberships_by_body")]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="membership_dates"),
            models.CheckConstraint(condition=~Q(holder=F("deputy")), name="deputy_is_another_person"),
            ExclusionConstraint(
                name="one_membership_a_person",
                expressions=span("forum", "holder"),
                condition=Q(holder__isnull=False, refused_on=None),
                violation_error_message="This person is already a member of the forum in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.forum_id}"

    @property
    def present(self) -> Present:
        """What somebody counts as who is there for it."""
        return Present(self.organisation.kind, self.role, self.voting)

    @property
    def lacks_consent(self) -> bool:
        """Whether the convening body should have agreed to it, and no day of that is recorded."""
        return self.consented_on is None and needs_consent(self.forum.form, self.organisation.kind)


class Deputy(Dated):
    """A further deputy of a member, between two days; the first one stands with the membership itself."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="further_deputies")
    person = models.ForeignKey(Person, models.PROTECT, related_name="further_deputyships")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="deputy_dates"),
            ExclusionConstraint(
                name="one_deputyship_at_a_time",
                expressions=span("membership", "person"),
                violation_error_message="This person is already a deputy of the member in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.membership_id}"
