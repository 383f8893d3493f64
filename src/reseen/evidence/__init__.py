"""Pictures that let a person believe a match: arrays in, PNG bytes out.

``pictures`` two stills or frames side by side; ``filmstrip`` the frames of a stretch of video;
``sound`` two spectrograms; ``timeline`` where in both files the segments lie. Every PNG is small
enough to send with an answer (``canvas.LARGEST_PNG``) and the same for the same input. "Upload" is
what the reader calls the query, "reference" what it was held against.

The package itself is the ``Illustrator`` that the flows ask for.
"""

from reseen.evidence.filmstrip import filmstrip
from reseen.evidence.pictures import picture_evidence
from reseen.evidence.sound import sound_evidence
from reseen.evidence.timeline import timeline

__all__ = ["filmstrip", "picture_evidence", "sound_evidence", "timeline"]
