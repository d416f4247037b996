"""Makes self-assessments for tests, in any state, by the actions that people use."""

from datetime import date

from collaboration.actions import assessments, evidence, moderation
from collaboration.models import Answer, Assessment, Framework
from collaboration.queries import assessments as queries
from collaboration.self_assessment import digest
from ics_governance.context import acting_as, system
from tests.world import World

YEAR = 2026
DUE = date(2027, 3, 31)
BOARD = date(2026, 10, 14)
STATES = ("draft", "ready", "reviewed", "submitted", "moderated", "final")


def begun(world: World, framework: Framework, *, code: str = "RCF", by: str = "secretary") -> Assessment:
    """This year's assessment, without an answer."""
    actor = world.actor(by)
    with acting_as(actor):
        return assessments.begin(by=actor, subject=world.body(code), framework=framework, year=YEAR, due_on=DUE)


def answer_all(assessment: Assessment, rating: str = "1", text: str = "We come to each meeting.") -> None:
    """Every question answered alike."""
    with system("answers of the tests"):
        Answer.objects.filter(assessment=assessment).update(rating=rating, text=text, version=1)


def answer(assessment: Assessment, kloe: str = "1.1") -> Answer:
    """The answer to one question as it stands."""
    with system("an answer of the tests"):
        return Answer.objects.select_related("assessment__framework", "assessment__subject").get(
            assessment=assessment, kloe=kloe
        )


def read(assessment: Assessment) -> str:
    """The digest of what is on the page now."""
    with system("a digest of the tests"):
        return digest(queries.content_now(assessment))


def chief(world: World) -> str:
    """A second signatory of Airedale, made once."""
    from ics_governance.models import User
    from partnerships.models import RoleMembership
    from tests.world import LONG_AGO

    if not User.objects.filter(email="chief@example.test").exists():
        with system("a chief executive of the tests"):
            user = User.objects.create_user("chief@example.test", "a long enough password", name="Nora Kettlewell")
            RoleMembership.objects.create(
                user=user, organisation=world.body("RCF"), role="trust_signatory", starts=LONG_AGO
            )
    return "chief"


def bring(world: World, assessment: Assessment, state: str) -> Assessment:
    """Answered, and moved on to a state step by step."""
    if state != "draft":
        answer_all(assessment)
    steps = {
        "ready": ("secretary", assessments.make_ready, dict),
        "reviewed": (chief(world), assessments.review, lambda: {"read": read(assessment)}),
        "submitted": (
            "chair",
            assessments.sign_off,
            lambda: {"read": read(assessment), "board_met_on": BOARD, "minute": "TB/2026/12"},
        ),
        "moderated": ("officer", moderation.close_moderation, dict),
        "final": ("chair", moderation.accept, dict),
    }
    for name in STATES[1 : STATES.index(state) + 1]:
        who, act, words = steps[name]
        actor = world.actor(who)
        with acting_as(actor):
            act(by=actor, assessment=assessment, **words())
    with system("an assessment of the tests"):
        return Assessment.objects.select_related("subject", "framework").get(pk=assessment.pk)


def link(world: World, assessment: Assessment, kloe: str = "1.1", title: str = "Board paper") -> object:
    """A link given as evidence for an answer."""
    actor = world.actor("secretary")
    with acting_as(actor):
        return evidence.give_link(
            by=actor, answer=answer(assessment, kloe), url="https://rcf.example.test/paper", title=title
        )
