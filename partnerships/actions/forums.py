"""Writes about forums: found, edit and end one, adopt its terms of reference."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from ics_governance.actions import change, locked, record_new
from ics_governance.permissions import Actor, Refused
from ics_governance.workflow import GuardFailed, Reason
from partnerships import forum_guards as guards
from partnerships.access import P, require
from partnerships.day_guards import has_not_ended, may_end, not_after
from partnerships.models import Deputy, Forum, Membership, Organisation, Place, TermsOfReference
from partnerships.reporting import closes_a_loop

from .nearness import arrangement_is_near, day_that_counts, forum_above_is_near, places_are_near
from .sets import change_with_sets, record_with_sets

FORUM = (
    "name", "host", "arrangement", "form", "level", "purpose", "meets_in_public", "private_reason", "reports_to",
    "post", "starts", "ends",
)  # fmt: skip
TERMS = (
    "forum", "version", "adopted_on", "review_on", "quorum", "quorum_rules", "voting_rule", "casting_vote",
    "disagreement_process", "document",
)  # fmt: skip


def _require_host(by: Actor, host: Organisation) -> None:
    """Founding something needs the role in its host: there is no record yet to ask about."""
    if not by.system and host.pk not in by.organisations(P.FORUM_EDIT, "host"):
        raise Refused(P.FORUM_EDIT)


def _refuse(reasons: Iterable[Reason]) -> None:
    if found := list(reasons):
        raise GuardFailed(found)


@transaction.atomic
def found_forum(
    *,
    by: Actor,
    host: Organisation,
    values: Mapping[str, Any],
    places: Iterable[Place] = (),
    committees: Iterable[Forum] = (),
) -> Forum:
    """Record a forum of a host. What its form demands must be there."""
    _require_host(by, host)
    named = list(committees)
    _refuse([
        *guards.form_is_kept(values["form"], host, values.get("post"), named),
        *guards.privacy_has_a_reason(values.get("meets_in_public", False), values.get("private_reason", "")),
        *_one_of_its_kind(values["form"], host, values.get("starts")),
        *_host_exists(host, values.get("starts")),
        *_name_of_its_own(Forum(host=host, name=values["name"], starts=values.get("starts"))),
    ])  # fmt: skip
    made, where, day = Forum(host=host, **values), list(places), day_that_counts(values.get("starts"), by.on)
    _refuse([
        *places_are_near(host, where, (), day, "places"),
        *arrangement_is_near(made, made.arrangement, None, day),
        *forum_above_is_near(made, made.reports_to, None, day),
    ])  # fmt: skip
    made.save()
    sets: dict[str, list[Any]] = {"places": where, "committees": named}
    return record_with_sets(made, "forum.founded", FORUM, sets, by=by, organisation_id=host.pk)


def _host_exists(host: Organisation, day: date | None) -> list[Reason]:
    if day is None or host.exists_on(day):
        return []
    return [Reason(f"{host.name} does not exist on that day", "starts")]


def _name_of_its_own(forum: Forum) -> list[Reason]:
    """No two forums of a host bear one name at the same time: a form that was sent twice records one."""
    others = Forum.objects.during(forum.starts, forum.ends).filter(host=forum.host, name__iexact=forum.name)
    if not others.exclude(pk=forum.pk).exists():
        return []
    return [Reason(f"{forum.host.name} has a forum called {forum.name} already in these days", "name")]


def _one_of_its_kind(form: str, host: Organisation, day: date | None) -> list[Reason]:
    """A body has one board, and a trust one council of governors."""
    if form not in (Forum.Form.BOARD, Forum.Form.COUNCIL_OF_GOVERNORS):
        return []
    still = Forum.objects.filter(Q(ends=None) | Q(ends__gte=day) if day else Q(), host=host, form=form)
    if (there := still.first()) is None:
        return []
    return [Reason(f"{host.name} has one already: {there.name}. End it first", "form")]


@transaction.atomic
def edit_forum(
    *,
    by: Actor,
    forum: Forum,
    values: Mapping[str, Any],
    places: Iterable[Place] | None = None,
    committees: Iterable[Forum] | None = None,
) -> Forum:
    """Change what is recorded of a forum. Host, form and first day stay: another form is another forum."""
    require(by, P.FORUM_EDIT, forum)
    current = locked(forum)
    _refuse(has_not_ended(current.ends, by.on))
    named = list(current.committees.all() if committees is None else committees)
    where = list(current.places.all() if places is None else places)
    reasons: list[Reason] = []
    if committees is not None or "post" in values:
        reasons += guards.form_is_kept(current.form, current.host, values.get("post", current.post), named)
    if {"meets_in_public", "private_reason"} & set(values):
        in_public = values.get("meets_in_public", current.meets_in_public)
        reasons += guards.privacy_has_a_reason(in_public, values.get("private_reason", current.private_reason))
    if (name := values.get("name", current.name)) != current.name:
        reasons += _name_of_its_own(Forum(pk=current.pk, host=current.host, name=name, starts=current.starts,
                                          ends=current.ends))  # fmt: skip
    if above := values.get("reports_to"):
        reasons += _reporting_reasons(current, above)
    day, covered = day_that_counts(current.starts, by.on), set(current.places.values_list("pk", flat=True))
    reasons += places_are_near(current.host, where, covered, day, "places")
    reasons += arrangement_is_near(current, values.get("arrangement"), current.arrangement_id, day)
    reasons += forum_above_is_near(current, above, current.reports_to_id, day)
    _refuse(reasons)
    sets: dict[str, list[Any]] = {"places": where, "committees": named}
    return change_with_sets(
        current, "forum.changed", by=by, organisation_id=current.host_id, changes=dict(values), sets=sets
    )


def _reporting_reasons(forum: Forum, above: Forum) -> list[Reason]:
    if above.pk == forum.pk:
        return [Reason("A forum reports to another one, not to itself", "reports_to")]
    pairs = Forum.objects.filter(reports_to__isnull=False).values_list("pk", "reports_to_id")
    others = [(one, to) for one, to in pairs if one != forum.pk and to is not None]
    if closes_a_loop(others, forum.pk, above.pk):
        text = f"{above.name} already reports to {forum.name}, so this would run in a circle"
        return [Reason(text, "reports_to")]
    return []


@transaction.atomic
def end_forum(*, by: Actor, forum: Forum, last_day: date) -> Forum:
    """End a forum. Open memberships and deputyships end with it; delegations to it are ended by those who made them."""
    require(by, P.FORUM_EDIT, forum)
    current = locked(forum)
    if current.ends is not None and current.ends < by.on:
        raise GuardFailed([Reason("It has ended already", "last_day")])
    _refuse(may_end(current.starts, current.ends, last_day))
    still = Q(ends=None) | Q(ends__gt=last_day)
    for deputy in Deputy.objects.filter(still, membership__forum=current):
        _close(deputy, last_day)
    for member in Membership.objects.filter(still, forum=current):
        _close(member, last_day)
    return change(current, "forum.ended", by=by, organisation_id=current.host_id, changes={"ends": last_day})


def _close(row: Membership | Deputy, last_day: date) -> None:
    """End a row with its forum; one that had not begun by then ends on its first day."""
    row.ends = max(last_day, row.starts) if row.starts else last_day
    row.save(update_fields=["ends"])


@transaction.atomic
def adopt_terms(*, by: Actor, forum: Forum, values: Mapping[str, Any]) -> TermsOfReference:
    """Adopt a new version of the terms of reference; the earlier ones stay."""
    require(by, P.FORUM_EDIT, forum)
    current = locked(forum)
    _refuse(has_not_ended(current.ends, by.on))
    not_yet = "Terms of reference are recorded once they were adopted: choose today or an earlier day"
    _refuse(not_after(values["adopted_on"], by.on, not_yet, "adopted_on"))
    latest = current.terms.order_by("-version").first()
    in_force = current.terms.filter(adopted_on__lte=by.on).order_by("-version").first()
    if in_force and values["adopted_on"] < in_force.adopted_on:
        raise GuardFailed([Reason("A later version was adopted on a later day already", "adopted_on")])
    voting = Membership.objects.filter(forum=current, voting=True, refused_on=None)
    voting = voting.filter(Q(ends=None) | Q(ends__gte=values["adopted_on"]))
    bodies = set(voting.values_list("organisation_id", flat=True))
    _refuse([*guards.terms_are_sound(values), *guards.bodies_are_two(current.form, bodies)])
    terms = TermsOfReference.objects.create(
        forum=current, version=(latest.version + 1 if latest else 1), **values
    )  # fmt: skip
    return record_new(terms, "forum.terms_adopted", TERMS, by=by, organisation_id=current.host_id)
