"""The kernel's tables: people who sign in, the audit trail, jobs, notifications, API tokens."""

import hashlib
import secrets

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

from . import checks  # noqa: F401 - `manage.py check` finds its checks by this import


class UserManager(BaseUserManager["User"]):
    """Makes users known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A person who may sign in; without a password only through an organisation's account."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        """Look a person up as typed, whatever the case."""
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. What they may do comes from roles in organisations, not from here."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150)
    job_title = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """The name as shown."""
        return self.name

    def get_short_name(self) -> str:
        """The name as shown: first names are not guessed."""
        return self.name


class LedgerEntry(models.Model):
    """One governed change. Inserted, never updated or deleted: the database refuses it, even to the owner.

    `body` is canonical JSON as text (jsonb would rewrite it) and holds salted commitments; the values are in
    `LedgerValue`, so that personal data can be erased without breaking the chain.
    """

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.BigIntegerField(null=True, help_text="User id; null for the system. Plain: people may be erased.")
    organisation = models.BigIntegerField(null=True, help_text="The organisation on whose record this was done.")
    request = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=60)
    record = models.CharField(max_length=80)
    schema = models.PositiveSmallIntegerField(default=1)
    body = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["record", "id"], name="ledger_by_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"


class LedgerValue(models.Model):
    """The value behind one commitment of an entry: canonical JSON of [before, after], with its salt."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="values")
    name = models.CharField(max_length=60)
    salt = models.BinaryField(max_length=16)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "name"], name="one_value_per_commitment")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.name}"


class LedgerSeal(models.Model):
    """Gives an entry its place in the chain: a digest over the previous seal's digest and the whole entry."""

    sequence = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(LedgerEntry, models.PROTECT, related_name="seal")
    digest = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return str(self.sequence)


class Job(models.Model):
    """A piece of background work. The row exists before any message is sent; the attempt number fences late workers."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    args = models.JSONField(default=dict)
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    request = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=200, blank=True)
    result = models.JSONField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["state", "lease_until", "sent_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="jobs_to_send_again",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def percent(self) -> int:
        """Progress from 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, round(100 * self.done / self.total)) if self.total else 0


class WorkerHeartbeat(models.Model):
    """When a worker last showed that it takes work; a single row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.seen_at)


class Notification(models.Model):
    """Something that waits for one person; mailed as one digest a day, never with content."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200)
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_notification_per_matter")]
        indexes = [models.Index(fields=["user", "-id"], name="notifications_newest_first")]

    def __str__(self) -> str:
        return self.text


class ApiToken(models.Model):
    """A person's key to the API. Only its digest is kept; the key itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_on = models.DateField()

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(key: str) -> str:
        """SHA-256 of a key, as stored. Keys are random, so no slow hash is needed."""
        return hashlib.sha256(key.encode()).hexdigest()

    @staticmethod
    def new_key() -> str:
        """A fresh key of 256 random bits, recognisable in scanners by its prefix."""
        return "icsgo_" + secrets.token_urlsafe(32)


class KeptAnswer(models.Model):
    """What the API answered to a write that carried an Idempotency-Key: sent again it gives this, and does nothing.

    Row-level security shows a person only their own.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_a_key")]
        indexes = [models.Index(fields=["created_at"], name="kept_answers_by_age")]

    def __str__(self) -> str:
        return self.key
