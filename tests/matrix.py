"""Who may do what: every address, every verb, and what each person of the cast gets for it.

One row is one address with one record (and, for moves, one event). `ours` is a record of West Yorkshire, `theirs` one
of Greater Manchester; people are named in `tests/world.py`, records in `tests/stage.py`. A row says

    get, post    what comes back, by status: every person exactly once
    rest         the same for PUT, PATCH, DELETE and OPTIONS (or each by its name)

`SIGN_IN` stands for being led to the sign-in page. What a status means here: 200 the page or form, 302 done (or, at a
move, refused by a guard that says what is missing), 422 the form with its errors, 403 seen but not allowed, 404 not
seen or not there, 405 no such verb. POST sends a form with nothing useful in it, unless the row names `data`.

To add an address: add rows for it below, with a group for each person. To add a role: give somebody of the cast that
role, and put that person into one of the groups.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stage import Side, Stage

SIGN_IN = "sign-in page"

# --- People, by how they stand to a record of West Yorkshire ------------------------------------------------------

ANONYMOUS = frozenset({"anonymous"})
OFFICER = frozenset({"officer"})  # minutes, drafts, agrees for the host
EXECUTIVE = frozenset({"executive"})  # approves and releases for the host
AUDITOR = frozenset({"auditor"})  # reads what the host reads
SECRETARY = frozenset({"secretary"})  # of a trust that is a member and owns the actions
CHAIR = frozenset({"chair"})  # signs for the same trust
PARTNER = frozenset({"partner", "signatory"})  # of a council that is a member; the second signs for it
REGION = frozenset({"region_lead"})  # oversees the host
OTHER = frozenset({"other_officer"})  # officer of another ICB
OTHER_TRUST = frozenset({"other_trust"})  # secretary of a trust of that ICB
ADMIN = frozenset({"admin"})  # people and jobs, no records
STRANGER = frozenset({"stranger"})  # signed in, no role

HOST = OFFICER | EXECUTIVE | AUDITOR
TRUST = SECRETARY | CHAIR
MEMBERS = TRUST | PARTNER
READERS = HOST | MEMBERS | REGION  # of what is shared
ELSEWHERE = OTHER | OTHER_TRUST | ADMIN | STRANGER
SIGNED_IN = READERS | ELSEWHERE
EVERYONE = SIGNED_IN | ANONYMOUS
OF_A_SYSTEM = SIGNED_IN - ADMIN - STRANGER  # lists of which nothing was asked lead them to that of their own system

Answer = Mapping[Any, frozenset[str]]


def only(people: frozenset[str], status: Any = 200, *, others: int, also: Answer | None = None) -> Answer:
    """These people get the status, and those in `also` theirs; all others who signed in get `others`."""
    named = {status: people, **(also or {})}
    rest = SIGNED_IN - frozenset().union(*named.values())
    return {**named, others: named.get(others, frozenset()) | rest, SIGN_IN: ANONYMOUS}


def seen(people: frozenset[str], may: frozenset[str], status: Any = 200) -> Answer:
    """`people` see the record; of them `may` get the status and the others 403; for everybody else it is not there."""
    return only(may, status, others=404, also={403: people - may} if people - may else None)


def to_all(status: Any) -> Answer:
    """Everyone gets the same, signed in or not."""
    return {status: EVERYONE}


def signed_in(status: Any) -> Answer:
    """Everyone who signed in gets the same."""
    return {status: SIGNED_IN, SIGN_IN: ANONYMOUS}


NOT_OFFERED = signed_in(405)
NOT_OFFERED_TO_ANYONE = to_all(405)


def by_api(answer: Answer) -> Answer:
    """The same, for programs."""
    return {401 if status == SIGN_IN else status: people for status, people in answer.items()}


API = {"post": by_api(NOT_OFFERED), "rest": by_api(NOT_OFFERED)}


VERBS = ("get", "post", "put", "patch", "delete", "options")


@dataclass(frozen=True)
class Case:
    """A row: an address, the record it is asked about, and what each person gets for each verb."""

    section: str
    route: str
    about: str
    verbs: Mapping[str, Answer]
    args: Callable[[Stage], dict[str, Any]]
    data: Callable[[Stage], dict[str, Any]]
    query: Callable[[Stage], dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.route} {self.about}".strip()


CASES: list[Case] = []
_section = [""]
Args = Callable[[Side], dict[str, Any]]  # of an address


def row(
    route: str,
    about: str = "",
    *,
    args: Callable[[Stage], dict[str, Any]] = lambda stage: {},
    data: Callable[[Stage], dict[str, Any]] = lambda stage: {"nothing": "useful"},
    query: Callable[[Stage], dict[str, Any]] = lambda stage: {},
    rest: Answer = NOT_OFFERED,
    **said: Answer,
) -> None:
    """Add a row. Verbs that it does not name are not offered."""
    verbs = {verb: NOT_OFFERED if verb in ("get", "post") else rest for verb in VERBS}
    CASES.append(Case(_section[0], route, about, verbs | said, args, data, query))


def section(name: str) -> None:
    """The rows that follow belong together; each section is one test."""
    _section[0] = name


def ours(route: str, about: str, args: Args, **said: Any) -> None:
    """Add a row about a record of West Yorkshire."""
    row(route, f"ours: {about}", args=lambda stage: args(stage.ours), **said)


def theirs(route: str, about: str, args: Args, **said: Any) -> None:
    """Add a row about a record of Greater Manchester."""
    row(route, f"theirs: {about}", args=lambda stage: args(stage.theirs), **said)


def public(route: str, about: str = "", get: Any = 200, **said: Any) -> None:
    """Add a row open to everyone: `get` is the one status for all, or what each gets."""
    row(
        route,
        about,
        get=get if isinstance(get, dict) else to_all(get),
        **{"post": NOT_OFFERED_TO_ANYONE, "rest": NOT_OFFERED_TO_ANYONE} | said,
    )


def of_a_system(route: str) -> None:
    """Add the rows of a list that begins with the reader's own system."""
    row(route, "nothing asked", get=only(OF_A_SYSTEM, 302, others=200))
    row(route, "a system", get=signed_in(200), query=lambda stage: {"system": "QWO"})


def pk(name: str, **more: Any) -> Args:
    """The address of a record by its id."""
    return lambda side: {"pk": getattr(side, name).pk, **more}


def reference(name: str, **more: Any) -> Args:
    """The address of a decision by its reference."""
    return lambda side: {"reference": getattr(side, name).reference, **more}


def of_draft(name: str) -> Args:
    """The address of something that belongs to the draft."""
    return lambda side: {"reference": side.draft.reference, "pk": getattr(side, name).pk}


def code(name: str) -> Args:
    """The address of a body by its code."""
    return lambda side: {"code": getattr(side, name).code}


# --- Open to everyone -------------------------------------------------------------------------------------------

section("public")
for name in ("health-live", "health-ready", "health-worker"):
    public(name)
for name in ("how-scores-are-made", "accessibility", "privacy", "verify", "home", "register"):
    public(name)
public("register-decision", "released", args=lambda stage: reference("released")(stage.ours))
public("register-decision", "agreed", get=404, args=lambda stage: reference("agreed")(stage.ours))
public("register-decision", "a draft", get=404, args=lambda stage: reference("draft")(stage.ours))
public("switch-person", "of the demonstration", get=405, post=to_all(404))

# --- Organisations, arrangements, forums, delegations: read by all who signed in, written by their host ---------

section("registers")
READS_TRAILS = OFFICER | EXECUTIVE | AUDITOR | TRUST | REGION | OTHER | OTHER_TRUST
FOUNDERS = OFFICER | OTHER  # an ICB's officer, for their own ICB

row("organisation-list", get=signed_in(200))
for name in ("arrangement-list", "forum-list", "delegation-list"):
    of_a_system(name)

for side in (ours, theirs):
    side("organisation", "a trust", code("trust"), get=signed_in(200))
    side("organisation-trail", "a trust", code("trust"), get=only(READS_TRAILS, others=403))
    for kind, record in (("arrangement", "arrangement"), ("forum", "forum"), ("delegation", "delegation")):
        if kind != "forum":
            side(kind, "one", pk(record), get=signed_in(200))
        side(f"{kind}-trail", "one", pk(record), get=only(READS_TRAILS, others=403))
public("forum", "ours", args=lambda stage: pk("forum")(stage.ours))
public("forum", "theirs", args=lambda stage: pk("forum")(stage.theirs))
public("forum", "not there", get=404, args=lambda stage: {"pk": 0})


for side, declarers, trust in ((ours, OFFICER | EXECUTIVE, SECRETARY), (theirs, OTHER, OTHER_TRUST)):
    for name, who in (("icb", declarers), ("trust", trust)):
        side("organisation-declare", name, code(name), get=only(who, others=403), post=only(who, 422, others=403))

# --- Meetings: their host, the members of the forum, the region above ---------------------------------------------

section("meetings")
THEIR_READERS = OTHER | OTHER_TRUST

row("meeting-list", get=signed_in(200))
row("meeting-new", get=only(FOUNDERS, others=403), post=only(FOUNDERS, 422, others=403))
for side, readers, host in ((ours, READERS, OFFICER), (theirs, THEIR_READERS, OTHER)):
    side("meeting", "one", pk("meeting"), get=seen(readers, readers))
    side("meeting-trail", "one", pk("meeting"), get=seen(readers, readers & READS_TRAILS))
    side("meeting-attendance", "one", pk("meeting"), get=seen(readers, host), post=seen(readers, host, 302))
    side("meeting-agenda", "one", pk("meeting"), get=seen(readers, host), post=seen(readers, host, 302))
    side("meeting-quorum", "one", pk("meeting"), post=seen(readers, host))
    side("decision-new", "at a meeting", pk("meeting"), get=seen(readers, host), post=seen(readers, host, 422))
    for event in ("issue_papers", "hold", "minute", "cancel"):
        side("meeting-move", event, pk("meeting", event=event), post=seen(readers, host, 302))
    side("meeting-move", "hold before its day", pk("coming", event="hold"), post=seen(readers, host, 302))
ours("meeting-move", "no such event", pk("meeting", event="nothing"), post=signed_in(404))

# --- Decisions: drafts for the host alone, what is agreed for the audience, what is released for all ----------------

section("decisions")
row("decision-list", get=signed_in(200))
row("authority-panel", "no forum", get=signed_in(404))
row("authority-panel", "a forum", get=signed_in(200), query=lambda stage: {"forum": stage.ours.forum.pk})

for side, host, officer, executive, readers in (
    (ours, HOST, OFFICER, EXECUTIVE, READERS),
    (theirs, OTHER, OTHER, frozenset(), THEIR_READERS),
):
    agreers = officer | executive
    for name in ("decision", "decision-notice"):
        side(name, "a draft", reference("draft"), get=seen(host, host))
        side(name, "agreed", reference("agreed"), get=seen(readers, readers))
        side(name, "released", reference("released"), get=signed_in(200))
    side("decision-edit", "a draft", reference("draft"), get=seen(host, officer), post=seen(host, officer, 422))
    not_edited = seen(readers, officer, 302)  # what was agreed is only corrected: back to its page
    side("decision-edit", "agreed", reference("agreed"), get=not_edited, post=not_edited)
    not_edited = only(officer, 302, others=403)
    side("decision-edit", "released", reference("released"), get=not_edited, post=not_edited)
    side("decision-trail", "a draft", reference("draft"), get=seen(host, host))
    side("decision-trail", "agreed", reference("agreed"), get=seen(readers, readers & READS_TRAILS))
    side("decision-trail", "released", reference("released"), get=only(READS_TRAILS, others=403))
    side("decision-action-new", "a draft", reference("draft"), get=seen(host, officer), post=seen(host, officer, 422))
    side("decision-action-drop", "a draft", of_draft("draft_action"), post=seen(host, officer, 302))
    side("decision-action-drop", "no such action", reference("draft", pk=0), post=signed_in(404))
    side("decision-invite", "a draft", reference("draft"), post=seen(host, officer, 422))
    side("decision-uninvite", "a draft", of_draft("officer"), post=seen(host, agreers, 302))
    side("decision-move", "agree", reference("draft", event="agree"), post=seen(host, agreers, 302))
    side("decision-move", "bring_back", reference("deferred", event="bring_back"), post=seen(readers, officer, 302))
    side("decision-move", "implement", reference("agreed", event="implement"), post=seen(readers, officer, 302))
    side("decision-move", "release", reference("agreed", event="release"), post=seen(readers, executive, 302))
    side("decision-move", "no such event", reference("draft", event="nothing"), post=signed_in(404))
    for event in ("defer", "turn_down"):
        args = reference("draft", event=event)
        side("decision-why", event, args, get=seen(host, agreers), post=seen(host, agreers, 422))
    for event, who in (("rescind", agreers), ("withhold", executive), ("correct", officer)):
        args = reference("agreed", event=event)
        side("decision-why", event, args, get=seen(readers, who), post=seen(readers, who, 422))
ours("decision-why", "no such event", reference("draft", event="nothing"), get=signed_in(404), post=signed_in(404))

# --- Actions: the owner answers for them, the forum's side confirms and re-dates -----------------------------------

section("actions")
row("action-list", get=signed_in(200))
for side, host, readers, forum, acceptors, reporters in (
    (ours, HOST, READERS, OFFICER | EXECUTIVE, TRUST, SECRETARY),
    (theirs, OTHER, THEIR_READERS, OTHER, OTHER_TRUST, OTHER_TRUST),
):
    side("action", "of a draft", pk("draft_action"), get=seen(host, host))
    side("action", "of what was agreed", pk("proposed"), get=seen(readers, readers))
    side("action-trail", "of what was agreed", pk("proposed"), get=seen(readers, readers & READS_TRAILS))
    for event, record in (("confirm", "done"), ("accept_plan", "accepted"), ("withdraw", "proposed")):
        side("action-move", event, pk(record, event=event), post=seen(readers, forum, 302))
    for event, record, who in (
        ("accept", "proposed", acceptors),
        ("decline", "proposed", acceptors),
        ("report", "accepted", reporters),
        ("slip", "accepted", reporters),
        ("finish", "accepted", reporters),
        ("hand_back", "done", forum),
        ("redate", "proposed", forum),
    ):
        args = pk(record, event=event)
        side("action-step", event, args, get=seen(readers, who), post=seen(readers, who, 422))
ours("action-move", "no such event", pk("proposed", event="nothing"), post=signed_in(404))
ours("action-step", "no such event", pk("proposed", event="nothing"), get=signed_in(404), post=signed_in(404))

# --- Profiles: the body itself, its system and its region -----------------------------------------------------------

section("profiles")
OVERSEERS = HOST | REGION | OTHER
SCORERS = OFFICER | EXECUTIVE | REGION | OTHER

row("region", get=only(OVERSEERS, others=403))
row("own-profile", get=only(OVERSEERS | TRUST | OTHER_TRUST, 302, others=404))
ours("profile", "a trust", code("trust"), get=seen(HOST | TRUST | REGION, HOST | TRUST | REGION))
theirs("profile", "a trust", code("trust"), get=seen(THEIR_READERS, THEIR_READERS))
row("profile-score", "everyone", post=only(SCORERS, 302, others=403), data=lambda stage: {})
row("profile-score", "ours: a trust", data=lambda stage: {"subject": stage.ours.trust.code},
    post=seen(HOST | TRUST | REGION, SCORERS - OTHER, 302))  # fmt: skip
row("profile-score", "theirs: a trust", data=lambda stage: {"subject": stage.theirs.trust.code},
    post=seen(THEIR_READERS, OTHER, 302))  # fmt: skip
row("record-query-list", get=signed_in(200))
for side, seers, asker, keepers in (
    (ours, HOST | TRUST | REGION, SECRETARY, OFFICER | EXECUTIVE),
    (theirs, THEIR_READERS, OTHER_TRUST, OTHER),
):
    unasked = only(seers - asker, 403, others=404)  # it names no record: for who may ask, there is none
    side("record-query-new", "without a record", code("trust"), get=unasked, post=unasked)
    side("record-query", "one", pk("query"), get=seen(seers, seers), post=seen(seers, keepers, 422))
    side("record-query-withdraw", "one", pk("query"), post=seen(seers, asker, 302))
    side("record-query-trail", "one", pk("query"), get=seen(seers, seers & READS_TRAILS))

# --- Partner feedback: the host runs it, those asked answer, the subject reads what came of it ----------------------

section("feedback")
row("feedback-list", get=signed_in(200))
row("feedback-new", get=only(FOUNDERS, others=403), post=only(FOUNDERS, 422, others=403))
for side, readers, host, asked, all_hosts in (
    (ours, READERS, OFFICER, PARTNER, HOST),
    (theirs, THEIR_READERS, OTHER, OTHER, OTHER),
):
    for record in ("feedback", "closed_feedback"):
        side("feedback-round", record, pk(record), get=seen(readers, readers))
        side("feedback-trail", record, pk(record), get=seen(readers, readers & READS_TRAILS))
    side("feedback-close", "before its day", pk("feedback"), post=seen(readers, host, 302))
    side("feedback-cancel", "an open one", pk("feedback"), get=seen(readers, host), post=seen(readers, host, 422))
    both = all_hosts | asked  # the host sees who was asked, and answers for itself alone
    side("feedback-answer", "an invitation", pk("invitation"), get=seen(both, asked), post=seen(both, asked, 422))
    side("feedback-decline", "an invitation", pk("invitation"), get=seen(both, asked), post=seen(both, asked, 302))

# --- Self-assessments: the trust's own until they are submitted, then also its ICB's and its region's -----------------

section("assessments")
row("assessment-list", get=signed_in(200))
WRITERS = SECRETARY | OTHER_TRUST  # both have begun this year's
row("assessment-new", get=only(WRITERS, 302, others=403), post=only(WRITERS, 422, others=403))


def one_answer(record: str, **more: Any) -> Args:
    """The address of the answer to a question."""
    return lambda here: {"pk": getattr(here, record).pk, "kloe": "1.1", **more}


def one_piece(here: Side) -> dict[str, Any]:
    """The address of a piece of evidence of an answer."""
    return {"pk": here.assessment.pk, "kloe": "1.1", "evidence": here.evidence.pk}


for side, trust, manager, signer, readers, moderators in (
    (ours, TRUST, SECRETARY, CHAIR, HOST | TRUST | REGION, OFFICER | EXECUTIVE),
    (theirs, OTHER_TRUST, OTHER_TRUST, frozenset(), THEIR_READERS, OTHER),
):
    for record, who in (("assessment", trust), ("submitted", readers)):
        for name in ("assessment", "assessment-whole", "assessment-paper"):
            side(name, record, pk(record), get=seen(who, who))
        side("assessment-trail", record, pk(record), get=seen(who, who & READS_TRAILS))
        side("assessment-versions", record, one_answer(record), get=seen(who, who))
        args = pk(record, code="R")
        side("assessment-section", record, args, get=seen(who, who), post=seen(who, trust, 302))
        args = one_answer(record)
        side("assessment-evidence", record, args, get=seen(who, trust), post=seen(who, trust, 422),
             data=lambda stage: {"kind": "link"})  # fmt: skip
        side("assessment-answer", record, args, post=seen(who, who, 302))  # without htmx: back to the section
    side("assessment-section", "no such section", pk("assessment", code="X"), get=signed_in(404), post=signed_in(404))
    side("assessment-evidence-use", "a file", one_piece, post=seen(trust, trust, 302))
    side("assessment-evidence-remove", "a file", one_piece, post=seen(trust, trust, 302))
    side("evidence-file", "not there any more", pk("evidence"), get=seen(readers, readers, 409))
    side("assessment-people", "a draft", pk("assessment"), get=seen(trust, manager), post=seen(trust, manager, 422))
    side("assessment-unassign", "a section", lambda here: {"pk": here.assessment.pk, "assignment": here.assignment.pk},
         post=seen(trust, manager, 302))  # fmt: skip
    side("assessment-move", "make_ready", pk("assessment", event="make_ready"), post=seen(trust, manager, 302))
    for event, who in (("moderate", moderators), ("accept", signer), ("finalise", moderators)):
        side("assessment-move", event, pk("submitted", event=event), post=seen(readers, who, 302))
    for event, who in (
        ("review", signer), ("sign_off", signer), ("send_back", signer), ("appeal", signer), ("reopen", manager),
    ):  # fmt: skip
        args = pk("assessment", event=event)
        side("assessment-step", event, args, get=seen(trust, who), post=seen(trust, who, 422))
    args = one_answer("submitted")
    side("assessment-moderation", "an answer", args, get=seen(readers, readers), post=seen(readers, moderators, 302))
    args = one_answer("assessment")
    side("assessment-moderation", "of a draft", args, get=signed_in(404), post=signed_in(404))
ours("assessment-move", "no such event", pk("assessment", event="nothing"), post=signed_in(404))
ours("assessment-step", "no such event", pk("assessment", event="nothing"), get=signed_in(404), post=signed_in(404))

# --- Information requests and shared risks ---------------------------------------------------------------------------

section("requests and risks")
ASKERS = OFFICER | EXECUTIVE | MEMBERS | REGION | OTHER | OTHER_TRUST
row("request-list", get=signed_in(200))
row("request-new", get=only(ASKERS, others=403), post=only(ASKERS, 422, others=403))
row("risk-list", get=signed_in(200))
row("risk-new", get=only(FOUNDERS | EXECUTIVE, others=403), post=only(FOUNDERS | EXECUTIVE, 422, others=403))
for side, between, askers, answerers, sharers, keepers in (
    (ours, HOST | TRUST, OFFICER | EXECUTIVE, TRUST, READERS, OFFICER | EXECUTIVE | SECRETARY),
    (theirs, THEIR_READERS, OTHER, OTHER_TRUST, THEIR_READERS, THEIR_READERS),
):
    side("request", "one", pk("request"), get=seen(between, between))
    side("request-trail", "one", pk("request"), get=seen(between, between & READS_TRAILS))
    side("request-move", "withdraw", pk("request", event="withdraw"), post=seen(between, askers, 302))
    for event, who in (("answer", answerers), ("refuse", answerers), ("redate", askers)):
        args = pk("request", event=event)
        side("request-step", event, args, get=seen(between, who), post=seen(between, who, 422))
    side("risk", "one", pk("risk"), get=seen(sharers, sharers))
    side("risk-trail", "one", pk("risk"), get=seen(sharers, sharers & READS_TRAILS))
    for name in ("risk-review", "risk-edit", "risk-close"):
        side(name, "one", pk("risk"), get=seen(sharers, keepers), post=seen(sharers, keepers, 422))
    side("risk-reopen", "an open one", pk("risk"), post=seen(sharers, keepers, 302))
ours("request-move", "no such event", pk("request", event="nothing"), post=signed_in(404))
ours("request-step", "no such event", pk("request", event="nothing"), get=signed_in(404), post=signed_in(404))

# --- Jobs: whoever asked for one, and the administrator --------------------------------------------------------------

ours("job", "the officer's", pk("job"), get=seen(OFFICER | ADMIN, OFFICER | ADMIN))
theirs("job", "their officer's", pk("job"), get=seen(OTHER | ADMIN, OTHER | ADMIN))

# --- The REST API: 401 in place of the sign-in page, nothing is written -----------------------------------------------

section("api")

LISTS = ("organisations", "meetings", "decisions", "actions", "frameworks",
         "profiles", "feedback", "requests", "risks", "assessments")  # fmt: skip

for name in LISTS:
    row(f"api-{name}-list", get=by_api(signed_in(200)), **API)
row("api-schema", get=by_api(signed_in(200)), **API)
row("api-authority", "nothing asked", get=by_api(signed_in(400)), **API)
row("api-authority", "a question", get=by_api(signed_in(200)), **API,
    query=lambda stage: {"forum": stage.ours.forum.pk, "function": "community_services"})  # fmt: skip
row("api-frameworks-detail", args=lambda stage: {"pk": stage.framework.pk}, get=by_api(signed_in(200)), **API)

for side, host, readers, profiled, asker in (
    (ours, HOST, READERS, HOST | TRUST | REGION, OFFICER),
    (theirs, OTHER, THEIR_READERS, THEIR_READERS, OTHER),
):
    side("api-organisations-detail", "one", pk("trust"), get=by_api(signed_in(200)), **API)
    for name, record, who in (
        ("meetings", "meeting", readers),
        ("decisions", "draft", host),
        ("decisions", "agreed", readers),
        ("actions", "draft_action", host),
        ("actions", "proposed", readers),
        ("profiles", "profile", profiled),
    ):
        side(f"api-{name}-detail", record, pk(record), get=by_api(seen(who, who)), **API)
    side("api-decisions-detail", "released", pk("released"), get=by_api(signed_in(200)), **API)
    side("api-profiles-explanation", "one", pk("profile"), get=by_api(seen(profiled, profiled)), **API)
    side("api-job", "one", pk("job"), get=by_api(seen(asker | ADMIN, asker | ADMIN)), **API)
for side, readers, asked, between in (
    (ours, READERS, PARTNER, HOST | TRUST),
    (theirs, THEIR_READERS, OTHER, THEIR_READERS),
):
    for name, record, who in (
        ("feedback", "feedback", readers),
        ("requests", "request", between),
        ("risks", "risk", readers),
    ):
        side(f"api-{name}-detail", "one", pk(record), get=by_api(seen(who, who)), **API)
    nobody_elses = by_api(seen(asked, asked, 428))  # who was not asked is not told that others were
    side("api-feedback-response", "one", pk("feedback"), get=by_api(seen(asked, asked)), put=nobody_elses, **API)
for side, trust, readers in ((ours, TRUST, HOST | TRUST | REGION), (theirs, OTHER_TRUST, THEIR_READERS)):
    for record, who in (("assessment", trust), ("submitted", readers)):
        side("api-assessments-detail", record, pk(record), get=by_api(seen(who, who)), **API)
        side("api-answers", record, pk(record), get=by_api(seen(who, who)), **API)
        args = lambda here, record=record: {"pk": getattr(here, record).pk, "question": "1.1"}  # noqa: E731
        side("api-answer", record, args, get=by_api(seen(who, who)), patch=by_api(seen(who, trust, 428)), **API)
        only_json = API | {"post": by_api(seen(who, trust, 400))}
        side("api-evidence", record, args, get=by_api(seen(who, who)), **only_json)
public("api-public-decisions-list")
public("api-public-decisions-detail", "released", args=lambda stage: pk("released")(stage.ours))
public("api-public-decisions-detail", "agreed", get=404, args=lambda stage: pk("agreed")(stage.ours))

# --- Sign-in and accounts (django-allauth): nothing here depends on a role -------------------------------------------

section("accounts")
# what comes back for GET POST PUT PATCH DELETE OPTIONS: to people without a session | to people with one
ACCOUNTS = """
account_login                        200 200 200 405 405 200 | 302 302 302 302 302 302
account_logout                       302 302 405 405 405 200 | 200 302 405 405 405 200
account_inactive                     200 405 405 405 405 200 | 200 405 405 405 405 200
account_signup                       200 200 200 200 200 200 | 302 302 302 302 302 302  it says that it is closed
account_reauthenticate               in  in  in  in  in  in  | 200 200 200 405 405 200
account_email                        in  in  in  in  in  in  | 200 302 302 405 405 200
account_email_verification_sent      200 405 405 405 405 200 | 200 405 405 405 405 200
account_change_password              in  in  in  in  in  in  | 200 200 200 405 405 200
account_set_password                 in  in  in  in  in  in  | 302 302 302 302 302 302  who has one changes it
account_reset_password               200 200 200 405 405 200 | 200 200 200 405 405 200
account_reset_password_done          200 405 405 405 405 200 | 200 405 405 405 405 200
account_reset_password_from_key      200 200 200 200 200 200 | 200 200 200 200 200 200  it says that the key is bad
account_reset_password_from_key_done 200 405 405 405 405 200 | 200 405 405 405 405 200
account_confirm_login_code           302 302 302 302 302 302 | 302 302 302 302 302 302  no code was asked for
account_confirm_email                200 404 405 405 405 200 | 200 404 405 405 405 200
mfa_index                            in  in  in  in  in  in  | 200 405 405 405 405 200
mfa_authenticate                     302 302 302 302 302 302 | 302 302 302 302 302 302  not half signed in
mfa_reauthenticate                   in  in  in  in  in  in  | 302 302 302 302 302 302
mfa_activate_totp                    in  in  in  in  in  in  | 302 302 302 302 302 302  first the password again
mfa_deactivate_totp                  in  in  in  in  in  in  | 404 404 404 404 404 404  nothing to deactivate
mfa_view_recovery_codes              in  in  in  in  in  in  | 404 405 405 405 405 200
mfa_generate_recovery_codes          in  in  in  in  in  in  | 302 302 302 302 302 302  first the password again
mfa_download_recovery_codes          in  in  in  in  in  in  | 404 404 404 404 404 404
mfa_list_webauthn                    in  in  in  in  in  in  | 200 405 405 405 405 200
mfa_add_webauthn                     in  in  in  in  in  in  | 302 302 302 302 302 302  first the password again
mfa_reauthenticate_webauthn          in  in  in  in  in  in  | 302 302 302 302 302 302
mfa_remove_webauthn                  in  in  in  in  in  in  | 302 302 302 302 302 302  first the password again
mfa_edit_webauthn                    in  in  in  in  in  in  | 302 302 302 302 302 302  first the password again
socialaccount_login_cancelled        200 405 405 405 405 200 | 200 405 405 405 405 200
socialaccount_login_error            401 405 405 405 405 200 | 401 405 405 405 405 200
socialaccount_signup                 302 302 302 302 302 302 | 302 302 302 302 302 302  closed
socialaccount_connections            in  in  in  in  in  in  | 200 200 200 405 405 200
openid_connect_login                 404 404 404 404 404 404 | 404 404 404 404 404 404  no provider is configured
openid_connect_callback              404 404 404 404 404 404 | 404 404 404 404 404 404
accounts/social/login/cancelled/     301 301 301 301 301 301 | 301 301 301 301 301 301  addresses of former versions
accounts/social/login/error/         301 301 301 301 301 301 | 301 301 301 301 301 301
accounts/social/signup/              301 301 301 301 301 301 | 301 301 301 301 301 301
accounts/social/connections/         301 301 301 301 301 301 | 301 301 301 301 301 301
"""
IN_THE_ADDRESS: dict[str, dict[str, Any]] = {
    "account_confirm_email": {"key": "unknown"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "abc-def"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
    "openid_connect_login": {"provider_id": "nhs"},
    "openid_connect_callback": {"provider_id": "nhs"},
}


def by_session(without: str, within: str) -> Answer:
    """What people get without and with a session."""
    signed_out: Any = SIGN_IN if without == "in" else int(without)
    return to_all(signed_out) if signed_out == int(within) else {signed_out: ANONYMOUS, int(within): SIGNED_IN}


for line in ACCOUNTS.strip().splitlines():
    name, *said = line.split()
    pairs = zip(VERBS, said[:6], said[7:13], strict=True)
    row(name, args=lambda stage, name=name: IN_THE_ADDRESS.get(name, {}),
        **{verb: by_session(*statuses) for verb, *statuses in pairs})  # fmt: skip

import tests.matrix_arrangements  # noqa: E402,F401 - rows of another file; it needs what stands above
import tests.matrix_ask  # noqa: E402,F401 - the same
import tests.matrix_bodies  # noqa: E402,F401 - the same
import tests.matrix_cases  # noqa: E402,F401 - the same
import tests.matrix_checks  # noqa: E402,F401 - the same
import tests.matrix_delegations  # noqa: E402,F401 - the same
import tests.matrix_places  # noqa: E402,F401 - the same
import tests.matrix_restructures  # noqa: E402,F401 - the same
import tests.matrix_signals  # noqa: E402,F401 - the same
import tests.matrix_systems  # noqa: E402,F401 - the same
