"""Signals: what a rule noticed in profiles, for a person to look at. No rule ever moves a case."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from collaboration.models import Concern
from partnerships.models import Organisation


class SignalRuleSet(models.Model):
    """One version of the rules that make signals, loaded from `oversight/rulesets`. A used version is never changed."""

    code = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    content = models.JSONField()
    active = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_ruleset_version"),
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="one_active_ruleset"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class Signal(models.Model):
    """A rule that fired for one body: to be dismissed with a reason, watched, or raised as a concern."""

    class State(models.TextChoices):
        NEW = "new", "waits for triage"
        WATCHED = "watched", "watched"
        DISMISSED = "dismissed", "dismissed"
        RAISED = "raised", "raised as a concern"

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="signals")
    holder = models.ForeignKey(
        Organisation, models.PROTECT, related_name="signals_held",
        help_text="Who triages: the lead ICB, or the region when the body is an ICB.",
    )  # fmt: skip
    ruleset = models.ForeignKey(SignalRuleSet, models.PROTECT, related_name="signals")
    rule = models.CharField(max_length=40)
    characteristic = models.CharField(max_length=2, blank=True)
    as_of = models.DateField(help_text="The month of the profile in which it fired.")
    clause = models.TextField(help_text="Which clause fired, with its numbers, in words.")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    fired_on = models.DateField()
    due_on = models.DateField(help_text="Ten working days for triage; then it shows at the region.")
    reason = models.TextField(blank=True, help_text="Why it was dismissed, or what is watched.")
    watch_until = models.DateField(null=True, blank=True)
    triaged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    triaged_on = models.DateField(null=True, blank=True)
    concern = models.ForeignKey(Concern, models.PROTECT, null=True, blank=True, related_name="signals")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "rule", "characteristic"],
                condition=Q(state__in=["new", "watched"]),
                name="one_open_signal_a_rule",
            )
        ]
        indexes = [models.Index(fields=["holder", "state", "due_on"], name="signals_by_holder")]

    def __str__(self) -> str:
        return f"{self.rule} for {self.subject_id}"
