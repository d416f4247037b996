"""The matrix of permissions for concerns, cases and private notes; `tests/matrix.py` says how to read it."""

from typing import Any

from oversight.forms.concern_draft import STEPS
from oversight.queries.cases import ASKED_ELSEWHERE
from oversight.views.case_acts import ACTS
from oversight.workflows import CASE
from tests.matrix import (
    EXECUTIVE,
    HOST,
    NOT_OFFERED,
    OFFICER,
    OTHER,
    OTHER_TRUST,
    PARTNER,
    READERS,
    REGION,
    TRUST,
    Answer,
    by_api,
    only,
    row,
    section,
    seen,
    signed_in,
)

HOLDERS = OFFICER | EXECUTIVE
RAISERS = HOLDERS | TRUST | PARTNER | REGION | OTHER | OTHER_TRUST  # whoever may raise a concern for their body
WHO = {
    "case.lead": HOLDERS, "case.party": PARTNER | TRUST, "case.reply": TRUST, "case.confirm": HOLDERS | REGION,
    "case.find": HOLDERS, "case.withdraw": PARTNER,
}  # fmt: skip
EVENTS = [each for each in CASE.transitions if each.event not in ASKED_ELSEWHERE]


def case_of(which: str, **more: Any) -> Any:
    """The address of a case."""
    return lambda stage: {"reference": getattr(stage.cases, which).reference, **more}


def part_of(act: str) -> Any:
    """The address of an act on a part of our case."""
    return lambda stage: {"reference": stage.cases.ours.reference, "act": act, "pk": stage.cases.parts[act].pk}


def among_readers(answers: dict[int, frozenset[str]]) -> Answer:
    """The readers of our case get these, the others of them 403, and for everybody else it is not there."""
    named = frozenset().union(*answers.values())
    rest = {403: answers.get(403, frozenset()) | (READERS - named)}
    (status, people), *more = {**answers, **{code: who for code, who in rest.items() if who}}.items()
    return only(people, status, others=404, also=dict(more))


# --- Concerns and notes -------------------------------------------------------------------------------------------

section("concerns")
row("concern-raise", get=only(RAISERS, others=403), post=only(RAISERS, 302, others=403))
row("concern-check", get=only(RAISERS, 302, others=403), post=only(RAISERS, 302, others=403))  # nothing is typed yet
row("concern-discard", post=only(RAISERS, 302, others=403))
for name in STEPS:
    first = name == "about"
    row(
        "concern-step",
        name,
        args=lambda stage, name=name: {"step": name},
        get=only(RAISERS, 200 if first else 302, others=403),
        post=only(RAISERS, 422 if first else 302, others=403),
    )
row("concern-step", "no such step", args=lambda stage: {"step": "nothing"}, get=signed_in(404), post=signed_in(404))
row("concern-sent", "ours", args=case_of("ours"), get=only(PARTNER, others=404))
row("concern-sent", "theirs", args=case_of("theirs"), get=only(OTHER_TRUST, others=404))

row("attempt-list", get=signed_in(200))
row("attempt-new", get=only(RAISERS, others=403), post=only(RAISERS, 422, others=403))
row("attempt", "ours, attached to a case", args=lambda stage: {"pk": stage.cases.note.pk}, get=seen(READERS, READERS))
row("attempt", "none", args=lambda stage: {"pk": 0}, get=signed_in(404))

# --- Cases --------------------------------------------------------------------------------------------------------

section("cases")
TRAIL = HOST | TRUST | REGION  # partners read no audit trails
row("case-list", get=signed_in(200))
for name, who in (("case", READERS), ("case-readers", READERS), ("case-trail", TRAIL)):
    row(name, "ours", args=case_of("ours"), get=seen(READERS, who))
    own = OTHER_TRUST
    row(name, "theirs, not put to anyone yet", args=case_of("theirs"), get=only(own, others=404))
for each in EVENTS:
    who = WHO[each.permission]
    args = case_of("ours", event=each.event)
    row("case-move", f"ours: {each.event}", args=args, get=seen(READERS, who), post=seen(READERS, who, 422))
for event in (*sorted(ASKED_ELSEWHERE), "nothing"):
    row("case-move", event, args=case_of("ours", event=event), get=signed_in(404), post=signed_in(404))
row(
    "case-move",
    "theirs: accept",
    args=case_of("theirs", event="accept"),
    get=only(OTHER_TRUST, 403, others=404),
    post=only(OTHER_TRUST, 403, others=404),
)

# what happens when a form with nothing useful in it is sent: most lack something; a button alone is enough for others
SENT: dict[str, dict[int, frozenset[str]]] = {
    "approve-pause": {302: EXECUTIVE | REGION, 403: OFFICER},  # who asked for it does not approve it
    "approve-extension": {302: EXECUTIVE | REGION, 403: OFFICER},
    "end-pause": {302: HOLDERS},
    "confirm-override": {302: REGION, 403: HOLDERS},  # a second person of the receiving region
    "accuracy": {422: PARTNER | TRUST},
    "send-for-accuracy": {422: HOLDERS},
    "commitment-done": {302: TRUST | HOLDERS, 403: PARTNER},  # the body that promised it, or who keeps the case
    "commitment-confirmed": {302: HOLDERS | REGION},
    "measure-force": {302: HOLDERS},
    "measure-appeal": {422: TRUST, 403: PARTNER},
}
for name, act in ACTS.items():
    able = frozenset().union(*(WHO[permission] for permission in act.by))
    answers = SENT.get(name, {422: able})
    where = part_of(name) if act.part else case_of("ours", act=name)
    route = "case-part" if act.part else "case-act"
    row(route, f"ours: {name}", args=where, get=seen(READERS, able), post=among_readers(answers))
row("case-act", "no such act", args=case_of("ours", act="nothing"), get=signed_in(404), post=signed_in(404))
row("case-act", "an act on a part", args=case_of("ours", act="reply"), get=signed_in(404), post=signed_in(404))
row("case-part", "no such part", args=case_of("ours", act="reply", pk=0), get=signed_in(404), post=signed_in(404))
row(
    "case-act",
    "theirs: fact",
    args=case_of("theirs", act="fact"),
    get=only(OTHER_TRUST, others=404),
    post=only(OTHER_TRUST, 422, others=404),
)
row("case-part", "theirs: reply", args=case_of("theirs", act="reply", pk=0), get=signed_in(404), post=signed_in(404))

# --- The same for programs ----------------------------------------------------------------------------------------

section("cases by the API")
WRITES = {"rest": by_api(NOT_OFFERED)}
row("api-concerns-list", get=by_api(signed_in(200)), post=by_api(signed_in(400)), **WRITES)
row("api-cases-list", get=by_api(signed_in(200)), post=by_api(NOT_OFFERED), **WRITES)
for which, who in (("ours", READERS), ("theirs", OTHER_TRUST)):
    by_id = lambda stage, which=which: {"pk": getattr(stage.cases, which).pk}  # noqa: E731
    of_concern = lambda stage, which=which: {"pk": getattr(stage.cases, which).concern_id}  # noqa: E731
    read = {"get": by_api(only(who, others=404)), "post": by_api(NOT_OFFERED), **WRITES}
    row("api-cases-detail", which, args=by_id, **read)
    row("api-concerns-detail", which, args=of_concern, **read)
    row(
        "api-cases-moves",
        which,
        args=by_id,
        get=by_api(only(who, others=404)),
        post=by_api(only(who, 400, others=404)),
        **WRITES,
    )
