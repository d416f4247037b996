"""The page of one case: where it stands, what waits for this reader, both sides' file, and what can be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from collaboration.queries.profiles import content_of, current_framework
from ics_governance.permissions import Refused
from ics_governance.templating import url_or_none
from ics_governance.wording import day
from ics_governance.workflow import Reason
from oversight.case_page import clock_shown, fact_counts, stages_shown
from oversight.measures import MEASURES
from oversight.models import Case, Fact
from oversight.process import BY_REGION, STAGE
from oversight.queries.case_file import CaseFile, file_of
from oversight.queries.cases import trail_of
from oversight.timeline import lines_of
from partnerships.access import P as Partnerships

from .case_acts import ACTS, address, may, mend, parts_for

ENDS = frozenset({"withdraw", "supersede"})  # moves that are always possible and seldom wanted: last in the list
NEXT: tuple[tuple[str, str, str], ...] = (
    # act, button, what it is for
    ("reply", "Write your reply", "use your right of reply on {occasion}, by {due}."),
    ("confirm-override", "Look at the urgent override", "confirm the urgent override, or speak to who asked for it."),
    ("dispute-answer", "Answer the request", "answer the request for dispute resolution, by {due}."),
    ("approve-pause", "Look at the pause", "approve the pause that was asked for."),
    ("approve-extension", "Look at the request", "approve the time that was asked for."),
    ("fact-reply", "Agree or dispute", "say whether fact {number} is so{by}; each fact has its own answer."),
    ("commitment-done", "Report it done", "report your commitment as done, by {due}."),
    ("dispute-review", "Review the refusal", "review the refusal of dispute resolution."),
)
HOLDER_NEXT = (
    ("send-for-accuracy", "Send the record", "send the facilitation record to both parties for their accuracy check"),
    ("facilitation", "Open facilitation record", "write the facilitation record"),
)
ONWARD = {
    "informal_resolution": "not_settled",
    "facilitated_resolution": "to_oversight_review",
    "dispute_resolution": "settle_dispute",
    "oversight_review": "no_action",
    "support": "end_support",
    "enforcement": "end_measure",
}
TIME = ("pause", "extension")
URGENT = ("override", "dispute")
KEEPING = ("assign-lead", "assign-reviewer", "link", "hand-over")
GROUPS = {
    "Put on the file": [name for name, act in ACTS.items() if not act.part and name not in (*TIME, *URGENT, *KEEPING)],
    "Time": list(TIME),
    "Another way": list(URGENT),
    "Keep this case": list(KEEPING),
}


@dataclass(frozen=True)
class Line:
    """A line of what can be done: with an address, or with the reasons why not."""

    label: str
    href: str = ""
    small: str = ""
    reasons: tuple[Reason, ...] = ()


@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    """`/cases/<reference>/`: the file of a case."""
    file = file_of(request.actor, reference)
    return render(request, "oversight/case.html", _stands(file) | _file(file) | _acts(file))


def _stands(file: CaseFile) -> dict[str, Any]:
    """Where the case stands: stages, clock, who holds it, what waits."""
    found, parts, on = file.case, file.parts, file.actor.on
    clock = parts.clock
    moved = [row for row in parts.extensions if clock and row.clock_id == clock.pk and row.approved_by_id]
    return {
        "file": file,
        "case": found,
        "on": on,
        "held": _held(found),
        "stages": stages_shown(found, parts.clocks, parts.pauses, on, bool(parts.dispute_requests)),
        "clock": clock_shown(found, clock, parts.pauses, on, named=not file.hidden),
        "extensions": moved,
        "waiting": [row for row in parts.pauses if clock and row.clock_id == clock.pk and not row.approved_by_id],
        "next": _next(file),
        "waits_for": _waits_for(file),
        "timeline": lines_of(file),
    }


def _held(found: Case) -> str:
    if not found.is_open:
        return f"It was last held by {found.holder.name}."
    elsewhere = found.holder_id != found.concern.system_id and found.stage not in BY_REGION
    why = f", because {found.concern.system.name} decides nothing that it is part of" if elsewhere else ""
    return f"Held by {found.holder.name}{why}."


def _file(file: CaseFile) -> dict[str, Any]:
    """Both sides' file, as the templates draw it."""
    framework = current_framework() if file.case.concern.behaviours or file.case.concern.characteristics else None
    content = content_of(framework) if framework else None
    titles = {row.code: row.title for area in content.areas for row in area.behaviours} if content else {}
    names = {row.code: row.title for row in content.characteristics} if content else {}
    concern = file.case.concern
    return {
        "facts": [_fact(file, fact) for fact in file.parts.facts],
        "fact_counts": fact_counts(file.parts.facts),
        "other_evidence": [_evidence(file, row) for row in file.parts.evidence if row.fact_id is None],
        "findings": [(row, file.parts.facts_of(row)) for row in file.parts.findings],
        "may_reply": {row.pk for row in parts_for(file, "reply")},
        "more_time": _steps(file, ["more-time"]),
        "behaviours": [titles[code] for code in concern.behaviours if code in titles],
        "characteristics": [names[code] for code in concern.characteristics if code in names],
        "measure_steps": _steps(file, [name for name in ACTS if name.startswith("measure-")]),
        "commitment_steps": _steps(file, ["commitment-done", "commitment-confirmed"]),
        "criterion_steps": _steps(file, ["criterion-met"]),
        "pause_steps": _steps(file, ["approve-pause", "end-pause"]),
        "MEASURES": MEASURES,
    }


def _fact(file: CaseFile, fact: Fact) -> dict[str, Any]:
    evidence = [_evidence(file, row) for row in file.parts.evidence if row.fact_id == fact.pk]
    replies = [row for row in file.parts.fact_replies if row.fact_id == fact.pk]
    answers = address(file, "fact-reply", fact) if may(file, "fact-reply", fact) else ""
    return {"fact": fact, "replies": replies, "evidence": evidence, "answer": answers}


def _evidence(file: CaseFile, row: Any) -> dict[str, Any]:
    """A piece of evidence with its address; none for what this reader may not open."""
    href = row.url or None
    if row.decision_id and (found := file.linked.get(("decision", row.decision_id))):
        href = reverse("decision", args=[found.reference])
    if row.profile_id and (found := file.linked.get(("profile", row.profile_id))):
        href = f"{reverse('profile', args=[found.subject.code])}?as_of={found.as_of.isoformat()}"
    if row.evidence_id:
        href = url_or_none("evidence-file", pk=row.evidence_id)
    return {"row": row, "href": href}


def _steps(file: CaseFile, acts: Iterable[str]) -> dict[int, list[tuple[str, str]]]:
    """What can be done about each part of one kind: (address, words)."""
    found: dict[int, list[tuple[str, str]]] = {}
    for act in acts:
        for row in parts_for(file, act):
            found.setdefault(row.pk, []).append((address(file, act, row), ACTS[act].label))
    return found


# --- What waits, what can be done ---------------------------------------------------------------------------------


def _next(file: CaseFile) -> list[dict[str, str]]:
    """What waits for this reader, the most pressing first."""
    found = []
    for act, button, text in NEXT:
        parts = parts_for(file, act)
        for part in parts if act == "reply" else parts[:1]:
            found.append(
                {"href": address(file, act, part), "button": button, "text": text.format(**_about(part, file))}
            )
    if may(file, "accuracy"):
        due = file.parts.facilitation.accuracy_due if file.parts.facilitation else None
        text = f"check the facilitation record, by {day(due)}."
        found.append({"href": address(file, "accuracy"), "button": "Check the record", "text": text})
    return [*found, *_next_of_holder(file)][:4]


def _about(part: Any, file: CaseFile) -> dict[str, str]:
    due = next(
        (getattr(part, name) for name in ("due_on", "answer_due", "reply_due") if getattr(part, name, None)), None
    )
    return {
        "due": day(due) if due else "",
        "by": f", by {day(due)}" if due and due >= file.actor.on else "",
        "occasion": part.get_occasion_display() if hasattr(part, "get_occasion_display") else "",
        "number": str(getattr(part, "number", "")),
    }


def _next_of_holder(file: CaseFile) -> list[dict[str, str]]:
    """What the process asks of who holds the case: the first thing that is missing, or else the move itself."""
    if "case.lead" not in file.held or not file.case.is_open:
        return []
    due = f", by {day(file.case.due_on)}" if file.case.due_on else ""
    if file.case.stage == Case.Stage.RAISED:
        href = reverse("case-move", args=[file.case.reference, "accept"])
        text = f"accept the concern and put it to the respondents, or say where it belongs{due}."
        return [{"href": href, "button": "Accept it", "text": text}]
    for act, button, text in HOLDER_NEXT:
        if may(file, act):
            return [{"href": address(file, act), "button": button, "text": f"{text}{due}."}]
    return _next_move(file, due)


def _next_move(file: CaseFile, due: str) -> list[dict[str, str]]:
    """The move that leads on from this stage, or the first thing it lacks that this reader can put on the file."""
    move = next((row for row in file.moves if row.transition.event == ONWARD.get(file.case.stage)), None)
    if move is None:
        return []
    if move.possible:
        href = reverse("case-move", args=[file.case.reference, move.transition.event])
        label = move.transition.label
        return [{"href": href, "button": label, "text": f"everything is there to go on{due}: decide."}]
    for reason in move.reasons:
        href = mend(file, reason.field)
        if href.startswith("/"):
            text = f"{reason.text[:1].lower()}{reason.text[1:]}"
            return [{"href": href, "button": "Put it on the file", "text": f"still needed: {text}"}]
    return []


def _waits_for(file: CaseFile) -> str:
    """What the case waits for when nothing waits for this reader, who keeps it."""
    move = next((row for row in file.moves if row.transition.event == ONWARD.get(file.case.stage)), None)
    return move.reasons[0].text if move and move.reasons else ""


def _acts(file: CaseFile) -> dict[str, Any]:
    """Moves that are possible, those that are not and why, and what can be put on the file."""
    moves = file.moves
    possible = [move for move in moves if move.possible]
    possible.sort(key=lambda move: move.transition.event in ENDS)
    others = [move for move in moves if not move.possible]
    return {
        "possible": [
            Line(move.transition.label, reverse("case-move", args=[file.case.reference, move.transition.event]),
                 _leads_to(move.transition.target, file.case))
            for move in possible
        ],
        "impossible": [Line(move.transition.label, reasons=_mended(file, move.reasons)) for move in others],
        "offered": [(heading, rows) for heading, names in GROUPS.items() if (rows := _offered(file, names))],
    }  # fmt: skip


def _offered(file: CaseFile, names: Iterable[str]) -> list[Line]:
    return [Line(ACTS[name].label, address(file, name), ACTS[name].small) for name in names if may(file, name)]


def _leads_to(target: str, found: Case) -> str:
    if target == Case.Stage.CLOSED:
        return "Closes the case"
    clock = STAGE[target].clock
    return f"{clock[0].upper()}{clock[1:]}" if target != found.stage else ""


def _mended(file: CaseFile, reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(Reason(reason.text, link=mend(file, reason.field)) for reason in reasons)


# --- Who reads it, who changed it ---------------------------------------------------------------------------------


@require_safe
def readers(request: HttpRequest, reference: str) -> HttpResponse:
    """`/cases/<reference>/readers/`: who can see the case, and why."""
    file = file_of(request.actor, reference)
    return render(request, "oversight/case_readers.html", {"case": file.case, "readers": file.readers})


@require_safe
def trail(request: HttpRequest, reference: str) -> HttpResponse:
    """`/cases/<reference>/trail/`: the audit trail; a raiser in confidence has no name in it for the respondents."""
    file = file_of(request.actor, reference)
    if not request.actor.organisations(Partnerships.LEDGER_VIEW):
        raise Refused(Partnerships.LEDGER_VIEW)
    context = {
        "name": f"{file.case.reference} {file.case.concern.title}",
        "address": reverse("case", args=[reference]),
        "changes": trail_of(file.case, request.actor),
        "is_reference": False,
        "shown": 100,
    }
    return render(request, "partnerships/trail.html", context)
