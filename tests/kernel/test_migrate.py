"""Migrations are carried out in fewer steps, and lead to what they say."""

from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.state import ProjectState

from ics_governance.management.commands.migrate import Together, together


def test_neighbours_that_only_add_go_together_and_nothing_else_does():
    made = [CreateModel(name, [("id", models.BigAutoField(primary_key=True))]) for name in ("A", "B")]
    added = [
        AddField("a", "of", models.ForeignKey("x.b", models.CASCADE)),
        AddIndex("a", models.Index(fields=["of"], name="of_b")),
    ]
    between = RunSQL("select 1")
    found = together([*made, *added, between, added[0], between])
    assert [each.operations if isinstance(each, Together) else each for each in found] == [
        made, added, between, added[0], between,
    ]  # fmt: skip


def test_every_migration_leads_to_the_models_that_it_leads_to_step_by_step():
    """That the database comes out right shows in every other test."""
    graph = MigrationLoader(None).graph
    plan = list(dict.fromkeys(node for leaf in graph.leaf_nodes() for node in graph.forwards_plan(leaf)))
    steps, fewer = ProjectState(), ProjectState()
    for node in plan:
        migration = graph.nodes[node]
        for operation in migration.operations:
            operation.state_forwards(node[0], steps)
        for operation in together(migration.operations):
            operation.state_forwards(node[0], fewer)
    assert fewer.models == steps.models
