"""`manage.py resolve`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def resolve(*arguments):
    out = StringIO()
    call_command("resolve", *arguments, stdout=out)
    return out.getvalue()


def test_it_answers_in_a_sentence(world):
    said = resolve(f"--forum={world.place_board.pk}", "--function=community_diagnostics", "--amount=£384,000",
                   "--on=2026-10-20")  # fmt: skip
    assert said.startswith(
        "within_authority: Bradford place board may take this in Bradford District and Craven: up to £500,000"
    )


def test_it_answers_with_the_chain_as_json(world):
    place = world.place_board.places.get()
    said = resolve(f"--forum={world.place_board.pk}", "--function=community_diagnostics", "--amount=640000",
                   f"--place={place.pk}", "--on=2026-10-20", "--json")  # fmt: skip
    answer = json.loads(said)["answer"]
    assert answer["status"] == "exceeds_limit"
    assert [step["instrument"] for step in answer["chain"]] == [
        "scheme of delegation 4.2",
        "terms of reference, section 6",
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--forum=999999", "--function=community_diagnostics"], "There is no forum 999999"),
        (["--forum={}", "--function=nonsense"], "There is no function nonsense. Known: "),
        (["--forum={}", "--function=community_diagnostics", "--amount=lots"], "not an amount in pounds"),
        (["--forum={}", "--function=community_diagnostics", "--amount=-1"], "not below zero"),
        (["--forum={}", "--function=community_diagnostics", "--amount=nan"], "not an amount in pounds"),
        (["--holder=somebody", "--function=community_diagnostics"], "a post as post:3"),
        (["--holder=post:999999", "--function=community_diagnostics"], "There is no post 999999"),
        (["--forum={}", "--holder=post:1", "--function=community_diagnostics"], "not allowed with"),
        (["--forum={}", "--function=community_diagnostics", "--on=soon"], "not a date such as"),
        (["--forum={}", "--function=community_diagnostics", "--place=999999"], r"no such record: [^.]*\.$"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_words(world, arguments, says):
    with pytest.raises(CommandError, match=says):
        resolve(*(text.format(world.place_board.pk) for text in arguments))


def test_a_body_or_post_is_asked_about_as_a_holder(world):
    said = resolve(f"--holder=body:{world.icb.pk}", "--function=community_diagnostics", "--on=2026-10-20")
    assert said.startswith("within_authority: ")
