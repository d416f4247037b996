"""Evidence: given once by a body, linked to as many answers, frameworks and cases as it serves."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from partnerships.models import Decision, Organisation


class Evidence(models.Model):
    """A file, a link or a decision that a body shows for what it says."""

    class Kind(models.TextChoices):
        FILE = "file", "file"
        LINK = "link", "link"
        DECISION = "decision", "decision in the register"

    class Scan(models.TextChoices):
        NOT_SCANNED = "not_scanned", "not scanned: no scanner is configured"
        WAITING = "waiting", "waits for the scanner"
        CLEAN = "clean", "scanned, nothing found"
        REFUSED = "refused", "refused by the scanner"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=200)
    dated_on = models.DateField(null=True, blank=True, help_text="The day the document itself bears.")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    url = models.URLField(max_length=500, blank=True)
    stored_as = models.CharField(max_length=80, blank=True, help_text="Random name in the evidence folder.")
    file_name = models.CharField(max_length=200, blank=True, help_text="The name it came with.")
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file.")
    scan = models.CharField(max_length=12, choices=Scan, default=Scan.NOT_SCANNED)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="file", stored_as__gt="", digest__gt="", size__isnull=False)
                | Q(kind="link", url__gt="")
                | Q(kind="decision", decision__isnull=False),
                name="evidence_has_what_its_kind_needs",
            )
        ]
        indexes = [models.Index(fields=["organisation", "-given_at", "-id"], name="evidence_of_a_body")]

    def __str__(self) -> str:
        return self.title
