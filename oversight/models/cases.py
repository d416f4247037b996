"""Cases: a concern on its way through the escalation process, its steps, its urgent overrides, its private notes.

What the raiser of a concern in confidence does is kept without person and body: the side alone says who it was. So
nothing that a respondent may read can name the raiser, however it is read.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from collaboration.models import Concern
from partnerships.models import Organisation

REFERENCE_PREFIX = "C"


class Side(models.TextChoices):
    """From which side something was said or done."""

    RAISER = "raiser", "who raised it"
    RESPONDENT = "respondent", "respondent"
    HOLDER = "holder", "holder"
    OVERSEER = "overseer", "region"
    AFFECTED = "affected", "affected system"
    THIRD_PARTY = "third_party", "independent third party"
    SYSTEM = "system", "the system"


class Said(models.Model):
    """Something that one side put on the file. A raiser in confidence leaves neither person nor body."""

    side = models.CharField(max_length=12, choices=Side)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class Case(models.Model):
    """A concern in the process: where it stands, who holds it, until when. Moved by `actions.cases.move` alone."""

    class Stage(models.TextChoices):
        RAISED = "raised", "raised"
        INFORMAL = "informal_resolution", "informal resolution"
        FACILITATED = "facilitated_resolution", "facilitated resolution"
        DISPUTE = "dispute_resolution", "dispute resolution"
        REVIEW = "oversight_review", "oversight review"
        SUPPORT = "support", "support"
        ENFORCEMENT = "enforcement", "enforcement"
        CLOSED = "closed", "closed"

    class Outcome(models.TextChoices):
        RESOLVED = "resolved", "resolved"
        NOT_UPHELD = "not_upheld", "not upheld"
        SHARED_CAUSE = "shared_cause", "shared cause: nobody's failure alone"
        NO_ACTION = "no_action", "no action"
        NOT_FOR_THIS = "not_for_this_process", "not for this process"
        WITHDRAWN = "withdrawn", "withdrawn"
        SUPERSEDED = "superseded", "continued in another case"
        SUPPORT_ENDED = "support_ended", "support ended, its exit criteria met"
        MEASURE_ENDED = "measure_ended", "measure ended"

    reference = models.CharField(max_length=20, unique=True)
    concern = models.OneToOneField(Concern, models.PROTECT, related_name="case")
    stage = models.CharField(max_length=24, choices=Stage, default=Stage.RAISED)
    last_stage = models.CharField(max_length=24, choices=Stage, blank=True, help_text="The stage before this one.")
    holder = models.ForeignKey(Organisation, models.PROTECT, related_name="cases_held")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cases_led",
        help_text="Who works on it at the holder.",
    )  # fmt: skip
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="cases_reviewed",
        help_text="Who leads the oversight review: nobody who was involved before.",
    )  # fmt: skip
    opened_on = models.DateField()
    stage_since = models.DateField()
    due_on = models.DateField(null=True, blank=True, help_text="Stored, not recomputed; empty means no clock.")
    version = models.PositiveIntegerField(default=1, help_text="Counts the moves, so that nobody moves what has moved.")
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True)
    signpost = models.TextField(blank=True, help_text="Where it belongs, when it is not for this process.")
    shared_cause = models.BooleanField(default=False)
    learnt = models.TextField(blank=True)
    closed_on = models.DateField(null=True, blank=True)
    lead_case = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="linked_cases",
        help_text="The case about the same facts that carries the lead, the reply and the count.",
    )  # fmt: skip
    overridden = models.BooleanField(default=False, help_text="Went to oversight review by an urgent override; stays.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(stage="closed") & Q(closed_on__isnull=False) & ~Q(outcome=""))
                | (~Q(stage="closed") & Q(closed_on=None, outcome="")),
                name="case_closed_with_outcome",
            ),
            models.CheckConstraint(condition=~Q(lead_case=models.F("id")), name="case_not_linked_to_itself"),
        ]
        indexes = [
            models.Index(fields=["stage", "due_on", "id"], name="cases_by_stage"),
            models.Index(fields=["holder", "stage", "due_on"], name="cases_by_holder"),
            models.Index(fields=["-opened_on", "-id"], name="cases_newest"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.stage != self.Stage.CLOSED


class Step(Said):
    """One line of the timeline: an event of the process, between which stages, and the reason given."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="steps")
    event = models.CharField(max_length=32)
    source = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=24)
    on = models.DateField()
    at = models.DateTimeField(db_default=Now(), editable=False)
    reason = models.TextField(blank=True)
    note = models.TextField(blank=True, help_text="What followed from it, in our words.")

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="steps_of_a_case")]

    def __str__(self) -> str:
        return f"{self.event} of {self.case_id}"


class Override(models.Model):
    """An urgent move to oversight review: asked for by one person, confirmed by another of the receiving region."""

    class Risk(models.TextChoices):
        PATIENTS = "patients", "a risk to patients"
        DUTY = "statutory_duty", "a risk to a statutory duty"

    case = models.ForeignKey(Case, models.CASCADE, related_name="overrides")
    target = models.CharField(max_length=24, default=Case.Stage.REVIEW)
    region = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="The receiving body.")
    risk = models.CharField(max_length=16, choices=Risk)
    reason = models.TextField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="Whose person asked.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(confirmed_by=None), name="one_override_waits_for_its_second_person"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("asked_by")), name="override_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk} in {self.case_id}"


class CaseNote(models.Model):
    """A note of the holder on the file; a restricted one is read by the holder and the regions alone."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notes")
    text = models.TextField()
    restricted = models.BooleanField(default=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"note on {self.case_id}"


class Commitment(models.Model):
    """What a body promised when the case was closed, or to settle it: done by a day, and confirmed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="commitments")
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="commitments")
    title = models.CharField(max_length=300)
    due_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    confirmed_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "due_on"], name="commitments_of_a_body")]

    def __str__(self) -> str:
        return self.title
