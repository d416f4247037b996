"""Add a person with a role in an organisation, and print the address at which they choose their password."""

from argparse import ArgumentParser
from dataclasses import replace

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ics_governance.permissions import SYSTEM
from ics_governance.workflow import GuardFailed
from partnerships.actions.people import add_person, grant_role
from partnerships.models import Organisation


class Command(BaseCommand):
    """`manage.py add_person EMAIL NAME --organisation CODE --role ROLE`."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, where, as what."""
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--organisation", required=True, help="ODS or GSS code")
        parser.add_argument("--role", required=True, help="a role of ics_governance/roles.yaml")

    def handle(self, *, email: str, name: str, organisation: str, role: str, **options: object) -> None:
        """Add, grant, print the link."""
        by = replace(SYSTEM, on=timezone.localdate())
        body = Organisation.objects.coded(organisation).first()
        if body is None:
            raise CommandError(f"There is no organisation with the code {organisation}.")
        try:
            validate_email(email)
            with transaction.atomic():
                user = add_person(by=by, email=email, name=name, organisation=body)
                grant_role(by=by, user=user, organisation=body, role=role, starts=by.on)
        except ValidationError:
            raise CommandError(f"“{email}” is not an e-mail address.") from None
        except GuardFailed as refused:
            raise CommandError(str(refused)) from None
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        self.stdout.write(f"{name} is {role} in {body.name}. They choose their password at {settings.SITE_URL}{path}")
