"""Delegations: lists of them, how authority reached one, and where it was passed on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from ics_governance import wording
from ics_governance.models import User
from ics_governance.paging import Page
from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.models import Delegation, Forum, Function, LegalBasis, Organisation, Place, Post

from .delegation_facts import recipient_kinds
from .naming import COLUMNS, Named, columns_of

Status = Delegation.Status
IN_FORCE, NEVER = "in force", "never in force"
TONES = {IN_FORCE: "good", "suspended": "wait", "not yet in force": "wait"}
SORTS = {
    "function": ("function__name", "id"),
    "from": ("from_organisation__name", "function__name", "id"),
    "ends": ("ends", "id"),
}


class Party(NamedTuple):
    """Who makes or holds a delegation: `kind` is forum, body or post; `key` is what its address needs."""

    kind: str
    name: str
    key: int | str


class Row(NamedTuple):
    """One delegation as lists and tables show it, on a day."""

    pk: int
    function: str
    function_code: str
    instrument: str
    basis: str
    model: str
    limit: Decimal | None
    limit_kind: str
    starts: date | None
    ends: date | None
    review_on: date | None
    status: str
    in_force_on: date | None
    body: Named
    maker: Party
    recipient: Party
    areas: list[str]
    state: str

    @property
    def limit_in_words(self) -> str:
        """Such as "£500,000", "£120,000 a year", "no limit"; a voice in the discussion carries no authority."""
        if self.model == Delegation.Model.SEAT:
            return "no authority"
        if self.limit is None:
            return "no limit"
        return wording.money(self.limit) + (" a year" if self.limit_kind == Delegation.LimitKind.ANNUAL else "")

    @property
    def until(self) -> str:
        """Its last day in words."""
        return wording.day(self.ends, missing="no end date")

    @property
    def tone(self) -> str:
        """The tone in which pages show the state: good, wait or off."""
        return TONES.get(self.state, "off")


# More joins than to these five take PostgreSQL longer to plan (ten milliseconds) than the list to read.
OWN = (
    "pk", "function__name", "function__code", "instrument", "basis", "model", "limit", "limit_kind", "starts", "ends",
    "review_on", "status", "in_force_on", "areas", "through", "from_forum_id", "from_post_id", "to_forum_id",
    "to_forum__name", "to_post_id", "to_post__title",
)  # fmt: skip


def rows(queryset: QuerySet[Delegation], day: date, *, brief: bool = False) -> list[Row]:
    """The delegations of a queryset in its order, each with its parties, places and state on the day. One query.

    In brief without places, and with the body as the maker.
    """
    nothing = {"areas": Value(""), "through": Value("")}
    named = queryset.annotate(**nothing) if brief else with_names(queryset)
    columns = (*OWN, *columns_of("from_organisation"), *columns_of("to_organisation"))
    return [_row(values, day) for values in named.values_list(*columns)]


def _row(values: tuple[Any, ...], day: date) -> Row:
    own, bodies = values[: len(OWN)], values[len(OWN) :]
    (*plain, status, began, areas, through, from_forum, from_post, to_forum, to_forum_name, to_post, to_post_title) = (
        own
    )
    body, other = Named(*bodies[: len(COLUMNS)]), Named(*bodies[len(COLUMNS) :])
    if to_forum:
        recipient = Party("forum", to_forum_name, to_forum)
    else:
        recipient = Party("post", to_post_title, to_post) if to_post else Party("body", other.label, other.code)
    if from_forum and through:
        maker = Party("forum", through, from_forum)
    else:
        maker = Party("post", through, from_post) if through else Party("body", body.label, body.code)
    starts, ends = plain[8], plain[9]
    state = state_of(status, starts, ends, began, day)
    return Row._make((*plain, status, began, body, maker, recipient, areas, state))


def with_names(queryset: QuerySet[Delegation]) -> QuerySet[Delegation]:
    """With the forum or post `through` which the body acted, and the names of the places as `areas`."""
    areas = Place.objects.filter(delegations=OuterRef("pk")).order_by("name").values("name")
    forum = Forum.objects.filter(pk=OuterRef("from_forum")).values("name")
    post = Post.objects.filter(pk=OuterRef("from_post")).values("title")
    through = Coalesce(Subquery(forum), Subquery(post), Value(""))
    return queryset.annotate(areas=ArraySubquery(areas), through=through)


def detailed() -> QuerySet[Delegation]:
    """For the page of one: with everything at both ends; what is mostly empty costs a query only where it is not."""
    found = Delegation.objects.select_related("function", "from_organisation", "from_forum", "to_forum__host")
    through = Delegation.places.through.objects.filter(delegation=OuterRef("pk")).values("place")
    approver = User.objects.filter(pk=OuterRef("approved_by")).values("name")
    found = found.annotate(area_ids=ArraySubquery(through), approver=Coalesce(Subquery(approver), Value("")))
    return with_names(found).prefetch_related("to_organisation", "from_post", "to_post", "fund")


def listed(actor: Actor, day: date, filters: Mapping[str, Any]) -> QuerySet[Delegation]:
    """Delegations as of a day.

    Filters: function and its parts, status, system, body (maker or holder), forum, q, closed, due (what comes soon).
    """
    found = scope(actor, P.DELEGATION_VIEW, Delegation.objects.all())
    if not filters.get("closed"):
        found = found.filter(Q(ends=None) | Q(ends__gte=day)).exclude(Delegation.GONE)
    if code := filters.get("function"):
        found = found.filter(Q(function__code=code) | Q(function__parent__code=code))
    if status := filters.get("status"):
        found = found.filter(status=status)
    if system := filters.get("system"):
        found = found.filter(Q(from_organisation=system) | held_by(system))
    if body := filters.get("body"):
        found = found.filter(Q(from_organisation=body) | held_by(body))
    if forum := filters.get("forum"):
        found = found.filter(Q(to_forum=forum) | Q(from_forum=forum))
    if due := filters.get("due"):
        found = found.filter(DUE[due](day))
    for word in str(filters.get("q", "")).split()[:10]:
        found = found.filter(_says(word))
    return found


SOON = timedelta(days=60)
LIVE = Q(status__in=(Status.APPROVED, Status.IN_FORCE, Status.SUSPENDED))
DUE: dict[str, Callable[[date], Q]] = {
    "expiring": lambda day: LIVE & Q(ends__range=(day, day + SOON)),
    "review": lambda day: LIVE & Q(review_on__lt=day),
    "urgent": lambda day: Q(urgent=True),
}


def sortable(found: QuerySet[Delegation]) -> QuerySet[Delegation]:
    """With no more than the sorts of the list need; `page_rows` then reads the rest."""
    names = ("function__name", "from_organisation__name")
    return found.select_related("function", "from_organisation").only("ends", *names)


def page_rows(page: Page[Delegation], day: date) -> list[Row]:
    """The rows of a page of the list, in its order."""
    order = {row.pk: place for place, row in enumerate(page.rows)}
    found = rows(Delegation.objects.filter(pk__in=order), day)
    return sorted(found, key=lambda row: order[row.pk])


def open_on(actor: Actor, body: Organisation, day: date) -> list[Row]:
    """What a body made or holds and did not end, what is in force first; at most 200."""
    found = scope(actor, P.DELEGATION_VIEW, Delegation.objects.all())
    found = found.filter(Q(from_organisation=body) | held_by(body), Q(ends=None) | Q(ends__gte=day))
    found = (
        found.exclude(status__in=Delegation.NEVER_APPROVED)
        .exclude(Delegation.GONE)
        .order_by("function__name", "-limit", "id")
    )
    return in_order(rows(found[:200], day, brief=True))


def held_by(body: Any) -> Q:
    """Held by the body itself, by one of its forums or by one of its posts."""
    forums, posts = Forum.objects.filter(host=body), Post.objects.filter(organisation=body)
    return Q(to_organisation=body) | Q(to_forum__in=forums) | Q(to_post__in=posts)


def _says(word: str) -> Q:
    names = ("function__name", "instrument", "to_forum__name", "to_organisation__name", "to_post__title")
    condition = Q()
    for name in names:
        condition |= Q(**{f"{name}__icontains": word})
    return condition


def state_on(row: Delegation, day: date) -> str:
    """What a delegation is on a day: draft, not yet in force, in force, suspended, ended or expired."""
    return state_of(row.status, row.starts, row.ends, row.in_force_on, day)


def state_of(status: str, starts: date | None, ends: date | None, in_force_on: date | None, day: date) -> str:
    """The same from its status and dates."""
    if status == Status.WITHDRAWN:
        return "withdrawn"
    if status == Status.ENDED and in_force_on is None:
        return NEVER
    over = ends is not None and ends < day
    if status in (Status.DRAFT, Status.SUSPENDED) or (status == Status.ENDED and (over or ends is None)):
        return str(Status(status).label)
    if over:
        return "expired"
    if status == Status.APPROVED or (starts is not None and starts > day):
        return "not yet in force"
    return IN_FORCE


def in_order(found: list[Row]) -> list[Row]:
    """What is in force first; otherwise as it came."""
    return sorted(found, key=lambda row: row.state != IN_FORCE)


def held_by_forum(actor: Actor, forum: Forum, day: date) -> list[Row]:
    """Everything that was delegated to a forum and is not a draft, what is in force first."""
    found = scope(actor, P.DELEGATION_VIEW, Delegation.objects.filter(to_forum=forum))
    found = found.exclude(status__in=Delegation.NEVER_APPROVED)
    return in_order(rows(found.order_by("function__name", "id"), day))


def parties(delegation: Delegation) -> tuple[Party, Party]:
    """Who made one delegation and who holds it."""
    body, to_forum, to_body = delegation.from_organisation, delegation.to_forum, delegation.to_organisation
    maker = Party("body", body.label, body.code)
    if delegation.from_forum is not None:
        maker = Party("forum", delegation.from_forum.name, delegation.from_forum.pk)
    elif delegation.from_post is not None:
        maker = Party("post", delegation.from_post.title, delegation.from_post.pk)
    if to_forum is not None:
        return maker, Party("forum", to_forum.name, to_forum.pk)
    if to_body is not None:
        return maker, Party("body", to_body.label, to_body.code)
    return maker, Party("post", str(delegation.to_post), delegation.to_post_id or 0)


# --- One delegation -----------------------------------------------------------------------------------------------


def passed_on(actor: Actor, delegation: Delegation, day: date) -> list[Row]:
    """Delegations of the function, or a part of it, that its recipient made."""
    if delegation.to_forum_id:
        maker = Q(from_forum=delegation.to_forum_id)
    elif delegation.to_post_id:
        maker = Q(from_post=delegation.to_post_id)
    else:
        own = Q(from_forum=None) | Q(from_forum__form=Forum.Form.BOARD)
        maker = Q(from_organisation=delegation.to_organisation_id, from_post=None) & own
    parts = Function.objects.filter(Q(pk=delegation.function_id) | Q(parent=delegation.function_id))
    found = scope(actor, P.DELEGATION_VIEW, Delegation.objects.filter(maker, function__in=parts))
    return in_order(rows(found.exclude(status__in=Delegation.NEVER_APPROVED).order_by("function__name", "id"), day))


@dataclass(frozen=True)
class Basis:
    """The legal basis of a delegation: its name, and the row for its owner and recipient, if it is open to them."""

    title: str
    row: LegalBasis | None


def basis_of(delegation: Delegation) -> Basis:
    """The legal basis with its source. A basis that is not open to this owner and recipient has no row."""
    rows = getattr(delegation, "open_bases", None)  # gathered with the facts about a draft
    if rows is None:
        wanted = recipient_kinds(delegation)
        rows = LegalBasis.objects.filter(owner_kind=delegation.from_organisation.kind, recipient_kind__in=wanted)
        rows = rows.filter(code=delegation.basis)
    row = next((row for row in rows if row.code == delegation.basis), None)
    named = row or LegalBasis.objects.filter(code=delegation.basis).order_by("pk").first()
    return Basis(named.title if named else delegation.basis, row)


# --- Joint committees ---------------------------------------------------------------------------------------------


class Holders(NamedTuple):
    """A function that a joint committee was given: which of its bodies delegated it, and which still have to."""

    function: str
    code: str
    given: list[str]
    missing: list[str]


def holders_of_joint(held: Sequence[Row], bodies: Iterable[Organisation]) -> list[Holders]:
    """For each function held: of the bodies with a vote that hold it by law, who has delegated it and who has not.

    A body need not delegate what it does not hold. One query; none where nothing is held.
    """
    codes = {row.function_code: row.function for row in held}
    owners = dict(Function.objects.filter(code__in=codes).values_list("code", "owner_kind")) if codes else {}
    members = {body.pk: body for body in bodies}
    found = []
    for code, name in sorted(codes.items(), key=lambda item: item[1]):
        have = {row.body.code for row in held if row.function_code == code and row.state == IN_FORCE}
        needed = sorted((body for body in members.values() if body.kind == owners.get(code)), key=lambda b: b.label)
        given = [row.body.label for row in held if row.function_code == code and row.state == IN_FORCE]
        missing = [body.label for body in needed if body.code not in have]
        found.append(Holders(name, code, sorted(set(given)), missing))
    return found
