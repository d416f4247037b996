"""What is open and has no dates of its own passes to the successor on the first day of the new order.

Each kind goes by its own workflow and keeps its clock. Who may read passes as dated rows: the predecessor's end on its
last day, the successor's begin on its first. A party to a case still holds no stage of it, and who raised a concern in
confidence is shown to nobody who could not see it before (decision record 12).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model, Q
from django.utils import timezone

from collaboration.models import (
    AssessmentAudience,
    Capacity,
    Concern,
    ConcernAudience,
    ConcernRespondent,
    FeedbackAudience,
    FeedbackInvitation,
    RequestAudience,
    RiskAudience,
)
from collaboration.workflows import FEEDBACK_ROUND, INFORMATION_REQUEST
from ics_governance import ledger
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from oversight.models import Case, Commitment, Measure, Reply, Side, Step
from oversight.moves import Order, parse
from oversight.queries import restructures as queries
from oversight.queries.holders import holder_for, parties_of, respondents_of
from partnerships.models import (
    Attendance,
    DecisionAudience,
    DecisionLead,
    Forum,
    Meeting,
    MeetingAudience,
    Organisation,
    Rehearsal,
)
from partnerships.workflows import MEETING

from .cases import share
from .standing import tell_holder

READERS: tuple[tuple[type[Model], str], ...] = (
    (MeetingAudience, "meeting_id"), (DecisionAudience, "decision_id"), (AssessmentAudience, "assessment_id"),
    (FeedbackAudience, "round_id"), (RequestAudience, "request_id"), (RiskAudience, "risk_id"),
)  # fmt: skip
OF_A_FORUM = ("meeting", "draft")


def choices_of(order: Order, key: str) -> tuple[str, ...]:
    """What may be chosen for a kind of open matter, the usual first."""
    if key == "open:meeting_cancelled":
        return ("end",)
    if not order.successors:
        return ("leave",)
    carry = tuple(f"carry_on:{number}" if number else "carry_on" for number in range(len(order.successors)))
    if key.partition(":")[2] in OF_A_FORUM:
        return ("carry_on", "leave")
    return (*carry, "leave") if order.closes else ("leave", *carry)


class Passing:
    """Passes on, in a named context that the caller has opened."""

    def __init__(
        self, by: Actor, order: Order, successors: Sequence[Organisation], choices: Mapping[str, str],
        moved: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.by, self.order, self.successors, self.choices = by, order, list(successors), choices
        self.on, self.today = order.on, max(order.on, timezone.localdate())
        self.family = sorted(order.family)
        self.made: Mapping[str, int] = moved["made"]
        self.ended = set(moved["ended"])
        self.changes: list[ledger.ToAppend] = []
        self.counts: dict[str, int] = defaultdict(int)

    def run(self) -> dict[str, int]:
        """Every kind in turn; returns how many of each passed or ended."""
        rows = queries.open_matters(self.family, self.on)
        cases = [] if self._to("case") is None else list(rows["case"].select_related("concern").order_by("pk"))
        if self.successors:
            self._meetings()
            for kind, pass_on in self._by_kind().items():
                to = self._to(kind)
                if to is not None:
                    pass_on(list(rows[kind].order_by("pk")), to)
            if self._to("assessment") is not None:
                self.counts["assessment"] = rows["assessment"].count()
        self._cancel_meetings()
        if self.order.closes and self.successors:
            for model, key in READERS:
                self._readers(model, key)
            self._readers_of_concerns({case.concern_id for case in cases})
            self._rehearsals()
        for case in cases:
            self._case(case, self._to("case") or self.successors[0])
        ledger.append_many(by=self.by, changes=self.changes)
        return {kind: number for kind, number in self.counts.items() if number}

    def _by_kind(self) -> dict[str, Callable[[list[Any], Organisation], None]]:
        return {
            "draft": self._drafts, "action": self._actions, "signal": self._signals, "request": self._requests,
            "risk": self._risks, "feedback": self._feedback, "query": self._queries,
        }  # fmt: skip

    def _to(self, kind: str) -> Organisation | None:
        """The successor that a kind of matter passes to; None where it is left."""
        offered = choices_of(self.order, f"open:{kind}")
        typed = self.choices.get(f"open:{kind}", "")
        choice = parse(typed if typed in offered else offered[0])
        return self.successors[choice[1]] if choice and choice[0] == "carry_on" else None

    def _made(self, kind: str) -> dict[int, int]:
        return {int(key.partition(":")[2]): pk for key, pk in self.made.items() if key.startswith(f"{kind}:")}

    def _note(
        self, kind: str, row: Model, before: Mapping[str, object], after: Mapping[str, object], to: int | None
    ) -> None:
        self.changes.append(ledger.ToAppend(kind, row, before, after, to))

    def _reassign(self, kind: str, rows: Iterable[Any], to: Organisation, *columns: str) -> list[Any]:
        """Put the successor where a predecessor stands, in the named references."""
        changed = []
        for row in rows:
            before = {name: getattr(row, f"{name}_id") for name in columns}
            for name in columns:
                if before[name] in self.order.family:
                    setattr(row, f"{name}_id", to.pk)
            after = {name: getattr(row, f"{name}_id") for name in columns}
            if after != before:
                self._note(kind, row, before, after, to.pk)
                changed.append(row)
        if changed:
            type(changed[0]).objects.bulk_update(changed, list(columns))
        return changed

    # --- Forums ---------------------------------------------------------------------------------------------------

    def _meetings(self) -> None:
        """Planned meetings go to the forum that follows, with their agenda and the apologies given."""
        if self._to("meeting") is None:
            return
        forums = self._made("forum")
        planned = Meeting.objects.filter(forum__in=forums, state__in=queries.PLANNED, held_on__gte=self.on)
        rows = list(planned.order_by("pk"))
        for row in rows:
            before, row.forum_id = row.forum_id, forums[row.forum_id]
            self._note("meeting.passed_on", row, {"forum": before}, {"forum": row.forum_id}, None)
        Meeting.objects.bulk_update(rows, ["forum"])
        seats = self._made("membership")
        marks = list(Attendance.objects.filter(meeting__in=rows, membership__in=seats))
        for mark in marks:
            mark.membership_id = seats[mark.membership_id]
        Attendance.objects.bulk_update(marks, ["membership"])
        self._host(MeetingAudience, "meeting_id", rows)
        self.counts["meeting"] = len(rows)

    def _cancel_meetings(self) -> None:
        """A forum that ends holds no more meetings."""
        forums = [int(key.partition(":")[2]) for key in self.ended if key.startswith("forum:")]
        step = MEETING.find("cancel")
        rows = list(Meeting.objects.filter(forum__in=forums, state__in=step.sources, held_on__gte=self.on))
        for row in rows:
            self._note(step.ledger, row, {"state": row.state}, {"state": step.target}, None)
            row.state = step.target
        Meeting.objects.bulk_update(rows, ["state"])
        self.counts["meeting_cancelled"] = len(rows)

    def _drafts(self, rows: list[Any], to: Organisation) -> None:
        """Drafts go with their forum; one of a meeting held before stays with the forum that held it."""
        forums, places = self._made("forum"), self._made("place")
        held = set(
            Meeting.objects.filter(pk__in=[row.meeting_id for row in rows if row.meeting_id], held_on__lt=self.on)
            .values_list("pk", flat=True)
        )  # fmt: skip
        moving = [
            row for row in rows if row.forum_id in forums and (row.state == "deferred" or row.meeting_id not in held)
        ]
        for row in moving:
            before, row.forum_id = row.forum_id, forums[row.forum_id]
            self._note("decision.passed_on", row, {"forum": before}, {"forum": row.forum_id}, None)
        if not moving:
            return
        type(moving[0]).objects.bulk_update(moving, ["forum"])
        self._places_of(moving, places)
        leads = DecisionLead.objects.filter(decision__in=moving)
        there = set(leads.values_list("decision_id", "organisation_id"))
        host = dict(zip([row.pk for row in moving], self._hosts(moving), strict=True))
        for lead in leads.filter(organisation__in=self.family):
            if (lead.decision_id, host[lead.decision_id]) not in there:
                there.add((lead.decision_id, host[lead.decision_id]))
                lead.organisation_id = host[lead.decision_id]
                lead.save(update_fields=["organisation"])
        self._host(DecisionAudience, "decision_id", moving)
        self.counts["draft"] = len(moving)

    def _places_of(self, drafts: list[Any], places: dict[int, int]) -> None:
        """A draft is about the places as they are from then on."""
        through: Any = type(drafts[0]).places.through
        old = through.objects.filter(decision__in=drafts, place__in=places)
        pairs = {(decision, places[place]) for decision, place in old.values_list("decision_id", "place_id")}
        there = through.objects.filter(decision__in=drafts, place__in=places.values())
        fresh = pairs - set(there.values_list("decision_id", "place_id"))
        old.delete()
        through.objects.bulk_create(through(decision_id=decision, place_id=place) for decision, place in sorted(fresh))

    def _hosts(self, rows: Iterable[Any]) -> list[int]:
        hosts = dict(Forum.objects.filter(pk__in={row.forum_id for row in rows}).values_list("pk", "host_id"))
        return [hosts[row.forum_id] for row in rows]

    def _host(self, model: Any, key: str, rows: list[Any]) -> None:
        """The new host keeps the record; needed where the predecessor goes on, else all its reading passes anyway."""
        there = set(
            model.objects.filter(**{f"{key}__in": [row.pk for row in rows]}, capacity="host")
            .values_list(key, "organisation_id")
        )  # fmt: skip
        wanted = zip([row.pk for row in rows], self._hosts(rows), strict=True)
        model.objects.bulk_create(
            model(**{key: pk}, organisation_id=host, capacity="host", starts=self.on)
            for pk, host in wanted if (pk, host) not in there
        )  # fmt: skip

    # --- Between bodies -------------------------------------------------------------------------------------------

    def _actions(self, rows: list[Any], to: Organisation) -> None:
        changed = self._reassign("action.owner_passed_on", rows, to, "owner")
        if not self.order.closes:
            there = set(DecisionAudience.objects.filter(organisation=to, capacity="owner").values_list("decision_id"))
            DecisionAudience.objects.bulk_create(
                DecisionAudience(decision_id=pk, organisation=to, capacity="owner", starts=self.on)
                for pk in sorted({row.decision_id for row in changed}) if (pk,) not in there
            )  # fmt: skip
        self.counts["action"] = len(changed)

    def _signals(self, rows: list[Any], to: Organisation) -> None:
        self.counts["signal"] = len(self._reassign("signal.holder_passed_on", rows, to, "holder"))

    def _queries(self, rows: list[Any], to: Organisation) -> None:
        self.counts["query"] = len(self._reassign("record_query.keeper_passed_on", rows, to, "keeper"))

    def _requests(self, rows: list[Any], to: Organisation) -> None:
        """A request between two bodies that become one is withdrawn, as its asker would."""
        family, step = {*self.family, to.pk}, INFORMATION_REQUEST.find("withdraw")
        inside = [row for row in rows if {row.asker_id, row.asked_id} <= family]
        for row in inside:
            self._note(step.ledger, row, {"state": row.state}, {"state": step.target}, row.asker_id)
            row.state, row.closed_on, row.closed_by_id = step.target, self.today, self.by.user_id
            row.save(update_fields=["state", "closed_on", "closed_by"])
        passing = [row for row in rows if row not in inside]
        self.counts["request"] = len(inside)
        self.counts["request"] += len(
            self._reassign("information_request.passed_on", passing, to, "asker", "asked")
        )  # fmt: skip

    def _risks(self, rows: list[Any], to: Organisation) -> None:
        forums = self._made("forum")
        for row in rows:
            row.forum_id = forums.get(row.forum_id, row.forum_id)
        if rows:
            type(rows[0]).objects.bulk_update(rows, ["forum"])
        self.counts["risk"] = len(self._reassign("shared_risk.passed_on", rows, to, "host", "owner"))

    def _feedback(self, rows: list[Any], to: Organisation) -> None:
        """Nobody is asked about a body that is no more: such a round is cancelled. Others go on."""
        step = FEEDBACK_ROUND.find("cancel")
        about = [row for row in rows if row.subject_id in self.order.family and self.order.closes]
        for row in about:
            before = {"state": row.state, "reason": row.reason}
            row.state, row.closed_on = step.target, self.today
            row.reason = f"Closed by a restructure: {to.label} is there from {in_words(self.on)}."
            row.save(update_fields=["state", "closed_on", "reason"])
            self._note(step.ledger, row, before, {"state": row.state, "reason": row.reason}, row.host_id)
        others = [row for row in rows if row not in about]
        self._reassign("feedback_round.host_passed_on", others, to, "host")
        asked = FeedbackInvitation.objects.filter(
            round__in=others, organisation__in=self.family, answered_on=None, declined_on=None
        ).exclude(round__subject=to)  # fmt: skip
        there = set(
            FeedbackInvitation.objects.filter(round__in=others, organisation=to).values_list("round", flat=True)
        )
        for invitation in asked.order_by("pk"):
            if invitation.round_id not in there:
                there.add(invitation.round_id)
                invitation.organisation_id = to.pk
                invitation.save(update_fields=["organisation"])
        self.counts["feedback"] = len(rows)

    def _rehearsals(self) -> None:
        """What was rehearsed stays readable to those who carry on."""
        rows = Rehearsal.objects.filter(Q(host__in=self.family) | Q(partners__in=self.family)).distinct()
        for row in rows:
            row.partners.add(*self.successors)

    # --- Who may read ---------------------------------------------------------------------------------------------

    def _readers(self, model: Any, key: str, only: Q | None = None) -> None:
        """The predecessors' rows end, the successors' begin, in the same capacity and once."""
        live = Q(ends=None) | Q(ends__gte=self.on)
        rows = model.objects.filter(live, organisation__in=self.family)
        if only is not None:
            rows = rows.filter(only)
        found = list(rows.order_by("pk").values_list(key, "capacity", "starts", "ends"))
        ids = [body.pk for body in self.successors]
        there = set(model.objects.filter(live, organisation__in=ids).values_list(key, "organisation_id", "capacity"))
        wanted: dict[tuple[int, int, str], Any] = {}
        for record, capacity, starts, ends in found:
            for body in ids:
                if (record, body, capacity) not in there:
                    new = model(**{key: record}, organisation_id=body, capacity=capacity, ends=ends)
                    new.starts = max(self.on, starts or self.on)
                    wanted.setdefault((record, body, capacity), new)
        model.objects.bulk_create(wanted.values(), batch_size=2_000)
        rows.filter(starts__lt=self.on).update(ends=self.order.last_day)

    def _readers_of_concerns(self, handled: set[int]) -> None:
        """Closed cases are read on as before. Where a successor answers, in whichever predecessor's place, it reads
        as who answers and as nothing else: else it would learn who raised the concern."""
        family = [*self.family, *(body.pk for body in self.successors)]
        answering = ConcernRespondent.objects.filter(organisation__in=family).values("concern")
        apart = ~Q(concern__in=sorted(handled))
        self._readers(ConcernAudience, "concern_id", apart & ~Q(concern__in=answering))
        self._readers(ConcernAudience, "concern_id", apart & Q(concern__in=answering, capacity=Capacity.RESPONDENT))
        rest = ConcernAudience.objects.filter(Q(ends=None) | Q(ends__gte=self.on), apart, organisation__in=self.family)
        rest.filter(starts__lt=self.on).update(ends=self.order.last_day)

    # --- Cases ----------------------------------------------------------------------------------------------------

    def _case(self, case: Case, to: Organisation) -> None:
        concern, family = case.concern, {*self.family, to.pk}
        about = set(respondents_of(concern))
        both = concern.raiser.organisation_id in family and bool(about & family)
        open_about = sorted(about & set(self.family)) if self.order.closes else []
        self._answering(case, to, open_about)
        if not both and self.order.closes:
            self._raiser(concern, to)
        self._concern(concern, to)
        held = self._hold(case, to)
        if self.order.closes:
            rows = ConcernAudience.objects.filter(concern=concern, organisation__in=self.family, ends=None)
            rows.filter(starts__lt=self.today).update(ends=self.order.last_day)
        share(case, self.today)
        said = {body.pk: body.name for body in self.order_bodies() if body.pk in {*open_about, *held}}
        if said:
            self._say(case, to, list(said.values()))
        if both:
            tell_holder(
                self.by, case, f"one_body:{case.version}",
                "two parties to this case have become one body: look at how it can be closed.",
            )  # fmt: skip
        self.counts["case"] += 1

    def order_bodies(self) -> list[Organisation]:
        """The predecessors."""
        if not hasattr(self, "_bodies"):
            self._bodies = list(Organisation.objects.filter(pk__in=self.family).order_by("pk"))
        return self._bodies

    def _answering(self, case: Case, to: Organisation, about: list[int]) -> None:
        """The successor answers, once; an open right of reply keeps its day, and so does what was promised."""
        concern = case.concern
        there = to.pk in respondents_of(concern)
        for row in concern.respondents.filter(organisation__in=about).order_by("pk"):
            if there:
                row.delete()  # the same body is asked once; the audit trail keeps who was
                continue
            there, row.organisation_id = True, to.pk
            row.save(update_fields=["organisation"])
        if about:
            self._note("case.respondent_passed_on", case, {"respondents": about}, {"respondents": [to.pk]}, to.pk)
        taken = set(
            Reply.objects.filter(case=case, organisation=to, replied_on=None).values_list("occasion", flat=True)
        )
        for reply in Reply.objects.filter(case=case, organisation__in=about, replied_on=None).order_by("pk"):
            if reply.occasion not in taken:
                taken.add(reply.occasion)
                reply.organisation_id = to.pk
                reply.save(update_fields=["organisation"])
        if self.order.closes:
            Commitment.objects.filter(case=case, owner__in=self.family, done_on=None).update(owner=to)
            Measure.objects.filter(case=case, organisation__in=self.family).exclude(state="ended").update(
                organisation=to
            )

    def _raiser(self, concern: Concern, to: Organisation) -> None:
        """Without an entry: who raised it is written nowhere that others read."""
        if concern.raiser.organisation_id in self.family:
            concern.raiser.organisation_id = to.pk
            concern.raiser.save(update_fields=["organisation"])

    def _concern(self, concern: Concern, to: Organisation) -> None:
        if not self.order.closes:
            return
        changed = [name for name in ("system", "counterparty") if getattr(concern, f"{name}_id") in self.family]
        for name in changed:
            setattr(concern, f"{name}_id", to.pk)
        if changed:
            concern.save(update_fields=changed)

    def _hold(self, case: Case, to: Organisation) -> set[int]:
        """Who holds the stage from now on; returns the predecessor that held it."""
        before = case.holder_id
        parties = parties_of(case.concern, self.today)
        after = to.pk if before in self.family else before
        if after in parties:
            after = holder_for(case.concern, case.stage, self.today)
        if after == before:
            return set()
        lead = case.lead_id if after == to.pk else None
        self._note(
            "case.holder_passed_on",
            case,
            {"holder": before, "lead": case.lead_id},
            {"holder": after, "lead": lead},
            after,
        )
        case.holder_id, case.lead_id, case.version = after, lead, case.version + 1
        case.save(update_fields=["holder", "lead", "version"])
        return {before} & set(self.family)

    def _say(self, case: Case, to: Organisation, names: list[str]) -> None:
        """A line of the timeline: of who answers and who holds, never of who raised it."""
        text = f"{' and '.join(names)} became {to.name} on {in_words(self.on)}."
        Step.objects.create(
            case=case, event="passed_on", source=case.stage, target=case.stage, on=self.today, note=text,
            side=Side.SYSTEM,
        )  # fmt: skip
