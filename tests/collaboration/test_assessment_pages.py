"""Pages of self-assessments: what each side sees, saving with and without scripts, few queries."""

from datetime import date
from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from docx import Document

from collaboration.actions import assessments
from collaboration.models import Answer, Assessment
from ics_governance.context import acting_as, system
from tests import returns


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=True):
        yield


@pytest.fixture
def draft(world, framework):
    return returns.begun(world, framework)


def text_of(answer):
    return answer.content.decode()


def section(assessment, code="R"):
    return reverse("assessment-section", args=[assessment.pk, code])


# --- The list and beginning ---------------------------------------------------------------------------------------


def test_the_secretary_begins_from_the_list(world, framework, sign_in):
    client = sign_in("secretary")
    assert "Begin the self-assessment 2026/27" in text_of(client.get(reverse("assessment-list")))
    values = {"subject": world.body("RCF").pk, "due_on_day": "31", "due_on_month": "3", "due_on_year": "2027"}
    page = text_of(client.post(reverse("assessment-new"), values, follow=True))
    assert "Airedale NHS Foundation Trust" in page
    assert "Begin the self-assessment" not in page
    with system("look"):
        assert Assessment.objects.get().due_on == date(2027, 3, 31)


def test_a_day_that_is_past_is_refused_and_stays_typed(world, framework, sign_in):
    values = {"subject": world.body("RCF").pk, "due_on_day": "1", "due_on_month": "3", "due_on_year": "2020"}
    answer = sign_in("secretary").post(reverse("assessment-new"), values)
    assert answer.status_code == 422
    assert 'value="2020"' in text_of(answer)
    assert "A day that is still to come" in text_of(answer)


@pytest.mark.parametrize("query", ["state=draft", "year=2026", "q=airedale", "q=RCF", "format=csv", "sort=due"])
def test_the_list_is_filtered_sorted_and_exported(draft, sign_in, query):
    assert "Airedale" in text_of(sign_in("secretary").get(f"{reverse('assessment-list')}?{query}"))


@pytest.mark.parametrize("query", ["state=final", "year=2025", "q=leeds", "state=none&q=leeds", "after=none&q=x"])
def test_what_does_not_fit_is_not_in_the_list(draft, sign_in, query):
    answer = sign_in("secretary").get(f"{reverse('assessment-list')}?{query}")
    assert answer.status_code == 200
    assert "None fits these filters" in text_of(answer)


# --- A section ----------------------------------------------------------------------------------------------------


def test_a_section_saves_without_scripts(draft, sign_in):
    values = {"version_1-1": "0", "rating_1-1": "1", "text_1-1": "We come.", "version_1-2": "0", "rating_1-2": "0"}
    page = text_of(sign_in("secretary").post(section(draft), values, follow=True))
    assert "We come." in page
    assert page.count("by Ruth Calloway") == 2
    assert (returns.answer(draft).rating, returns.answer(draft, "1.2").rating) == ("1", "0")
    assert returns.answer(draft, "1.3").version == 0


def test_the_same_rule_without_scripts_shows_both_texts_and_lets_one_choose(draft, sign_in, world):
    chair = world.actor("chair")
    with acting_as(chair):
        assessments.save_answer(by=chair, answer=returns.answer(draft), version=0, rating="2", text="The chair's words")
    client = sign_in("secretary")
    values = {"version_1-1": "0", "rating_1-1": "1", "text_1-1": "The secretary's words", "version_1-2": "0",
              "rating_1-2": "1"}  # fmt: skip
    answer = client.post(section(draft), values)
    assert answer.status_code == 409
    for words in ("Denis Ormerod saved this question", "chair&#39;s words", "secretary&#39;s words"):
        assert words in text_of(answer)
    assert returns.answer(draft, "1.2").rating == "1", "the other question is saved"
    assert "The secretary&#39;s words" in text_of(client.get(section(draft))), "it is there after a reload too"
    values |= {"newest_1-1": "1", "settle": "mine:1.1", "version_1-2": "1"}
    assert client.post(section(draft), values).status_code == 302
    assert returns.answer(draft).text == "The secretary's words"


def test_ones_own_can_be_given_up_for_what_was_saved(draft, sign_in, world):
    chair = world.actor("chair")
    with acting_as(chair):
        assessments.save_answer(by=chair, answer=returns.answer(draft), version=0, rating="2", text="The chair's words")
    client = sign_in("secretary")
    values = {"version_1-1": "0", "rating_1-1": "1", "text_1-1": "Mine"}
    client.post(section(draft), values)
    client.post(section(draft), values | {"settle": "theirs:1.1"})
    page = text_of(client.get(section(draft)))
    assert "while you were typing" not in page
    assert "The chair&#39;s words" in page
    versions = reverse("assessment-versions", args=[draft.pk, "1.1"])
    assert "Came second, not taken over" in text_of(client.get(versions))


def test_a_rating_that_is_none_is_refused_and_what_was_typed_stays(draft, sign_in):
    values = {"version_1-1": "0", "rating_1-1": "9", "text_1-1": "Kept in the box"}
    answer = sign_in("secretary").post(section(draft), values)
    assert answer.status_code == 422
    assert "Kept in the box" in text_of(answer)
    assert "not a rating of this framework" in text_of(answer)


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "1.5"])
def test_a_version_that_is_none_overwrites_nothing(draft, sign_in, version):
    client = sign_in("secretary")
    client.post(section(draft), {"version_1-1": "0", "rating_1-1": "1", "text_1-1": "First"})
    answer = client.post(section(draft), {"version_1-1": version, "rating_1-1": "1", "text_1-1": "Second"})
    assert answer.status_code == 409
    assert returns.answer(draft).text == "First"


# --- Autosave -----------------------------------------------------------------------------------------------------


def autosave(client, assessment, **values):
    address = reverse("assessment-answer", args=[assessment.pk, "1.1"])
    return client.post(
        address, {f"{name}_1-1": value for name, value in values.items()}, headers={"HX-Request": "true"}
    )


def test_autosave_says_when_and_gives_the_new_version(draft, sign_in):
    answer = autosave(sign_in("secretary"), draft, version="0", rating="1", text="Typed")
    assert answer.status_code == 200
    assert "Saved at" in text_of(answer)
    assert 'name="version_1-1" value="1"' in text_of(answer)
    assert "<html" not in text_of(answer)


def test_autosave_beside_somebody_elses_shows_both_and_keeps_the_version_it_began_from(draft, sign_in):
    autosave(sign_in("chair"), draft, version="0", rating="1", text="The chair's")
    answer = autosave(sign_in("secretary"), draft, version="0", rating="2", text="The secretary's")
    for words in ("The chair&#39;s", "The secretary&#39;s", 'value="mine:1.1"', 'name="version_1-1" value="0"'):
        assert words in text_of(answer)
    assert returns.answer(draft).text == "The chair's"


def test_autosave_after_it_was_made_ready_says_so(draft, sign_in, world):
    returns.bring(world, draft, "ready")
    answer = autosave(sign_in("secretary"), draft, version="1", rating="0", text="Late")
    assert answer.status_code == 422
    assert "cannot be changed any more" in text_of(answer)


# --- Signatures, receipt, moderation ------------------------------------------------------------------------------


def test_signed_by_two_and_submitted_with_its_receipt_on_the_page(draft, sign_in, world):
    returns.bring(world, draft, "ready")
    returns.chief(world)
    for who, event, more in (
        ("chief", "review", {}),
        ("chair", "sign_off", {"board_met_on_day": "14", "board_met_on_month": "10", "board_met_on_year": "2026",
                               "minute": "TB/2026/12"}),
    ):  # fmt: skip
        client = sign_in(who)
        address = reverse("assessment-step", args=[draft.pk, event])
        read = text_of(client.get(address)).partition('name="read" value="')[2][:64]
        page = client.post(address, {"read": read, **more}, follow=True)
    for words in ("As it was submitted", "Nora Kettlewell", "Denis Ormerod", "TB/2026/12", read):
        assert words in text_of(page)
    with system("somebody changes the stored content"):
        done = Assessment.objects.get(pk=draft.pk)
        done.content["answers"]["1.1"]["rating"] = "3"
        done.save(update_fields=["content"])
    page = sign_in("chair").get(reverse("assessment", args=[draft.pk]))
    assert "do not match the receipt" in text_of(page)


def test_a_stale_signature_is_refused_in_words(draft, sign_in, world):
    returns.bring(world, draft, "ready")
    answer = sign_in("chair").post(reverse("assessment-step", args=[draft.pk, "review"]), {"read": "0" * 64})
    assert answer.status_code == 422
    assert "has changed since you opened the page" in text_of(answer)


def test_make_ready_lists_what_is_missing_and_does_nothing(draft, sign_in):
    address = reverse("assessment-move", args=[draft.pk, "make_ready"])
    page = text_of(sign_in("secretary").post(address, follow=True))
    assert "Not done. To be settled first: Question 1.1: a rating" in page
    assert f"{section(draft)}#q-1-1" in page


def test_question_and_reply(draft, sign_in, world):
    returns.bring(world, draft, "submitted")
    address = reverse("assessment-moderation", args=[draft.pk, "1.1"])
    wrong = sign_in("officer").post(address, {"rating": "0", "note": ""})
    assert (wrong.status_code, "Why it is rated otherwise" in text_of(wrong)) == (422, True)
    sign_in("officer").post(address, {"rating": "0", "note": "We saw less", "question": "Which meetings?"})
    assert "Which meetings?" in text_of(sign_in("secretary").get(reverse("assessment", args=[draft.pk])))
    page = sign_in("secretary").post(address, {"reply": "All of them"}, follow=True)
    assert "Replied." in text_of(page)
    assert "All of them" in text_of(sign_in("officer").get(address))


def test_the_moderators_note_stays_unseen_in_a_draft_of_the_next_year(draft, sign_in, world, framework):
    returns.bring(world, draft, "submitted")
    officer = sign_in("officer")
    officer.post(reverse("assessment-moderation", args=[draft.pk, "1.1"]), {"rating": "0", "note": "We saw less"})
    with time_machine.travel(date(2027, 10, 20)):
        actor = world.actor("secretary")
        with acting_as(actor):
            newer = assessments.begin(
                by=actor, subject=world.body("RCF"), framework=framework, year=2027, due_on=date(2028, 3, 31)
            )
        page = text_of(sign_in("secretary").get(section(newer)))
        assert "you said" in page
        assert "We saw less" in page
        assert sign_in("officer").get(section(newer)).status_code == 404


def test_the_board_paper_has_every_question(draft, sign_in, world):
    returns.bring(world, draft, "submitted")
    answer = sign_in("chair").get(reverse("assessment-paper", args=[draft.pk]))
    words = "\n".join(paragraph.text for paragraph in Document(BytesIO(answer.content)).paragraphs)
    assert words.count("We come to each meeting.") == 37
    assert "self-assessment-RCF-2026.docx" in answer["Content-Disposition"]


def test_a_colleague_or_somebody_elsewhere_is_asked(draft, sign_in, world):
    client, address = sign_in("secretary"), reverse("assessment-people", args=[draft.pk])
    assert client.post(address, {"characteristic": "R"}).status_code == 422
    assert client.post(address, {"characteristic": "R", "email": "nobody@example.test"}).status_code == 422
    assert client.post(address, {"characteristic": "R", "colleague": str(world.user("chair").pk)}).status_code == 302
    page = text_of(client.post(address, {"characteristic": "L", "email": "partner@example.test"}, follow=True))
    assert "Imran Sadiq has been asked." in page
    assert 'name="text_2-1"' in text_of(sign_in("partner").get(section(draft, "L")))
    assert "You can read this section" in text_of(sign_in("partner").get(section(draft, "R")))
    assert sign_in("partner").post(section(draft, "R"), {"version_1-1": "0", "rating_1-1": "1"}).status_code == 403


# --- Queries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["assessment", "assessment-whole", "assessment-paper"])
def test_pages_of_one_need_few_queries_however_much_is_in_it(
    draft, sign_in, world, django_assert_max_num_queries, route
):
    client = sign_in("secretary")
    with django_assert_max_num_queries(15):
        assert client.get(reverse(route, args=[draft.pk])).status_code == 200
    returns.answer_all(draft, "2")
    for kloe in ("1.1", "1.2", "2.1", "2.2", "3.1"):
        returns.link(world, draft, kloe)
    with django_assert_max_num_queries(15):
        assert client.get(reverse(route, args=[draft.pk])).status_code == 200


def test_a_section_needs_as_many_queries_full_as_empty(draft, sign_in, world, django_assert_max_num_queries):
    client = sign_in("secretary")
    client.get(section(draft))
    with django_assert_max_num_queries(15) as empty:
        client.get(section(draft))
    with system("saved by somebody"):
        Answer.objects.filter(assessment=draft).update(rating="2", text="x", version=3, saved_by=world.user("chair"))
    for kloe in ("1.1", "1.2", "1.3"):
        returns.link(world, draft, kloe)
    with django_assert_max_num_queries(15) as full:
        client.get(section(draft))
    assert len(full) <= len(empty) + 1  # the evidence itself, once there is some


def test_the_list_needs_as_many_queries_for_many(draft, sign_in, world, framework, django_assert_max_num_queries):
    client = sign_in("secretary")
    with django_assert_max_num_queries(15) as few:
        client.get(reverse("assessment-list"))
    with system("more years"):
        for year in range(2010, 2026):
            row = Assessment.objects.create(
                subject=world.body("RCF"), framework=framework, year=year, started_by=world.user("secretary")
            )
            row.audience.create(organisation=world.body("RCF"), capacity="subject", starts=date(2022, 7, 1))
    with django_assert_max_num_queries(len(few)):
        client.get(reverse("assessment-list"))
