"""Feedback of partners on a body: one vote an organisation and round, shown only from three organisations on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from collaboration.feedback_results import FEWEST
from partnerships.models import Organisation

from .audiences import Readers, body_only
from .frameworks import Framework


class FeedbackRound(models.Model):
    """A round in which the partners of a body are asked about working with it."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"
        CANCELLED = "cancelled", "cancelled"

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="feedback_rounds")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="+")
    host = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="The body that runs the round.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_on = models.DateField()
    closes_on = models.DateField(help_text="Last day for answers.")
    closed_on = models.DateField(null=True, blank=True)
    asked = models.PositiveSmallIntegerField(default=0, help_text="Organisations asked; set at closing.")
    answered = models.PositiveSmallIntegerField(
        default=0, help_text="Organisations that answered, from three on; 0 below."
    )
    reason = models.TextField(blank=True, help_text="Why it was cancelled.")

    class Meta:
        indexes = [models.Index(fields=["subject", "-closed_on"], name="rounds_of_a_body")]
        constraints = [
            models.CheckConstraint(condition=Q(closes_on__gte=models.F("opened_on")), name="round_dates"),
            models.UniqueConstraint(fields=["subject"], condition=Q(state="open"), name="one_open_round_a_body"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} from {self.opened_on}"

    @property
    def is_suppressed(self) -> bool:
        """Closed with too few answers to show anything."""
        return self.state == self.State.CLOSED and self.answered < FEWEST


class FeedbackAudience(Readers):
    """Who may read a round: its host, the subject, those invited, the region. None of it says who answered what."""

    round = models.ForeignKey(FeedbackRound, models.CASCADE, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["round", "organisation"], name="audience_of_round"),
            models.Index(fields=["organisation", "round"], name="rounds_of_audience"),
        ]
        constraints = [body_only("feedback_audience_body")]


class FeedbackInvitation(models.Model):
    """An organisation asked in a round. Read by itself and the host; never by the subject."""

    round = models.ForeignKey(FeedbackRound, models.CASCADE, related_name="invitations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="feedback_invitations")
    answered_on = models.DateField(null=True, blank=True)
    declined_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "organisation"], name="one_vote_an_organisation")]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.round_id}"


class FeedbackResponse(models.Model):
    """What one organisation answered. Read by that organisation alone, whoever runs the round."""

    invitation = models.OneToOneField(FeedbackInvitation, models.CASCADE, related_name="response")
    ratings = models.JSONField(default=dict, help_text="Feedback item -> rating code.")
    comment = models.TextField(blank=True, help_text="Shown without a name, from three organisations on.")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"response {self.invitation_id}"


class FeedbackResult(models.Model):
    """What a closed round came to for one item, or for a characteristic (`item` empty): never below three bodies.

    Read by the subject, the host and those who oversee it, not by those who were asked: who knows its own answer would
    know the others' too well.
    """

    round = models.ForeignKey(FeedbackRound, models.CASCADE, related_name="results")
    characteristic = models.CharField(max_length=2)
    item = models.CharField(max_length=8, blank=True)
    organisations = models.PositiveSmallIntegerField()
    mean = models.DecimalField(max_digits=4, decimal_places=3, help_text="Mean of the organisations' means, 0 to 3.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "characteristic", "item"], name="one_result_an_item"),
            models.CheckConstraint(condition=Q(organisations__gte=FEWEST), name="result_of_three_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.item or self.characteristic} of {self.round_id}"


class FeedbackComment(models.Model):
    """A comment of a closed round, without its author, in an order of its own."""

    round = models.ForeignKey(FeedbackRound, models.CASCADE, related_name="comments")
    place = models.PositiveSmallIntegerField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "place"], name="one_comment_a_place")]

    def __str__(self) -> str:
        return f"comment {self.place} of {self.round_id}"
