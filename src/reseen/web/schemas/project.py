"""The project of a caller."""

from typing import Self

from pydantic import ConfigDict

from reseen.domain.access import Project
from reseen.web.schemas.model import Answer, Moment, Request


class ProjectChange(Request):
    """What to change of the project."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep_media": False}]})

    keep_media: bool
    """Whether uploads that wait for review are kept until their case closes."""


class ProjectSchema(Answer):
    """A tenant: its own banks, keys and people, never searched across."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "default",
                    "name": "default",
                    "created_at": "2026-05-04T03:02:01.000Z",
                    "keep_media": True,
                }
            ]
        }
    )

    id: str
    name: str
    created_at: Moment
    keep_media: bool
    """Whether uploads that wait for review are kept, encrypted, until their case closes; false,
    too, where the server keeps none of anybody."""

    @classmethod
    def of(cls, project: Project) -> Self:
        return cls(
            id=project.id,
            name=project.name,
            created_at=project.created_at,
            keep_media=project.keep_media,
        )
