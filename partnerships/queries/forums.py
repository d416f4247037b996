"""Forums: lists of them, who sits on one, what it may decide, to whom it reports, when it meets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from ics_governance import wording
from ics_governance.permissions import Actor
from partnerships import quorum
from partnerships.access import P, scope
from partnerships.checks.forums import fault_of_line
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Delegation,
    Deputy,
    Forum,
    Meeting,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    ReportingLine,
    TermsOfReference,
)
from partnerships.quorum import Present

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
    """Forums with the names of their places, as `areas`, and the committees in common they meet in, as `within`."""
    within = Forum.objects.filter(committees=OuterRef("pk")).order_by("name", "pk")
    areas = Place.objects.filter(forums=OuterRef("pk")).order_by("name").values("name")
    return Forum.objects.annotate(
        areas=ArraySubquery(areas), within=ArraySubquery(within.values(row=JSONObject(pk="pk", name="name")))
    ).select_related("host", "arrangement", "post__holder")


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
    def offered(self) -> list[Membership]:
        """Memberships that the body has neither accepted nor refused."""
        return [row for row in self.current if row.agreed_on is None]

    @property
    def vacant(self) -> list[Membership]:
        """Memberships that nobody holds."""
        return [row for row in self.current if row.holder is None]


def members_of(forum: Forum, day: date) -> Members:
    """The memberships of a forum, chair first, then who has a vote."""
    deputies = Deputy.objects.select_related("person").order_by("starts", "pk")
    rows = (
        Membership.objects.filter(forum=forum)
        .select_related("forum", "organisation", "holder", "deputy")
        .prefetch_related(Prefetch("further_deputies", deputies))
    )
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
    """Where a forum stands: whom it reports to, step by step, and who reports to it. `through`: the lines of its
    arrangement, which count for a forum that has none of its own."""

    up: list[Forum] = field(default_factory=list)
    down: list[Forum] = field(default_factory=list)
    through: list[ReportingLine] = field(default_factory=list)


def reporting_line(forum: Forum, on: date) -> Line:
    """One query; another for a forum without a line of its own. One that runs in a circle is shown once round."""
    line, seen = Line(), {forum.pk}
    for row in Forum.objects.raw(LINE, [forum.pk, forum.pk]):
        if row.step == -1:  # type: ignore[attr-defined]  # a column of the query
            line.down.append(row)
        elif row.pk not in seen:
            seen.add(row.pk)
            line.up.append(row)
    if not line.up and forum.arrangement_id is not None:
        lines = ReportingLine.objects.on(on).filter(arrangement=forum.arrangement_id)
        line.through = list(lines.select_related("to_arrangement", "to_organisation").order_by("pk"))
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
    forum: Forum,
    day: date,
    terms: TermsOfReference | None,
    members: Members,
    held: list[Row],
    line: Line,
    committees: Collection[Forum] = (),
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
        if terms.review_on is not None and terms.review_on <= day:
            when = (
                "are due for review today"
                if terms.review_on == day
                else (f"were due for review on {wording.day(terms.review_on)}")
            )
            found.append(Gap(f"Its terms of reference {when}", "terms"))
        if terms.quorum > len(members.voting):
            found.append(Gap("Its quorum is higher than the number of its voting members", "members"))
        if terms.review_on is None:
            found.append(Gap("Its terms of reference name no day by which they are reviewed", "terms"))
        if not terms.voting_rule:
            found.append(Gap("Its terms of reference do not say how it decides", "terms"))
        if not terms.disagreement_process:
            found.append(Gap("Its terms of reference do not say what happens when members disagree", "terms"))
        found += _rules_out_of_reach(terms, members)
    if forum.form == Forum.Form.JOINT_COMMITTEE and len({row.organisation_id for row in members.voting}) < 2:
        found.append(Gap("A joint committee is of two or more bodies, and fewer have a voting member", "members"))
    if forum.form == Forum.Form.INDIVIDUAL and forum.post is None:
        found.append(Gap("It does not name the post that decides", "about"))
    if forum.form == Forum.Form.INDIVIDUAL and forum.post is not None and forum.post.holder is None:
        found.append(Gap(f"Nobody holds the post that decides, {forum.post.title}", "about"))
    if forum.form == Forum.Form.COMMITTEES_IN_COMMON and not committees:
        found.append(Gap("It does not name the committees that meet in common", "line"))
    for member in members.current:
        if member.lacks_consent:
            text = f"That the convening body agreed to {member.organisation.label} as a member is not recorded"
            found.append(Gap(text, "members"))
    if members.vacant:
        vacant = wording.pluralise(len(members.vacant), "membership is", "memberships are")
        found.append(Gap(f"{vacant} vacant", "members"))
    if fault := _fault_of_line(forum, line, day):
        found.append(Gap(f"It {fault}", "line"))
    found += _in_two_places(members, day)
    return found


def _in_two_places(members: Members, day: date) -> list[Gap]:
    """People who are a member and a deputy of another: nobody has two votes."""
    own = {row.holder_id for row in members.current if row.holder_id}
    deputies = [row.deputy for row in members.current if row.deputy_id in own]
    for row in members.current:
        still = (one for one in row.further_deputies.all() if one.ends is None or one.ends >= day)
        deputies += [one.person for one in still if one.person_id in own]
    names = sorted({person.name for person in deputies if person})
    return [Gap(f"{name} is a member and the deputy of another, and can be only one of them", "members")
            for name in names]  # fmt: skip


def _fault_of_line(forum: Forum, line: Line, day: date) -> str:
    """What the governance checks say of its reporting line."""
    kind = forum.arrangement.kind if forum.arrangement else ""
    above = line.up[0] if line.up else None
    return fault_of_line(forum.form, above, day, within=kind, through=bool(line.through))


def _rules_out_of_reach(terms: TermsOfReference, members: Members) -> list[Gap]:
    """Rules of the quorum that could not be met if every member came."""
    everyone = [Present(row.organisation.kind, row.role, row.voting) for row in members.current]
    return [
        Gap(f"Its quorum cannot be reached: {words}, and there are not so many members", "members")
        for words in quorum.unmet(quorum.readable(terms.quorum_rules), everyone)
    ]


def terms_of(forum: Forum, day: date) -> tuple[TermsOfReference | None, list[TermsOfReference]]:
    """The terms of reference in force on a day, and the versions before."""
    rows = list(TermsOfReference.objects.filter(forum=forum, adopted_on__lte=day).order_by("-version"))
    return (rows[0] if rows else None), rows[1:]


def rules_in_words(terms: TermsOfReference | None) -> list[str]:
    """The rules of a quorum beyond its number, as clauses."""
    return [rule.words for rule in quorum.readable(terms.quorum_rules)] if terms else []


def committees_of(forum: Forum) -> list[Forum]:
    """The committees that meet in common in this forum; none is asked of another form."""
    if forum.form != Forum.Form.COMMITTEES_IN_COMMON:
        return []
    return list(forum.committees.select_related("host").order_by("host__name", "name"))


@dataclass(frozen=True)
class Left:
    """What ending a forum leaves for others to settle."""

    delegations: list[Delegation]
    forums: list[Forum]
    members: int


def left_by_ending(actor: Actor, forum: Forum, day: date) -> Left:
    """What is delegated to it or passed on by it, who reports to it, and how many memberships end with it."""
    held = scope(actor, P.DELEGATION_VIEW, Delegation.objects.filter(Q(to_forum=forum) | Q(from_forum=forum)))
    held = held.exclude(status__in=(Delegation.Status.ENDED,)).filter(Q(ends=None) | Q(ends__gte=day))
    below = Forum.objects.on(day).filter(reports_to=forum).order_by("name", "id")
    open_ones = Membership.objects.filter(Q(ends=None) | Q(ends__gte=day), forum=forum, refused_on=None)
    return Left(
        list(held.select_related("function", "from_organisation").order_by("function__name", "pk")),
        list(below),
        open_ones.count(),
    )


# --- What forms offer -----------------------------------------------------------------------------------------------

MAY_MEET_IN_COMMON = (Forum.Form.BOARD, Forum.Form.BOARD_COMMITTEE, Forum.Form.COMMITTEE)


def bodies_near(hosts: Iterable[int], day: date) -> set[int]:
    """The hosts, the ICBs of their systems, and the bodies of those systems."""
    own = set(hosts)
    links = OrganisationRelation.objects.on(day).filter(kind=OrganisationRelation.Kind.SYSTEM)
    icbs = own | set(links.filter(source_body__in=own).values_list("target_body", flat=True))
    return icbs | set(links.filter(target_body__in=icbs).values_list("source_body", flat=True))


def arrangements_near(hosts: Iterable[int], near: Collection[int], day: date) -> QuerySet[Arrangement]:
    """Arrangements of the hosts, of their systems, and those in which they take part."""
    part = ArrangementMember.objects.on(day).filter(organisation__in=list(hosts)).values("arrangement")
    rows: QuerySet[Arrangement] = Arrangement.objects.on(day).filter(Q(host__in=near) | Q(pk__in=part))
    return rows
