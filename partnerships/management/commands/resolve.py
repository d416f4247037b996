"""May this forum take this decision? Asks the authority resolver."""

import json
from argparse import ArgumentParser
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from partnerships.authority import UnknownRecord
from partnerships.authority.words import sentence
from partnerships.models import Forum, Function
from partnerships.queries.authority import ask


class Command(BaseCommand):
    """`manage.py resolve --forum ID --function CODE [--amount N] [--place ID ...] [--on DATE] [--json]`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The question."""
        parser.add_argument("--forum", type=int, required=True, help="id of the forum")
        parser.add_argument("--function", required=True, help="code of the function")
        parser.add_argument("--amount", help="pounds over the whole life")
        parser.add_argument("--place", type=int, action="append", default=[], help="id of a place; may be repeated")
        parser.add_argument("--on", help="the day, as 2026-11-30; today without it")
        parser.add_argument("--json", action="store_true", help="print the whole answer")

    def handle(self, *, forum: int, function: str, place: list[int], json: bool, **options: object) -> None:
        """Ask and print."""
        found = Forum.objects.select_related("host").filter(pk=forum).first()
        if found is None:
            raise CommandError(f"There is no forum {forum}.")
        row = Function.objects.filter(code=function).first()
        if row is None:
            known = ", ".join(Function.objects.values_list("code", flat=True))
            raise CommandError(f"There is no function {function}. Known: {known}.")
        try:
            asked = ask(found, row, amount=_amount(options["amount"]), places=place, on=_day(options["on"]))
        except UnknownRecord as unknown:
            raise CommandError(f"There is no such record: {unknown}.") from None
        if json:
            self.stdout.write(_dump(asked.to_json()))
        else:
            self.stdout.write(f"{asked.answer.status}: {sentence(asked.answer, asked.names, asked.places)}")


def _amount(text: object) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(str(text).replace(",", "").removeprefix("£"))
    except InvalidOperation:
        raise CommandError(f"“{text}” is not an amount in pounds.") from None
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
