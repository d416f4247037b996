"""Makes records for tests that need many: bodies, forums, meetings, decisions, actions.

States are reached step by step, as the database demands. Say who may read a guarded record with `seen_by`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from ics_governance.context import system
from partnerships.forms_of_forum import needs_consent
from partnerships.models import (
    Action,
    Attendance,
    Decision,
    DecisionAudience,
    DecisionLead,
    Forum,
    Kind,
    Meeting,
    MeetingAudience,
    Membership,
    Organisation,
    OrganisationRelation,
    Person,
)
from tests.world import KNOWN, LONG_AGO

PATHS = {
    "planned": (), "papers_issued": ("papers_issued",), "held": ("held",), "minuted": ("held", "minuted"),
    "cancelled": ("cancelled",),
    "draft": (), "agreed": ("agreed",), "implemented": ("agreed", "implemented"), "deferred": ("deferred",),
    "reviewed": ("agreed", "implemented", "reviewed"), "superseded": ("agreed", "superseded"),
    "rescinded": ("agreed", "rescinded"), "not_agreed": ("not_agreed",),
    "proposed": (), "accepted": ("accepted",), "declined": ("declined",), "done": ("accepted", "done"),
    "confirmed": ("accepted", "done", "confirmed"), "withdrawn": ("withdrawn",),
}  # fmt: skip
_numbers = count(1)


def trust(icb: Organisation, name: str = "", code: str = "") -> Organisation:
    """A live trust of a system."""
    code = code or f"T{next(_numbers):04d}"
    body = Organisation.objects.create(
        kind=Kind.TRUST, name=name or f"Trust {code} NHS Foundation Trust", ods_code=code, opened=LONG_AGO
    )
    OrganisationRelation.objects.create(kind="system", source_body=body, target_body=icb, starts=KNOWN)
    return body


def forum(host: Organisation, **fields: Any) -> Forum:
    """A committee of one body at place level, without members."""
    values = {"form": "committee", "level": "place", "starts": LONG_AGO} | fields
    return Forum.objects.create(**{"name": f"Forum {next(_numbers)}", "host": host} | values)


def member(forum: Forum, body: Organisation, **fields: Any) -> Membership:
    """A membership that the body agreed to, and the convening body where it must, with a person and no deputy."""
    values = {"starts": LONG_AGO, "agreed_on": LONG_AGO, "holder": person(f"Member of {body.name}")}
    values |= {"consented_on": LONG_AGO if needs_consent(forum.form, body.kind) else None} | fields
    return Membership.objects.create(forum=forum, organisation=body, **values)


def person(name: str = "") -> Person:
    """Somebody."""
    return Person.objects.create(name=name or f"Person {next(_numbers)}")


def meeting(
    forum: Forum,
    held_on: date,
    attendance: Mapping[Membership, str] | None = None,
    state: str = "minuted",
    seen_by: Iterable[Organisation] = (),
    **fields: Any,
) -> Meeting:
    """A meeting called ten working days before, with who was there by membership."""
    with system("a meeting of the tests"):
        found = Meeting.objects.create(forum=forum, held_on=held_on, **{"call_notice": 10} | fields)
        for membership, came in (attendance or {}).items():
            Attendance.objects.create(meeting=found, membership=membership, state=came)
        for body in seen_by:
            MeetingAudience.objects.create(meeting=found, organisation=body, capacity="member", starts=LONG_AGO)
        return _moved(found, state)


def decision(
    forum: Forum,
    decided_on: date | None,
    leads: Iterable[Organisation] = (),
    state: str = "agreed",
    seen_by: Iterable[Organisation] = (),
    **fields: Any,
) -> Decision:
    """A routine decision, led by the forum's host unless told otherwise."""
    values = {"reference": f"TST-2026-{next(_numbers):04d}", "title": "A decision"} | fields
    with system("a decision of the tests"):
        found = Decision.objects.create(forum=forum, decided_on=decided_on, **values)
        for body in leads or [forum.host]:
            DecisionLead.objects.create(decision=found, organisation=body)
        for body in seen_by:
            DecisionAudience.objects.create(decision=found, organisation=body, capacity="member", starts=LONG_AGO)
        return _moved(found, state)


def action(
    decision: Decision, owner: Organisation, original_due: date, state: str = "accepted", **fields: Any
) -> Action:
    """An action proposed sixty days before it is due and, unless still proposed, accepted a week later."""
    proposed = original_due - timedelta(days=60)
    values: dict[str, Any] = {"title": "An action", "proposed_on": proposed}
    values |= {"original_due": original_due, "due": original_due}
    if state not in ("proposed", "declined"):
        values["accepted_on"] = proposed + timedelta(days=7)
    if state in ("done", "confirmed"):
        values["done_on"] = original_due
    if state == "confirmed":
        values["confirmed_on"] = original_due + timedelta(days=14)
    with system("an action of the tests"):
        return _moved(Action.objects.create(decision=decision, owner=owner, **values | fields), state)


def _moved(record: Any, state: str) -> Any:
    for step in PATHS[state]:
        record.state = step
        record.save(update_fields=["state"])
    return record
