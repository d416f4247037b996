"""Workflows as tables. Buttons, API, the docs diagram, the database guard and the property tests are made from them.

A guard is a pure function `guard(record) -> list[Reason]` that returns the reasons against; none means it may go on.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import models

from .permissions import Actor, Refused


@dataclass(frozen=True)
class Reason:
    """One reason against a move: a plain sentence and, where a field or record would mend it, where to go."""

    text: str
    field: str = ""
    link: str = ""


Guard = Callable[[Any], list[Reason]]


@dataclass(frozen=True)
class Transition:
    """One row of a workflow table."""

    event: str
    sources: tuple[str, ...]
    target: str
    permission: str
    ledger: str
    label: str
    guards: tuple[Guard, ...] = ()
    clock: str | None = None

    def reasons(self, record: Any) -> list[Reason]:
        """All reasons against, from every guard."""
        return [reason for guard in self.guards for reason in guard(record)]


@dataclass(frozen=True)
class Move:
    """A transition as offered for one record to one actor: possible, or with the reasons why not yet."""

    transition: Transition
    reasons: tuple[Reason, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether nothing stands against it."""
        return not self.reasons


class GuardFailed(Exception):
    """A move was refused; nothing was changed. `reasons` say what is missing, each with its field or link."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(reason.text for reason in reasons))


@dataclass(frozen=True)
class Workflow:
    """A state column with its permitted moves.

    `may` answers whether an actor holds a permission on a record; it is given by the app (`access.allowed`).
    """

    name: str
    model: str  # "app_label.ModelName"
    column: str
    initial: tuple[str, ...]
    transitions: tuple[Transition, ...]
    may: Callable[[Actor, str, Any], bool] = field(repr=False)

    @property
    def states(self) -> list[str]:
        """Every state, in the order of the table."""
        seen = dict.fromkeys(self.initial)
        for row in self.transitions:
            seen |= dict.fromkeys((*row.sources, row.target))
        return list(seen)

    def find(self, event: str) -> Transition:
        """The row of an event."""
        for row in self.transitions:
            if row.event == event:
                return row
        raise KeyError(f"{self.name} has no event {event}")

    def moves(self, record: models.Model, actor: Actor, held: Collection[str] | None = None) -> list[Move]:
        """What this actor may do next with the record, with the reasons why not yet.

        `held` are the permissions that the actor is known to hold on it; without them each is asked for.
        """
        state = getattr(record, self.column)
        rows = [row for row in self.transitions if state in row.sources]
        if held is None:
            held = {name for name in {row.permission for row in rows} if self.may(actor, name, record)}
        return [Move(row, tuple(row.reasons(record))) for row in rows if row.permission in held]

    def check(self, record: models.Model, event: str, actor: Actor) -> Transition:
        """Permission, then state, then guards; raises `Refused` or `GuardFailed`, returns the row to carry out."""
        row = self.find(event)
        if not actor.system and not self.may(actor, row.permission, record):
            raise Refused(row.permission)
        state = getattr(record, self.column)
        if state not in row.sources:
            now = state.replace("_", " ")
            raise GuardFailed([Reason(f"“{row.label}” is not possible: this is now {now}.")])
        if reasons := row.reasons(record):
            raise GuardFailed(reasons)
        return row

    def pairs(self) -> list[tuple[str, str]]:
        """All permitted (from, to) pairs, sorted; staying is always permitted."""
        return sorted({(source, row.target) for row in self.transitions for source in row.sources})


WORKFLOWS: dict[str, Workflow] = {}


def load() -> list[Workflow]:
    """All workflows, by name: imports the modules that settings name."""
    for module in settings.WORKFLOW_MODULES:
        import_module(module)
    return sorted(WORKFLOWS.values(), key=lambda workflow: workflow.name)


def register(workflow: Workflow) -> Workflow:
    """Make a workflow known to the guards, the docs and the tests."""
    WORKFLOWS[workflow.name] = workflow
    return workflow


# --- The database guard -------------------------------------------------------------------------------------------


def guard_sql(workflow: Workflow) -> str:
    """The trigger that refuses illegal states: deterministic text, so that a change of the table shows as a change."""
    app_label, model_name = workflow.model.lower().split(".")
    table, name, column = f"{app_label}_{model_name}", f"workflow_{workflow.name}", workflow.column
    pairs = ",\n      ".join(f"('{source}', '{target}')" for source, target in workflow.pairs())
    initial = ", ".join(f"'{state}'" for state in sorted(workflow.initial))
    return f"""create or replace function {name}() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.{column} not in ({initial}) then
      raise exception '{workflow.name} may not begin as %', new.{column} using errcode = '23514', constraint = '{name}';
    end if;
  elsif new.{column} is distinct from old.{column}
    and (old.{column}, new.{column}) not in (
      {pairs}) then
    raise exception '{workflow.name} may not go from % to %', old.{column}, new.{column}
      using errcode = '23514', constraint = '{name}';
  end if;
  return new;
end $$;
drop trigger if exists {name} on {table};
create trigger {name} before insert or update of {column} on {table} for each row execute function {name}();
alter table {table} enable always trigger {name};
"""


# --- The page about workflows -------------------------------------------------------------------------------------


def describe(workflows: Iterable[Workflow]) -> str:
    """`docs/workflows.md`: each workflow as a diagram and a table."""
    parts = ["# Workflows\n\nGenerated by `manage.py workflows_doc` from the tables in the code; do not edit.\n"]
    for workflow in workflows:
        parts += [f"\n## {workflow.name.replace('_', ' ').capitalize()}\n", "\n```mermaid\nstateDiagram-v2\n"]
        parts += [f"    [*] --> {state}\n" for state in workflow.initial]
        parts += [
            f"    {source} --> {row.target}: {row.label}\n" for row in workflow.transitions for source in row.sources
        ]
        parts += ["```\n\n| event | from | to | permission | guards | audit trail |\n|---|---|---|---|---|---|\n"]
        parts += [_describe_row(row) for row in workflow.transitions]
    return "".join(parts)


def _describe_row(row: Transition) -> str:
    guards = "; ".join(_first_line(guard) for guard in row.guards) or "none"
    return f"| {row.label} | {', '.join(row.sources)} | {row.target} | {row.permission} | {guards} | {row.ledger} |\n"


def _first_line(guard: Guard) -> str:
    return (guard.__doc__ or guard.__name__).strip().splitlines()[0].rstrip(".")
