"""Endpoints that events are sent to: made, changed, tried and given up by administrators.

Each change is one transaction with its audit entry. What is sent is ``deliver``'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reseen.domain.errors import Conflict
from reseen.domain.record import Actor, AuditDraft, Endpoint, EndpointDraft, Event, EventType
from reseen.ports import Alone, AuditLog, Endpoints, Outbox


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
        """With its secret, this once. Raises ``UrlNotAllowed``, ``QuotaExceeded``."""
        self.admit(draft.url)
        with self.alone(project_id):
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
        """What is ``None`` stays. What waits for an endpoint that is off goes out once it is on;
        what happens meanwhile is not sent to it.
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
        """An event for this endpoint alone. Raises ``Conflict`` where it is off."""
        with self.alone(project_id):
            held = self._on(project_id, endpoint_id)
            data = {"webhook_id": endpoint_id}
            event = self.outbox.emit(project_id, EventType.WEBHOOK_TEST, data, only=endpoint_id)
            self._note(project_id, who, "webhook.tested", held)
        return event

    def replay(self, project_id: str, who: Actor, event_id: str, endpoint_id: str | None) -> int:
        """Send an event once more, under its id; to how many endpoints. Raises ``Conflict`` where
        the one that is named is off.
        """
        with self.alone(project_id):
            if endpoint_id is not None:
                self._on(project_id, endpoint_id)
            count = self.outbox.replay(project_id, event_id, endpoint_id)
            detail = {"webhook_id": endpoint_id, "deliveries": count}
            self.audit.append(
                project_id, AuditDraft(who, "event.replayed", event_id, detail=detail)
            )
        return count

    def revive(self, project_id: str, who: Actor, endpoint_id: str) -> int:
        """Send all that was given up once more; how much. Raises ``Conflict`` where it is off."""
        with self.alone(project_id):
            self._on(project_id, endpoint_id)
            count = self.outbox.revive(project_id, endpoint_id)
            detail = {"deliveries": count}
            self.audit.append(
                project_id, AuditDraft(who, "webhook.revived", endpoint_id, detail=detail)
            )
        return count

    def _on(self, project_id: str, endpoint_id: str) -> Endpoint:
        endpoint = self.endpoints.get(project_id, endpoint_id)
        if not endpoint.draft.enabled:
            raise Conflict("The webhook is off; turn it on first.", field="enabled")
        return endpoint

    def _note(self, project_id: str, who: Actor, what: str, endpoint: Endpoint) -> None:
        draft = endpoint.draft
        detail = {"url": draft.url, "types": list(draft.types), "enabled": draft.enabled}
        self.audit.append(project_id, AuditDraft(who, what, endpoint.id, detail=detail))
