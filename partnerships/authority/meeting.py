"""What only a meeting knows: quorum, conflicts, whether a joint holder was there, whether the post was held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .answer import Answer, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFacts:
    """The facts of one agenda item.

    `quorum`: voting members needed (None: no rule recorded, so quorum is not judged). `voting_present`: voting
    members present, deputies included, before recusals. `recused`: those of them who left for the item.
    `rules_unmet`: further quorum rules that were not met, in words ("a councillor must be present").
    `open_conflicts`: members present whose declared conflict was neither recused nor managed. `holders_agreeing`:
    bodies whose voting member was present and agreed. `post_vacant`: the post that decides had no holder.
    """

    quorum: int | None = None
    voting_present: int = 0
    recused: int = 0
    rules_unmet: tuple[str, ...] = ()
    open_conflicts: tuple[int, ...] = ()
    holders_agreeing: frozenset[int] = frozenset()
    post_vacant: bool = False

    @property
    def voting(self) -> int:
        """Voting members who took part in the item."""
        return self.voting_present - self.recused


def with_meeting(answer: Answer, facts: MeetingFacts) -> Answer:
    """The answer after the meeting. All that was found is in `findings`; the first of it becomes the status of an
    answer that was within authority (wholly or in part). A decision the forum had no authority for stays that."""
    findings = tuple(dict.fromkeys((*answer.findings, *_found(answer, facts))))
    had_authority = answer.status in (Status.WITHIN_AUTHORITY, Status.PARTIAL)
    status = findings[0] if findings and had_authority else answer.status
    return replace(answer, status=status, findings=findings)


def _found(answer: Answer, facts: MeetingFacts) -> Iterator[Status]:
    if facts.rules_unmet or (facts.quorum is not None and facts.voting < facts.quorum):
        yield Status.NOT_QUORATE
    if facts.open_conflicts:
        yield Status.CONFLICTED
    if not facts.holders_agreeing.issuperset(answer.holders_needed):
        yield Status.HOLDER_ABSENT
    if facts.post_vacant:
        yield Status.POST_VACANT
