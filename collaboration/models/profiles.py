"""Profiles: five scores, each with its readings. Never an overall number, never an NHS England rating."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from partnerships.models import Organisation

from .frameworks import Framework


class ProfileMonth(models.Model):
    """A month of profiles: previewed to its subjects for ten working days, then frozen for good."""

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    as_of = models.DateField(help_text="Last day of the month.")
    previewed_on = models.DateField()
    freezes_on = models.DateField(help_text="Ten working days later.")
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["framework", "as_of"], name="one_preview_a_month")]

    def __str__(self) -> str:
        return f"{self.as_of}"


class Profile(models.Model):
    """What the three sources showed of one subject in the twelve months that end on `as_of`."""

    class State(models.TextChoices):
        RUNNING = "running", "the month is still running"
        PREVIEW = "preview", "previewed to its subject"
        FROZEN = "frozen", "frozen"

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="profiles")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    as_of = models.DateField()
    engine = models.CharField(max_length=20, help_text="Version of the scoring code.")
    inputs = models.CharField(max_length=64, help_text="SHA-256 of all readings: equal inputs give equal rows.")
    scored_at = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    restatement = models.PositiveSmallIntegerField(default=0, help_text="0: as first frozen; 1 and up: recalculated.")
    reason = models.TextField(blank=True, help_text="Why it was recalculated.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "framework", "as_of", "restatement"], name="one_profile_a_month_and_restatement"
            ),
        ]
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


class RecordQuery(models.Model):
    """A subject's objection to one record behind a number: it does not count until its keeper has answered."""

    class State(models.TextChoices):
        OPEN = "open", "waits for the keeper"
        UPHELD = "upheld", "the record was wrong"
        REJECTED = "rejected", "the record stands"
        WITHDRAWN = "withdrawn", "withdrawn"

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="record_queries")
    keeper = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="The body that must answer.")
    as_of = models.DateField(help_text="The month in which it was queried.")
    indicator = models.CharField(max_length=4)
    record_kind = models.CharField(max_length=30, help_text="Model name of the record: decision, action, attendance.")
    record_id = models.BigIntegerField()
    text = models.TextField(help_text="What is wrong with it.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_on = models.DateField()
    due_on = models.DateField(help_text="Until when the keeper answers.")
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "record_kind", "record_id"],
                condition=models.Q(state="open"),
                name="one_open_query_a_record",
            )
        ]
        indexes = [models.Index(fields=["record_kind", "record_id"], name="queries_by_record")]

    def __str__(self) -> str:
        return f"{self.record_kind} {self.record_id}"


class StaleProfile(models.Model):
    """A body whose records changed since it was scored: it is scored again within a minute, and its page says so."""

    subject = models.OneToOneField(Organisation, models.CASCADE, related_name="stale_profile")
    sequence = models.BigIntegerField(help_text="The entry of the audit trail that changed it last.")
    since = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.subject_id}"


class ScoringCursor(models.Model):
    """How far scoring has read the audit trail; one row."""

    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.sequence)


class PeriodReading(models.Model):
    """An indicator, or a characteristic, from one month's or quarter's records alone: what the XmR chart judges."""

    subject = models.ForeignKey(Organisation, models.CASCADE, related_name="period_readings")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    code = models.CharField(max_length=4, help_text="Code of an indicator or of a characteristic.")
    starts = models.DateField()
    ends = models.DateField()
    numerator = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    denominator = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    points = models.DecimalField(max_digits=4, decimal_places=1, help_text="0 to 100.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "framework", "code", "starts", "ends"], name="one_period_reading"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.subject_id}, {self.starts}"
