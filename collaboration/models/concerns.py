"""Concerns about how bodies collaborate, and the private notes of informal attempts before them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionBase

from partnerships.models import Organisation, Place

from .audiences import Readers, body_or_grant


class InformalAttempt(models.Model):
    """A private note of two bodies: what was tried and what came of it. Visible to both only, never scored."""

    class Outcome(models.TextChoices):
        SETTLED = "settled", "settled"
        NOT_SETTLED = "not_settled", "not settled"
        DECLINED = "declined", "the invitation was declined"

    kept_by = models.ForeignKey(Organisation, models.PROTECT, related_name="attempts_kept")
    other = models.ForeignKey(Organisation, models.PROTECT, related_name="attempts_shared")
    held_on = models.DateField()
    tried = models.TextField(help_text="What was tried, and by whom.")
    outcome = models.CharField(max_length=12, choices=Outcome)
    note = models.TextField(blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(kept_by=F("other")), name="attempt_between_two_bodies")]

    def __str__(self) -> str:
        return f"{self.held_on}"


class Concern(models.Model):
    """What is alleged about the collaboration of one or more bodies. Who raised it is a row of its own."""

    title = models.CharField(max_length=200)
    facts = models.TextField(help_text="What happened, as the raiser sees it; put to each respondent at acceptance.")
    wanted = models.TextField(blank=True, help_text="What would settle it.")
    system = models.ForeignKey(
        Organisation, models.PROTECT, related_name="concerns_arisen", help_text="The ICB of the place it arose in."
    )
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+")
    counterparty = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The other party to the contract at issue, where there is one.",
    )  # fmt: skip
    behaviours = models.JSONField(default=list, help_text="Codes of the expected behaviours at issue.")
    characteristics = models.JSONField(default=list, help_text="Codes of the characteristics they speak to.")
    in_confidence = models.BooleanField(default=False)
    raised_on = models.DateField()
    settled_at = models.CharField(max_length=24, blank=True, help_text="The stage at which it was settled.")
    closed_on = models.DateField(null=True, blank=True)
    attempts = models.ManyToManyField(InformalAttempt, related_name="concerns", blank=True)

    def __str__(self) -> str:
        return self.title


class ConcernGrant(UserObjectPermissionBase):
    """django-guardian's grant of one concern to one person: the third party of a dispute resolution."""

    content_object = models.ForeignKey(Concern, models.CASCADE, related_name="grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class ConcernAudience(Readers):
    """Who may read a concern and its case. A respondent's row begins when the allegation is put to it."""

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="audience")
    grant = models.OneToOneField(ConcernGrant, models.CASCADE, null=True, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["concern", "organisation"], name="audience_of_concern"),
            models.Index(fields=["organisation", "concern"], name="concerns_of_audience"),
        ]
        constraints = [body_or_grant("concern_audience_body_or_person")]


class ConcernRaiser(models.Model):
    """Who raised a concern. In confidence it is hidden from the respondents by the database itself."""

    concern = models.OneToOneField(Concern, models.CASCADE, related_name="raiser")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="concerns_raised")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"raiser of {self.concern_id}"


class ConcernRespondent(models.Model):
    """A body that the concern is about, and when the allegation was put to it."""

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="respondents")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="concerns_about")
    put_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["concern", "organisation"], name="one_respondent_a_body")]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.concern_id}"
