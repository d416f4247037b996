"""Questions about authority, read from the address: may this forum decide, and by which route.

What can be chosen hangs on the day and the system, so the form loads the system's register itself. An empty question
is no mistake; one that cannot be understood is said at its field, and everything typed stays.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import QueryDict

from ics_governance import forms
from ics_governance.permissions import Actor
from ics_governance.wording import day as in_words
from partnerships.authority import Node
from partnerships.models import Forum, Function, Kind, Organisation, Place, Post
from partnerships.queries.route import SystemRegister, Systems, system_of_holder, system_register, systems_on
from partnerships.scenario_file import Scenario

from .organisations import unknown, within_reason

MOST_KEPT = 50
FAMILIES = {"pooled_funds": "Pooled funds with councils", "provider": "Running a provider"}


def family(code: str) -> str:
    """A family of functions in words."""
    words = code.replace("_", " ")
    return FAMILIES.get(code, words[:1].upper() + words[1:])


class Matter(forms.Form):
    """A matter in a system: function, amount, places and day. Bound to an address, empty or not."""

    mark_optional = False
    holder = ""  # the field that names a forum, post or body

    system = forms.ChoiceField(
        label="System", required=False, help_text="The integrated care board whose area it is about.",
        error_messages=unknown("an integrated care board of that day"),
    )  # fmt: skip
    function = forms.ChoiceField(label="Function", required=False, error_messages=unknown("a function"))
    amount = forms.MoneyField(
        label="Amount", required=False, help_text="Over its whole life. Leave empty to ask up to what."
    )
    place = forms.MultipleChoiceField(
        label="Places", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Tick none to ask for the whole area of whoever would decide.",
        error_messages=unknown("a place of this system on that day"),
    )  # fmt: skip
    on = forms.DayField(label="On which day", required=False, validators=[within_reason], help_text="Empty: today.")

    design: ClassVar[dict[str, dict[str, Any]]] = {
        "place": {"small": True, "classes": "app-checks"}, "system": {"empty": "Choose a system"},
        "function": {"empty": "Choose a function"}, "on": {"width": 20},
    }  # fmt: skip

    def __init__(self, data: QueryDict, *, reader: Actor, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.reader = reader
        self.away: dict[str, str] = {}  # what was chosen and is not there on the day, with why
        self.day = self._day()
        self.systems: Systems = systems_on(self.day, self._code())
        self.chosen: SystemRegister | None = system_register(
            reader, self.systems, self.day, str(self.data.get("function", ""))
        )
        field: Any = self.fields["system"]
        field.choices = [("", ""), *((body.code, body.name) for body in self.systems.icbs)]
        if self.chosen is not None:
            self._offer(self.chosen)
            if not self.data.get("system"):  # it was known from the holder named
                self.data = self.data.copy()
                self.data["system"] = self.chosen.icb.code

    def _day(self) -> date:
        try:
            return self.fields["on"].clean(self.data.get("on")) or self.reader.on
        except ValidationError:
            return self.reader.on

    def _code(self) -> str:
        """Without a system, that of the holder named: an address may name a forum alone."""
        code = str(self.data.get("system", ""))[:12]
        named = self.data.get(self.holder) if self.holder else ""
        if code or not named:
            return code
        try:
            return system_of_holder(node_of(named), self.day)
        except ValueError:
            return ""

    def _offer(self, system: SystemRegister) -> None:
        fields: dict[str, Any] = dict(self.fields)
        fields["function"].choices = [("", ""), *by_family(system.functions)]
        places = [(str(pk), name) for pk, name in system.places.items()]
        fields["place"].choices = [*places, *self._kept("place", (pk for pk, _ in places))]

    def _kept(self, name: str, offered: Iterable[str]) -> list[tuple[str, str]]:
        """What was chosen and cannot be chosen on this day: it stays to be seen, and `away` says why it is none."""
        known = set(offered)
        typed = [text for text in self.data.getlist(name)[:MOST_KEPT] if text and text not in known]
        found = [(text, row) for text in typed if (row := named_in_the_register(name, text)) is not None]
        self.away |= {text: why_away(row, self.day) for text, row in found}
        return [(text, str(row)) for text, row in found]

    def _here(self, values: Iterable[str]) -> None:
        """Refuse what was kept, each with its reason."""
        if faults := [self.away[value] for value in values if value in self.away]:
            raise ValidationError(faults)

    def clean_place(self) -> list[int]:
        """Ids of places."""
        self._here(self.cleaned_data["place"])
        return [int(pk) for pk in self.cleaned_data["place"]]

    def clean_on(self) -> date:
        """The day; today where none is given."""
        found: date = self.cleaned_data["on"] or self.reader.on
        return found

    def clean(self) -> dict[str, Any]:
        """Without a system nothing else can be chosen: that it cannot is said once, at the system."""
        cleaned = super().clean() or {}
        if "system" in self.errors:
            for name in ("function", "place", self.holder):
                self.errors.pop(name, None)
        return cleaned

    @property
    def function_chosen(self) -> Function | None:
        """The function whose sentence is shown."""
        code = self.data.get("function", "")
        return next((row for row in self.chosen.functions if row.code == code), None) if self.chosen else None

    @property
    def asks(self) -> bool:
        """Whether there is a question to answer."""
        return self.chosen is not None and bool(self.is_valid() and self.cleaned_data["function"])

    def address(self, **changes: Any) -> str:
        """The question as the query of an address, with some parts changed; empty parts are left out."""
        given = self.cleaned_data if self.is_bound and self.is_valid() else {}
        parts: dict[str, Any] = {
            "system": given.get("system", ""), "function": given.get("function", ""),
            "amount": "" if given.get("amount") is None else format(given["amount"].normalize(), "f"),
            "place": [str(pk) for pk in given.get("place", ())],
            "on": given["on"].isoformat() if given.get("on") and given["on"] != self.reader.on else "",
        }  # fmt: skip
        query = QueryDict(mutable=True)
        for name, value in {**parts, **changes}.items():
            query.setlist(name, [value] if isinstance(value, str) else list(value))
        return "?" + "&".join(f"{part}" for part in query.urlencode(safe=":").split("&") if not part.endswith("="))


class Question(Matter):
    """The same with who would decide."""

    holder = "who"

    who = forms.ChoiceField(
        label="Who would decide", required=False, help_text="A forum, a named post or a body of this system.",
        error_messages=unknown("a forum or post of this system on that day"),
    )  # fmt: skip
    q = forms.CharField(label="Or find a forum by its name, anywhere in England", max_length=100, required=False)
    design: ClassVar[dict[str, dict[str, Any]]] = {**Matter.design, "who": {"empty": "Choose who would decide"}}

    def _offer(self, system: SystemRegister) -> None:
        super()._offer(system)
        field: Any = self.fields["who"]
        groups = [(body, [(str(node), name) for node, name in rows]) for body, rows in system.holders()]
        kept = self._kept("who", (node for _, rows in groups for node, _ in rows))
        field.choices = [("", ""), *groups, *kept]

    def clean_who(self) -> str:
        """The holder, as it is written in addresses."""
        self._here([self.cleaned_data["who"]])
        return str(self.cleaned_data["who"])

    @property
    def asks(self) -> bool:
        """Whether there is a question to answer."""
        return super().asks and bool(self.cleaned_data["who"])

    @property
    def node(self) -> Node:
        """Who was asked about."""
        return Node.parse(self.cleaned_data["who"])


class WayForm(Matter):
    """The same with whose matter it is, where several bodies hold the function, and where it begins."""

    holder = "begins"

    body = forms.MultipleChoiceField(required=False, widget=forms.django_forms.MultipleHiddenInput)
    begins = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)

    def _offer(self, system: SystemRegister) -> None:
        super()._offer(system)
        field: Any = self.fields["body"]
        field.choices = [(str(body.pk), body.label) for body in system.bodies]
        field.error_messages = {**field.error_messages, **unknown("a body of this system")}

    def clean_body(self) -> list[int]:
        """Ids of bodies whose matter it is, all together."""
        return sorted(int(pk) for pk in self.cleaned_data["body"])

    def clean_begins(self) -> Node | None:
        """A forum, post or body of the register; one that is not in it is left out."""
        if not self.cleaned_data["begins"] or self.chosen is None:
            return None
        try:
            node = node_of(self.cleaned_data["begins"])
        except ValueError:
            return None
        return node if node in self.chosen.register.names else None


class RehearseForm(Matter):
    """A scenario, adapted to a system."""

    who = forms.ChoiceField(
        label="The forum that would take it up", required=True, error_messages=unknown("a forum of this system"),
    )  # fmt: skip
    title = forms.CharField(label="Title", max_length=200)
    situation = forms.CharField(
        label="The situation", widget=forms.Textarea, max_length=4000, help_text="In your own words: change it freely."
    )
    partner = forms.MultipleChoiceField(
        label="Partners who take part", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages=unknown("a body of this system"),
        help_text="They can read the rehearsal when it is kept.",
    )  # fmt: skip
    design: ClassVar[dict[str, dict[str, Any]]] = {
        **Matter.design, "who": {"empty": "Choose a forum"}, "situation": {"rows": 6},
        "partner": {"small": True, "classes": "app-checks"},
    }  # fmt: skip

    def __init__(self, data: QueryDict, *, reader: Actor, **kwargs: Any) -> None:
        super().__init__(data, reader=reader, **kwargs)
        self.fields["function"].required = True

    def _offer(self, system: SystemRegister) -> None:
        super()._offer(system)
        fields: dict[str, Any] = dict(self.fields)
        groups = [(body, [(str(node), name) for node, name in rows if node.kind == "forum"])
                  for body, rows in system.holders()]  # fmt: skip
        fields["who"].choices = [("", ""), *((body, rows) for body, rows in groups if rows)]
        partners = [body for body in system.bodies if body.kind not in ABOVE and body.pk != system.icb.pk]
        fields["partner"].choices = [(str(body.pk), body.label) for body in partners]

    def clean_partner(self) -> list[int]:
        """Ids of bodies."""
        return [int(pk) for pk in self.cleaned_data["partner"]]

    @property
    def node(self) -> Node:
        """The forum."""
        return Node.parse(self.cleaned_data["who"])


ABOVE = (Kind.REGION, Kind.OVERSIGHT_BODY)  # they oversee a system and are not its partners


def template_data(scenario: Scenario, system: str) -> QueryDict:
    """A scenario as it stands, for a system, as if it had been typed."""
    data = QueryDict(mutable=True)
    data.update(
        {
            "system": system,
            "title": scenario.title,
            "situation": scenario.situation,
            "function": scenario.function,
            "amount": "" if scenario.amount is None else f"{scenario.amount:,.0f}",
        }
    )
    return data


class PromptForm(forms.Form):
    """The prompts of a rehearsal with their answers, and what was learnt."""

    mark_optional = False

    def __init__(self, data: Any, *, scenario: Scenario, said: Mapping[str, str], learnt: str) -> None:
        super().__init__(data, initial={**said, "learnt": learnt})
        self.scenario = scenario
        for code, text in scenario.prompts.items():
            self.fields[code] = forms.CharField(label=text, required=False, widget=forms.Textarea, max_length=4000)
        self.fields["learnt"] = forms.CharField(
            label="What was learnt", required=False, widget=forms.Textarea, max_length=4000,
            help_text="What you would do otherwise when the real matter comes.",
        )  # fmt: skip
        self.design = {name: {"rows": 4 if name == "learnt" else 2} for name in self.fields}

    @property
    def groups(self) -> list[tuple[str, list[Any]]]:
        """The prompts in their groups, drawn."""
        return [(heading, [self[code] for code in prompts]) for heading, prompts in self.scenario.groups.items()]

    @property
    def answers(self) -> dict[str, str]:
        """What was typed, by prompt."""
        return {code: self.cleaned_data[code] for code in self.scenario.prompts}


def named_in_the_register(name: str, text: str) -> Forum | Post | Organisation | Place | None:
    """The place (by its id) or holder (such as `forum:12`) that was chosen, whatever the day; None: there is none."""
    try:
        node = node_of(f"body:{text}" if name == "place" else text)
    except ValueError:
        return None
    kinds: dict[str, Any] = {"forum": Forum, "post": Post, "body": Place if name == "place" else Organisation}
    found: Forum | Post | Organisation | Place | None = kinds[node.kind].objects.filter(pk=node.id).first()
    return found


def why_away(row: Forum | Post | Organisation | Place, on: date) -> str:
    """Why a record cannot be chosen on a day."""
    first, last = (row.opened, row.closed) if isinstance(row, Organisation) else (row.starts, row.ends)
    if first and first > on:
        return f"{row} did not exist on {in_words(on)}; it began on {in_words(first)}"
    if last and last < on:
        return f"{row} did not exist any more on {in_words(on)}; its last day was {in_words(last)}"
    return f"{row} is not in this system"


def by_family(functions: list[Function]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices of functions in their families."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in functions:
        groups.setdefault(family(row.family), []).append((row.code, row.name))
    return sorted(groups.items())


def families(functions: list[Function]) -> Mapping[str, list[Function]]:
    """Functions by family, for the list of what each means."""
    groups: dict[str, list[Function]] = {}
    for row in functions:
        groups.setdefault(family(row.family), []).append(row)
    return dict(sorted(groups.items()))


def node_of(text: str) -> Node:
    """A holder written as `forum:12`. Raises ValueError for anything else, also for a number out of reach."""
    node = Node.parse(text[:40])
    if not 0 < node.id < 10**18:
        raise ValueError(text)
    return node
