"""Frameworks as data: characteristics, behaviours, key lines of enquiry, indicators, weights and bands."""

from django.db import models


class Framework(models.Model):
    """One version of a framework, loaded from `collaboration/frameworks`. A used version is never changed."""

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    content = models.JSONField()
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_framework_version"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(current=True), name="one_current_version_of_a_framework"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"
