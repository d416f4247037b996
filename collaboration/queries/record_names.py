"""What records are called and where they are, as far as a person may see them: one query for all kinds together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from django.db.models import CharField, DateField, F, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse

from collaboration.access import P as Own
from collaboration.models import Assessment, Concern, FeedbackRound, InformationRequest, SharedRisk
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from partnerships.access import P, scope
from partnerships.models import Action, Arrangement, Decision, Delegation, Forum, Meeting

Named = dict[tuple[str, int], tuple[str, str]]


@dataclass(frozen=True)
class Naming:
    """How a kind of record is named: `{code}`, `{text}` and `{day}` in `title` are columns; `route` leads to it."""

    model: type[Model]
    view: str
    title: str
    route: str
    text: str
    code: str = "pk"
    day: str = ""
    key: str = "pk"
    goes_to: str = "pk"

    def rows(
        self, actor: Actor, kind: str, ids: set[int]
    ) -> QuerySet[Model, tuple[str, int, str, str, str, date | None]]:
        """Kind, record, where it leads, and what its title is made of, of those that the actor may see."""
        found = scope(actor, self.view, self.model._default_manager.filter(**{f"{self.key}__in": ids}))  # type: ignore[attr-defined]
        day = Cast(F(self.day) if self.day else Value(None), DateField())
        columns = [Cast(F(name), CharField()) for name in (self.goes_to, self.code, self.text)]
        return found.order_by().values_list(Value(kind), F(self.key), *columns, day)


NAMES = {
    "meeting": Naming(Meeting, P.MEETING_VIEW, "{text}, {day}", "meeting", "forum__name", day="held_on"),
    "decision": Naming(
        Decision, P.DECISION_VIEW, "{code} {text}", "decision", "title", "reference", goes_to="reference"
    ),
    "action": Naming(Action, P.DECISION_VIEW, "A-{code} {text}", "action", "title"),
    "membership": Naming(Forum, P.FORUM_VIEW, "{text}", "forum", "name", key="memberships"),
    "arrangement": Naming(Arrangement, P.ARRANGEMENT_VIEW, "{text}", "arrangement", "name"),
    "delegation": Naming(Delegation, P.DELEGATION_VIEW, "{text}: {code}", "delegation", "function__name", "instrument"),
    "information_request": Naming(InformationRequest, Own.REQUEST_VIEW, "{text}", "request", "title"),
    "shared_risk": Naming(SharedRisk, Own.RISK_VIEW, "{text}", "risk", "title"),
    "concern": Naming(Concern, Own.CONCERN_VIEW, "{text}", "", "title"),
    "feedback_round": Naming(
        FeedbackRound, Own.FEEDBACK_VIEW, "Feedback of partners, {day}", "feedback-round", "pk", day="closed_on"
    ),
    "assessment": Naming(Assessment, Own.ASSESSMENT_VIEW, "Self-assessment from {text}", "assessment", "year"),
}


def names_of(actor: Actor, wanted: Mapping[str, set[int]]) -> Named:
    """Title and address of each record, by kind and id; those that the actor may not see are absent."""
    # stands for a self-assessment that is not there: nothing to open, and nothing to hide
    found: Named = {("organisation", pk): ("Self-assessment", "") for pk in wanted.get("organisation", ())}
    parts = [NAMES[kind].rows(actor, kind, ids) for kind, ids in sorted(wanted.items()) if kind in NAMES and ids]
    if not parts:
        return found
    for kind, record, leads, code, text, day in reduce(lambda one, other: one.union(other, all=True), parts):
        naming = NAMES[kind]
        title = naming.title.format(code=code, text=text, day=in_words(day))
        found[(kind, record)] = (title, reverse(naming.route, args=[leads]) if naming.route else "")
    return found
