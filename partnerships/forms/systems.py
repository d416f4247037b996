"""Filters of the page of a system, read from the URL."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from ics_governance import forms
from ics_governance.wording import pluralise
from partnerships.authority import Node
from partnerships.map_words import GROUPS, family
from partnerships.models import Forum
from partnerships.queries.systems import Area
from partnerships.system_map import SystemMap

from .organisations import AsOf, choices, unknown


class MapFilter(AsOf):
    """What of the map is shown. What can be chosen is what there is: `offer` it before the values are read.

    Unless all functions, a family or a holder is asked for, what only the boards decide is left out.
    """

    show = forms.ChoiceField(label="Show", error_messages=unknown("a choice"))
    family = forms.ChoiceField(label="Functions", error_messages=unknown("a family of functions"))
    level = forms.ChoiceField(
        label="Level", choices=choices(GROUPS.items(), "All levels"), error_messages=unknown("a level")
    )
    place = forms.ChoiceField(label="Place", error_messages=unknown("a place of this system"))
    forum = forms.ChoiceField(label="Forum or post", error_messages=unknown("a forum or post that holds something"))
    field_order = ("show", "family", "level", "place", "forum", "as_of")
    design: ClassVar[dict[str, dict[str, Any]]] = {"as_of": {"hint": "", "width": 10}}

    def day(self, today: date) -> date:
        """The day asked for, or today. Asked first, before it is known what else can be chosen."""
        try:
            return self.fields["as_of"].clean(self.data.get("as_of")) or today
        except ValidationError:
            return today

    def place_asked(self, areas: list[Area]) -> tuple[int, ...]:
        """The place that is asked for, if it is one of the system's."""
        asked = self.data.get("place")
        return tuple(area.pk for area in areas if str(area.pk) == asked)

    def offer(self, areas: list[Area], table: SystemMap, forums: Iterable[Forum] = ()) -> None:
        """Choices from the system and its map; of its forums that hold nothing, only one that is asked for."""
        number = pluralise(len(table.rows), "function")
        self.fields["show"].choices = [("", "What is passed on by the boards"), ("all", f"All {number}")]
        self.fields["place"].choices = [("", "The whole system"), *((str(area.pk), area.name) for area in areas)]
        families = [(each.code, family(each.code)) for each in table.families]
        self.fields["family"].choices = [("", "All functions"), *sorted(families, key=lambda pair: pair[1])]
        holders = [(str(column.holder).replace(":", "-"), column.name) for column in table.columns]
        asked = self.data.get("forum")
        if asked not in dict(holders):
            holders += [(asked, row.name) for row in forums if f"forum-{row.pk}" == asked]
        self.fields["forum"].choices = [("", "All forums and posts"), *holders]

    def narrowed(self, table: SystemMap) -> SystemMap:
        """The part of the map that is asked for."""
        values = self.values
        holder = values.get("forum")
        found = table.narrowed(
            family=values.get("family"),
            group=values.get("level"),
            holder=Node.parse(holder.replace("-", ":")) if holder else None,
        )
        return found.passed_on() if self.brief else found

    @property
    def brief(self) -> bool:
        """Whether functions that only the boards decide are left out."""
        return not self.values.keys() & {"show", "family"}
