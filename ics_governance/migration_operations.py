"""Operations that migrations use: their SQL is written into the migration, so a migration never changes later."""

from django.db.migrations.operations import RunSQL


class WorkflowGuard(RunSQL):
    """A frozen database guard of a workflow; `manage.py makeguards` writes it and finds the newest by name."""

    def __init__(self, name: str, sql: str, reverse_sql: str = RunSQL.noop) -> None:
        self.name = name
        super().__init__(sql=sql, reverse_sql=reverse_sql)

    def deconstruct(self):  # type: ignore[no-untyped-def]
        """Name and SQL, as written."""
        return self.__class__.__qualname__, [], {"name": self.name, "sql": self.sql, "reverse_sql": self.reverse_sql}

    def describe(self) -> str:
        """What `migrate` prints."""
        return f"Database guard of the workflow {self.name}"
