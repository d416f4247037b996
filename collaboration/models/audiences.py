"""In which capacity a body stands to an assessment, a feedback round, a request, a risk or a concern."""

from django.db import models
from django.db.models import Q

from partnerships.models import Audience


class Capacity(models.TextChoices):
    """What an audience row of this app says of its body."""

    SUBJECT = "subject", "is the body it is about"
    MODERATOR = "moderator", "moderates the assessment"
    HOST = "host", "keeps the record"
    OWNER = "owner", "owns the risk"
    MEMBER = "member", "shares the risk"
    INVITED = "invited", "was asked for feedback"
    ASKER = "asker", "asked for the information"
    ASKED = "asked", "was asked for the information"
    RAISER = "raiser", "raised the concern"
    RESPONDENT = "respondent", "is asked to answer the concern"
    HOLDER = "holder", "holds the stage of the case"
    AFFECTED = "affected", "is an affected system or held an earlier stage"
    OVERSEER = "overseer", "oversees the body"
    PERSON = "person", "was given access as a person"


class Readers(Audience):
    """An audience row in the capacities of this app."""

    capacity = models.CharField(max_length=10, choices=Capacity)

    class Meta:
        abstract = True


def body_only(name: str) -> models.CheckConstraint:
    """Only bodies are named, never persons."""
    return models.CheckConstraint(condition=Q(organisation__isnull=False, user=None), name=name)


def body_or_grant(name: str) -> models.CheckConstraint:
    """Either a body, or one person through a grant."""
    body = Q(organisation__isnull=False, user=None, grant=None)
    return models.CheckConstraint(
        condition=body | Q(organisation=None, user__isnull=False, grant__isnull=False), name=name
    )
