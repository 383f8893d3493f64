"""What the console's own routes take and say."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from reseen.domain.access import Role
from reseen.domain.people import Invitation, Passkey, Person, Session, State
from reseen.domain.preferences import Default, Value
from reseen.web.auth import rights_of
from reseen.web.schemas.model import UNCHANGED, Answer, Moment, Request
from reseen.web.sessions import csrf_token

Name = Annotated[str, Field(min_length=1, max_length=200)]
Password = Annotated[str, Field(max_length=1000)]
Token = Annotated[str, Field(min_length=1, max_length=512)]
PersonRole = Literal["owner", "admin", "reviewer"]


class SetUpRequest(Request):
    """The first owner, by a key."""

    key: Token
    name: Name
    password: Password


class SignInRequest(Request):
    name: Name
    password: Password


class InvitedRequest(Request):
    """Somebody follows their link."""

    token: Token
    password: Password


class PasswordRequest(Request):
    """Another password. Who has none yet sends no current one."""

    current: Password | None = None
    new: Password


class PasskeyRequest(Request):
    """What a browser made."""

    credential: dict[str, Any]
    label: Name


class PasskeyAnswer(Request):
    """What a browser signed."""

    credential: dict[str, Any]


class SettingsRequest(Request):
    """What is to be different; ``null`` takes the project's default."""

    blur: bool | None = UNCHANGED
    greyscale: bool | None = UNCHANGED
    muted: bool | None = UNCHANGED
    hold_to_reveal: bool | None = UNCHANGED
    break_after_minutes: int | None = UNCHANGED
    theme: Literal["system", "light", "dark"] | None = UNCHANGED

    def change(self) -> dict[str, Value | None]:
        return {name: getattr(self, name) for name in self.model_fields_set}


class Flag(Request):
    value: bool
    enforced: bool = False


class Minutes(Request):
    value: int
    enforced: bool = False


class Theme(Request):
    value: Literal["system", "light", "dark"]


class DefaultsRequest(Request):
    """What is to be different; ``null`` takes the built-in default."""

    blur: Flag | None = UNCHANGED
    greyscale: Flag | None = UNCHANGED
    muted: Flag | None = UNCHANGED
    hold_to_reveal: Flag | None = UNCHANGED
    break_after_minutes: Minutes | None = UNCHANGED
    theme: Theme | None = UNCHANGED

    def change(self) -> dict[str, Default | None]:
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: None if one is None else Default(one.value, getattr(one, "enforced", False))
            for name, one in sent.items()
        }


class PersonRequest(Request):
    """Somebody to be invited."""

    name: Name
    role: PersonRole


class PersonChange(Request):
    role: PersonRole | None = None
    disabled: bool | None = None


class Provided(Answer):
    label: str


class Ways(Answer):
    """How one can sign in here."""

    setup: bool
    password: bool
    passkeys: bool
    oidc: Provided | None
    signed_in: bool
    """Whether to ask who: a page need not provoke a 401."""


class PasskeySchema(Answer):
    id: str
    label: str
    created_at: Moment
    last_used_at: Moment | None

    @classmethod
    def of(cls, one: Passkey) -> Self:
        return cls(
            id=one.id, label=one.label, created_at=one.created_at, last_used_at=one.last_used_at
        )


class DefaultSchema(Answer):
    value: bool | int | str
    enforced: bool


class Settings(Answer):
    """The values of one's own; ``null``: the default."""

    blur: bool | None
    greyscale: bool | None
    muted: bool | None
    hold_to_reveal: bool | None
    break_after_minutes: int | None
    theme: str | None


class Me(Answer):
    """Who is signed in."""

    id: str
    name: str
    role: Role
    project: str
    rights: list[str]
    csrf: str
    settings: dict[str, bool | int | str | None]
    defaults: dict[str, DefaultSchema]
    signed_in_at: Moment
    expires_at: Moment
    way: str
    passkeys: list[PasskeySchema]
    has_password: bool

    @classmethod
    def of(
        cls,
        session: Session,
        secret: str,
        settings: dict[str, Value | None],
        defaults: dict[str, Default],
        passkeys: list[PasskeySchema],
    ) -> Self:
        person = session.person
        return cls(
            id=person.id,
            name=person.name,
            role=person.role,
            project=person.project_id,
            rights=rights_of(person.role),
            csrf=csrf_token(secret),
            settings=dict(settings),
            defaults=defaults_said(defaults),
            signed_in_at=session.began_at,
            expires_at=session.ends_at,
            way=session.way,
            passkeys=passkeys,
            has_password=person.has_password,
        )


class PersonSchema(Answer):
    """Somebody of the project."""

    id: str
    name: str
    role: Role
    state: State
    has_password: bool
    passkeys: int
    oidc: bool
    created_at: Moment
    signed_in_at: Moment | None
    invited_until: Moment | None
    disabled_at: Moment | None

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            id=person.id,
            name=person.name,
            role=person.role,
            state=person.state,
            has_password=person.has_password,
            passkeys=person.passkeys,
            oidc=person.subject is not None,
            created_at=person.created_at,
            signed_in_at=person.signed_in_at,
            invited_until=person.invited_until,
            disabled_at=person.disabled_at,
        )


class People(Answer):
    data: list[PersonSchema]


class InvitationSchema(Answer):
    """A link that works once; shown this once."""

    token: str
    link: str
    expires_at: Moment


class Invited(Answer):
    person: PersonSchema
    invitation: InvitationSchema

    @classmethod
    def of(cls, made: Invitation, origin: str) -> Self:
        link = f"{origin}/console/invited#{made.token}"
        invitation = InvitationSchema(token=made.token, link=link, expires_at=made.expires_at)
        return cls(person=PersonSchema.of(made.person), invitation=invitation)


def defaults_said(defaults: dict[str, Default]) -> dict[str, DefaultSchema]:
    return {
        name: DefaultSchema(value=one.value, enforced=one.enforced)
        for name, one in defaults.items()
    }
