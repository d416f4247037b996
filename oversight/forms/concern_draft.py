"""A concern while it is being typed: kept in the person's session, step by step, until it is sent or thrown away.

What is kept is the text as it was typed, so that a step comes back with its mistakes too; each form checks it again.
"""

from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import QueryDict

from collaboration.access import P
from collaboration.models import InformalAttempt
from collaboration.queries.profiles import content_of, current_framework
from ics_governance import forms
from ics_governance.permissions import Actor, Refused
from oversight.models import Signal
from partnerships.access import scope
from partnerships.models import Organisation

from .concerns import AboutForm, BehavioursForm, ConfidenceForm, FactsForm, SettleForm

KEY = "concern_draft"
STEPS = {
    "about": "Whom it is about",
    "facts": "What happened",
    "behaviours": "What was missing",
    "settle": "What you have tried",
    "confidence": "In confidence, or openly",
}


class ConcernDraft:
    """The draft of one person. `form(step)` is bound to what was typed there before; `answers` what is valid."""

    def __init__(self, session: SessionBase, actor: Actor) -> None:
        own = actor.organisations(P.CONCERN_RAISE, "raiser")
        if not own:
            raise Refused(P.CONCERN_RAISE)
        self.session, self.actor = session, actor
        self.bodies = list(Organisation.objects.filter(pk__in=own))
        self.answers: dict[str, dict[str, Any]] = {}

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, by step."""
        found = self.session.get(KEY)
        return found if isinstance(found, dict) else {}

    @property
    def signal(self) -> int | None:
        """The signal that it rests on, where there is one."""
        kept = self.typed.get("signal", "")
        return int(kept) if kept.isdecimal() else None

    def begin(self, signal: Signal | None) -> None:
        """Start again, with nothing or with what a signal says."""
        self.session[KEY] = _from_signal(signal) if signal else {}

    def keep(self, step: str, data: QueryDict) -> None:
        """Keep what was typed in a step, right or wrong."""
        plain = data.copy()
        plain.pop("csrfmiddlewaretoken", None)
        self.session[KEY] = {**self.typed, step: plain.urlencode()}

    def discard(self) -> None:
        """Throw it away."""
        self.session.pop(KEY, None)

    def complete_up_to(self, last: str | None = None) -> str | None:
        """The first step before `last` (of all) that is missing or wrong; the valid ones are in `answers` then."""
        for step in STEPS:
            if step == last:
                return None
            form = self.form(step)
            if not form.is_bound or not form.is_valid():
                return step
            self.answers[step] = form.cleaned_data
        return None

    def form(self, step: str) -> Any:
        """The form of a step with what was typed; the steps before it must be in `answers`."""
        kept = self.typed.get(step)
        data = QueryDict(kept) if kept is not None else None
        return getattr(self, f"_{step}")(data)

    def _about(self, data: QueryDict | None) -> forms.Form:
        return AboutForm(data, bodies=self.bodies, on=self.actor.on)

    def _facts(self, data: QueryDict | None) -> forms.Form:
        return FactsForm(data, system=self.answers["about"]["system"], on=self.actor.on)

    def _behaviours(self, data: QueryDict | None) -> forms.Form:
        framework = current_framework()
        return BehavioursForm(data, areas=content_of(framework).areas if framework else ())

    def _settle(self, data: QueryDict | None) -> forms.Form:
        about = self.answers["about"]
        return SettleForm(data, respondents=about["respondents"], notes=self.notes(), on=self.actor.on)

    def _confidence(self, data: QueryDict | None) -> forms.Form:
        return ConfidenceForm(data, with_notes=self.answers["settle"]["tried_before"] != "no")

    def notes(self) -> list[InformalAttempt]:
        """Notes between the raiser and those it is about, the newest first."""
        own, others = self.answers["about"]["organisation"], self.answers["about"]["respondents"]
        between = Q(kept_by=own, other__in=others) | Q(other=own, kept_by__in=others)
        seen = scope(self.actor, P.CONCERN_VIEW, InformalAttempt.objects.filter(between))
        return list(seen.order_by("-held_on", "-pk")[:20])


def _from_signal(signal: Signal) -> dict[str, str]:
    about, facts = QueryDict(mutable=True), QueryDict(mutable=True)
    about["near"] = str(signal.subject_id)
    facts["facts"] = signal.clause
    return {"signal": str(signal.pk), "about": about.urlencode(), "facts": facts.urlencode()}
