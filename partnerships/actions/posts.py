"""Writes about posts: record one, name or take away its holder, end it. Who was in it, and when, is kept."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from ics_governance import ledger
from ics_governance.actions import change, locked
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day as in_words
from ics_governance.workflow import GuardFailed, Reason
from partnerships import post_guards as guards
from partnerships.access import P, require
from partnerships.day_guards import has_not_ended, may_end
from partnerships.models import Organisation, Person, Post, PostHolding
from partnerships.queries import posts as queries

FIELDS = ("organisation", "title", "holder", "starts", "ends")
DAY = timedelta(days=1)


@transaction.atomic
def create_post(
    *, by: Actor, organisation: Organisation, title: str, starts: date, holder: Person | None = None,
    since: date | None = None,
) -> Post:  # fmt: skip
    """Record a post of a body, vacant or with its holder, who is in it `since` a day (its first, unless said)."""
    if not by.system and organisation.pk not in by.organisations(P.DELEGATION_EDIT, "host"):
        raise Refused(P.DELEGATION_EDIT)
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    title, begun = " ".join(title.split()), since or starts
    reasons = guards.has_a_title_of_its_own(title, queries.titles_of(organisation, starts))
    if not organisation.exists_on(starts):
        reasons.append(Reason(f"{organisation.name} does not exist on that day", "starts"))
    if holder is None and since is not None:
        reasons.append(Reason("Choose who is in the post since then, or leave this empty", "holder"))
    if holder is not None:
        works = queries.works_for(holder, organisation, begun)
        reasons += [
            *guards.within_the_post(starts, None, begun, "since"),
            *guards.works_for(holder.name, organisation.name, works, begun, "holder"),
            *guards.not_ahead(begun, by.on, held=False, field="since" if since else "starts"),
        ]
    _refuse(reasons)
    made = Post.objects.create(organisation=organisation, title=title, starts=starts, holder=holder)
    after = ledger.snapshot(made, FIELDS)
    if holder is not None:
        PostHolding.objects.create(post=made, person=holder, starts=begun)
        after["since"] = begun
    ledger.append(by=by, kind="post.recorded", record=made, after=after, organisation_id=organisation.pk)
    return made


@transaction.atomic
def correct_title(*, by: Actor, post: Post, title: str) -> Post:
    """Correct what a post is called. Another post is recorded anew: delegations name this one by whatever title."""
    require(by, P.DELEGATION_EDIT, post)
    current, body = locked(post), post.organisation
    Organisation.objects.select_for_update().get(pk=body.pk)
    title = " ".join(title.split())
    others = queries.titles_of(body, current.starts or by.on, but=current.pk)
    _refuse([*has_not_ended(current.ends, by.on), *guards.has_a_title_of_its_own(title, others)])
    return change(current, "post.corrected", by=by, organisation_id=body.pk, changes={"title": title})


@transaction.atomic
def change_holder(*, by: Actor, post: Post, person: Person | None, from_day: date) -> Post:
    """Name who is in a post from a day on, or (None) that it is vacant from then on. The one before is kept.

    On the first day of a term the name itself is corrected.
    """
    require(by, P.DELEGATION_EDIT, post)
    current, body = locked(post), post.organisation
    last = next(iter(queries.terms_of(current)), None)
    reasons = [
        *guards.within_the_post(current.starts, current.ends, from_day),
        *guards.not_ahead(from_day, by.on, held=current.holder_id is not None),
        *guards.is_a_change(person.pk if person else None, current.holder_id, last, from_day),
    ]
    if person is not None:
        reasons += guards.works_for(person.name, body.name, queries.works_for(person, body, from_day), from_day)
    _refuse(reasons)
    _follow(current, last, person, from_day)
    before = {"holder": current.holder_id}
    after = {"holder": person.pk if person else None, "from_day": from_day}
    current.holder = person
    current.save(update_fields=["holder"])
    kind = "post.holder_named" if person else "post.vacated"
    ledger.append(by=by, kind=kind, record=current, before=before, after=after, organisation_id=body.pk)
    return current


def _follow(post: Post, last: guards.Term | None, person: Person | None, from_day: date) -> None:
    """Close the term that goes on and begin the next; the guards have seen that the days fit."""
    if last is None and post.holder_id and (post.starts is None or post.starts < from_day):
        PostHolding.objects.create(post=post, person_id=post.holder_id, starts=post.starts, ends=from_day - DAY)
    goes_on = _open_terms(post)
    if person is not None and goes_on.filter(starts=from_day).update(person=person):
        return
    goes_on.update(ends=from_day - DAY)
    if person is not None:
        PostHolding.objects.create(post=post, person=person, starts=from_day, ends=post.ends)


def _open_terms(post: Post) -> QuerySet[PostHolding]:
    """The term that goes on, or that ends with the post."""
    ends = Q(ends=None) if post.ends is None else Q(ends=None) | Q(ends=post.ends)
    return PostHolding.objects.filter(ends, post=post)


@transaction.atomic
def end_post(*, by: Actor, post: Post, last_day: date) -> Post:
    """End a post; whoever is in it is so until then. What is delegated to it is ended by whoever made it."""
    require(by, P.DELEGATION_EDIT, post)
    current = locked(post)
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("It has ended already", "last_day")])
    reasons = may_end(current.starts, current.ends, last_day)
    terms = queries.terms_of(current)
    for row in terms:
        latest = max((day for day in (row.starts, row.ends) if day), default=None)
        if latest is not None and latest > last_day and not reasons:
            text = f"{row.name} was in the post on {in_words(latest)}: choose that day or a later one"
            reasons.append(Reason(text, "last_day"))
    _refuse(reasons)
    _open_terms(current).update(ends=last_day)
    return change(
        current, "post.ended", by=by, organisation_id=current.organisation_id, changes={"ends": last_day}
    )  # fmt: skip


def _refuse(reasons: list[Reason]) -> None:
    if reasons:
        raise GuardFailed(reasons)
