"""Records of two systems, one for each state that an address can be asked about.

`ours` are West Yorkshire's: its people are the cast of `tests/world.py`. `theirs` are Greater Manchester's, where of
the cast only `other_officer` and `other_trust` belong. The matrix of permissions and the canary play on this stage.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from collaboration.actions.frameworks import load_framework
from collaboration.framework_file import FOLDER
from collaboration.models import (
    Answer,
    Assessment,
    AssessmentAudience,
    Evidence,
    EvidenceLink,
    FeedbackInvitation,
    FeedbackRound,
    Framework,
    InformationRequest,
    Profile,
    Reading,
    RecordQuery,
    Score,
    SectionAssignment,
    SharedRisk,
)
from collaboration.queries.assessments import year_of
from collaboration.queries.profiles import content_of
from collaboration.self_assessment import digest
from ics_governance.context import system
from ics_governance.models import Job, User, WorkerHeartbeat
from ics_governance.permissions import SYSTEM
from oversight.models import Signal, SignalRuleSet
from partnerships.models import (
    Arrangement,
    ArrangementMember,
    Decision,
    Delegation,
    Deputy,
    Forum,
    Function,
    Fund,
    Meeting,
    MeetingAudience,
    Membership,
    Organisation,
    Place,
    Post,
    Rehearsal,
    ReportingLine,
    TermsOfReference,
)
from tests import exchanges, records, stage_cases, stage_rehearsals
from tests.world import LONG_AGO, World, moved

HELD_ON = date(2026, 10, 14)
COMING = date(2099, 1, 14)
DUE = date(2026, 12, 18)


@dataclass
class Side:
    """What one system has. The draft is its host's alone; what is agreed is shared with members and overseer."""

    icb: Organisation
    trust: Organisation
    officer: User
    forum: Forum
    membership: Membership
    deputy: Deputy
    place: Place
    post: Post
    arrangement: Arrangement
    arrangement_member: ArrangementMember
    arrangement_fund: Fund
    arrangement_line: ReportingLine
    meeting: Meeting
    coming: Meeting
    draft: Decision
    agreed: Decision
    deferred: Decision
    released: Decision
    draft_action: Any
    proposed: Any
    accepted: Any
    done: Any
    delegation: Delegation
    draft_delegation: Delegation
    approved_delegation: Delegation
    suspended_delegation: Delegation
    profile: Profile
    signal: Signal
    job: Job
    closed_feedback: FeedbackRound
    feedback: FeedbackRound
    invitation: FeedbackInvitation
    request: InformationRequest
    assessment: Assessment
    submitted: Assessment
    assignment: SectionAssignment
    evidence: Evidence
    risk: SharedRisk
    query: RecordQuery
    rehearsal: Rehearsal


@dataclass
class Stage:
    """Both systems, and what belongs to neither."""

    ours: Side
    theirs: Side
    framework: Framework
    place: int
    stranger: User
    cases: stage_cases.StageCases


def build(world: World) -> Stage:
    """Put everything on the stage."""
    WorkerHeartbeat.objects.update_or_create(id=1, defaults={"seen_at": timezone.now()})
    framework, _ = load_framework(by=SYSTEM, text=(FOLDER / "collaboration-2022.yaml").read_text(encoding="utf-8"))
    board = Forum.objects.create(
        name="Salford committee", host=world.body("QOP"), form="committee", level="place", starts=LONG_AGO
    )
    records.member(board, world.body("R0A"))
    TermsOfReference.objects.create(forum=board, version=1, adopted_on=LONG_AGO, quorum=1)
    Arrangement.objects.create(
        kind="icp", name="Greater Manchester partnership", host=world.body("QOP"), starts=LONG_AGO
    )
    ours = _side(
        world, "QWO", "RCF", "officer", world.place_board, ["RCF", "E08000032", "RR8"], "Y63", framework, "E08000032"
    )
    theirs = _side(world, "QOP", "R0A", "other_officer", board, ["R0A"], "Y62", framework, "QOP")
    place = world.place_board.places.get().pk
    return Stage(ours, theirs, framework, place, world.user("stranger"), stage_cases.build(world))


def _side(
    world: World,
    host: str,
    trust: str,
    officer: str,
    forum: Forum,
    members: list[str],
    region: str,
    framework: Framework,
    asked: str,
) -> Side:
    icb, provider = world.body(host), world.body(trust)
    audience = [icb, *(world.body(code) for code in members), world.body(region)]
    capacities = ["host", *("member" for _ in members), "overseer"]

    def decision(number: int, state: str, shared: bool = True) -> Decision:
        made = records.decision(
            forum, HELD_ON, state=state, reference=f"{host}-2026-1{number:03d}", title=f"Decision {number} of {host}"
        )
        with system("who reads a decision of the stage"):
            for body, capacity in list(zip(audience, capacities, strict=True))[: None if shared else 1]:
                made.audience.create(organisation=body, capacity=capacity, starts=LONG_AGO)
        return made

    def delegation(status: str) -> Delegation:
        made = Delegation.objects.create(
            function=Function.objects.get(code="community_services"),
            from_organisation=icb,
            to_forum=forum,
            basis="internal_scheme",
            instrument=f"scheme of {host}",
            starts=LONG_AGO,
        )
        moved(made, *STATUSES[status])
        made.refresh_from_db()
        return made

    meeting, coming = (_meeting(forum, day, audience, capacities) for day in (HELD_ON, COMING))
    draft, agreed = decision(1, "draft", shared=False), decision(2, "agreed")
    released = decision(4, "agreed")
    with system("release a decision of the stage"):
        Decision.objects.filter(pk=released.pk).update(released_at=timezone.now())
    profile = Profile.objects.create(
        subject=provider, framework=framework, as_of=date(2026, 10, 31), engine="1", inputs="0" * 64
    )
    for code in "RLSAD":
        Score.objects.create(profile=profile, characteristic=code, band="none", coverage=0)
    for each in content_of(framework).registered:
        Reading.objects.create(
            profile=profile, indicator=each.code, state="missing", numerator=0, denominator=0, weight=0
        )
    return Side(
        icb=icb,
        trust=provider,
        officer=world.user(officer),
        forum=forum,
        membership=Membership.objects.filter(forum=forum, organisation=provider).get(),
        place=Place.objects.create(name=f"Place of {host}", icb=icb, starts=LONG_AGO),
        post=Post.objects.create(title="Place director", organisation=icb, starts=LONG_AGO),
        **_of_arrangement(Arrangement.objects.filter(host=icb).first(), provider, icb, forum),
        meeting=meeting,
        coming=coming,
        draft=draft,
        agreed=agreed,
        deferred=decision(3, "deferred"),
        released=released,
        draft_action=records.action(draft, provider, DUE, state="proposed"),
        proposed=records.action(agreed, provider, DUE, state="proposed"),
        accepted=records.action(agreed, provider, DUE, state="accepted"),
        done=records.action(agreed, provider, DUE, state="done"),
        delegation=delegation("in_force"),
        draft_delegation=delegation("draft"),
        approved_delegation=delegation("approved"),
        suspended_delegation=delegation("suspended"),
        profile=profile,
        signal=_signal(provider, icb),
        rehearsal=stage_rehearsals.of(icb, forum, world.user(officer), provider, world.body(asked)),
        **_assessments(provider, icb, world.body(region), world.user(officer), framework),
        job=Job.objects.create(kind="score", key=f"stage:{host}", requested_by=world.user(officer), state="done"),
        **exchanges.between(icb, provider, world.body(asked), world.body(region), world.user(officer), framework),
    )


def _of_arrangement(found: Arrangement, provider: Organisation, icb: Organisation, forum: Forum) -> dict[str, Any]:
    """An arrangement with a member, a fund and a line, and a further deputy on the forum."""
    member, _ = ArrangementMember.objects.get_or_create(
        arrangement=found, organisation=provider, defaults={"starts": LONG_AGO}
    )
    return {
        "arrangement": found,
        "arrangement_member": member,
        "arrangement_fund": Fund.objects.create(arrangement=found, kind="aligned", name="Care", host=icb, year=2026),
        "arrangement_line": ReportingLine.objects.create(arrangement=found, to_organisation=icb, starts=LONG_AGO),
        "deputy": Deputy.objects.create(
            membership=Membership.objects.filter(forum=forum, organisation=provider).get(),
            person=records.person(), starts=LONG_AGO,
        ),
    }  # fmt: skip


STATUSES = {
    "draft": (),
    "approved": ("approved",),
    "in_force": ("approved", "in_force"),
    "suspended": ("approved", "in_force", "suspended"),
}


def _signal(subject: Organisation, holder: Organisation) -> Signal:
    rules, _ = SignalRuleSet.objects.get_or_create(code="signals", version=1, defaults={"content": {}})
    return Signal.objects.create(
        subject=subject, holder=holder, ruleset=rules, rule="of_concern", characteristic="D", as_of=HELD_ON,
        clause="Of concern in 3 successive months.", fired_on=HELD_ON, due_on=DUE,
    )  # fmt: skip


def _meeting(forum: Forum, day: date, audience: list[Organisation], capacities: list[str]) -> Meeting:
    made = records.meeting(forum, day, state="planned")
    with system("who reads a meeting of the stage"):
        for body, capacity in zip(audience, capacities, strict=True):
            MeetingAudience.objects.create(meeting=made, organisation=body, capacity=capacity, starts=LONG_AGO)
    return made


def _assessments(
    trust: Organisation, icb: Organisation, region: Organisation, who: User, framework: Framework
) -> dict[str, Any]:
    """This year's assessment in the writing, and the one before, submitted; the same file serves both."""
    year = year_of(timezone.localdate())
    with system("assessments of the stage"):
        evidence = Evidence.objects.create(
            organisation=trust, kind="file", title="A paper", stored_as="0" * 48, file_name="paper.pdf", size=9,
            digest="0" * 64, given_by=who,
        )  # fmt: skip
        made = []
        for when, states, readers in (
            (year, (), [(trust, "subject")]),
            (
                year - 1,
                ("ready", "reviewed", "submitted"),
                [(trust, "subject"), (icb, "moderator"), (region, "overseer")],
            ),
        ):
            found = Assessment.objects.create(subject=trust, framework=framework, year=when, started_by=who)
            for body, capacity in readers:
                AssessmentAudience.objects.create(
                    assessment=found, organisation=body, capacity=capacity, starts=LONG_AGO
                )
            answer = Answer.objects.create(assessment=found, kloe="1.1", rating="2", version=1)
            EvidenceLink.objects.create(answer=answer, evidence=evidence, linked_by=who)
            for state in states:
                found.state = state
                found.save(update_fields=["state"])
            made.append(found)
        content = {"answers": {"1.1": {"rating": "2", "text": "", "evidence": []}}}
        Assessment.objects.filter(pk=made[1].pk).update(
            content=content, digest=digest(content), submitted_at=timezone.now(), board_met_on=HELD_ON, minute="TB/1"
        )
        assignment = SectionAssignment.objects.create(assessment=made[0], characteristic="R", user=who)
    return {"assessment": made[0], "submitted": made[1], "assignment": assignment, "evidence": evidence}
