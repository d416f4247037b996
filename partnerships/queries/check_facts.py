"""What the governance checks read: a fixed number of queries, for one system or for all of England.

Rows of columns and no instances, for England has thousands. All delegations are read whatever the system, since a
chain may come from anywhere; members, terms and employments only where they can matter.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from partnerships import checks
from partnerships.authority import Node
from partnerships.checks import Edge, Facts, Finding, Register
from partnerships.checks.facts import STANDING
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Decision,
    Delegation,
    DelegationReview,
    Employment,
    Forum,
    Function,
    LegalBasis,
    Membership,
    Organisation,
    OrganisationRelation,
    Place,
    Post,
    ReportingLine,
    Succession,
    TermsOfReference,
)

from .authority import lineage

R = TypeVar("R")
DATES = ("starts", "ends")
EDGE = (
    "pk", "function__code", "from_organisation_id", "from_forum_id", "from_post_id", "to_forum_id",
    "to_organisation_id", "to_post_id", "model", "basis", "instrument", "status", "limit", "limit_kind",
    "onward_delegation_permitted", "review_on", "novates_id", *DATES, "outcome",
    "reviewed_on",
)  # fmt: skip
TAKEN = (Decision.State.AGREED, Decision.State.IMPLEMENTED, Decision.State.REVIEWED)
DRAFT = 0  # the id of a delegation that is not saved yet
OF_ITS_FORUM = ("lead_not_employed", "one_delegating_body")


def facts_for(system: Organisation | None, on: date) -> Facts:
    """The facts of a day: of one ICB's system, or of all England. The same number of queries whatever there is."""
    found = _graph(Delegation.objects.all())
    forums = Forum.objects.all()
    if system is not None:
        found["focus"] = system.pk
        register = Register(Facts(**found), on)
        hosts = [pk for pk in register.bodies if register.system_of(pk) == system.pk]
        forums = Forum.objects.filter(host__in=hosts)
    return Facts(
        **found,
        councils=_councils(),
        terms=_terms(forums),
        members=_members(forums),
        arrangements=_rows(checks.Arrangement, Arrangement.objects.all(), "pk", "name", "kind", "host_id", *DATES),
        parties=_rows(
            checks.Party, ArrangementMember.objects.all(),
            "arrangement_id", "organisation_id", "expectation", "sector", *DATES,
        ),
        reports=_rows(checks.Report, ReportingLine.objects.all(), "arrangement_id", *DATES),
        employments=_employments(),
        unratified=_unratified(forums, on),
    )  # fmt: skip


def findings_for_draft(values: Mapping[str, Any], *, on: date, pk: int | None = None) -> list[Finding]:
    """What the checks will say of a delegation as it stands in a form; nothing until function and recipient are named.

    `values`: the fields of a delegation by name, with records or None, and `places`. `pk`: its id when it is saved.
    """
    function, body = values.get("function"), values.get("from_organisation")
    target = _holder(values.get("to_forum"), values.get("to_post"), values.get("to_organisation"))
    if function is None or body is None or target is None:
        return []
    source = _holder(values.get("from_forum"), values.get("from_post"), body)
    places = frozenset(place.pk for place in values.get("places") or ())
    draft = _draft(values, pk or DRAFT, function.code, body.pk, source or Node.body(body.pk), target, places)
    matter = Q(function__in=lineage(function.code))
    if target.kind == "forum":
        matter |= Q(to_forum=target.id)
    found = _graph(Delegation.objects.filter(matter).exclude(pk=pk or DRAFT))
    found["edges"] = (*found["edges"], draft)
    forum = Forum.objects.filter(pk__in=[target.id] if target.kind == "forum" else [])
    facts = Facts(**found, members=_members(forum), employments=_employments())
    own = checks.Record("delegation", draft.id)
    its_forum = checks.Record(*target)
    return [
        each
        for each in checks.run_delegations(facts, on)
        if own in each.records or (each.code in OF_ITS_FORUM and its_forum in each.records)
    ]


def draft_values(delegation: Delegation) -> dict[str, Any]:
    """The same values of a saved delegation."""
    names = [field.name for field in Delegation._meta.fields if field.name != "id"]
    return {name: getattr(delegation, name) for name in names} | {"places": list(delegation.places.all())}


def _draft(
    values: Mapping[str, Any], pk: int, function: str, body: int, source: Node, target: Node, places: frozenset[int]
) -> Edge:
    novated = values.get("novates")
    return Edge(
        id=pk,
        function=function,
        body=body,
        source=source,
        target=target,
        model=values.get("model") or Delegation.Model.DELEGATED,
        basis=values.get("basis") or "",
        instrument=values.get("instrument") or "",
        status=Delegation.Status.APPROVED,
        limit=values.get("limit"),
        annual=values.get("limit_kind") == Delegation.LimitKind.ANNUAL,
        onward=bool(values.get("onward_delegation_permitted")),
        review_on=values.get("review_on"),
        novates=novated.pk if novated else None,
        starts=values.get("starts"),
        ends=values.get("ends"),
        places=places,
    )


def _holder(forum: Forum | None, post: Post | None, body: Organisation | None) -> Node | None:
    if forum is not None:
        return Node.forum(forum.pk)
    if post is not None:
        return Node.post(post.pk)
    return Node.body(body.pk) if body is not None else None


# --- Rows ---------------------------------------------------------------------------------------------------------


def _rows(make: Any, queryset: QuerySet[Any], *columns: Any) -> tuple[Any, ...]:
    """The columns of a queryset as rows of the checks."""
    return tuple(map(make._make, queryset.order_by().values_list(*columns)))


def _graph(delegations: QuerySet[Delegation]) -> dict[str, Any]:
    """What the checks of delegations read."""
    name = Coalesce(NullIf("short_name", Value("")), F("name"))
    functions = Function.objects.order_by().values_list(
        "code", "name", "family", "owner_kind", "parent__code", "delegable", "bases"
    )
    return {
        "bodies": _rows(checks.Body, Organisation.objects.all(), "pk", "kind", name, "subtype", "opened", "closed"),
        "forums": _rows(
            checks.Forum, Forum.objects.all(),
            "pk", "name", "host_id", "form", "arrangement_id", "reports_to_id", "post_id", *DATES,
        ),
        "posts": _rows(checks.Post, Post.objects.all(), "pk", "organisation_id", "title", "holder_id", *DATES),
        "places": _rows(checks.Place, Place.objects.all(), "pk", "name", "icb_id", "follows_id", *DATES),
        "functions": tuple(checks.Function._make((*row[:-1], tuple(row[-1]))) for row in functions),
        "bases": _rows(
            checks.Basis, LegalBasis.objects.all(), "code", "owner_kind", "recipient_kind", "internal", "title"
        ),
        "edges": _edges(delegations),
        "links": _rows(
            checks.Link, OrganisationRelation.objects.filter(kind=OrganisationRelation.Kind.SYSTEM),
            "source_body_id", "target_body_id", "lead", *DATES,
        ),
        "successors": _many(Succession.objects.values_list("predecessor_id", "successor_id"), tuple),
    }  # fmt: skip


def _edges(delegations: QuerySet[Delegation]) -> tuple[Edge, ...]:
    """All that were approved and not ended, with their places."""
    reviews = DelegationReview.objects.filter(delegation=OuterRef("pk"))  # the last one first
    approved = (
        delegations.filter(status__in=STANDING)
        .order_by()
        .annotate(
            outcome=Coalesce(Subquery(reviews.values("outcome")[:1]), Value("")),
            reviewed_on=Subquery(reviews.values("held_on")[:1]),
        )
    )
    through = Delegation.places.through.objects.filter(delegation__in=approved)
    places = _many(through.values_list("delegation_id", "place_id"), frozenset)
    return tuple(_edge(row, places.get(row[0], frozenset())) for row in approved.values_list(*EDGE))


def _edge(row: tuple[Any, ...], places: frozenset[int]) -> Edge:
    pk, function, body, from_forum, from_post, to_forum, to_body, to_post, *rest = row
    model, basis, instrument, status, limit, limit_kind, onward, review_on, novates, starts, ends, *review = rest
    source = Node("forum", from_forum) if from_forum else Node("post", from_post) if from_post else Node("body", body)
    target = Node("forum", to_forum) if to_forum else Node("post", to_post) if to_post else Node("body", to_body)
    annual = limit_kind == "annual"
    return Edge(
        pk, function, body, source, target, model, basis, instrument, status, limit, annual, onward, review_on,
        novates, starts, ends, places, *review,
    )  # fmt: skip


def _many(pairs: Iterable[tuple[int, int]], make: Callable[[list[int]], R]) -> dict[int, R]:
    """What belongs to each of the first ids."""
    found: dict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        found[one].append(other)
    return {one: make(others) for one, others in found.items()}


def _councils() -> dict[int, frozenset[int]]:
    pairs = Place.councils.through.objects.values_list("place_id", "organisation_id")
    return _many(pairs, frozenset)


def _terms(forums: QuerySet[Forum]) -> tuple[checks.Terms, ...]:
    agreed = ~Q(disagreement_process="")
    rows = TermsOfReference.objects.filter(forum__in=forums)
    return _rows(checks.Terms, rows, "pk", "forum_id", "version", "adopted_on", "review_on", "quorum", agreed)


def _members(forums: QuerySet[Forum]) -> tuple[checks.Member, ...]:
    rows = Membership.objects.filter(forum__in=forums, refused_on=None)
    return _rows(
        checks.Member, rows, "pk", "forum_id", "organisation_id", "role", "voting", "holder_id", *DATES, "consented_on"
    )


def _employments() -> tuple[checks.Employment, ...]:
    """Of those who may decide alone, and of chief executives; the others are not asked for."""
    leads = Membership.objects.filter(role=Membership.Role.EXECUTIVE_LEAD, holder__isnull=False).values("holder")
    posts = Post.objects.filter(holder__isnull=False).values("holder")
    concerned = Q(person__in=leads) | Q(person__in=posts) | Q(title__istartswith="chief executive")
    return _rows(
        checks.Employment, Employment.objects.filter(concerned), "person_id", "organisation_id", "title", *DATES
    )


def _unratified(forums: QuerySet[Forum], on: date) -> tuple[checks.Unratified, ...]:
    """Published decisions only: findings are read by people who may know of no other."""
    rows = Decision.objects.filter(
        forum__in=forums, means=Decision.Means.URGENT, state__in=TAKEN, ratify_by__lt=on, ratified_by=None,
        released_at__isnull=False,
    )  # fmt: skip
    return tuple(checks.Unratified(*row) for row in rows.order_by().values_list("forum_id").annotate(Count("pk")))
