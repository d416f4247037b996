"""What a trust writes into a draft sings nowhere else, and what it submits only where it is meant to."""

import pytest
from django.urls import reverse

from collaboration.models import Answer, Assessment, Evidence, Moderation
from ics_governance.context import system
from tests import stage
from tests.matrix import CASES
from tests.test_canary import SECRET, TEXT, heard, visitor
from tests.world import World


@pytest.fixture
def on_stage(world: World):
    made = stage.build(world)
    with system("plant a secret"):
        Answer.objects.filter(assessment=made.ours.assessment).update(text=TEXT)
        Assessment.objects.filter(pk=made.ours.assessment.pk).update(returned_note=TEXT)
        Moderation.objects.create(answer=made.ours.submitted.answers.get(), note=TEXT, question=TEXT)
        Evidence.objects.create(
            organisation=made.ours.trust,
            kind="link",
            title=TEXT,
            url="https://a.test/",
            given_by=world.user("secretary"),
        )
    return made


def addresses(made: stage.Stage) -> list[str]:
    found = {}
    for case in CASES:
        if case.section != "accounts" and 405 not in case.verbs["get"]:
            found[reverse(case.route, kwargs=case.args(made))] = True
    found |= {f"{reverse('assessment-list')}?{query}": True for query in ("q=zq7canary", "format=csv", "format=xlsx")}
    return list(found)


def loud(world: World, made: stage.Stage, who: str) -> list[str]:
    client = visitor(world, who)
    return [path for path in addresses(made) if SECRET.encode() in heard(client, path)[1]]


def test_it_is_found_by_those_it_is_for(world, on_stage):
    section = reverse("assessment-section", args=[on_stage.ours.assessment.pk, "R"])
    assert section in loud(world, on_stage, "secretary")


def test_of_a_draft_the_icb_hears_nothing_and_of_the_moderation_what_it_wrote(world, on_stage):
    mine = str(on_stage.ours.submitted.pk)
    assert all(f"/{mine}/" in path for path in loud(world, on_stage, "officer"))


@pytest.mark.parametrize("who", ["other_officer", "other_trust", "partner", "stranger", "anonymous"])
def test_nobody_else_hears_anything(world, on_stage, who):
    assert not loud(world, on_stage, who)
