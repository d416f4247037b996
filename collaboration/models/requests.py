"""Information requests between bodies, and risks that they share."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from partnerships.models import Forum, Organisation, Person

from .audiences import Readers, body_only


class InformationRequest(models.Model):
    """One body asks another for information by a day. A refusal counts as met when it names its lawful reason."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        ANSWERED = "answered", "answered"
        REFUSED = "refused", "refused with a reason"
        WITHDRAWN = "withdrawn", "withdrawn"

    asker = models.ForeignKey(Organisation, models.PROTECT, related_name="requests_made")
    asked = models.ForeignKey(Organisation, models.PROTECT, related_name="requests_received")
    title = models.CharField(max_length=200)
    text = models.TextField(help_text="What is asked for, and what it is for.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_on = models.DateField()
    due_on = models.DateField(help_text="The agreed day; only the asker moves it.")
    first_due_on = models.DateField(help_text="The day first agreed; stays.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)
    refusal = models.TextField(blank=True, help_text="The lawful reason.")
    closed_on = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(asker=F("asked")), name="request_between_two_bodies"),
            models.CheckConstraint(condition=Q(due_on__gte=F("asked_on")), name="request_dates"),
        ]
        indexes = [models.Index(fields=["asked", "due_on"], name="requests_by_due")]

    def __str__(self) -> str:
        return self.title


class RequestAudience(Readers):
    """Who may read a request: who asks and who is asked."""

    request = models.ForeignKey(InformationRequest, models.CASCADE, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["request", "organisation"], name="audience_of_request"),
            models.Index(fields=["organisation", "request"], name="requests_of_audience"),
        ]
        constraints = [body_only("request_audience_body")]


class SharedRisk(models.Model):
    """A risk to what partners agreed: who owns it, what is done about it, when it is looked at next."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"

    host = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="The body that keeps the entry.")
    forum = models.ForeignKey(Forum, models.PROTECT, null=True, blank=True, related_name="risks")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    owner = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="risks_owned")
    owner_person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    mitigation = models.TextField(blank=True)
    review_on = models.DateField(null=True, blank=True, help_text="When it is looked at next.")
    reviewed_on = models.DateField(null=True, blank=True, help_text="When it was looked at last.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    raised_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)
    closed_why = models.TextField(blank=True, help_text="Why it is no longer a risk to what was agreed.")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(fields=["owner", "state"], name="risks_by_owner")]

    def __str__(self) -> str:
        return self.title


class RiskAudience(Readers):
    """Who may read a risk: who keeps it, who owns it, who shares it."""

    risk = models.ForeignKey(SharedRisk, models.CASCADE, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["risk", "organisation"], name="audience_of_risk"),
            models.Index(fields=["organisation", "risk"], name="risks_of_audience"),
        ]
        constraints = [body_only("risk_audience_body")]
