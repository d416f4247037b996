"""What the governance checks found, as last told, so that it can be said since when."""

from django.db import models

from .organisations import Organisation


class CheckFinding(models.Model):
    """One finding of the governance checks, of one system (or of none), from the day it was first seen."""

    class Severity(models.TextChoices):
        ERROR = "error", "error"
        WARNING = "warning", "warning"
        ADVICE = "advice", "advice"

    key = models.CharField(max_length=120, unique=True, help_text="The check and its records: the same finding again.")
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=Severity)
    system = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="findings")
    text = models.CharField(max_length=400)
    action = models.CharField(max_length=300, help_text="The recommended action.")
    records = models.JSONField(default=list, help_text="Pairs of kind and id, such as ['delegation', 12].")
    first_seen = models.DateField()
    last_seen = models.DateField()
    told_on = models.DateField(null=True, blank=True, help_text="When those who can mend it were told of it.")

    class Meta:
        ordering = ["severity", "code", "id"]
        indexes = [models.Index(fields=["system", "severity", "id"], name="findings_by_system")]

    def __str__(self) -> str:
        return self.text
