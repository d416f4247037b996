"""Rehearsals: partners walk through a made-up matter and see its route and authority before a real one comes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from .decisions import Decision
from .delegations import Function
from .forums import Forum
from .organisations import Organisation, Place


class Rehearsal(models.Model):
    """A scenario as one system rehearsed it, with the answers as they stood that day."""

    scenario = models.CharField(max_length=40, help_text="Code of the template it began from.")
    host = models.ForeignKey(
        Organisation, models.PROTECT, related_name="rehearsals", help_text="The ICB of the system."
    )
    title = models.CharField(max_length=200)
    situation = models.TextField(help_text="What is to be decided, in the partners' words.")
    forum = models.ForeignKey(Forum, models.PROTECT, related_name="rehearsals")
    function = models.ForeignKey(Function, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    places = models.ManyToManyField(Place, blank=True, related_name="+")
    partners = models.ManyToManyField(Organisation, blank=True, related_name="rehearsed_in")
    held_on = models.DateField()
    authority_answer = models.JSONField(null=True, help_text="The resolver's answer as it stood that day.")
    route = models.JSONField(default=list, help_text="The steps of the route as they stood that day.")
    prompts = models.JSONField(default=dict, help_text="Answers to the prompts, by code.")
    learnt = models.TextField(blank=True)
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="rehearsals",
        help_text="The draft that it was turned into.",
    )  # fmt: skip
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kept_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-held_on", "-id"]
        constraints = [models.CheckConstraint(condition=Q(amount=None) | Q(amount__gte=0), name="rehearsal_amount")]

    def __str__(self) -> str:
        return self.title
