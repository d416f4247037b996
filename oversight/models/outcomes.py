"""What an oversight review finds and what follows: support, or a measure of enforcement, with the way out of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from partnerships.models import Organisation

from .case_file import Fact
from .cases import Case


class Finding(models.Model):
    """What the review found about one respondent. An adverse one needs its reply, or the end of its window."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="findings")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    adverse = models.BooleanField()
    text = models.TextField()
    facts = models.ManyToManyField(Fact, related_name="findings", blank=True)
    found_on = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"finding in {self.case_id}"


class Measure(models.Model):
    """A measure of enforcement: its ground in law, the test that is met, its notice, and how it ends."""

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        NOTICE = "notice", "notice of intent given"
        FINAL = "final", "in force"
        APPEALED = "appealed", "appealed: suspended"
        ENDED = "ended", "ended"

    case = models.ForeignKey(Case, models.CASCADE, related_name="measures")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=32, help_text="A kind of `measures.MEASURES`.")
    legal_basis = models.TextField(help_text="The licence condition or the statutory duty.")
    test = models.TextField(help_text="The legal test, and why it is met.")
    process = models.TextField(help_text="The steps of the measure's own process.")
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    notice_on = models.DateField(null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Days of notice, not working days.")
    representations = models.TextField(blank=True)
    undertakings = models.TextField(blank=True, help_text="What the body offered to do.")
    final_on = models.DateField(null=True, blank=True)
    appealed_on = models.DateField(null=True, blank=True)
    appeal_outcome = models.TextField(blank=True)
    ended_on = models.DateField(null=True, blank=True)
    certificate = models.TextField(blank=True, help_text="The certificate of compliance, or why it ended otherwise.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(notice_on=None) | Q(ended_on__gte=F("notice_on")), name="measure_dates"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.case_id}"


class Criterion(models.Model):
    """An exit criterion of support or of a measure."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="criteria")
    measure = models.ForeignKey(Measure, models.CASCADE, null=True, blank=True, related_name="criteria")
    text = models.CharField(max_length=300)
    met_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.text
