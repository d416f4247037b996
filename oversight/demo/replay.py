"""Carries the script of concerns out by the register's own actions, each act as its person and on its day."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models

from collaboration.actions.assessments import assign
from collaboration.models import Assessment, InformalAttempt, Profile
from ics_governance.context import acting_as, system
from ics_governance.models import Notification, User
from ics_governance.notifications import mark_matter_read
from ics_governance.permissions import Actor
from oversight.actions import cases, clocks, concerns, dispute, file, override, review
from oversight.models import Case, Criterion, Fact, Override, Pause, Step
from partnerships.access import actor_for
from partnerships.models import Organisation, Place

from .asked import moment
from .bulk import Bulk
from .cases import Act, Concern
from .meetings import add_working_days
from .returns import Section

ON_THE_FILE: dict[str, Callable[..., Any]] = {
    verb.__name__: verb
    for verb in (
        cases.assign_reviewer, file.reply_to_fact, file.reply, file.add_fact, file.add_evidence, file.add_note,
        file.agree, file.record_facilitation, file.send_for_accuracy, file.check_accuracy, file.record_discussion,
        file.name_characteristics, clocks.ask_for_pause, clocks.approve_pause, clocks.end_pause,
        dispute.ask_for_dispute_resolution, override.ask_for_override, override.confirm_override,
        review.add_finding, review.set_exit_criteria, review.meet_criterion,
    )
}  # fmt: skip
SECTION_DAYS = 15  # working days
TIMES = ("at", "asked_at", "approved_at", "confirmed_at", "written_at")
MOVE_ASKS = ("signpost", "learnt", "outcome", "days")


class Replay:
    """Plays concerns; keeps the cases by key, so that later acts find them."""

    def __init__(self, bulk: Bulk, today: date, keepers: Mapping[str, int]) -> None:
        self.bulk, self.today, self.keepers = bulk, today, keepers
        self.cases: dict[str, Case] = {}
        self._bodies: dict[str, Organisation] = {}
        self._actors: dict[tuple[int, date], Actor] = {}
        self._users: dict[int, User] = {}
        self.acts = 0

    def assign(self, sections: Iterable[Section]) -> int:
        """Ask people to answer their sections of an assessment, today."""
        asked = list(sections)
        for section in asked:
            by = actor_for(self._user(section.by), self.today)
            with acting_as(by):
                assessment = Assessment.objects.get(pk=self.bulk.keys["assessment"][section.assessment - 1])
                assign(
                    by=by, assessment=assessment, characteristic=section.characteristic, user=self._user(section.user),
                    due_on=add_working_days(self.today, SECTION_DAYS),
                )  # fmt: skip
        return len(asked)

    def play(self, notes_alone: Iterable[Act], told: Iterable[Concern]) -> int:
        """Keep the notes, raise every concern and do what followed; acts that need profiles are left for later."""
        before = self.acts
        for act in notes_alone:
            self._note(act)
        for concern in told:
            notes = [self._note(act) for act in concern.notes]
            self.cases[concern.key] = self._raise(concern.raised, notes)
            for act in concern.acts:
                if not act.after_scoring:
                    self._do(self.cases[concern.key], act)
            self._settle(self.cases[concern.key])
        return self.acts - before

    def play_later(self, told: Iterable[Concern]) -> None:
        """The acts that rest on profiles."""
        for concern in told:
            for act in concern.acts:
                if act.after_scoring:
                    self._do(self.cases[concern.key], act)

    # --- single acts ----------------------------------------------------------------------------------------------

    def _note(self, act: Act) -> InformalAttempt:
        given = act.arguments | {name: self.body(act.arguments[name]) for name in ("kept_by", "other")}
        note: InformalAttempt = self._as(act, concerns.note_attempt, given)
        return note

    def _raise(self, act: Act, notes: list[InformalAttempt]) -> Case:
        given = dict(act.arguments)
        given["respondents"] = [self.body(code) for code in given.pop("about")]
        given["organisation"], given["system"] = self.body(given["organisation"]), self.body(given["system"])
        given["place"] = Place.objects.filter(icb=given["system"], name=given["place"]).first()
        case: Case = self._as(act, concerns.raise_concern, {**given, "attempts": notes})
        return case

    def _do(self, case: Case, act: Act) -> None:
        with system("the case as it stands"):
            case = Case.objects.select_related("concern__raiser").get(pk=case.pk)
        if act.do == "move":
            given = dict(act.arguments)
            changes = {name: given.pop(name) for name in MOVE_ASKS if name in given}
            if given["event"] == "accept":
                changes["lead"] = self._user(act.user)
            self._as(act, cases.move, {"case": case, **given, "changes": changes})
            self._seen(case, act)
            return
        with system("what an act is about"):
            given = self._named(case, act)
        self._as(act, ON_THE_FILE[act.do], given)
        self._seen(case, act)

    def _named(self, case: Case, act: Act) -> dict[str, Any]:
        """The arguments, with records in the place of numbers and codes."""
        given = dict(act.arguments)
        if "organisation" in given:
            given["organisation"] = self.body(given["organisation"])
        if "profile" in given:
            given["profile"] = Profile.objects.filter(subject=self.body(given["profile"])).order_by("-as_of")[1]
        if "user" in given:
            given["user"] = self._user(given["user"])
        if "facts" in given:
            given["facts"] = list(Fact.objects.filter(case=case, number__in=given["facts"]))
        if "fact" in given:
            given["fact"] = Fact.objects.get(case=case, number=given["fact"])
        match act.do:
            case "reply_to_fact":
                return given
            case "approve_pause" | "end_pause":
                return {"pause": Pause.objects.get(clock__case=case, ends=None)}
            case "confirm_override":
                return {"override": Override.objects.get(case=case, confirmed_by=None)}
            case "meet_criterion":
                criteria = Criterion.objects.filter(case=case).order_by("pk")
                return {"criterion": criteria[given["criterion"] - 1], "note": given["note"]}
        return {"case": case, **given}

    def body(self, code: str) -> Organisation:
        """A body by its code."""
        if code not in self._bodies:
            self._bodies[code] = Organisation.objects.get(pk=self.bulk.codes[Organisation][code])
        return self._bodies[code]

    def _as(self, act: Act, verb: Callable[..., Any], given: dict[str, Any]) -> Any:
        """Carry an action out as its person on its day; the times it leaves are those of the day."""
        actor = self._actor(act)
        with acting_as(actor):
            record = verb(by=actor, **given)
        self.acts += 1
        self._date(record, act)
        return record

    def _actor(self, act: Act) -> Actor:
        key = (act.user, act.day)
        if key not in self._actors:
            self._actors[key] = actor_for(self._user(act.user), act.day)
        return self._actors[key]

    def keeper(self, code: str) -> User:
        """Who keeps the records of a body."""
        return self._user(self.keepers[code])

    def _user(self, row: int) -> User:
        key = self.bulk.keys["user"][row - 1]
        if key not in self._users:
            self._users[key] = User.objects.get(pk=key)
        return self._users[key]

    def _date(self, record: Any, act: Act) -> None:
        when = moment(act.day, 10) + timedelta(minutes=self.acts % 300)
        with system("days of the demonstration"):
            if isinstance(record, Case):
                Step.objects.filter(case=record, on=act.day, at__date__gt=act.day).update(at=when)
                Override.objects.filter(case=record, confirmed_at__date__gt=act.day).update(confirmed_at=when)
            elif isinstance(record, models.Model):
                names = {one.name for one in record._meta.concrete_fields}
                fresh = [name for name in TIMES if name in names and _is_later(getattr(record, name), act)]
                type(record)._base_manager.filter(pk=record.pk).update(**dict.fromkeys(fresh, when))

    def _seen(self, case: Case, act: Act) -> None:
        """Who acts on a case has read what was told of it before."""
        mark_matter_read(self._user(act.user).pk, f"case:{case.pk}:")

    def _settle(self, case: Case) -> None:
        """Of what people were told about a case, the last thing waits; of a closed one nothing does."""
        told = Notification.objects.filter(key__startswith=f"case:{case.pk}:", read_at=None)
        with system("how a case ended"):
            case.refresh_from_db()
        newest = told.order_by("user", "-pk").distinct("user").values_list("pk", flat=True)
        seen = told.exclude(pk__in=list(newest) if case.is_open else [])
        seen.update(read_at=moment(case.stage_since, 18))


def _is_later(value: datetime | None, act: Act) -> bool:
    return value is not None and value.date() > act.day
