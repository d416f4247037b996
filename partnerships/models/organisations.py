"""Organisations of England's health and care systems, how they relate, and what became of them. All of it has dates."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now


def span(*columns: str) -> list[tuple[Func, str]]:
    """Parts of an exclusion constraint: equal ids (ranges of one: needs no extension), overlapping dates."""
    ids = [(Func(F(c), F(c), Value("[]"), function="int8range"), "&&") for c in columns]
    return [*ids, (Func(F("starts"), F("ends"), Value("[]"), function="daterange"), "&&")]


def _hashed(column: str) -> Func:
    """A text column as a range of one number, for an exclusion constraint: equal texts overlap."""
    number = Func(F(column), function="hashtext")
    return Func(number, number, Value("[]"), function="int4range")


class Dated(models.Model):
    """Something that holds from a day to a day, both included. No end: it goes on. No start: not recorded."""

    starts = models.DateField(null=True, blank=True, help_text="First day; empty means not recorded.")
    ends = models.DateField(null=True, blank=True, help_text="Last day; empty means it goes on.")

    class Meta:
        abstract = True


class DatedQuerySet(models.QuerySet):
    """Rows that hold on a day."""

    def on(self, day: date):
        """Those in force on `day`; a row without a start counts only from when it is known, so it is left out."""
        return self.filter(Q(ends=None) | Q(ends__gte=day), starts__lte=day)

    def during(self, starts: date | None, ends: date | None):
        """Those that share a day with a span; a first day that is not recorded counts as always before."""
        rows = self if starts is None else self.filter(Q(ends=None) | Q(ends__gte=starts))
        return rows if ends is None else rows.filter(Q(starts=None) | Q(starts__lte=ends))


class Kind(models.TextChoices):
    """Kinds of organisation; the list is data for the registers, so a new kind is a new row here and nothing else.

    Which of them are not statutory, and so sit on committees by consent, says `forms_of_forum.NON_STATUTORY`.
    """

    OVERSIGHT_BODY = "oversight_body", "national oversight body"
    REGION = "region", "NHS England region"
    ICB = "icb", "integrated care board"
    TRUST = "trust", "trust"
    LOCAL_AUTHORITY = "local_authority", "council"
    PRIMARY_CARE = "primary_care", "primary care organisation"
    VCSE = "vcse", "voluntary, community or social enterprise"
    HEALTHWATCH = "healthwatch", "Healthwatch"
    SOCIAL_CARE = "social_care", "social care provider"
    PROVIDER = "provider", "non-statutory provider"
    REGULATOR = "regulator", "regulator"


SUBTYPES = {
    # trusts: our classification, see reference/provenance.md
    "acute": "acute trust",
    "combined": "combined trust",
    "mental_health": "mental health trust",
    "specialist": "specialist trust",
    "community": "community trust",
    "ambulance": "ambulance trust",
    "other": "trust",
    # upper-tier councils
    "county": "county council",
    "unitary": "unitary council",
    "metropolitan_borough": "metropolitan borough council",
    "london_borough": "London borough council",
    "city_of_london": "City of London Corporation",
    "isles_of_scilly": "council of the Isles of Scilly",
}


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Organisations by day, code and kind."""

    def on(self, day: date) -> "OrganisationQuerySet":
        """Those that existed on `day`; without a recorded start they are taken to have existed."""
        return self.filter(Q(opened=None) | Q(opened__lte=day), Q(closed=None) | Q(closed__gte=day))

    def coded(self, code: str) -> "OrganisationQuerySet":
        """By ODS, GSS or local code, whatever the case."""
        code = code.upper()
        return self.filter(Q(ods_code=code) | Q(gss_code=code) | Q(local_code=code))


class Organisation(models.Model):
    """A body: statutory or not. Never deleted; a closed body keeps its records and points to its successors."""

    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=80, blank=True)
    ods_code = models.CharField(max_length=12, unique=True, null=True, blank=True)
    gss_code = models.CharField(max_length=9, unique=True, null=True, blank=True)
    local_code = models.CharField(
        max_length=12, unique=True, null=True, blank=True, help_text="Given here to a body without a national code."
    )
    opened = models.DateField(null=True, blank=True)
    closed = models.DateField(null=True, blank=True, help_text="Last day on which it existed.")
    subtype = models.CharField(max_length=40, blank=True, help_text="Kind of trust or tier of council.")
    is_foundation_trust = models.BooleanField(default=False)
    is_fictional = models.BooleanField(default=False)
    source = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed=None) | Q(opened=None) | Q(closed__gte=F("opened")), name="organisation_dates"
            ),
            models.CheckConstraint(
                condition=Q(ods_code__isnull=False) | Q(gss_code__isnull=False) | Q(local_code__isnull=False),
                name="organisation_has_a_code",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "name", "id"], name="organisations_by_kind"),
            models.Index(fields=["name", "id"], name="organisations_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """ODS code, else GSS code, else local code: how addresses and references name the body."""
        return self.ods_code or self.gss_code or self.local_code or ""

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name

    @property
    def kind_in_words(self) -> str:
        """What kind of body it is, as exactly as is recorded: "acute trust", "county council", "NHS England region"."""
        return SUBTYPES.get(self.subtype) or str(Kind(self.kind).label)

    def exists_on(self, day: date) -> bool:
        """Whether it existed on that day."""
        return (self.opened is None or self.opened <= day) and (self.closed is None or self.closed >= day)


class OrganisationRelation(Dated):
    """A dated link between two bodies: an ICB's region, a trust's or council's ICB (one of them the lead)."""

    class Kind(models.TextChoices):
        REGION = "region", "lies in the region"
        SYSTEM = "system", "belongs to the system of the ICB"
        OVERSIGHT = "oversight", "is a team of the oversight body"
        COTERMINOUS = "coterminous", "covers the same area as"

    kind = models.CharField(max_length=12, choices=Kind)
    source_body = models.ForeignKey(Organisation, models.PROTECT, related_name="relations")
    target_body = models.ForeignKey(Organisation, models.PROTECT, related_name="related_from")
    lead = models.BooleanField(default=True, help_text="The lead of several, such as a trust's lead ICB.")
    note = models.CharField(max_length=200, blank=True, help_text="What the link rests on, where that needs saying.")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source_body=F("target_body")), name="relation_of_two_bodies"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="relation_dates"),
            ExclusionConstraint(
                name="one_lead_at_a_time",
                expressions=span("source_body"),
                condition=Q(kind="system", lead=True),
                violation_error_message="This body already has a lead ICB in those days.",
            ),
            ExclusionConstraint(
                name="one_link_at_a_time",
                expressions=[*span("source_body", "target_body"), (_hashed("kind"), "&&")],
                violation_error_message="These two bodies are already linked in this way in those days.",
            ),
        ]
        indexes = [models.Index(fields=["target_body", "kind"], name="relations_by_target")]

    def __str__(self) -> str:
        return f"{self.source_body_id} {self.kind} {self.target_body_id}"


class Succession(models.Model):
    """What became of a body: its successor from a day on."""

    class Kind(models.TextChoices):
        MERGER = "merger", "merged into"
        SPLIT = "split", "split into"
        ACQUISITION = "acquisition", "part passed to"
        RENAME = "rename", "became"

    WHOLE = (Kind.MERGER, Kind.RENAME)  # nothing of the predecessor is left

    predecessor = models.ForeignKey(Organisation, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Organisation, models.PROTECT, related_name="predecessions")
    kind = models.CharField(max_length=12, choices=Kind)
    effective_on = models.DateField(null=True)
    confirmed = models.BooleanField(default=True, help_text="No: to be confirmed before anyone relies on it.")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="one_succession_per_pair"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_of_two_bodies"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {self.kind} {self.successor_id}"


class Cluster(Dated):
    """ICBs that share a chair, a chief executive or both, and remain bodies of their own."""

    name = models.CharField(max_length=160)
    shares_chair = models.BooleanField(default=False)
    shares_chief_executive = models.BooleanField(default=False)
    mark = models.CharField(max_length=1, blank=True, help_text="V confirmed, P partly confirmed, R to be confirmed.")
    note = models.CharField(max_length=300, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="cluster_dates")]

    def __str__(self) -> str:
        return self.name


class ClusterMember(Dated):
    """An ICB in a cluster; in one at a time."""

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="members")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="cluster_memberships")

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="cluster_member_dates"),
            ExclusionConstraint(
                name="one_cluster_at_a_time",
                expressions=span("organisation"),
                violation_error_message="This ICB is already in a cluster in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.cluster_id}"


class LineageEvent(models.Model):
    """Something that happened to bodies as such, as it was recorded here: a merger, split, rename, part passed, end.

    The facts stay where they are read from (successions, names, dates); this says by what instrument, and what moved.
    """

    class Kind(models.TextChoices):
        OPEN = "open", "opened"
        MERGE = "merge", "merged"
        SPLIT = "split", "split"
        ACQUIRE = "acquire", "part passed on"
        RENAME = "rename", "renamed"
        CLOSE = "close", "closed"

    kind = models.CharField(max_length=10, choices=Kind)
    effective_on = models.DateField(help_text="The first day on which it is so.")
    instrument = models.CharField(max_length=200, blank=True, help_text="Such as an establishment order.")
    note = models.TextField(blank=True)
    bodies = models.ManyToManyField(Organisation, related_name="lineage_events")
    moved = models.JSONField(default=dict, help_text="What moved with it: how many records by kind, and their ids.")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-effective_on", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"


class FormerName(Dated):
    """A name that a body bore before; the dates bound what is known of it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="former_names")
    name = models.CharField(max_length=200)

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["-ends", "-id"]
        constraints = [models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="former_name_dates")]

    def __str__(self) -> str:
        return self.name


class Place(Dated):
    """A dated area within one system, usually a council's."""

    name = models.CharField(max_length=120)
    icb = models.ForeignKey(Organisation, models.PROTECT, related_name="places")
    councils = models.ManyToManyField(Organisation, related_name="council_places", blank=True)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The same area before, in another ICB or by other bounds.",
    )  # fmt: skip

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["icb", "name", "starts"], name="one_place_of_a_name"),
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="place_dates"),
        ]

    def __str__(self) -> str:
        return self.name


class Completeness(models.Model):
    """From which day a body declares its register of delegations complete, per family of functions."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="completeness")
    family = models.CharField(max_length=40)
    complete_from = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "family"], name="one_declaration_per_family")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.family} {self.complete_from}"
