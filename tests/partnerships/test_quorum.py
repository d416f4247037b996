"""Rules of a quorum, reporting lines, activity areas, partner types, forms of forum: what needs no database."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerships import quorum
from partnerships.activity_areas import BadAreas, all_areas, named, read
from partnerships.authority import Form, Status
from partnerships.authority.words import sentence
from partnerships.forms_of_forum import FORMS
from partnerships.models import Forum, Kind, Membership
from partnerships.partner_types import OPTIONAL, SEVEN, missing, type_of
from partnerships.quorum import BadRule, Present, Rule, readable, rules, unmet
from partnerships.reporting import closes_a_loop
from tests.partnerships.authority_world import (
    FINANCE,
    FORUMS,
    ICB,
    LEAD,
    NAMES,
    PLACE_BOARD,
    SCHEME,
    TALKS,
    TRUST_BOARD,
    ask,
    edge,
    system,
)

# --- Quorum -------------------------------------------------------------------------------------------------------

given_kinds, given_roles = st.sampled_from(["icb", "trust", "local_authority"]), st.sampled_from(["chair", "member"])
there = st.lists(st.builds(Present, given_kinds, given_roles, st.booleans()), max_size=8)
some_rule = st.one_of(
    st.builds(Rule, kind=given_kinds, at_least=st.integers(1, 3)),
    st.builds(Rule, role=st.just("chair"), at_least=st.integers(1, 3)),
)


@given(st.lists(some_rule, max_size=4), there)
def test_a_rule_is_met_exactly_when_enough_of_its_own_are_there(wanted, present):
    slow = []
    for one in wanted:
        found = 0
        for who in present:
            if one.kind and who.kind == one.kind and who.voting:
                found += 1
            if one.role and who.role == one.role:
                found += 1
        if found < one.at_least:
            slow.append(one.words)
    assert unmet(wanted, present) == tuple(slow)


@given(some_rule)
def test_a_rule_is_kept_and_read_back(one):
    assert rules([one.to_json()]) == (one,)
    assert readable([one.to_json(), {"kind": "moon"}, 7]) == (one,)


def test_a_rule_reads_as_a_clause():
    assert Rule(kind="local_authority").words == "a council member must be present"
    assert Rule(kind="trust", at_least=2).words == "2 trust members must be present"
    assert Rule(role="chair").words == "the chair must be present"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("council", "are a list"),
        (["council"], "is an object"),
        ([{"kind": "icb", "role": "chair"}], "one of the two"),
        ([{}], "one of the two"),
        ([{"kind": "moon"}], "“moon” is not a kind"),
        ([{"role": "attendee"}], "“attendee” is not a role"),
        ([{"kind": "icb", "at_least": 0}], "from 1 to 50"),
        ([{"kind": "icb", "at_least": True}], "from 1 to 50"),
        ([{"kind": "icb"}, {"kind": "icb", "at_least": 2}], "keep the higher one"),
        ([{"kind": "icb", "extra": 1}], "is an object"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(data, says):
    with pytest.raises(BadRule, match=says):
        rules(data)


def test_every_kind_of_organisation_and_every_role_that_decides_has_its_words():
    assert set(quorum.KINDS) == set(Kind.values)
    assert set(quorum.ROLES) == set(Membership.Role.values) - {"member", "attendee"}


# --- Reporting lines ----------------------------------------------------------------------------------------------

node = st.integers(1, 6)


@given(st.lists(st.tuples(node, node), max_size=12), node, node)
def test_a_line_closes_a_loop_exactly_when_there_is_a_way_back(pairs, reporter, to):
    reached = {to}
    for _ in range(7):
        reached |= {above for one, above in pairs if one in reached}
    assert closes_a_loop(pairs, reporter, to) == (reporter in reached)


# --- Activity areas, partners, forms ------------------------------------------------------------------------------


def test_seven_areas_ship_each_with_a_meaning():
    assert len(all_areas()) == 7
    assert named(["health_wellbeing", "strategy_planning", "gone"]) == [
        "Strategy and planning", "Promoting health and wellbeing", "gone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["code,name"], "Line 1"),
        ([], "Line 1"),
        (["code,name,meaning", "a,b"], "Line 2: give"),
        (["code,name,meaning", "a,b,c", "a,d,e"], "Line 3: the code a"),
    ],
)
def test_a_file_of_areas_that_cannot_be_read_says_where(lines, says):
    with pytest.raises(BadAreas, match=says):
        read(lines)


def test_a_further_area_is_a_further_row():
    assert [area.code for area in read(["code,name,meaning", "x,X,Something."])] == ["x"]


def test_partners_are_typed_by_sector_first_and_by_kind_else():
    assert type_of("", "trust").code == "providers"
    assert type_of(" council ", "vcse").code == "council"
    assert type_of("Housing", "vcse") in OPTIONAL
    assert type_of("Bell ringers", "trust") is None and type_of("", "region") is None


def test_what_is_missing_is_what_nobody_is():
    assert missing((one.name, "") for one in SEVEN) == ()
    assert [one.code for one in missing([("", "icb"), ("", "trust"), ("", "local_authority")])] == [
        "primary_care", "people", "social_care", "vcse",
    ]  # fmt: skip


def test_every_form_has_its_meaning_and_those_that_never_bind_agree_everywhere():
    assert set(FORMS) == set(Forum.Form.values) == {str(form) for form in Form}
    assert {code for code, form in FORMS.items() if not form.binds} == set(Forum.NEVER_BINDS)


CONTRACT = edge(61, ICB, LEAD, basis="contract", limit=Decimal(900_000), instrument="contract 7")
PASSED = edge(62, TRUST_BOARD, LEAD, "services", limit=Decimal(40_000))


def _as(form: str, pk: int, *edges):
    return system(*edges, forums=[replace(one, form=form) if one.id == pk else one for one in FORUMS])


@pytest.mark.parametrize("form", ["consultative_forum", "council_of_governors"])
def test_governors_recommend_as_a_consultative_forum_does_whatever_was_delegated(form):
    given_to_it = edge(63, FINANCE, TALKS, limit=Decimal(10))
    answer = ask(_as(form, TALKS, SCHEME, given_to_it), TALKS, "community")
    assert answer.status == Status.RECOMMEND_ONLY
    assert "may recommend, and not decide" in sentence(answer, NAMES)
    passed_on = edge(64, TALKS, PLACE_BOARD)
    assert ask(_as(form, TALKS, SCHEME, given_to_it, passed_on), PLACE_BOARD, "community").status != "within_authority"


@pytest.mark.parametrize("function", ["community", "services"])
def test_a_joint_venture_is_answered_as_a_lead_provider_is(function):
    venture, lead = (
        ask(_as(form, LEAD, SCHEME, CONTRACT, PASSED), LEAD, function, 30_000)
        for form in ("joint_venture", "lead_provider")
    )
    assert venture == lead
    expected = Status.NOT_DELEGATED if function == "community" else Status.WITHIN_AUTHORITY
    assert venture.status == expected  # a contract lets it spend, and passes on no function
