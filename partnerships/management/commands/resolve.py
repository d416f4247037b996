"""May this forum take this decision? Asks the authority resolver."""

import json
from argparse import ArgumentParser
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partnerships.authority import Node, UnknownRecord
from partnerships.authority.words import sentence
from partnerships.models import Function
from partnerships.queries.authority import HOLDERS, Holder, ask_of


class Command(BaseCommand):
    """`manage.py resolve (--forum ID | --holder post:ID) --function CODE [--amount N] [--place ID ...] [--on DATE]
    [--json]`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The question."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--forum", type=int, help="id of the forum")
        who.add_argument("--holder", help="a forum, post or body, such as post:3")
        parser.add_argument("--function", required=True, help="code of the function")
        parser.add_argument("--amount", help="pounds over the whole life")
        parser.add_argument("--place", type=int, action="append", default=[], help="id of a place; may be repeated")
        parser.add_argument("--on", help="the day, as 2026-11-30; today without it")
        parser.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *, function: str, place: list[int], json: bool, **options: object) -> None:
        """Ask and print."""
        found = _holder(options)
        row = Function.objects.filter(code=function).first()
        if row is None:
            known = ", ".join(Function.objects.values_list("code", flat=True))
            raise CommandError(f"There is no function {function}. Known: {known}.")
        try:
            asked = ask_of(found, row, amount=_amount(options["amount"]), places=place, on=_day(options["on"]))
        except UnknownRecord as unknown:
            raise CommandError(f"There is no such record: {str(unknown).rstrip('.')}.") from None
        if json:
            self.stdout.write(_dump(asked.to_json()))
        else:
            self.stdout.write(f"{asked.answer.status}: {sentence(asked.answer, asked.names, asked.places)}")


def _holder(options: dict[str, Any]) -> Holder:
    try:
        node = Node.parse(options["holder"]) if options["holder"] else Node.forum(options["forum"])
    except ValueError:
        raise CommandError("Write a forum as forum:12, a post as post:3, a body as body:4.") from None
    found = HOLDERS[node.kind]._default_manager.filter(pk=node.id).first()
    if found is None:
        raise CommandError(f"There is no {node.kind} {node.id}.")
    return found


def _amount(text: object) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(str(text).replace(",", "").removeprefix("£"))
    except InvalidOperation:
        raise CommandError(f"“{text}” is not an amount in pounds.") from None
    if not amount.is_finite():
        raise CommandError(f"“{text}” is not an amount in pounds.")
    if amount < 0:
        raise CommandError("An amount is not below zero.")
    return amount


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text)) if text else timezone.localdate()
    except ValueError:
        raise CommandError(f"“{text}” is not a date such as 2026-11-30.") from None


def _dump(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
