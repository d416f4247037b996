"""Functions, the legal bases of delegation, and delegations themselves: the edges of the authority graph."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .arrangements import Fund
from .forums import Forum
from .organisations import Dated, DatedQuerySet, Organisation, Place
from .people import Post


class Function(models.Model):
    """What a body is by law responsible for. Authority over the whole covers its parts; a reserved part beats it."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    family = models.CharField(max_length=40)
    owner_kind = models.CharField(max_length=20)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    delegable = models.BooleanField(default=True)
    bases = models.JSONField(default=list, help_text="Codes of the legal bases on which it may be delegated.")
    description = models.CharField(max_length=300, blank=True)
    further_approval = models.CharField(
        max_length=200, blank=True, help_text="What a decision needs besides authority."
    )
    further_approval_for = models.CharField(
        max_length=40, blank=True, help_text="Only for an accountable body of this kind or mark; empty: for all."
    )
    mark = models.CharField(max_length=1, blank=True, help_text="V confirmed, P partly confirmed, R to be confirmed.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LegalBasis(models.Model):
    """A basis for one combination of owner and recipient, with its source and how sure we are of it."""

    code = models.CharField(max_length=40)
    title = models.CharField(max_length=160)
    owner_kind = models.CharField(max_length=20)
    recipient_kind = models.CharField(max_length=20)
    internal = models.BooleanField(default=False, help_text="Inside one legal body: uses up no external step.")
    source = models.CharField(max_length=200)
    mark = models.CharField(max_length=1, help_text="V confirmed, P partly confirmed, R to be confirmed.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "owner_kind", "recipient_kind"], name="one_basis_per_combination")
        ]

    def __str__(self) -> str:
        return self.title


class Delegation(Dated):
    """An edge: a function passed from its holder to a forum, a body or a post, within limits, places and dates."""

    class Model(models.TextChoices):
        SEAT = "seat_at_table", "a voice, no authority"
        JOINT = "joint_decision", "decided jointly"
        DELEGATED = "delegated", "delegated"
        TRANSFERRED = "fully_devolved", "transferred"

    class LimitKind(models.TextChoices):
        WHOLE_LIFE = "whole_life", "for the whole life of a commitment"
        ANNUAL = "annual", "a financial year"

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        APPROVED = "approved", "approved by the accountable body"
        IN_FORCE = "in_force", "in force"
        SUSPENDED = "suspended", "suspended"
        ENDED = "ended", "ended"
        WITHDRAWN = "withdrawn", "withdrawn before it was approved"

    NEVER_APPROVED = (Status.DRAFT, Status.WITHDRAWN)
    # Ended without a last day, or before it came into force: nothing of it holds on any day.
    GONE = Q(status=Status.WITHDRAWN) | Q(status=Status.ENDED, ends=None) | Q(status=Status.ENDED, in_force_on=None)

    function = models.ForeignKey(Function, models.PROTECT, related_name="delegations")
    from_organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="delegations_made",
        help_text="The body whose authority is passed on.",
    )
    from_forum = models.ForeignKey(Forum, models.PROTECT, null=True, blank=True, related_name="delegations_made")
    from_post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="delegations_made")
    to_forum = models.ForeignKey(Forum, models.PROTECT, null=True, blank=True, related_name="delegations_held")
    to_organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="delegations_held"
    )
    to_post = models.ForeignKey(Post, models.PROTECT, null=True, blank=True, related_name="delegations_held")
    model = models.CharField(max_length=15, choices=Model, default=Model.DELEGATED)
    basis = models.CharField(max_length=40)
    instrument = models.CharField(
        max_length=160, help_text="The document and section, such as “scheme of delegation 4.2”."
    )
    limit = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="Pounds, inclusive; empty: none."
    )
    limit_kind = models.CharField(max_length=10, choices=LimitKind, default=LimitKind.WHOLE_LIFE)
    places = models.ManyToManyField(
        Place, blank=True, related_name="delegations", help_text="Empty: the holder's whole area."
    )
    review_on = models.DateField(null=True, blank=True)
    conditions = models.TextField(blank=True)
    onward_delegation_permitted = models.BooleanField(default=False)
    fund = models.ForeignKey(
        Fund, models.PROTECT, null=True, blank=True, related_name="delegations",
        help_text="The pooled fund that it draws on, whose limit is shared.",
    )  # fmt: skip
    urgent = models.BooleanField(default=False, help_text="A power for urgent cases only; its use must be ratified.")
    ratify_within = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Working days within which an urgent decision must be ratified."
    )
    assurance = models.TextField(
        blank=True, help_text="How the accountable body is kept satisfied that it is used well."
    )
    novates = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="novated_by",
        help_text="The delegation of a body that is no more, which this one carries on.",
    )  # fmt: skip
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Somebody else approves it.",
    )  # fmt: skip
    approved_on = models.DateField(null=True, blank=True, help_text="When the accountable body approved it.")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    in_force_on = models.DateField(
        null=True, blank=True, help_text="When it was brought into force. Empty: it never gave authority."
    )
    ended_on = models.DateField(
        null=True, blank=True, help_text="When its end was recorded; its last day may be another."
    )

    class Meta:
        indexes = [models.Index(fields=["function", "status"], name="delegations_by_function")]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="delegation_dates"),
            models.CheckConstraint(condition=Q(limit=None) | Q(limit__gte=0), name="delegation_limit"),
            models.CheckConstraint(
                condition=~Q(status__in=("in_force", "suspended")) | Q(in_force_on__isnull=False),
                name="delegation_in_force_since",
            ),
            models.CheckConstraint(condition=Q(from_forum=None) | Q(from_post=None), name="delegation_one_source"),
            models.CheckConstraint(
                condition=Q(urgent=False) | Q(to_post__isnull=False), name="urgent_power_of_a_named_post"
            ),
            models.CheckConstraint(
                condition=Q(to_forum__isnull=False, to_organisation=None, to_post=None)
                | Q(to_forum=None, to_organisation__isnull=False, to_post=None)
                | Q(to_forum=None, to_organisation=None, to_post__isnull=False),
                name="delegation_one_recipient",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}"

    @property
    def never_in_force(self) -> bool:
        """Whether it ended before it came into force."""
        return self.status == self.Status.ENDED and self.in_force_on is None


class DelegationReview(models.Model):
    """A review of a delegation: a dated event, not a state."""

    class Outcome(models.TextChoices):
        KEPT = "kept", "kept as it is"
        CHANGED = "changed", "to be changed"
        ENDED = "ended", "to be ended"

    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="reviews")
    held_on = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    note = models.TextField(blank=True, help_text="Whether it is used well, and within its terms.")
    next_review_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-held_on", "-id"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.held_on}"


class Suspension(Dated):
    """Days on which a delegation gave no authority. The last one is open while it is suspended."""

    delegation = models.ForeignKey(Delegation, models.PROTECT, related_name="suspensions")
    reason = models.TextField(blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="suspension_dates")
        ]

    def __str__(self) -> str:
        return f"{self.starts} to {self.ends or 'further notice'}"
