"""The benchmark: England's activity of some years in a throwaway database, and how long pages and jobs take on it."""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from ics_governance.localdb import LocalDB
from oversight import bench, bench_register


class Command(BaseCommand):
    """`manage.py benchmark [--scale YEARS] [--density TIMES] [--json PATH]`; `make bench` calls it."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much, and where to write the figures."""
        parser.add_argument("--scale", type=float, default=1, help="years of England's activity")
        parser.add_argument("--density", type=float, default=1, help="times the yearly rate")
        parser.add_argument("--json", type=Path, help="write the figures here as JSON")
        parser.add_argument("--step", choices=["multiply", "measure"], help="used by the benchmark itself")

    def handle(self, *, scale: float, density: float, step: str | None, json: Path | None, **options: object) -> None:
        """Make the database, fill it and measure, each in a process with the role that it needs."""
        if step == "multiply":
            taken = bench_register.grow(timezone.localdate()) + bench.multiply(scale, density)
            self.stdout.write(f"{taken:.1f}")
        elif step == "measure":
            self._measure(json, float(os.environ["COPIED_IN"]))
        else:
            self._all(scale, density, json)

    def _all(self, scale: float, density: float, path: Path | None) -> None:
        cluster = LocalDB(settings.BASE_DIR, "bench", throwaway=True).ensure(hold=True)
        env = os.environ | cluster.env() | {"DEMO": "true", "TESTING": "true"}
        try:
            for command in (["migrate"], ["seed_reference"], ["seed_demo"]):
                _run([*command, "--verbosity", "0"], env)
            self.stdout.write("Copying the demonstration's activity to England's size ...")
            size = ["--scale", str(scale), "--density", str(density)]
            owner = {"DATABASE_URL": env["DATABASE_OWNER_URL"]}
            copied_in = _run(["benchmark", "--step", "multiply", *size], env | owner).strip().splitlines()[-1]
            where = ["--json", str(path)] if path else []
            self.stdout.write(_run(["benchmark", "--step", "measure", *where], env | {"COPIED_IN": copied_in}))
        finally:
            cluster.close()

    def _measure(self, path: Path | None, copied_in: float) -> None:
        counts, timings = bench.row_counts(), list(bench.measure())
        self.stdout.write(bench.report(counts, copied_in, timings))
        if path:
            path.write_text(json.dumps(bench.as_json(counts, copied_in, timings), indent=2), encoding="utf-8")


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], env=env, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        sys.exit(f"The benchmark stopped: manage.py {command[0]} failed.")
    return done.stdout
