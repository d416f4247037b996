"""The data of the demonstration fits together: everything it names exists, and only invented bodies do badly."""

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "oversight" / "demo"
DECISION_FILES = ("decisions_place", "decisions_system", "decisions_providers", "decisions_mental_health")
PLACEHOLDERS = {"place", "town", "system", "trust", "council", "amount"}
REASONS = ("options", "health", "quality", "resources", "inequalities", "engagement", "equality")
FORMS = {"board", "board_committee", "committee", "joint_committee", "consultative_forum"}
RECIPIENT = {
    "board_committee": "committee",
    "committee": "committee",
    "consultative_forum": "committee",
    "joint_committee": "joint_committee",
}


@cache
def data(name: str) -> Any:
    return yaml.safe_load((DEMO / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def table(name: str) -> list[dict[str, str]]:
    with (ROOT / "partnerships" / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def decisions() -> list[dict[str, Any]]:
    return [decision for name in DECISION_FILES for decision in data(name)]


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


@pytest.fixture(scope="module")
def codes() -> set[str]:
    """Every body that the demonstration may name: open bodies, and its own."""
    bodies = [*table("oversight_bodies"), *table("regions"), *table("icbs"), *table("trusts")]
    found = {row["ods_code"] for row in bodies if not row["closed_on"]}
    found |= {row["gss_code"] for row in table("local_authorities")}
    return found | {trust["ods_code"] for trust in data("bodies")["trusts"]}


# --- bodies and people -------------------------------------------------------------------------------------------


def test_invented_bodies_have_codes_and_names_that_no_real_body_has():
    bodies = data("bodies")
    real_codes = {row["ods_code"] for row in [*table("icbs"), *table("trusts")]}
    real_names = {row["name"].casefold() for row in table("trusts")}
    for trust in bodies["trusts"]:
        assert trust["ods_code"].startswith("ZZ") and trust["ods_code"] not in real_codes
        assert trust["name"].endswith("(fictional)")
        assert trust["name"].removesuffix(" (fictional)").casefold() not in real_names
    for partner in bodies["partner_kinds"]:
        assert partner["code_prefix"].startswith("ZZ") and partner["name"].endswith("(fictional)")


def test_only_invented_bodies_do_badly():
    bodies = data("bodies")
    assert [trust["story"] for trust in bodies["trusts"]] == ["declining", "silent", "self_assured", "recovering"]
    steady = bodies["stories"]["steady"]
    shares = {name: share for name, share in steady.items() if name not in {"draw_between", "days_late", "moderated"}}
    assert all(min(share) >= (0.68 if name.endswith("_rating") else 0.75) for name, share in shares.items())


def test_every_story_gives_figures_between_nought_and_one():
    for story in data("bodies")["stories"].values():
        for name, figures in story.items():
            if name == "days_late" or isinstance(figures, bool):
                continue
            assert all(0 <= figure <= 1 for figure in (figures if isinstance(figures, list) else [figures])), name


def test_there_are_names_enough_and_none_twice():
    people = data("people")
    assert len(set(people["first_names"])) == len(people["first_names"]) >= 60
    assert len(set(people["last_names"])) == len(people["last_names"]) >= 60


def test_the_eleven_people_of_the_demonstration_hold_roles_that_exist(codes):
    roles = yaml.safe_load((ROOT / "ics_governance" / "roles.yaml").read_text(encoding="utf-8"))
    people = data("people")["demo_people"]
    assert len({person["email"] for person in people}) == 11
    assert {person["role"] for person in people} == set(roles)
    assert all(person["body"] in codes for person in people)


# --- places and arrangements -------------------------------------------------------------------------------------


def test_every_open_icb_has_places_and_every_place_has_a_council_of_its_system():
    links = {(row["icb_ods_code"], row["council_gss_code"]) for row in table("local_authority_icbs")}
    places = data("places")
    assert set(places) == {row["ods_code"] for row in table("icbs") if not row["closed_on"]}
    for icb, own in places.items():
        assert len({place["name"] for place in own}) == len(own)
        assert all((icb, council) in links for place in own for council in place["councils"])


def test_every_council_has_a_place():
    with_place = {council for own in data("places").values() for place in own for council in place["councils"]}
    assert with_place == {row["gss_code"] for row in table("local_authorities")}


@pytest.mark.parametrize("name", ["west_yorkshire", "systems"])
def test_keys_are_unique_and_forums_report_to_forums(name):
    content = data(name)
    keys = [forum["key"] for forum in content["forums"]]
    arrangements = {arrangement["key"] for arrangement in content["arrangements"]}
    assert len(set(keys)) == len(keys)
    for forum in content["forums"]:
        assert forum["form"] in FORMS and forum["quorum"] >= 2 and forum["meets_every"] >= 4
        assert forum.get("reports_to") in {None, *keys}
        assert forum.get("arrangement") in {None, *arrangements}


def test_members_in_west_yorkshire_exist_and_a_quorum_can_be_reached(codes):
    content = data("west_yorkshire")
    members = {a["key"]: a["members"] for a in content["arrangements"]}
    for listed in members.values():
        assert len(set(listed)) == len(listed)
        assert set(listed) - {"partners"} <= codes
    for forum in content["forums"]:
        listed = members[forum["arrangement"]] if forum["members"] == "arrangement" else forum["members"]
        assert set(listed) - {"partners"} <= codes
        assert forum["quorum"] <= len(listed), forum["key"]


def test_every_trust_of_west_yorkshire_takes_part_somewhere():
    members = {code for arrangement in data("west_yorkshire")["arrangements"] for code in arrangement["members"]}
    trusts = {row["trust_ods_code"] for row in table("trust_icbs") if row["icb_ods_code"] == "QWO"}
    assert trusts <= members


def test_delegations_in_west_yorkshire_rest_on_a_basis_that_is_open_to_them():
    content = data("west_yorkshire")
    forums = {forum["key"]: forum for forum in content["forums"]}
    posts = {post["key"] for post in content["posts"]}
    functions = {row["code"]: row for row in table("functions")}
    offered = {(row["code"], row["owner_kind"], row["recipient_kind"]) for row in table("legal_bases")}
    places = {place["name"] for place in data("places")["QWO"]}
    for edge in content["delegations"]:
        function = functions[edge["function"]]
        if edge["to"] in forums:
            recipient = RECIPIENT[forums[edge["to"]]["form"]]
        else:
            recipient = "post" if edge["to"] in posts else "icb"
        assert edge["basis"] in function["bases"].split(";")
        assert (edge["basis"], function["owner_kind"], recipient) in offered, edge
        assert edge.get("place") in {None, *places}
        assert edge.get("ends", 99) > edge["starts"]


def test_a_delegation_inside_one_body_never_passes_on_more_than_it_has():
    content = data("west_yorkshire")
    held = {(edge["function"], edge["to"]): edge.get("limit") for edge in content["delegations"]}
    for edge in content["delegations"]:
        above = held.get((edge["function"], edge["from"]))
        assert above is None or edge["limit"] <= above, edge


def test_the_edge_cases_of_authority_are_there_to_be_shown():
    edges = data("west_yorkshire")["delegations"]
    assert {edge.get("status", "in_force") for edge in edges} == {"in_force", "suspended", "approved", "draft"}
    assert any(edge.get("ends", 0) < 0 for edge in edges), "an expired one"
    assert any(edge.get("model") == "seat_at_table" for edge in edges)


# --- decisions and actions ---------------------------------------------------------------------------------------


def test_there_are_over_forty_decisions_with_different_keys_titles_and_texts():
    assert len(decisions()) >= 40
    for name in ("key", "title", "text"):
        assert [text for text, times in Counter(d[name] for d in decisions()).items() if times > 1] == []


@pytest.mark.parametrize("decision", decisions(), ids=lambda decision: decision["key"])
def test_a_decision_is_complete_for_its_weight(decision):
    take = decision["take"]
    assert take["kind"] in {"decide", "recommend", "endorse", "note"}
    assert take["weight"] in {"procedural", "routine", "significant"}
    assert take["lead"] in {"icb", "trust", "council"}
    wanted = () if take["weight"] == "procedural" else REASONS
    assert [name for name in wanted if not decision.get(name)] == []
    for name in ("engagement", "equality"):
        assert name not in decision or decision[name][0] in {"done", "not_needed"}


@pytest.mark.parametrize("decision", decisions(), ids=lambda decision: decision["key"])
def test_a_decision_can_be_taken_where_it_is_said_to_be(decision):
    take = decision["take"]
    forums = [*data("west_yorkshire")["forums"], *data("systems")["forums"]]
    roles = {forum["role"]: forum["form"] for forum in forums}
    assert set(take["at"]) <= set(roles)
    if any(roles[role] == "consultative_forum" for role in take["at"]):
        assert take["kind"] != "decide"
    functions = {row["code"]: row for row in table("functions")}
    assert take["function"] is None or take["function"] in functions
    assert take["amount"] is None or 0 < take["amount"][0] < take["amount"][1]


def test_the_thin_pattern_of_other_systems_finds_decisions_for_all_its_forums():
    roles = {forum["role"] for forum in data("systems")["forums"]}
    assert roles <= {role for decision in decisions() for role in decision["take"]["at"]}


def test_every_theme_has_actions_and_there_are_over_sixty():
    actions = data("actions")
    assert {decision["theme"] for decision in decisions()} == set(actions)
    listed = [action for theme in actions.values() for action in theme]
    assert len({action["title"] for action in listed}) == len(listed) >= 60
    assert {action["owner"] for action in listed} <= {"icb", "trust", "council", "partner", "lead"}


def test_texts_use_only_known_placeholders_and_fit_their_columns():
    everything = [*decisions(), *data("actions").values()]
    found = {name for text in texts(everything) for name in re.findall(r"{(\w+)}", text)}
    assert found <= PLACEHOLDERS
    long = {"place": "Bradford District and Craven", "system": "Shropshire, Telford and Wrekin"}
    fill = dict.fromkeys(PLACEHOLDERS, "Calderdale and Huddersfield NHS Foundation Trust") | long
    titles = [d["title"] for d in decisions()] + [a["title"] for theme in data("actions").values() for a in theme]
    assert [title for title in titles if len(title.format(**fill)) > 200] == []


def test_phrases_answer_the_five_questions_on_the_right_level():
    questions = {"critical_mass", "effectiveness", "design", "all_agree", "do_once"}
    assert all(set(answers) == questions for answers in data("phrases")["subsidiarity"])
