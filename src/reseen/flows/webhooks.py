"""Where a project is told of what happens: each change is one transaction with its audit entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reseen.domain.errors import Conflict
from reseen.domain.record import Actor, AuditDraft, Endpoint, EndpointDraft, Event, EventType
from reseen.ports import Alone, AuditLog, Endpoints, Outbox


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All that it depends on. ``check`` raises ``UrlNotAllowed`` for an address that nothing is
    ever posted to. Any call may raise ``NotReady``, and ``NotFound`` for an id of another project.
    """

    endpoints: Endpoints
    outbox: Outbox
    audit: AuditLog
    alone: Alone
    check: Callable[[str], None]

    def add(self, project_id: str, who: Actor, draft: EndpointDraft) -> Endpoint:
        """With its secret, this once. Raises ``UrlNotAllowed``, ``QuotaExceeded``."""
        self.check(draft.url)
        with self.alone(project_id):
            made = self.endpoints.add(project_id, draft)
            self._note(project_id, who, "webhook.created", made.id, _said(draft))
        return made

    def change(
        self,
        project_id: str,
        who: Actor,
        endpoint_id: str,
        changed: Callable[[EndpointDraft], EndpointDraft],
    ) -> Endpoint:
        """What ``changed`` makes of it. Raises ``UrlNotAllowed``."""
        before = self.endpoints.get(project_id, endpoint_id).draft
        if (url := changed(before).url) != before.url:
            self.check(url)
        with self.alone(project_id):
            draft = changed(self.endpoints.get(project_id, endpoint_id).draft)
            endpoint = self.endpoints.update(project_id, endpoint_id, draft)
            self._note(project_id, who, "webhook.changed", endpoint_id, _said(draft))
        return endpoint

    def rotate(self, project_id: str, who: Actor, endpoint_id: str) -> Endpoint:
        """With its new secret, this once; whatever is sent from now on is signed with it."""
        with self.alone(project_id):
            rotated = self.endpoints.rotate_secret(project_id, endpoint_id)
            self._note(project_id, who, "webhook.secret_rotated", endpoint_id)
        return rotated

    def remove(self, project_id: str, who: Actor, endpoint_id: str) -> None:
        """What waits to be sent there is given up."""
        with self.alone(project_id):
            self.endpoints.remove(project_id, endpoint_id)
            self._note(project_id, who, "webhook.deleted", endpoint_id)

    def test(self, project_id: str, who: Actor, endpoint_id: str) -> Event:
        """An event for this endpoint alone. Raises ``Conflict`` where it is disabled."""
        with self.alone(project_id):
            self._enabled(project_id, endpoint_id)
            said = {"webhook_id": endpoint_id}
            event = self.outbox.emit(project_id, EventType.WEBHOOK_TEST, said, only=endpoint_id)
            self._note(project_id, who, "webhook.tested", endpoint_id, {"event_id": event.id})
        return event

    def replay(self, project_id: str, who: Actor, event_id: str, endpoint_id: str | None) -> int:
        """Send an event again, to one endpoint or to all that want it; to how many. Raises
        ``Conflict`` where the one is disabled.
        """
        with self.alone(project_id):
            if endpoint_id is not None:
                self._enabled(project_id, endpoint_id)
            count = self.outbox.replay(project_id, event_id, endpoint_id)
            detail = {"webhook_id": endpoint_id, "deliveries": count}
            self._note(project_id, who, "event.replayed", event_id, detail)
        return count

    def replay_dead(self, project_id: str, who: Actor, endpoint_id: str) -> int:
        """Send all that was given up at one endpoint again; how many. Raises ``Conflict`` where it
        is disabled.
        """
        with self.alone(project_id):
            self._enabled(project_id, endpoint_id)
            count = self.outbox.replay_dead(project_id, endpoint_id)
            self._note(project_id, who, "webhook.replayed", endpoint_id, {"deliveries": count})
        return count

    def _enabled(self, project_id: str, endpoint_id: str) -> None:
        if not self.endpoints.get(project_id, endpoint_id).draft.enabled:
            raise Conflict("The webhook is disabled; enable it first.")

    def _note(
        self,
        project_id: str,
        who: Actor,
        what: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        self.audit.append(project_id, AuditDraft(who, what, subject, detail=detail or {}))


def _said(draft: EndpointDraft) -> dict[str, Any]:
    return {"url": draft.url, "types": list(draft.types), "enabled": draft.enabled}
