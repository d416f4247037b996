"""Restructures: a merger, split, acquisition, rename or end of bodies, previewed and then carried out at once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from partnerships.models import LineageEvent, Organisation


class Restructure(models.Model):
    """What is to happen to bodies on a day, and what is to become of all that belongs to them."""

    class Kind(models.TextChoices):
        MERGE = "merge", "merge bodies into one"
        SPLIT = "split", "split a body"
        ACQUIRE = "acquire", "pass a part to another body"
        RENAME = "rename", "rename a body"
        CLOSE = "close", "close a body"

    class State(models.TextChoices):
        DRAFT = "draft", "being prepared"
        CARRIED_OUT = "carried_out", "carried out"
        DROPPED = "dropped", "dropped"

    kind = models.CharField(max_length=10, choices=Kind)
    predecessors = models.ManyToManyField(Organisation, related_name="restructures")
    successor = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="restructures_into",
        help_text="An existing body; empty when a new one is to be opened.",
    )  # fmt: skip
    new_body = models.JSONField(default=dict, blank=True, help_text="Name, codes and kind of a body to be opened.")
    effective_on = models.DateField(help_text="The first day of the new order.")
    instrument = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    choices = models.JSONField(
        default=dict, blank=True, help_text="What is to become of a record, by its key: carry on, end, or leave."
    )
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    event = models.OneToOneField(LineageEvent, models.PROTECT, null=True, blank=True, related_name="restructure")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(db_default=Now(), editable=False)
    carried_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    carried_out_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="carried_out") | Q(event__isnull=False), name="restructure_left_an_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"
