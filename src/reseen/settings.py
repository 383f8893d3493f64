"""What an operator may set, each by an environment variable ``RESEEN_<NAME>``.

Sizes are bytes, durations seconds. A list is written with commas. The defaults are the limits that
``docs/reference/settings.md`` promises; every error that a limit causes names the limit and the
value that passed it.
"""

import ipaddress
import os
import sys
from pathlib import Path
from typing import Annotated, Literal, Self

import platformdirs
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MEGABYTE = 1_000_000
GIGABYTE = 1_000_000_000

type Names = Annotated[tuple[str, ...], NoDecode]
type Ports = Annotated[tuple[int, ...], NoDecode]


def cores() -> int:
    """Processor cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """Read once, by the command line, and handed on as plain values."""

    model_config = SettingsConfigDict(
        env_prefix="RESEEN_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=lambda: platformdirs.user_data_path("reseen"))
    """Where reseen keeps its data. Made on first use, readable by its owner only."""

    database_url: str = ""
    """The database, as `sqlite:////path/reseen.db` or another that SQLAlchemy speaks to. Empty: a
    file in the home folder."""

    blobs_url: str = ""
    """Where fingerprints are kept: `s3://bucket/prefix?endpoint=https://host`, with credentials in
    the usual `AWS_` variables, or `file:///path`. Empty: a folder in the home folder."""

    scratch: Path | None = None
    """Where uploads and downloads lie while they are compared: leave room for two of the largest
    files for each match that runs or waits. Empty: a folder in the home folder. What a killed
    server left there is removed at the next start."""

    keep_media: bool = True
    """Whether uploaded media are kept, encrypted, until their case closes. Otherwise reviewers see
    what matched, and no media."""

    media_days: float = Field(default=14.0, ge=0, le=36_500)
    """How long kept media stay after their case was decided, so that an appeal can be answered; of
    what needs no case, after they came."""

    uploads_days: float = Field(default=365.0, ge=1, le=36_500)
    """How long uploads are kept after they came, with the fingerprints by which their copies are
    recognised. What an open case or a legal hold needs stays longer."""

    events_days: float = Field(default=365.0, ge=1, le=36_500)
    """How long events are kept after they came. When a decision is undone, who was told of an event
    that is not kept any more is not told of its undoing."""

    statement_territory: Names = ()
    """Countries in which what is removed cannot be seen any more, as `DE,FR`, for statements of
    reasons. Empty: the European Economic Area."""

    statement_laws: Names = ()
    """Policies of decisions that name a law: what breaks one of them is stated to be illegal, and
    all else to be incompatible with your terms."""

    statement_redress: str = Field(default="", max_length=5000)
    """What an uploader can do about a removal, said in each statement of reasons. Empty: the ways
    that the Digital Services Act opens."""

    host: str = "127.0.0.1"
    """The address that the server listens on. Another than loopback needs a key to exist first."""

    port: int = Field(default=8480, ge=0, le=65535)
    """The port that the server listens on; 0 takes any free one."""

    concurrency: int = Field(default_factory=cores, ge=1)
    """Matches that run at the same time; the default is one a processor core."""

    workers: int = Field(default_factory=cores, ge=1)
    """Processes that fingerprint what an ingest job lists; the default is one a processor core."""

    queue: int = Field(default=32, ge=0)
    """Requests that may wait for their turn. One more is answered 503 `not_ready`."""

    rate_per_minute: int = Field(default=600, ge=0)
    """Requests that one key may send a minute, spent as a token bucket; a batch of searches counts
    as many as its queries. 0 sets no limit."""

    console_origin: str = Field(default="", pattern=r"^(https?://[^/@?#\s]+)?$")
    """Where people find the console, as `https://reseen.example.org`: needed behind a proxy that
    does not hand on the `Host` that the browser asked for. Empty: whatever host was asked for."""

    session_idle_seconds: float = Field(default=8 * 3600.0, ge=60)
    """How long a person stays signed in without a request."""

    session_seconds: float = Field(default=24 * 3600.0, ge=60)
    """How long a person stays signed in at most."""

    invitation_seconds: float = Field(default=3 * 86_400.0, ge=60)
    """How long the link of an invitation works."""

    oidc_issuer: str = Field(default="", pattern=r"^(https?://[^/@?#\s]+[^?#\s]*)?$")
    """An OpenID provider that people may sign in by, as `https://login.example.org/realm`. Its host
    is reached although it may be private. Empty: none."""

    oidc_client_id: str = ""
    """What the provider calls this server. The provider must know
    `https://YOUR-HOST/console/api/oidc/callback` as an address to come back to."""

    oidc_client_secret: SecretStr = SecretStr("")
    """What proves to the provider that it is this server. Empty: PKCE alone does."""

    oidc_label: str = "Single sign-on"
    """What the button on the sign-in page says."""

    oidc_scope: str = "openid profile email"
    """What is asked of the provider; add the scope that brings the claim of `oidc_claim`."""

    oidc_domains: Names = ()
    """Only people with a verified e-mail address of one of these domains get in."""

    oidc_claim: str = "groups"
    """The claim of the ID token that tells roles: a text or a list."""

    oidc_roles: Names = ()
    """What values of that claim make of somebody, as `moderators=reviewer,leads=admin`: the most
    powerful counts, and who has none gets not in. Empty: all have the role of `oidc_role`."""

    oidc_role: Literal["owner", "admin", "reviewer"] = "reviewer"
    """The role of all who get in, where `oidc_roles` is empty."""

    oidc_project: str = "default"
    """The project of all who get in by the provider."""

    image_bytes: int = Field(default=100 * MEGABYTE, ge=1)
    """The largest picture that is taken, by URL or as a file."""

    video_bytes: int = Field(default=2 * GIGABYTE, ge=1)
    """The largest video that is taken, by URL or as a file."""

    audio_bytes: int = Field(default=500 * MEGABYTE, ge=1)
    """The largest sound that is taken, by URL or as a file."""

    pixels: int = Field(default=100_000_000, ge=1)
    """The most pixels that one picture or one frame may have."""

    match_seconds: float = Field(default=600.0, gt=0)
    """How long media may last on the synchronous match routes and in `reseen match`."""

    media_seconds: float = Field(default=4 * 3600.0, gt=0)
    """How long media may last elsewhere, as in `reseen fingerprint`."""

    redirects: int = Field(default=5, ge=0)
    """Redirects that a fetch follows; every hop is checked again."""

    connect_seconds: float = Field(default=10.0, gt=0)
    """How long a fetch waits for a connection."""

    fetch_seconds: float = Field(default=60.0, gt=0)
    """How long a fetch may take in all, redirects included."""

    fetch_ports: Ports = (80, 443)
    """Ports that a fetch may connect to."""

    fetch_allow_hosts: Names = ()
    """Host names that a fetch may reach although they resolve to private addresses. Empty, as it
    should be where untrusted people choose the URLs; said in the log when it is not."""

    fetch_allow_networks: Names = ()
    """Networks (`10.0.0.0/8`, `127.0.0.1/32`) that a fetch may reach although they are not public.
    Empty by default; said in the log when it is not."""

    upload_stall_seconds: float = Field(default=30.0, gt=0)
    """How long a request's body may pause, or fall behind 20 kB a second, before it is given up."""

    decode_memory_bytes: int = Field(default=3 << 30, ge=512 * MEGABYTE)
    """The address space of each process that decodes one file. A picture of 100 megapixels with 16
    bits and alpha needs 1.4 GB."""

    descriptor: Literal["sscd_distilled", "sscd", "none"] = "sscd_distilled"
    """The model that describes pictures: the small one, the larger and slower one, or none."""

    shortlist: int = Field(default=20, ge=1, le=1000)
    """References that one search verifies closely at most, besides those that it is sure of."""

    scores_days: float = Field(default=92.0, ge=0)
    """How long scores of searches are kept, so that a threshold can be tried on past uploads; 0
    keeps none."""

    shutdown_seconds: float = Field(default=60.0, ge=0)
    """How long a server that was told to stop waits for running matches."""

    log_format: Literal["auto", "text", "json"] = "auto"
    """`json` writes one object a line; `auto` writes text to a terminal and JSON elsewhere."""

    @field_validator(
        "fetch_allow_hosts",
        "fetch_allow_networks",
        "fetch_ports",
        "statement_territory",
        "statement_laws",
        "oidc_domains",
        "oidc_roles",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("home", "scratch")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().absolute()

    @property
    def scratch_folder(self) -> Path:
        return self.scratch or self.home / "scratch"

    @property
    def index_folder(self) -> Path:
        return self.home / "index"

    @field_validator("fetch_allow_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @field_validator("statement_territory")
    @classmethod
    def _countries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for code in value:
            if not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
                raise ValueError(f"{code!r} is no country code of two capital letters")
        return value

    @property
    def oidc_values(self) -> dict[str, str]:
        """Roles by the values of the claim."""
        pairs = (entry.rpartition("=") for entry in self.oidc_roles)
        return {value.strip(): role.strip() for value, _, role in pairs}

    @field_validator("oidc_roles")
    @classmethod
    def _roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            name, _, role = entry.rpartition("=")
            if not name.strip() or role.strip() not in {"owner", "admin", "reviewer"}:
                raise ValueError(f"{entry!r} is not VALUE=owner, VALUE=admin or VALUE=reviewer")
        return value

    @model_validator(mode="after")
    def _provider_fits(self) -> Self:
        if not self.oidc_issuer:
            return self
        if not self.oidc_client_id:
            raise ValueError("oidc_issuer needs oidc_client_id")
        if not (self.oidc_domains or self.oidc_roles):
            raise ValueError("oidc_issuer needs oidc_domains or oidc_roles: who may get in")
        return self

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.connect_seconds > self.fetch_seconds:
            raise ValueError("connect_seconds may not be longer than fetch_seconds")
        return self
