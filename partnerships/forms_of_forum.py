"""What each form of forum means: who decides, and what the form demands. Pure; our own words.

Five of the ten are the governance forms of place-based partnerships; the others are forms that statutory bodies and
their partners know besides.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FormOfForum:
    """A form in one sentence, and who takes its decisions as a phrase."""

    meaning: str
    decides: str
    binds: bool = True


NON_STATUTORY = ("primary_care", "vcse", "healthwatch", "social_care", "provider")
"""Kinds of organisation that no statute sets up: they sit where others decide by consent of whoever convenes."""
CONVENED = ("committee", "board_committee", "joint_committee")
"""Forms in which statutory bodies decide, and to which they may admit others."""


def needs_consent(form: str, kind: str) -> bool:
    """Whether a body of a kind sits on a forum of a form only when the convening body agreed to it."""
    return form in CONVENED and kind in NON_STATUTORY


FORMS = {
    "board": FormOfForum(
        "The body's own board: it holds all that the body is responsible for and decides what it keeps or passes on.",
        "the board, for its body",
    ),
    "board_committee": FormOfForum(
        "A committee made of members of one body's board: it decides what the board passed to it.",
        "the committee, within what the board passed to it",
    ),
    "committee": FormOfForum(
        "A committee of one statutory body, which sets its terms: it decides what that body passed to it, and partners "
        "sit on it where the body agrees.",
        "the committee, within what its body passed to it",
    ),
    "joint_committee": FormOfForum(
        "Two or more bodies decide together: each passes its own functions to the committee and is bound by what it "
        "decides.",
        "its members together, within what each body passed to it",
    ),
    "committees_in_common": FormOfForum(
        "Committees of several bodies meet at one table with one agenda, and each decides for its own body alone.",
        "each committee, for its own body alone",
    ),
    "consultative_forum": FormOfForum(
        "The widest circle of partners advises and recommends; the bodies themselves decide.",
        "nobody here: the bodies decide, after hearing it",
        binds=False,
    ),
    "individual_executive": FormOfForum(
        "One named post decides within the authority that was passed to it, with partners around the table for advice.",
        "the holder of the named post",
    ),
    "lead_provider": FormOfForum(
        "One provider holds the contract, answers for the outcome and decides with its partners inside the contract's "
        "budget.",
        "the lead provider, within its contract",
    ),
    "joint_venture": FormOfForum(
        "A company or partnership that bodies own together: it decides within its contract and holds no statutory "
        "function.",
        "the venture's own board, within its contract",
    ),
    "council_of_governors": FormOfForum(
        "The governors of a foundation trust: they hold its non-executive directors to account and speak for members "
        "and the public, and recommend to the board.",
        "nobody here: the trust's board decides, after hearing the governors",
        binds=False,
    ),
}  # fmt: skip
