"""Clocks of a case: the time of a stage, its pauses, more time. Due dates are stored, and not recomputed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from .cases import Case


class StageClock(models.Model):
    """The time that a stage has, in working days of England. No days: no clock, and never breached."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="clocks")
    stage = models.CharField(max_length=24, choices=Case.Stage)
    started_on = models.DateField()
    days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Working days, extensions included.")
    due_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_on=None), name="one_running_clock_a_case"),
            models.CheckConstraint(
                condition=Q(days=None, due_on=None) | Q(days__isnull=False, due_on__isnull=False),
                name="clock_with_days_has_due_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.case_id}"


class Approved(models.Model):
    """Asked for by one person, approved by another; a raiser in confidence leaves no name."""

    reason = models.TextField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty for a raiser in confidence.",
    )  # fmt: skip
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def two_people(name: str) -> models.CheckConstraint:
    """Who approves is not who asked."""
    return models.CheckConstraint(condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by")), name=name)


class Pause(Approved):
    """A clock stands still from its first day to its last, both included; it counts once it is approved."""

    clock = models.ForeignKey(StageClock, models.CASCADE, related_name="pauses")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text="Last day; empty while it goes on.")

    class Meta:
        constraints = [
            two_people("pause_by_two_people"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="pause_dates"),
            models.UniqueConstraint(fields=["clock"], condition=Q(ends=None), name="one_pause_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"pause from {self.starts}"


class Extension(Approved):
    """More working days for a clock; they count once they are approved."""

    clock = models.ForeignKey(StageClock, models.CASCADE, related_name="extensions")
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            two_people("extension_by_two_people"),
            models.CheckConstraint(condition=Q(days__gte=1), name="extension_of_a_day_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.days} more working days"
