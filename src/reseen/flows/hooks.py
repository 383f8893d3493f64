"""Endpoints that events are sent to: made, changed, tried and given up by administrators.

Each change is one transaction with its audit entry. What is sent is ``deliver``'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reseen.domain.errors import InvalidValue
from reseen.domain.record import Actor, AuditDraft, Endpoint, EndpointDraft, Event, EventType
from reseen.ports import Alone, AuditLog, Endpoints, Outbox

MOST = 50
"""Endpoints of a project."""


@dataclass(frozen=True, slots=True)
class Hooking:
    """All that it depends on. ``admit`` raises ``UrlNotAllowed`` for an address that nothing is
    sent to. Any call may raise ``NotFound`` and ``NotReady``.
    """

    endpoints: Endpoints
    outbox: Outbox
    audit: AuditLog
    admit: Callable[[str], object]
    alone: Alone

    def add(self, project_id: str, who: Actor, draft: EndpointDraft) -> Endpoint:
        """With its secret, this once. Raises ``InvalidValue`` where there are too many."""
        self.admit(draft.url)
        with self.alone(project_id):
            held = len(self.endpoints.of_project(project_id))
            if held >= MOST:
                said = f"A project has {MOST} endpoints at most; remove one."
                raise InvalidValue(said, limit=MOST, actual=held + 1)
            made = self.endpoints.add(project_id, draft)
            self._note(project_id, who, "webhook.created", made)
        return made

    def change(
        self,
        project_id: str,
        who: Actor,
        endpoint_id: str,
        url: str | None = None,
        types: Sequence[EventType] | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """What is ``None`` stays. An endpoint that is off gets what happened meanwhile once it is
        on, unless it is too old.
        """
        if url is not None:
            self.admit(url)
        with self.alone(project_id):
            draft = self.endpoints.get(project_id, endpoint_id).draft
            draft = EndpointDraft(
                draft.url if url is None else url,
                draft.types if types is None else tuple(dict.fromkeys(map(str, types))),
                draft.enabled if enabled is None else enabled,
            )
            changed = self.endpoints.update(project_id, endpoint_id, draft)
            self._note(project_id, who, "webhook.changed", changed)
        return changed

    def rotate(self, project_id: str, who: Actor, endpoint_id: str) -> Endpoint:
        """With its new secret, this once; the old one signs nothing any more."""
        with self.alone(project_id):
            changed = self.endpoints.rotate_secret(project_id, endpoint_id)
            self._note(project_id, who, "webhook.secret_rotated", replace(changed, secret=""))
        return changed

    def remove(self, project_id: str, who: Actor, endpoint_id: str) -> None:
        with self.alone(project_id):
            held = self.endpoints.get(project_id, endpoint_id)
            self.endpoints.remove(project_id, endpoint_id)
            self._note(project_id, who, "webhook.removed", held)

    def test(self, project_id: str, who: Actor, endpoint_id: str) -> Event:
        """An event for this endpoint alone."""
        with self.alone(project_id):
            held = self.endpoints.get(project_id, endpoint_id)
            data = {"endpoint_id": endpoint_id}
            event = self.outbox.emit(project_id, EventType.WEBHOOK_TEST, data, only=endpoint_id)
            self._note(project_id, who, "webhook.tested", held)
        return event

    def replay(self, project_id: str, who: Actor, event_id: str, endpoint_id: str | None) -> int:
        """Send an event once more, under its id; to how many endpoints."""
        with self.alone(project_id):
            count = self.outbox.replay(project_id, event_id, endpoint_id)
            detail = {"endpoint_id": endpoint_id}
            self.audit.append(
                project_id, AuditDraft(who, "event.replayed", event_id, detail=detail)
            )
        return count

    def revive(self, project_id: str, who: Actor, endpoint_id: str) -> int:
        """Send all that was given up once more; how much."""
        with self.alone(project_id):
            count = self.outbox.revive(project_id, endpoint_id)
            detail = {"deliveries": count}
            self.audit.append(
                project_id, AuditDraft(who, "webhook.revived", endpoint_id, detail=detail)
            )
        return count

    def _note(self, project_id: str, who: Actor, what: str, endpoint: Endpoint) -> None:
        draft = endpoint.draft
        detail = {"url": draft.url, "types": list(draft.types), "enabled": draft.enabled}
        self.audit.append(project_id, AuditDraft(who, what, endpoint.id, detail=detail))
