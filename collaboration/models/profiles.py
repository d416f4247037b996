"""Profiles: five scores, each with its readings. Never an overall number, never an NHS England rating."""

from django.db import models
from django.db.models.functions import Now

from partnerships.models import Organisation

from .frameworks import Framework


class Profile(models.Model):
    """What the register showed of one subject in the twelve months that end on `as_of`."""

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="profiles")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    as_of = models.DateField()
    engine = models.CharField(max_length=20, help_text="Version of the scoring code.")
    inputs = models.CharField(max_length=64, help_text="SHA-256 of all readings: equal inputs give equal rows.")
    scored_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "framework", "as_of"], name="one_profile_a_month")]
        indexes = [models.Index(fields=["framework", "as_of", "subject"], name="profiles_by_month")]

    def __str__(self) -> str:
        return f"{self.subject_id} at {self.as_of}"


class Score(models.Model):
    """One characteristic of a profile: 0 to 100 with its interval; no score without enough evidence."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="scores")
    characteristic = models.CharField(max_length=2)
    score = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    low = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    high = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    band = models.CharField(max_length=20)
    coverage = models.DecimalField(max_digits=4, decimal_places=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "characteristic"], name="one_score_a_characteristic")]

    def __str__(self) -> str:
        return f"{self.characteristic} {self.score}"


class Reading(models.Model):
    """One indicator of a profile: counted records, points, and what it adds to its characteristic's score."""

    class State(models.TextChoices):
        MEASURED = "measured", "measured"
        NOT_APPLICABLE = "not_applicable", "not applicable"
        MISSING = "missing", "missing"

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="readings")
    indicator = models.CharField(max_length=4)
    state = models.CharField(max_length=15, choices=State)
    numerator = models.DecimalField(max_digits=12, decimal_places=2)
    denominator = models.DecimalField(max_digits=12, decimal_places=2)
    points = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    low = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    high = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    weight = models.DecimalField(max_digits=5, decimal_places=4)
    adds = models.DecimalField(max_digits=4, decimal_places=1, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "indicator"], name="one_reading_an_indicator")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.numerator}/{self.denominator}"
