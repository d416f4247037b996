"""The file of a case, with two sides: facts and the answers to them, evidence, the right of reply, what was agreed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from collaboration.models import Evidence, Profile
from partnerships.models import Decision, Organisation

from .cases import Case, Said, Side


class Fact(models.Model):
    """One fact as one side states it, and how it stands with the others."""

    class State(models.TextChoices):
        AWAITING = "awaiting", "awaiting reply"
        AGREED = "agreed", "agreed"
        DISPUTED = "disputed", "disputed"

    case = models.ForeignKey(Case, models.CASCADE, related_name="facts")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    by_side = models.CharField(max_length=12, choices=Side)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Whose statement it is; empty for a raiser in confidence.",
    )  # fmt: skip
    added_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.AWAITING)
    reply_due = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="one_fact_a_number")]

    def __str__(self) -> str:
        return f"fact {self.number} of {self.case_id}"


class FactReply(Said):
    """Whether a side agrees with a fact, in its own words; a later reply of the same side replaces nothing."""

    fact = models.ForeignKey(Fact, models.CASCADE, related_name="replies")
    agrees = models.BooleanField()
    text = models.TextField(blank=True)
    on = models.DateField()
    at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"reply to {self.fact_id}"


class CaseEvidence(models.Model):
    """Evidence linked to a case, never copied: a decision, a profile as of its day, a file, an address."""

    class Kind(models.TextChoices):
        DECISION = "decision", "decision"
        PROFILE = "profile", "profile"
        FILE = "file", "file"
        LINK = "link", "link"

    case = models.ForeignKey(Case, models.CASCADE, related_name="evidence")
    fact = models.ForeignKey(Fact, models.SET_NULL, null=True, blank=True, related_name="evidence")
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=200)
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, blank=True, related_name="case_evidence")
    profile = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="case_evidence")
    evidence = models.ForeignKey(Evidence, models.PROTECT, null=True, blank=True, related_name="case_evidence")
    url = models.URLField(max_length=500, blank=True)
    restricted = models.BooleanField(
        default=False, help_text="Read by the holder, the regions and who added it; no finding may rest on it."
    )
    by_side = models.CharField(max_length=12, choices=Side)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty for what a raiser in confidence shows to everyone.",
    )  # fmt: skip
    added_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="decision", decision__isnull=False)
                | Q(kind="profile", profile__isnull=False)
                | Q(kind="file", evidence__isnull=False)
                | Q(kind="link", url__gt=""),
                name="case_evidence_has_what_its_kind_needs",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Reply(models.Model):
    """The right of reply of one respondent on one occasion: its window, and what it said."""

    class Occasion(models.TextChoices):
        ALLEGATION = "allegation", "the allegation"
        FACILITATION = "facilitation", "the facilitation record"
        FINDINGS = "findings", "the review's findings"

    case = models.ForeignKey(Case, models.CASCADE, related_name="replies")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="replies_in_cases")
    occasion = models.CharField(max_length=12, choices=Occasion)
    opened_on = models.DateField()
    due_on = models.DateField()
    replied_on = models.DateField(null=True, blank=True)
    text = models.TextField(blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "organisation", "occasion"],
                condition=Q(replied_on=None),
                name="one_open_reply_an_occasion",
            )
        ]
        indexes = [models.Index(fields=["organisation", "due_on"], name="replies_of_a_body")]

    def __str__(self) -> str:
        return f"{self.occasion} of {self.case_id}"


class Facilitation(models.Model):
    """The facilitation record: who led, who took part, what came of it; checked for accuracy by the parties."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="facilitation")
    leader_name = models.CharField(max_length=200)
    leader_body = models.CharField(max_length=200, help_text="The body or forum the leader comes from; no party.")
    held_on = models.DateField()
    took_part = models.TextField()
    outcome = models.TextField()
    sent_on = models.DateField(null=True, blank=True, help_text="When the parties were asked to check it.")
    accuracy_due = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"facilitation of {self.case_id}"


class AccuracyCheck(Said):
    """A party has checked the facilitation record, with what it would put otherwise."""

    facilitation = models.ForeignKey(Facilitation, models.CASCADE, related_name="checks")
    checked_on = models.DateField()
    comment = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"check of {self.facilitation_id}"


class Discussion(models.Model):
    """A discussion with the leaders of an affected ICB or another forum, before oversight review."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="discussions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    held_on = models.DateField()
    who = models.CharField(max_length=300, help_text="Who was spoken to: names, posts, forum.")
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.held_on}"


class Agreement(Said):
    """A party agrees to the terms on which the matter is settled."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="agreements")
    agreed_on = models.DateField()
    terms = models.TextField()

    def __str__(self) -> str:
        return f"{self.side} in {self.case_id}"


class DisputeRequest(Said):
    """A party asks for dispute resolution; the holder answers within five working days, with reasons."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="dispute_requests")
    reason = models.TextField()
    asked_on = models.DateField()
    answer_due = models.DateField()
    granted = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_on = models.DateField(null=True, blank=True)
    third_party_name = models.CharField(max_length=200, blank=True)
    third_party = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The person's account, where there is one: it sees this case only.",
    )  # fmt: skip
    reviewed_by_region = models.TextField(blank=True, help_text="What the region found when it reviewed a refusal.")
    reviewed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(granted=None, answered_on=None) | Q(granted__isnull=False, answered_on__isnull=False),
                name="dispute_request_answered_on_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"request in {self.case_id}"


class DisputeFinding(models.Model):
    """What the independent third party found."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="dispute_findings")
    text = models.TextField()
    found_on = models.DateField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who recorded it.")

    def __str__(self) -> str:
        return f"finding in {self.case_id}"
