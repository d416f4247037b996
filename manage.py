#!/usr/bin/env python
"""The command line. Serving is the default role; the commands named here run as the database's owner."""

import os
import sys

# Only these may create or change tables. gunicorn, Celery and the tests never pass through this file.
OWNER_COMMANDS = {"migrate", "createcachetable", "sqlmigrate", "showmigrations"}


def main() -> None:
    """Choose the database role, find or start a database, run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ics_governance.settings")
    if sys.argv[1:2] and sys.argv[1] in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    if "DATABASE_URL" not in os.environ:
        from ics_governance import localdb

        localdb.environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
