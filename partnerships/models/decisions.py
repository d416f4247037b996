"""Decisions and the actions that follow. Guarded: read through an audience, or by everyone once released."""

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from .arrangements import SpatialLevel
from .delegations import Delegation, Function
from .forums import Forum
from .meetings import AgendaItem, Meeting
from .organisations import Organisation, Place
from .people import Audience, Person


class Series(models.Model):
    """The running number of references, per host and year."""

    prefix = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="one_series_per_year")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:04d}"


class Decision(models.Model):
    """A partnership decision: what, by whom, on what authority, why. Once agreed it is never edited, only corrected."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "proposed"
        AGREED = "agreed", "agreed"
        DEFERRED = "deferred", "deferred"
        NOT_AGREED = "not_agreed", "not agreed"
        IMPLEMENTED = "implemented", "implemented"
        REVIEWED = "reviewed", "reviewed"
        SUPERSEDED = "superseded", "superseded"
        RESCINDED = "rescinded", "rescinded"

    class Kind(models.TextChoices):
        DECIDE = "decide", "decide"
        RECOMMEND = "recommend", "recommend"
        ENDORSE = "endorse", "endorse"
        NOTE = "note", "note"

    class Weight(models.TextChoices):
        PROCEDURAL = "procedural", "procedural"
        ROUTINE = "routine", "routine"
        SIGNIFICANT = "significant", "significant"

    class Means(models.TextChoices):
        MEETING = "meeting", "at a meeting"
        CORRESPONDENCE = "correspondence", "by correspondence"
        URGENT = "urgent", "by urgent power"

    class Check(models.TextChoices):
        OPEN = "", "not said yet"
        DONE = "done", "done"
        NOT_NEEDED = "not_needed", "not needed"

    reference = models.CharField(max_length=30, unique=True)
    forum = models.ForeignKey(Forum, models.PROTECT, related_name="decisions")
    meeting = models.ForeignKey(Meeting, models.PROTECT, null=True, blank=True, related_name="decisions")
    item = models.ForeignKey(AgendaItem, models.SET_NULL, null=True, blank=True, related_name="decisions")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DECIDE)
    weight = models.CharField(max_length=12, choices=Weight, default=Weight.ROUTINE)
    means = models.CharField(max_length=15, choices=Means, default=Means.MEETING)
    decided_on = models.DateField(null=True, blank=True)

    function = models.ForeignKey(Function, models.PROTECT, null=True, blank=True, related_name="decisions")
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="Pounds, whole life."
    )
    places = models.ManyToManyField(Place, blank=True, related_name="decisions")
    level = models.CharField(max_length=15, choices=SpatialLevel, blank=True)
    subsidiarity = models.JSONField(
        default=dict, blank=True, help_text="Answers to the five questions, when above place."
    )

    options = models.TextField(blank=True)
    effect_health = models.TextField(blank=True)
    effect_quality = models.TextField(blank=True)
    effect_resources = models.TextField(blank=True)
    effect_inequalities = models.TextField(blank=True)
    engagement = models.CharField(max_length=12, choices=Check, blank=True)
    engagement_note = models.TextField(blank=True)
    equality = models.CharField(max_length=12, choices=Check, blank=True)
    equality_note = models.TextField(blank=True)
    departures = models.TextField(blank=True, help_text="Dissent and reasoned departures, in the member's own words.")
    review_on = models.DateField(null=True, blank=True)
    outcome_note = models.TextField(blank=True, help_text="Why deferred or not agreed.")
    authority_was_missing = models.BooleanField(default=False, help_text="Deferred because a member could not decide.")

    lead_officer = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="decisions_led")
    accountable_body = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    papers_issued_on = models.DateField(null=True, blank=True)
    complete_at_issue = models.BooleanField(
        null=True, help_text="Effects, inequalities and options complete with the papers."
    )
    authority_status = models.CharField(max_length=20, blank=True)
    authority_answer = models.JSONField(null=True, blank=True, help_text="The resolver's answer as it stood that day.")

    version = models.PositiveSmallIntegerField(default=1)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")
    correction_reason = models.TextField(blank=True)
    urgent_power = models.ForeignKey(
        Delegation, models.PROTECT, null=True, blank=True, related_name="used_in",
        help_text="The delegation to a post on which an urgent decision rests.",
    )  # fmt: skip
    ratify_by = models.DateField(null=True, blank=True, help_text="For one taken by urgent power.")
    ratified_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="ratifies",
        help_text="The decision of the forum that ratified it.",
    )  # fmt: skip
    released_at = models.DateTimeField(null=True, blank=True)
    withheld_reason = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-decided_on", "-id"]
        permissions = [("contribute_decision", "Can help with the draft of this decision")]
        indexes = [
            models.Index(fields=["-decided_on", "-id"], name="decisions_newest_first"),
            models.Index(fields=["forum", "-decided_on", "-id"], name="decisions_by_forum"),
            models.Index(
                F("decided_on").desc(), F("id").desc(), condition=Q(released_at__isnull=False), name="public_register"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="decision_amount"),
            models.CheckConstraint(
                condition=Q(released_at=None) | ~Q(state__in=["draft", "proposed", "deferred"]),
                name="release_after_agreement",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_editable(self) -> bool:
        """Drafts and proposals may be edited; what was agreed may only be corrected by a new version."""
        return self.state in (self.State.DRAFT, self.State.PROPOSED)


class DecisionGrant(UserObjectPermissionBase):
    """django-guardian's grant of one decision to one person, by direct foreign key."""

    content_object = models.ForeignKey(Decision, models.CASCADE, related_name="grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class DecisionAudience(Audience):
    """Who may read a decision before it is released: bodies, or a person through a grant."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="audience")
    grant = models.OneToOneField(DecisionGrant, models.CASCADE, null=True, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["decision", "organisation"], name="audience_of_decision"),
            models.Index(fields=["organisation", "decision"], name="decisions_of_audience"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False, user=None, grant=None)
                | Q(organisation=None, user__isnull=False, grant__isnull=False),
                name="decision_audience_body_or_person",
            )
        ]


class DecisionLead(models.Model):
    """A body that leads a decision; co-leads share it equally."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="leads")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="decisions_led")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "organisation"], name="one_lead_per_body")]
        indexes = [models.Index(fields=["organisation", "decision"], name="decisions_by_lead")]

    def __str__(self) -> str:
        return f"{self.organisation_id} leads {self.decision_id}"


class Action(models.Model):
    """A commitment that follows from a decision. Its owner accepts it, only the forum re-dates it."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "waits for its owner"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"
        DONE = "done", "done, not confirmed"
        CONFIRMED = "confirmed", "confirmed by the forum"
        WITHDRAWN = "withdrawn", "withdrawn"

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="actions")
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="actions")
    owner_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="actions")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_on = models.DateField()
    accepted_on = models.DateField(null=True, blank=True)
    original_due = models.DateField()
    due = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    evidence = models.TextField(blank=True)
    confirmed_on = models.DateField(null=True, blank=True)
    slippage_told_on = models.DateField(null=True, blank=True)
    recovery_plan = models.TextField(blank=True)
    plan_accepted_on = models.DateField(null=True, blank=True)
    progress = models.TextField(blank=True)

    class Meta:
        ordering = ["due", "id"]
        indexes = [
            models.Index(fields=["due", "id"], name="actions_by_due"),
            models.Index(fields=["owner", "original_due", "id"], name="actions_by_owner"),
            models.Index(fields=["decision", "id"], name="actions_by_decision"),
        ]

    def __str__(self) -> str:
        return f"A-{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done by its owner."""
        return self.state in (self.State.PROPOSED, self.State.ACCEPTED)
