"""The other side of the decoder: what runs in confined processes, and the bytes between both.

In the order of one file: ``__main__`` is a small process that has every library loaded and forks a
child; ``tasks`` sniffs and chooses; ``pictures`` and ``animation`` (through ``rgb``), or
``container`` with ``continuity``, ``frames``, ``sound`` and ``seek``, decode; ``messages`` carries
the result to the parent.
"""
