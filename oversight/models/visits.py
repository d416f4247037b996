"""How far in the audit trail a person has read what changed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Visit(models.Model):
    """Up to which sealed entry a person has seen what changed, and when they said so. Theirs alone, no record."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="visit")
    sequence = models.BigIntegerField(help_text="Of the last sealed entry that was shown.")
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.user_id} up to {self.sequence}"
