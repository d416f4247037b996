"""Arrangements between bodies: place-based partnerships, provider collaboratives, integrated care partnerships."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q

from .organisations import Dated, DatedQuerySet, Organisation, Place, span


class SpatialLevel(models.TextChoices):
    """Levels at which decisions are taken, lowest first."""

    NEIGHBOURHOOD = "neighbourhood", "neighbourhood"
    PLACE = "place", "place"
    MULTI_PLACE = "multi_place", "several places"
    SYSTEM = "system", "system"
    MULTI_SYSTEM = "multi_system", "several systems"
    REGION = "region", "region"
    NATIONAL = "national", "national"


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
    level = models.CharField(max_length=15, choices=SpatialLevel, blank=True)
    footprint = models.ManyToManyField(Place, blank=True, related_name="arrangements_across")
    purpose = models.TextField(blank=True)
    priorities = models.TextField(blank=True, help_text="One a line.")
    activities = models.JSONField(default=list, blank=True, help_text="Codes of activity areas.")
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.SHADOW)
    scrutiny = models.TextField(blank=True, help_text="How council scrutiny is involved.")
    political_oversight = models.TextField(blank=True, help_text="How elected members oversee it.")
    governors_oversight = models.TextField(blank=True, help_text="How foundation trusts' governors are kept informed.")
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The arrangement that it carries on.",
    )  # fmt: skip

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="place") | Q(place__isnull=False), name="place_partnership_has_a_place"
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="arrangement_dates"),
        ]

    def __str__(self) -> str:
        return self.name


class ArrangementMember(Dated):
    """A body's part in an arrangement: attendance is scored only where it agreed to be a member."""

    class Expectation(models.TextChoices):
        MEMBER = "member", "member"
        REPRESENTED = "represented", "represented by another body"
        NOT_EXPECTED = "not_expected", "not expected"

    class Capacity(models.TextChoices):
        VOTING = "voting", "takes part in decisions"
        NON_VOTING = "non_voting", "takes part without a vote"
        ATTENDING = "attending", "attends"

    arrangement = models.ForeignKey(Arrangement, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="arrangement_memberships")
    sector = models.CharField(max_length=60, blank=True)
    capacity = models.CharField(max_length=10, choices=Capacity, default=Capacity.VOTING)
    expectation = models.CharField(max_length=15, choices=Expectation, default=Expectation.MEMBER)
    represented_by = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["arrangement", "organisation", "starts"], name="one_membership_of_a_body"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="arrangement_member_dates"),
            models.CheckConstraint(
                condition=Q(represented_by=None) | Q(expectation="represented"),
                name="only_the_represented_have_a_voice",
            ),
            ExclusionConstraint(
                name="one_part_in_an_arrangement",
                expressions=span("arrangement", "organisation"),
                violation_error_message="This body already takes part in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.arrangement_id}"


class GatewayReview(models.Model):
    """A review before an arrangement goes on to its next phase: is accountability sound, is risk within tolerance."""

    class Outcome(models.TextChoices):
        PASSED = "passed", "passed"
        CONDITIONS = "conditions", "passed with conditions"
        NOT_PASSED = "not_passed", "not passed"

    arrangement = models.ForeignKey(Arrangement, models.PROTECT, related_name="gateways")
    held_on = models.DateField()
    phase_before = models.CharField(max_length=10, choices=Arrangement.Phase)
    phase_after = models.CharField(max_length=10, choices=Arrangement.Phase, help_text="The phase that was asked for.")
    criteria = models.JSONField(default=list, help_text="Pairs of a criterion and whether it was met.")
    outcome = models.CharField(max_length=12, choices=Outcome)
    note = models.TextField(blank=True)
    review_on = models.DateField(null=True, blank=True, help_text="When it is looked at again.")

    class Meta:
        ordering = ["-held_on", "-id"]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.held_on}"


class Fund(models.Model):
    """Money for an arrangement in a financial year: a pooled fund (section 75), an aligned or a delegated budget."""

    class Kind(models.TextChoices):
        POOLED = "pooled", "pooled fund (section 75)"
        ALIGNED = "aligned", "aligned budget"
        DELEGATED = "delegated", "delegated budget"

    arrangement = models.ForeignKey(Arrangement, models.PROTECT, related_name="funds")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=160)
    host = models.ForeignKey(
        Organisation, models.PROTECT, related_name="funds_hosted", help_text="Who keeps the money."
    )
    year = models.PositiveSmallIntegerField(help_text="The year in which the financial year starts.")
    limit = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True,
        help_text="The most that may be committed from it; empty: what is contributed.",
    )  # fmt: skip
    purpose = models.TextField(blank=True)
    agreement = models.CharField(max_length=200, blank=True, help_text="The document that it rests on.")

    class Meta:
        ordering = ["-year", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["arrangement", "name", "year"], name="one_fund_of_a_name_a_year"),
            models.CheckConstraint(condition=Q(limit=None) | Q(limit__gte=0), name="fund_limit"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year}/{(self.year + 1) % 100:02d}"


class Contribution(models.Model):
    """What a body puts into a fund, and the least that it must."""

    fund = models.ForeignKey(Fund, models.CASCADE, related_name="contributions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="contributions")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    minimum = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fund", "organisation"], name="one_contribution_a_body"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & (Q(minimum=None) | Q(minimum__gte=0)), name="contribution_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.amount}"


class ReportingLine(Dated):
    """To whom an arrangement reports: an ICP, the ICB's board, a health and wellbeing board, or another body."""

    arrangement = models.ForeignKey(Arrangement, models.PROTECT, related_name="reporting_lines")
    to_arrangement = models.ForeignKey(Arrangement, models.PROTECT, null=True, blank=True, related_name="reported_by")
    to_organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported_by",
        help_text="The board of a body.",
    )
    about = models.CharField(max_length=200, blank=True, help_text="What it reports, and how often.")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_arrangement__isnull=False, to_organisation=None)
                | Q(to_arrangement=None, to_organisation__isnull=False),
                name="reporting_line_to_one",
            ),
            models.CheckConstraint(
                condition=Q(to_arrangement=None) | ~Q(to_arrangement=F("arrangement")), name="reports_to_another"
            ),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="reporting_line_dates"),
        ]

    def __str__(self) -> str:
        return f"{self.arrangement_id} to {self.to_arrangement_id or self.to_organisation_id}"
