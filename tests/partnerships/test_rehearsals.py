"""Scenarios and rehearsals: walked through by anyone, kept by the ICB, read by who took part, turned into a draft."""

import io
from datetime import date

import pytest
import time_machine
from docx import Document

from ics_governance.context import acting_as, system
from ics_governance.permissions import Refused
from ics_governance.workflow import GuardFailed
from partnerships.actions import rehearsals
from partnerships.guards import SUBSIDIARITY
from partnerships.models import Decision, Function, Kind, Place, Rehearsal
from partnerships.queries import rehearsals as queries
from partnerships.scenario_file import FOLDER, TRIPLE_AIM, parse, scenarios
from tests.queries import counted
from tests.world import LONG_AGO

TODAY = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def plain(response):
    return response.content.decode().replace("\u00a0", " ")


@pytest.fixture
def typed(world):
    """What the officer sends to keep the first scenario for Bradford."""
    return {
        "system": "QWO", "title": "Scans near home", "situation": "People wait too long.",
        "who": f"forum:{world.place_board.pk}", "function": "community_services", "amount": "640,000",
        "place": [str(world.place_board.places.get().pk)], "then": "keep",
        "partner": [str(world.body("RCF").pk), str(world.body("E08000032").pk)],
    }  # fmt: skip


@pytest.fixture
def kept(sign_in, typed):
    """The same, kept."""
    answer = sign_in("officer").post("/scenarios/plan-together/", typed)
    assert answer.status_code == 302, plain(answer)
    return Rehearsal.objects.get()


# --- The templates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_is_complete_and_speaks_of_what_exists(path):
    one = parse(path.read_text(encoding="utf-8"))
    assert one.code == path.stem
    assert {part.kind for part in one.bodies} <= set(Kind.values)
    catalogue = (FOLDER.parent / "reference" / "functions.csv").read_text(encoding="utf-8")
    assert f"\n{one.function}," in catalogue
    assert len(one.questions) == 5
    assert all(text.endswith("?") for text in one.prompts.values())
    assert all(part.why.endswith(".") for part in one.bodies)
    assert set(one.prompts) == {*one.questions, *TRIPLE_AIM, *SUBSIDIARITY}  # no code of one hides another


def test_there_is_one_of_each_kind_of_the_guidance():
    assert [one.kind for one in scenarios().values()] == [
        "Plan and shape improvement together", "Manage performance together", "Deliver what was agreed",
    ]  # fmt: skip


# --- Walking through one ------------------------------------------------------------------------------------------


def test_the_list_shows_scenarios_and_teaches_where_there_is_no_rehearsal(sign_in):
    page = plain(sign_in("partner").get("/scenarios/"))
    assert "Neighbourhood diagnostics in one place" in page and "Rehearsals appear here" in page


def test_a_scenario_is_adapted_to_a_system(sign_in):
    page = plain(sign_in("officer").get("/scenarios/plan-together/", {"system": "QWO"}))
    assert "Bradford place board" in page and 'value="1,200,000"' in page
    assert "There is a problem" not in page and "Authority and route appear here." in page
    assert plain(sign_in("officer").get("/scenarios/plan-together/")).count('value="QWO" selected') == 1


def test_anyone_who_signed_in_sees_authority_and_route_and_keeps_nothing(sign_in, typed):
    page = plain(sign_in("stranger").post("/scenarios/plan-together/", typed | {"then": "show"}))
    assert "Over the limit by £140,000" in page and "Finance and commissioning committee" in page
    assert "Keep this rehearsal" not in page and "can keep it" in page
    answer = sign_in("other_officer").post("/scenarios/plan-together/", typed)
    assert answer.status_code == 403
    assert not Rehearsal.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"situation": ""}, {"who": ""}, {"who": "post:1"}, {"who": "forum:999999"}, {"function": ""},
     {"amount": "-1"}, {"amount": "much"}, {"place": ["999999"]}, {"partner": ["999999"]}, {"title": "x" * 201}],
)  # fmt: skip
def test_what_cannot_be_rehearsed_is_said_and_nothing_is_lost(sign_in, typed, wrong):
    answer = sign_in("officer").post("/scenarios/plan-together/", typed | wrong)
    page = plain(answer)
    assert answer.status_code == 422 and "There is a problem" in page
    assert "situation" in wrong or "People wait too long." in page
    assert not Rehearsal.objects.exists()


def test_a_system_or_a_scenario_that_does_not_exist_is_not_found(sign_in, typed):
    officer = sign_in("officer")
    assert officer.get("/scenarios/nothing/").status_code == 404
    assert officer.get("/scenarios/plan-together/", {"system": "QQQ"}).status_code == 404
    assert officer.post("/scenarios/plan-together/", typed | {"system": "QQQ"}).status_code == 404


def test_a_function_of_several_bodies_is_that_of_the_forums_own(sign_in, world, typed):
    Function.objects.create(code="provider_services", name="Running services", family="provider", owner_kind="trust")
    committee = world.body("RCF").forums.create(
        name="Airedale committee", form="board_committee", level="system", starts=LONG_AGO
    )
    asked = typed | {"function": "provider_services", "who": f"forum:{committee.pk}", "place": [], "then": "show"}
    page = plain(sign_in("officer").post("/scenarios/deliver-agreed/", asked))
    assert "Airedale NHS Foundation Trust" in page and "Decides" in page


# --- Keeping it ---------------------------------------------------------------------------------------------------


def test_it_is_kept_with_answer_and_route_as_they_stood(sign_in, typed, world, one_ledger_entry):
    with one_ledger_entry("rehearsal.kept"):
        sign_in("officer").post("/scenarios/plan-together/", typed)
    made = Rehearsal.objects.get()
    assert (made.host, made.forum, made.amount, made.held_on) == (world.icb, world.place_board, 640_000, TODAY)
    assert made.authority_answer["answer"]["status"] == "exceeds_limit"
    assert [(step["kind"], step["name"]) for step in made.route] == [
        ("recommend", "Bradford place board"), ("decide", "Finance and commissioning committee"),
        ("report", "NHS West Yorkshire board"),
    ]  # fmt: skip
    assert {body.code for body in made.partners.all()} == {"RCF", "E08000032"}


@pytest.mark.parametrize(
    ("who", "status"),
    [("officer", 200), ("executive", 200), ("auditor", 200), ("secretary", 200), ("partner", 200), ("region_lead", 404),
     ("other_officer", 404), ("other_trust", 404), ("admin", 404), ("stranger", 404)],
)  # fmt: skip
def test_it_is_read_by_the_icb_and_by_who_took_part(sign_in, kept, who, status):
    client = sign_in(who)
    for address in (f"/rehearsals/{kept.pk}/", f"/rehearsals/{kept.pk}/paper.docx"):
        assert client.get(address).status_code == status
    assert (kept.title in plain(client.get("/scenarios/"))) is (status == 200)


SECRET = "heronry"


@pytest.mark.parametrize("who", ["anonymous", "region_lead", "other_officer", "other_trust", "admin", "stranger"])
def test_not_a_word_of_it_comes_back_to_anyone_else(client, sign_in, kept, world, who):
    with system("a test writes a rehearsal"):
        Rehearsal.objects.update(title=SECRET, situation=SECRET, learnt=SECRET, prompts={"health": SECRET})
    client.logout()
    reader = client if who == "anonymous" else sign_in(who)
    one = f"/rehearsals/{kept.pk}/"
    places = ("/scenarios/", "/scenarios/plan-together/?system=QWO", one, f"{one}paper.docx", f"{one}trail/", "/",
              f"/forums/{kept.forum_id}/", "/organisations/QWO/", "/decisions/",
              f"/authority/?who=forum:{kept.forum_id}", f"/authority/route/?begins=forum:{kept.forum_id}")  # fmt: skip
    assert not [place for place in places if SECRET in plain(reader.get(place, follow=True))]
    assert SECRET in plain(sign_in("partner").get("/scenarios/"))


def test_its_page_shows_what_stood_that_day(sign_in, kept):
    page = plain(sign_in("partner").get(f"/rehearsals/{kept.pk}/"))
    assert "Over the limit by £140,000" in page and "As the register stood on 2 November 2026" in page
    assert "Not answered." in page and "Save answers" not in page


def test_answers_and_what_was_learnt_are_written_down(sign_in, kept, one_ledger_entry):
    officer, address = sign_in("officer"), f"/rehearsals/{kept.pk}/"
    said = {"agree_need": "Waits by ward.", "health": "Waits fall.", "critical_mass": "Few machines.", "learnt": "Ask."}
    with one_ledger_entry("rehearsal.noted"):
        assert officer.post(address, said).status_code == 302
    with one_ledger_entry():  # the same again changes nothing
        officer.post(address, said)
    kept.refresh_from_db()
    assert kept.prompts == {key: text for key, text in said.items() if key != "learnt"}
    assert kept.learnt == "Ask."
    assert "Waits by ward." in plain(sign_in("partner").get(address))


def test_an_answer_that_is_too_long_is_refused_and_kept_on_the_page(sign_in, kept):
    answer = sign_in("officer").post(f"/rehearsals/{kept.pk}/", {"health": "x" * 4001, "learnt": "Ask."})
    assert answer.status_code == 422 and "4000 characters" in plain(answer)
    kept.refresh_from_db()
    assert kept.prompts == {}


def test_a_partner_reads_and_does_not_write(sign_in, kept):
    assert sign_in("partner").post(f"/rehearsals/{kept.pk}/", {"learnt": "Mine."}).status_code == 403
    assert sign_in("partner").post(f"/rehearsals/{kept.pk}/draft/").status_code == 403


def test_the_word_file_says_all_of_it(sign_in, kept, world):
    with acting_as(world.actor("officer")):
        rehearsals.note(
            by=world.actor("officer"), rehearsal=kept, scenario=scenarios()[kept.scenario],
            prompts={"quality": "The same for all."}, learnt="Ask the practices first.",
        )  # fmt: skip
    answer = sign_in("secretary").get(f"/rehearsals/{kept.pk}/paper.docx")
    words = "\n".join(each.text for each in Document(io.BytesIO(answer.content)).paragraphs).replace("\u00a0", " ")
    assert "No decision was taken." in words and "Over the limit by £140,000" in words
    assert "Decides: Finance and commissioning committee." in words
    assert "The same for all." in words and "Ask the practices first." in words


def test_a_rehearsal_of_a_scenario_that_is_gone_is_still_read(sign_in, kept):
    with system("a test writes a rehearsal"):
        Rehearsal.objects.update(scenario="gone", learnt="Ask.")
    page = plain(sign_in("officer").get(f"/rehearsals/{kept.pk}/"))
    assert "Ask." in page
    assert sign_in("officer").get(f"/rehearsals/{kept.pk}/paper.docx").status_code == 200


# --- A real draft -------------------------------------------------------------------------------------------------


def test_it_becomes_a_draft_with_an_action_for_each_step(sign_in, kept, world, one_ledger_entry):
    with system("a test writes a rehearsal"):
        Rehearsal.objects.update(prompts={"health": "Waits fall.", "do_once": "Yes.", "agree_need": "Waits by ward."})
    with one_ledger_entry("action.proposed", "action.proposed", "rehearsal.drafted"):
        answer = sign_in("officer").post(f"/rehearsals/{kept.pk}/draft/")
    kept.refresh_from_db()
    with acting_as(world.actor("officer")):
        draft = Decision.objects.get(pk=kept.decision_id)
        assert answer["Location"] == f"/decisions/{draft.reference}/edit/"
        assert (draft.state, draft.forum, draft.amount, draft.decided_on) == ("draft", world.place_board, 640_000, None)
        assert (draft.effect_health, draft.subsidiarity) == ("Waits fall.", {"do_once": "Yes."})
        assert draft.authority_status == "exceeds_limit"
        assert [(row.title, row.owner) for row in draft.actions.order_by("due")] == [
            ("Bradford place board: give a recommendation to the forum that decides", world.icb),
            ("NHS West Yorkshire board: hear of the decision, and ask what follows", world.icb),
        ]  # fmt: skip
    assert draft.reference in plain(sign_in("officer").get(f"/rehearsals/{kept.pk}/"))
    assert draft.reference not in plain(sign_in("partner").get(f"/rehearsals/{kept.pk}/"))


def test_who_hears_of_it_does_so_at_the_same_time_and_who_recommends_one_after_the_other(sign_in, kept, world):
    step = {"holder": f"forum:{kept.forum_id}", "text": "", "why": "", "status": ""}
    kinds = ["recommend", "recommend", "decide", "report", "report"]
    with system("a test writes a rehearsal"):
        Rehearsal.objects.update(route=[step | {"kind": kind, "name": f"{n}"} for n, kind in enumerate(kinds)])
    sign_in("officer").post(f"/rehearsals/{kept.pk}/draft/")
    kept.refresh_from_db()
    with acting_as(world.actor("officer")):
        due = {row.title[0]: (row.due - TODAY).days for row in Decision.objects.get().actions.all()}
    assert due == {"0": 28, "1": 56, "3": 84, "4": 84}


def test_it_becomes_one_only_once(sign_in, kept, world):
    officer = sign_in("officer")
    officer.post(f"/rehearsals/{kept.pk}/draft/")
    officer.post(f"/rehearsals/{kept.pk}/draft/")
    with acting_as(world.actor("officer")):
        assert Decision.objects.count() == 1
        kept.refresh_from_db()
        with pytest.raises(GuardFailed, match="already"):
            rehearsals.draft_from(by=world.actor("officer"), rehearsal=kept)


def test_an_executive_keeps_rehearsals_and_drafts_no_decisions(sign_in, kept):
    executive = sign_in("executive")
    assert "Turn into a draft" not in plain(executive.get(f"/rehearsals/{kept.pk}/"))
    assert executive.post(f"/rehearsals/{kept.pk}/draft/").status_code == 403


def test_a_forum_that_has_ended_takes_no_draft(sign_in, kept, world):
    type(world.place_board).objects.filter(pk=world.place_board.pk).update(ends=date(2026, 10, 31))
    page = plain(sign_in("officer").post(f"/rehearsals/{kept.pk}/draft/", follow=True))
    assert "has ended" in page


# --- The actions by themselves ------------------------------------------------------------------------------------


def test_actions_refuse_what_the_pages_do_not_offer(kept, world, typed):
    actor, one = world.actor("officer"), scenarios()["plan-together"]
    with pytest.raises(ValueError, match="Not prompts"):
        rehearsals.note(by=actor, rehearsal=kept, scenario=one, prompts={"nothing": "x"}, learnt="")
    with pytest.raises(GuardFailed, match="characters"):
        rehearsals.note(by=actor, rehearsal=kept, scenario=one, prompts={"health": "x" * 5000}, learnt="")
    with pytest.raises(Refused):
        rehearsals.note(by=world.actor("other_officer"), rehearsal=kept, scenario=one, prompts={}, learnt="")
    elsewhere = Place.objects.create(name="Salford", icb=world.body("QOP"), starts=LONG_AGO)
    values = {name: getattr(kept, name) for name in ("title", "situation", "forum", "function", "amount")}
    with pytest.raises(GuardFailed, match="Places of the system"):
        rehearsals.keep(
            by=actor, host=world.icb, scenario=one, places=[elsewhere], partners=[], asked=None, route=[], **values
        )


def test_pages_cost_the_same_for_few_and_many_rows(sign_in, kept, world, typed):
    officer = sign_in("officer")

    def costs():
        found = {}
        for address in ("/scenarios/", f"/rehearsals/{kept.pk}/", "/scenarios/plan-together/?system=QWO"):
            with counted() as asked:
                assert officer.get(address).status_code == 200
            found[address] = len(asked)
        with counted() as asked:
            officer.post("/scenarios/plan-together/", typed | {"then": "show"})
        return found | {"show": len(asked)}

    before = costs()
    for _ in range(8):
        officer.post("/scenarios/plan-together/", typed)
    with system("a test adds partners"):
        kept.partners.add(world.body("RR8"), world.body("E08000035"))
    assert costs() == before
    assert queries.rehearsals_of(world.actor("officer")).count() == 9
    assert max(before.values()) <= 15, before
