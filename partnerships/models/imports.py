"""Imports of the national register of organisations: staged row by row, then applied at once."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .organisations import Organisation


class OdsImport(models.Model):
    """One file, read and compared; what it would change, and whether it was applied."""

    class State(models.TextChoices):
        STAGED = "staged", "previewed"
        APPLIED = "applied", "applied"
        DROPPED = "dropped", "not applied"

    file_name = models.CharField(max_length=200)
    layout = models.CharField(max_length=20, help_text="etr, icb, fhir or ord.")
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    rows = models.PositiveIntegerField(default=0, help_text="Rows of the file.")
    staged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    staged_at = models.DateTimeField(db_default=Now(), editable=False)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class OdsRow(models.Model):
    """What one row of the file would do. Unchanged rows are not kept, only counted."""

    class Outcome(models.TextChoices):
        CREATED = "created", "new"
        CHANGED = "changed", "changed"
        CLOSED = "closed", "closed"
        DIFFERS = "differs", "differs from a curated record"
        UNKNOWN = "unknown", "not known here, left alone"

    staged = models.ForeignKey(OdsImport, models.CASCADE, related_name="staged_rows")
    line = models.PositiveIntegerField(help_text="Line or position in the file, from 1.")
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=200)
    outcome = models.CharField(max_length=10, choices=Outcome)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    changes = models.JSONField(default=dict, help_text="Field: [before, after].")
    note = models.CharField(max_length=300, blank=True)
    ticked = models.BooleanField(default=False, help_text="A difference that a person chose to apply.")

    class Meta:
        ordering = ["line", "id"]
        constraints = [models.UniqueConstraint(fields=["staged", "line"], name="one_staged_row_a_line")]

    def __str__(self) -> str:
        return f"{self.line}: {self.code}"
