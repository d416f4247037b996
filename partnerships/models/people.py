"""People as they appear in governance, roles of users in organisations, and audience rows."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q

from .organisations import Dated, DatedQuerySet, Organisation, span


class Person(models.Model):
    """Someone named in a register: a member, a deputy, a lead officer. May or may not sign in."""

    name = models.CharField(max_length=150)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person")

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Employment(Dated):
    """Who employs a person: decides whose decision it is, and who may hold a delegation."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="employments")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="employments")
    title = models.CharField(max_length=150, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="employment_dates")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.organisation_id}"


class Post(Dated):
    """A named post that may hold delegated authority; it may be vacant."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts")
    title = models.CharField(max_length=150)
    holder = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="posts",
        help_text="Who is in it now; who was before, and when, say its holdings, where any is recorded.",
    )  # fmt: skip

    objects = DatedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class PostHolding(Dated):
    """That a person was in a post between two days; where a post has any, they say who held it on a day."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="holdings")
    person = models.ForeignKey(Person, models.PROTECT, related_name="holdings")

    objects = DatedQuerySet.as_manager()

    class Meta:
        ordering = ["-starts", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="post_holding_dates"),
            ExclusionConstraint(
                name="one_holder_at_a_time",
                expressions=span("post"),
                violation_error_message="Somebody else is in this post in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.post_id}"


class RoleMembership(Dated):
    """A user's role in an organisation. Roles are data (`roles.yaml`); the dates decide, the row is never deleted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="role_memberships")
    role = models.CharField(max_length=40)

    objects = DatedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "role"], name="roles_by_organisation")]
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="role_dates"),
            ExclusionConstraint(
                name="one_role_at_a_time",
                expressions=span("user", "organisation"),
                violation_error_message="This person already holds a role in that organisation in those days.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.organisation_id}"


class Audience(Dated):
    """Who may read a guarded record: an organisation in a capacity, or one person by a grant. Dates included.

    Row-level security, `access.scope` and `access.allowed` all read these rows; only actions write them.
    """

    class Capacity(models.TextChoices):
        HOST = "host", "keeps the record"
        MEMBER = "member", "is a member of the forum"
        OWNER = "owner", "owns an action from it"
        LEAD = "lead", "leads the decision"
        OVERSEER = "overseer", "oversees the host"
        PERSON = "person", "was given access as a person"

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    capacity = models.CharField(max_length=10, choices=Capacity)

    class Meta:
        abstract = True
