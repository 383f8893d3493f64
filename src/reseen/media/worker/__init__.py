"""The other side of the decoder: what runs in confined processes, and the bytes between both.

``__main__`` is a small process that has every library loaded and forks a child for each file;
``messages`` is the stream that a child writes; ``pictures``, ``animation``, ``container``,
``frames`` and ``sound`` decode.
"""
