"""Forums: lists of them, who sits on one, what it may decide, to whom it reports, when it meets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery

from ics_governance import wording
from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Forum, Meeting, Membership, Organisation, Place, TermsOfReference

from .arrangements import counted
from .delegations import Row

SORTS = {"name": ("name", "id"), "host": ("host__name", "name", "id"), "form": ("form", "name", "id")}
LINE = """
with recursive line as (
  select f.id, f.reports_to_id, 0 as step from partnerships_forum f where f.id = %s
  union all
  select f.id, f.reports_to_id, line.step + 1 from line join partnerships_forum f on f.id = line.reports_to_id
  where line.step < 10
)
select f.*, line.step from line join partnerships_forum f on f.id = line.id where line.step > 0
union all
select f.*, -1 from partnerships_forum f where f.reports_to_id = %s
order by step, name, id
"""


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Forum]:
    """Forums of a day with `member_count`, `vacancies` and `review_on` of their terms.

    Filters: form, level, system, body, q, closed.
    """
    rows = Forum.objects.filter(starts__lte=day) if filters.get("closed") else Forum.objects.on(day)
    rows = scope(actor, P.FORUM_VIEW, rows)
    for name in ("form", "level"):
        if value := filters.get(name):
            rows = rows.filter(**{name: value})
    if system := filters.get("system"):
        rows = rows.filter(Q(host=system) | Q(arrangement__place__icb=system) | Q(places__icb=system)).distinct()
    if body := filters.get("body"):
        rows = rows.filter(of_body(body, day))
    for word in str(filters.get("q", "")).split()[:10]:
        host = Q(host__name__icontains=word) | Q(host__short_name__icontains=word)
        rows = rows.filter(Q(name__icontains=word) | host)
    members = Membership.objects.on(day).filter(refused_on=None)
    terms = TermsOfReference.objects.filter(forum=OuterRef("pk"), adopted_on__lte=day).order_by("-version")
    return rows.annotate(
        member_count=counted(members, "forum"),
        vacancies=counted(members.filter(holder=None), "forum"),
        review_on=Subquery(terms.values("review_on")[:1]),
    ).select_related("host")


def of_body(body: Organisation, day: date) -> Q:
    """Forums that the body hosts or is a member of on a day."""
    return Q(host=body) | Q(pk__in=Membership.objects.on(day).filter(organisation=body).values("forum"))


def detailed() -> QuerySet[Forum]:
    """Forums with the names of their places, as `areas`."""
    areas = Place.objects.filter(forums=OuterRef("pk")).order_by("name").values("name")
    return Forum.objects.annotate(areas=ArraySubquery(areas)).select_related("host", "arrangement")


@dataclass
class Members:
    """Members of a forum on a day: those in place, those who refused, those who were."""

    current: list[Membership] = field(default_factory=list)
    refused: list[Membership] = field(default_factory=list)
    former: list[Membership] = field(default_factory=list)

    @property
    def voting(self) -> list[Membership]:
        """Members with a vote."""
        return [row for row in self.current if row.voting]

    @property
    def vacant(self) -> list[Membership]:
        """Memberships that nobody holds."""
        return [row for row in self.current if row.holder is None]


def members_of(forum: Forum, day: date) -> Members:
    """The memberships of a forum, chair first, then who has a vote."""
    rows = Membership.objects.filter(forum=forum).select_related("organisation", "holder", "deputy")
    order = {value: place for place, value in enumerate(Membership.Role.values)}
    members = Members()
    for row in sorted(rows, key=lambda row: (order[row.role], not row.voting, row.organisation.name, row.pk)):
        if row.ends is not None and row.ends < day:
            members.former.append(row)
        elif row.refused_on is not None:
            members.refused.append(row)
        else:
            members.current.append(row)
    return members


@dataclass
class Line:
    """Where a forum stands: whom it reports to, step by step, and who reports to it."""

    up: list[Forum] = field(default_factory=list)
    down: list[Forum] = field(default_factory=list)


def reporting_line(forum: Forum) -> Line:
    """One query. A line that runs in a circle is shown once round."""
    line, seen = Line(), {forum.pk}
    for row in Forum.objects.raw(LINE, [forum.pk, forum.pk]):
        if row.step == -1:  # type: ignore[attr-defined]  # a column of the query
            line.down.append(row)
        elif row.pk not in seen:
            seen.add(row.pk)
            line.up.append(row)
    return line


def meetings_of(actor: Actor, forum: Forum, today: date, number: int = 3) -> tuple[list[Meeting], list[Meeting]]:
    """The next meetings and the last ones, as far as the actor may see them; one query."""
    rows = scope(actor, P.MEETING_VIEW, Meeting.objects.filter(forum=forum).exclude(state=Meeting.State.CANCELLED))
    coming = rows.filter(held_on__gte=today).order_by("held_on", "id")[:number]
    past = rows.filter(held_on__lt=today).order_by("-held_on", "-id")[:number]
    found = sorted(coming.union(past, all=True), key=lambda row: (row.held_on, row.pk))
    before = [row for row in found if row.held_on < today]
    return [row for row in found if row.held_on >= today], before[::-1]


@dataclass(frozen=True)
class Gap:
    """Something to put right: a sentence, and the section of the page where it shows."""

    text: str
    section: str


def gaps(
    forum: Forum, day: date, terms: TermsOfReference | None, members: Members, held: list[Row], line: Line
) -> list[Gap]:
    """What is missing or out of date on a forum, in the order in which it hurts."""
    found = []
    if forum.binds and forum.form != Forum.Form.BOARD:
        for row in held:
            if row.state == "expired":
                found.append(Gap(f"“{row.function}” was delegated until {wording.day(row.ends)}", "decides"))
    if terms is None:
        found.append(Gap("No terms of reference are recorded, so nobody can tell its quorum", "terms"))
    else:
        if terms.review_on is not None and terms.review_on < day:
            found.append(Gap(f"Its terms of reference were due for review on {wording.day(terms.review_on)}", "terms"))
        if terms.quorum > len(members.voting):
            found.append(Gap("Its quorum is higher than the number of its voting members", "members"))
        if not terms.disagreement_process:
            found.append(Gap("Its terms of reference do not say what happens when members disagree", "terms"))
    if members.vacant:
        vacant = wording.pluralise(len(members.vacant), "membership is", "memberships are")
        found.append(Gap(f"{vacant} vacant", "members"))
    if not line.up and forum.form != Forum.Form.BOARD:
        found.append(Gap("It has no reporting line", "line"))
    return found


def terms_of(forum: Forum, day: date) -> tuple[TermsOfReference | None, list[TermsOfReference]]:
    """The terms of reference in force on a day, and the versions before."""
    rows = list(TermsOfReference.objects.filter(forum=forum, adopted_on__lte=day).order_by("-version"))
    return (rows[0] if rows else None), rows[1:]
