"""Arrangements between bodies: place-based partnerships, provider collaboratives, integrated care partnerships."""

from django.db import models
from django.db.models import F, Q

from .organisations import Dated, DatedQuerySet, Organisation, Place


class Arrangement(Dated):
    """Bodies that agreed to work together on something, in some area."""

    class Kind(models.TextChoices):
        PLACE = "place", "place-based partnership"
        COLLABORATIVE = "collaborative", "provider collaborative"
        ICP = "icp", "integrated care partnership"
        HWB = "hwb", "health and wellbeing board"

    class Phase(models.TextChoices):
        SHADOW = "shadow", "shadow or advisory"
        PARTIAL = "partial", "some joint functions and budgets"
        FORMAL = "formal", "formal joint arrangements"

    kind = models.CharField(max_length=15, choices=Kind)
    name = models.CharField(max_length=160)
    host = models.ForeignKey(Organisation, models.PROTECT, related_name="arrangements_hosted")
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="arrangements")
    purpose = models.TextField(blank=True)
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.SHADOW)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="place") | Q(place__isnull=False), name="place_partnership_has_a_place"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ArrangementMember(Dated):
    """A body's part in an arrangement: attendance is scored only where it agreed to be a member."""

    class Expectation(models.TextChoices):
        MEMBER = "member", "member"
        REPRESENTED = "represented", "represented by another body"
        NOT_EXPECTED = "not_expected", "not expected"

    arrangement = models.ForeignKey(Arrangement, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="arrangement_memberships")
    sector = models.CharField(max_length=60, blank=True)
    expectation = models.CharField(max_length=15, choices=Expectation, default=Expectation.MEMBER)
    represented_by = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["arrangement", "organisation", "starts"], name="one_membership_of_a_body"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="arrangement_member_dates"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.arrangement_id}"
