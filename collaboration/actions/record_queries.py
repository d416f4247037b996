"""Writes about queries: a subject objects to a record behind its profile, the keeper of the record answers."""

from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.urls import reverse

from collaboration.access import P
from collaboration.models import Profile, ProfileMonth, RecordQuery
from collaboration.queries.people import everyone_who
from collaboration.queries.record_queries import counted_row, keeper_of
from collaboration.workflows import RECORD_QUERY
from ics_governance.actions import carry_out, record_new
from ics_governance.notifications import notify
from ics_governance.permissions import Actor, Refused
from ics_governance.wording import day
from ics_governance.workflow import GuardFailed, Reason
from ics_governance.workingdays import add_working_days
from partnerships.models import Organisation

ANSWER_WITHIN = 10  # working days, where no preview sets an earlier day
GOVERNED = ("subject", "keeper", "as_of", "indicator", "record_kind", "record_id", "text", "due_on", "state")


class Asked(NamedTuple):
    """The record that a query is about, and the indicator that counts it."""

    indicator: str
    kind: str
    record: int


@transaction.atomic
def ask(*, by: Actor, profile: Profile, about: Asked, text: str) -> RecordQuery:
    """A subject objects to a record that counts in its profile; from now on it does not count until it is answered.

    Raises Refused for other bodies than the subject, GuardFailed for a frozen month, a record that does not count, or
    one that the subject keeps itself.
    """
    if not by.system and profile.subject_id not in by.organisations(P.QUERY_ASK, "subject"):
        raise Refused(P.QUERY_ASK)
    keeper = _keeper(profile, about)
    month = ProfileMonth.objects.filter(framework=profile.framework_id, as_of=profile.as_of).first()
    query = RecordQuery.objects.create(
        subject_id=profile.subject_id, keeper=keeper, as_of=profile.as_of, indicator=about.indicator,
        record_kind=about.kind, record_id=about.record, text=text, asked_on=by.on, due_on=_due(by.on, month),
        asked_by_id=by.user_id,  # type: ignore[misc]
    )  # fmt: skip
    record_new(query, "record_query.asked", GOVERNED, by=by, organisation_id=profile.subject_id)
    tell(query, "asked", f"{profile.subject.label} queries a record that you keep: answer by {day(query.due_on)}", by)
    return query


def _due(on: date, month: ProfileMonth | None) -> date:
    return max(month.freezes_on, on) if month else add_working_days(on, ANSWER_WITHIN)


def _keeper(profile: Profile, about: Asked) -> Organisation:
    if profile.state == Profile.State.FROZEN:
        raise GuardFailed([Reason("This month is frozen. Query the record in a month that is still open.")])
    row = counted_row(profile, about)
    if row is None or not row.denominator:
        raise GuardFailed([Reason("That record does not count in this profile.")])
    if row.queried:
        raise GuardFailed([Reason("This record has been queried already.")])
    keeper = keeper_of(about.kind, about.record)
    if keeper is None:
        raise GuardFailed([Reason("This kind of record cannot be queried: it is settled where it was made.")])
    if keeper.pk == profile.subject_id:
        raise GuardFailed([Reason("The body keeps this record itself: correct it there.")])
    return keeper


def tell(query: RecordQuery, matter: str, text: str, by: Actor) -> None:
    """Notify the side that has not just acted: the keeper of a question, the subject of an answer."""
    asked = matter != "answered"
    permission, body = (P.QUERY_ANSWER, query.keeper_id) if asked else (P.QUERY_ASK, query.subject_id)
    notify(
        everyone_who(permission, "host" if asked else "subject", [body], by.on) - {by.user_id},
        kind=f"record_query.{matter}",
        text=text,
        url=reverse("record-query", args=[query.pk]),
        key=f"query:{query.pk}:{matter}",
    )


@transaction.atomic
def answer(*, by: Actor, query: RecordQuery, upheld: bool, answer: str) -> RecordQuery:
    """The keeper says whether the record was wrong: then it counts no more (a corrected one counts in its place)."""
    changes = {"answer": answer, "answered_by": by.user_id, "answered_on": by.on}
    event = "uphold" if upheld else "reject"
    done = carry_out(RECORD_QUERY, event, query, by=by, organisation_id=query.keeper_id, changes=changes)
    outcome = "was wrong and counts no more" if upheld else "stands"
    tell(done, "answered", f"Your query was answered: the record {outcome}", by)
    return done


@transaction.atomic
def withdraw(*, by: Actor, query: RecordQuery) -> RecordQuery:
    """The subject takes its query back; the record counts again."""
    done = carry_out(RECORD_QUERY, "withdraw", query, by=by, organisation_id=query.subject_id)
    tell(done, "withdrawn", "A query about a record that you keep was withdrawn", by)
    return done
