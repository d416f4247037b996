"""Self-assessments: a trust's yearly answers to a framework's questions, signed by two people, moderated by its ICB."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionBase

from partnerships.models import Organisation

from .audiences import Readers, body_or_grant
from .evidence import Evidence
from .frameworks import Framework


class Assessment(models.Model):
    """One body's return for one year of one framework. Locked from its submission on."""

    class State(models.TextChoices):
        DRAFT = "draft", "being answered"
        READY = "ready", "ready to be reviewed and signed"
        REVIEWED = "reviewed", "reviewed, waits for the second signature"
        SUBMITTED = "submitted", "submitted, with its ICB for moderation"
        MODERATED = "moderated", "moderated, waits for the trust's answer"
        FINAL = "final", "final"

    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="assessments")
    framework = models.ForeignKey(Framework, models.PROTECT, related_name="assessments")
    year = models.PositiveSmallIntegerField(help_text="The calendar year in which the financial year begins.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    due_on = models.DateField(null=True, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    content = models.JSONField(null=True, blank=True, help_text="All answers as submitted; scores are made from these.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the content as submitted: its receipt.")
    board_met_on = models.DateField(null=True, blank=True, help_text="Meeting of the board that approved it.")
    minute = models.CharField(max_length=60, blank=True, help_text="Reference of that meeting's minute.")
    moderated_on = models.DateField(null=True, blank=True)
    answer_due = models.DateField(null=True, blank=True, help_text="Until when the trust may appeal.")
    appeal = models.TextField(blank=True)
    returned_note = models.TextField(blank=True, help_text="Why it was opened again, or sent back.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "framework", "year"], name="one_assessment_a_year")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.year}"

    @property
    def years(self) -> str:
        """The financial year: `2026/27`."""
        return f"{self.year}/{(self.year + 1) % 100:02}"

    @property
    def is_editable(self) -> bool:
        """Whether answers may still change."""
        return self.state == self.State.DRAFT


class AssessmentGrant(UserObjectPermissionBase):
    """django-guardian's grant of one assessment to one contributor, by direct foreign key."""

    content_object = models.ForeignKey(Assessment, models.CASCADE, related_name="grants")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class AssessmentAudience(Readers):
    """Who may read an assessment: the trust, from its submission its ICBs and region, and each contributor."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="audience")
    grant = models.OneToOneField(AssessmentGrant, models.CASCADE, null=True, related_name="audience")

    class Meta:
        indexes = [
            models.Index(fields=["assessment", "organisation"], name="audience_of_assessment"),
            models.Index(fields=["organisation", "assessment"], name="assessments_of_audience"),
        ]
        constraints = [body_or_grant("assessment_audience_body_or_person")]


class SectionAssignment(models.Model):
    """A person who answers one characteristic's questions, until when."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="assignments")
    characteristic = models.CharField(max_length=2)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assessment", "characteristic", "user"], name="one_assignment_a_section")
        ]

    def __str__(self) -> str:
        return f"{self.characteristic} of {self.assessment_id}"


class Answer(models.Model):
    """The answer to one question. `version` counts its saves: a save names the version it began from."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="answers")
    kloe = models.CharField(max_length=8)
    rating = models.CharField(max_length=4, blank=True, help_text="A code of the framework's rating scale.")
    text = models.TextField(blank=True, help_text="What stands behind the rating; the reason when not applicable.")
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(null=True)
    evidence = models.ManyToManyField(Evidence, through="EvidenceLink", related_name="answers")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "kloe"], name="one_answer_a_question")]

    def __str__(self) -> str:
        return f"{self.kloe} of {self.assessment_id}"


class AnswerVersion(models.Model):
    """What an answer said in an earlier version, or what was typed by someone whose save came second."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    rating = models.CharField(max_length=4, blank=True)
    text = models.TextField(blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(db_default=Now(), editable=False)
    came_second = models.BooleanField(default=False, help_text="Not taken over: somebody else had saved meanwhile.")
    settled = models.BooleanField(default=False, help_text="Its writer has chosen between the two texts.")

    class Meta:
        indexes = [models.Index(fields=["answer", "-version"], name="versions_of_an_answer")]

    def __str__(self) -> str:
        return f"{self.answer_id} version {self.version}"


class EvidenceLink(models.Model):
    """A piece of evidence given for an answer."""

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="links")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="links")
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    linked_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["answer", "evidence"], name="evidence_once_an_answer")]

    def __str__(self) -> str:
        return f"{self.evidence_id} for {self.answer_id}"


class SignOff(models.Model):
    """A signature on an assessment's content: the reviewer's, then the signatory's, two different people."""

    class Step(models.TextChoices):
        REVIEW = "review", "reviewed"
        SIGN = "sign", "signed off"

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="sign_offs")
    step = models.CharField(max_length=6, choices=Step)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was signed.")
    signed_at = models.DateTimeField(db_default=Now(), editable=False)
    void = models.BooleanField(default=False, help_text="The assessment was opened again after it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "step"], condition=models.Q(void=False), name="one_signature_a_step"
            ),
            models.UniqueConstraint(
                fields=["assessment", "user"], condition=models.Q(void=False), name="two_different_signatories"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.assessment_id}"


class Moderation(models.Model):
    """The ICB's view of one submitted answer, beside it: a rating, a question back and the trust's reply."""

    answer = models.OneToOneField(Answer, models.CASCADE, related_name="moderation")
    rating = models.CharField(max_length=4, blank=True, help_text="The moderated rating; empty: as submitted.")
    note = models.TextField(blank=True)
    question = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True)
    replied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True)
    settled = models.BooleanField(default=False, help_text="The moderator is done with this answer.")

    def __str__(self) -> str:
        return f"moderation of {self.answer_id}"
