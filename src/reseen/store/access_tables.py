"""People, their sessions, and the ways they are let in. See ``tables``."""

import sqlalchemy as sa

from reseen.store.tables import METADATA, UtcDateTime

PEOPLE = sa.Table(
    "people",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("project_id", sa.ForeignKey("projects.id"), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("folded", sa.String(400), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password", sa.String(200)),
    sa.Column("subject", sa.String(64), unique=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("disabled_at", UtcDateTime),
    sa.Column("signed_in_at", UtcDateTime),
)
"""``password`` is an Argon2 hash; ``subject`` the SHA-256 of an issuer and its name for somebody;
``folded`` the name without its case."""

INVITATIONS = sa.Table(
    "invitations",
    METADATA,
    sa.Column("person_id", sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("way", sa.String(16), nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False, index=True),
)
"""One that is over has no row."""

PASSKEYS = sa.Table(
    "passkeys",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("label", sa.String(80), nullable=False),
    sa.Column("credential_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("credential", sa.LargeBinary, nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_used_at", UtcDateTime),
)

CHALLENGES = sa.Table(
    "challenges",
    METADATA,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
)
"""What was asked of a browser, or of an OpenID provider, and is answered once."""

CONSOLE_DEFAULTS = sa.Table(
    "console_defaults",
    METADATA,
    sa.Column("project_id", sa.ForeignKey("projects.id"), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)
