"""Posts of a body: who holds each, since when one is vacant, and what is delegated to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Prefetch, Q, QuerySet

from ics_governance.permissions import Actor
from partnerships.access import P, scope
from partnerships.authority import Span
from partnerships.models import Delegation, Employment, Forum, Organisation, Person, Post, PostHolding
from partnerships.post_guards import Term

GONE = (Delegation.Status.ENDED, Delegation.Status.WITHDRAWN)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """A post as its body's page shows it on a day.

    `holder`: who is in it; None: vacant, `vacant_since` a day where that is recorded. `left`: who is still named, but
    no longer works for the body. `former`: who was in it before, the latest first.
    """

    post: Post
    holder: Person | None = None
    since: date | None = None
    vacant_since: date | None = None
    left: Person | None = None
    former: list[PostHolding] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    forums: list[Forum] = field(default_factory=list)

    @property
    def unheld(self) -> bool:
        """Whether authority lies with it although nobody is in it."""
        return self.holder is None and bool(self.delegations or self.forums)


def listed(actor: Actor, body: Organisation, day: date) -> tuple[list[Held], list[Held]]:
    """The posts of a body on a day, and those that had ended by then; five queries."""
    known = scope(actor, P.DELEGATION_VIEW, Post.objects.filter(organisation=body))
    known = known.filter(Q(starts=None) | Q(starts__lte=day)).select_related("holder").order_by("title", "pk")
    posts = list(known.prefetch_related(Prefetch("holdings", PostHolding.objects.select_related("person"))))
    made, decides = _delegations(actor, posts, day), _forums(actor, posts, day)
    works = _employed({row.person_id for post in posts for row in _terms(post)}, body)
    found = [_held(post, day, works, made[post.pk], decides[post.pk]) for post in posts]
    ended = [row for row in found if row.post.ends is not None and row.post.ends < day]
    return [row for row in found if row not in ended], ended


def _terms(post: Post) -> list[PostHolding]:
    """Who was in it, the latest first; where no days are recorded, whoever is named, for as long as the post lasts."""
    rows = list(post.holdings.all())
    if not rows and post.holder is not None:
        rows = [PostHolding(post=post, person=post.holder, starts=post.starts, ends=post.ends)]
    return rows


def _held(
    post: Post, day: date, works: dict[int, list[Span]], delegations: list[Delegation], forums: list[Forum]
) -> Held:
    rows = [row for row in _terms(post) if row.starts is None or row.starts <= day]
    given = {"delegations": delegations, "forums": forums}
    now = next((row for row in rows if Span(row.starts, row.ends).covers(day)), None)
    if now is None:
        last = rows[0].ends if rows else None
        return Held(post, vacant_since=last + DAY if last else None, former=rows, **given)  # type: ignore[arg-type]
    former = [row for row in rows if row is not now]
    spans = works.get(now.person_id)
    if spans and not any(span.covers(day) for span in spans):
        until = max((span.ends for span in spans if span.ends and span.ends < day), default=None)
        since = until + DAY if until else None
        return Held(post, left=now.person, vacant_since=since, former=former, **given)  # type: ignore[arg-type]
    since = now.starts if now.pk else None
    return Held(post, holder=now.person, since=since, former=former, **given)  # type: ignore[arg-type]


def _delegations(actor: Actor, posts: Collection[Post], day: date) -> dict[int, list[Delegation]]:
    rows = Delegation.objects.filter(Q(ends=None) | Q(ends__gte=day), to_post__in=posts).exclude(status__in=GONE)
    found: dict[int, list[Delegation]] = defaultdict(list)
    for row in scope(actor, P.DELEGATION_VIEW, rows).select_related("function").order_by("function__name", "pk"):
        found[row.to_post_id].append(row)  # type: ignore[index]
    return found


def _forums(actor: Actor, posts: Collection[Post], day: date) -> dict[int, list[Forum]]:
    found: dict[int, list[Forum]] = defaultdict(list)
    rows = Forum.objects.filter(Q(ends=None) | Q(ends__gte=day), post__in=posts)
    for row in scope(actor, P.FORUM_VIEW, rows).order_by("name", "pk"):
        found[row.post_id].append(row)  # type: ignore[index]
    return found


def _employed(people: Iterable[int], body: Organisation) -> dict[int, list[Span]]:
    """When these people worked for the body, where that is recorded."""
    found: dict[int, list[Span]] = defaultdict(list)
    rows = Employment.objects.filter(person__in=list(people), organisation=body)
    for person, starts, ends in rows.values_list("person_id", "starts", "ends"):
        found[person].append(Span(starts, ends))
    return found


# --- What actions and guards need -----------------------------------------------------------------------------------


def terms_of(post: Post) -> list[Term]:
    """Who was in it, as recorded with its days, the latest first. A term that ends with the post has no end of its
    own."""
    rows = PostHolding.objects.filter(post=post).select_related("person").order_by("-starts", "-pk")
    return [
        Term(row.person_id, row.person.name, row.starts, None if row.ends == post.ends else row.ends) for row in rows
    ]


def works_for(person: Person, body: Organisation, day: date) -> bool:
    """Whether the body employs somebody on a day."""
    return bool(Employment.objects.on(day).filter(person=person, organisation=body).exists())


def is_vacant(post: Post, on: date | None) -> bool:
    """Whether nobody was in a post on a day; without a day: whether nobody is in it now."""
    if on is None:
        return post.holder_id is None
    if not Span(post.starts, post.ends).covers(on):
        return True
    terms = list(PostHolding.objects.filter(post=post).values_list("starts", "ends"))
    return not any(Span(*each).covers(on) for each in terms) if terms else post.holder_id is None


def held_by_it(actor: Actor, post: Post, day: date) -> tuple[list[Delegation], list[Forum]]:
    """What still names a post: delegations to it and by it, and forums for which it decides."""
    rows = Delegation.objects.filter(Q(to_post=post) | Q(from_post=post), Q(ends=None) | Q(ends__gte=day))
    seen: QuerySet[Delegation] = scope(actor, P.DELEGATION_VIEW, rows.exclude(status__in=GONE))
    named = seen.select_related("function", "from_organisation").order_by("function__name", "pk")
    return list(named), _forums(actor, [post], day)[post.pk]


def titles_of(body: Organisation, starts: date, but: int | None = None) -> list[str]:
    """Titles of the body's posts that go on on a day or after, but for one of them."""
    rows = Post.objects.filter(Q(ends=None) | Q(ends__gte=starts), organisation=body)
    return [title for pk, title in rows.values_list("pk", "title") if pk != but]
