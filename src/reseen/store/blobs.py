"""Bytes by key: in a folder, or in an object store by URL."""

import urllib.parse
from pathlib import Path

from reseen.domain.errors import InvalidValue
from reseen.ports import Blobs
from reseen.store.folder_blobs import FolderBlobs


def open_blobs(url: str) -> Blobs:
    """``file:///path``, or ``s3://bucket/prefix?endpoint=http://host:port`` and what else the
    object store library reads (``gs://``, ``az://``). Raises ``InvalidValue``.
    """
    try:
        parsed = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise InvalidValue(f"The blob URL cannot be read ({error}).") from error
    if parsed.scheme != "file":
        from reseen.store.object_blobs import open_object_blobs

        return open_object_blobs(parsed)
    if parsed.netloc not in {"", "localhost"} or not parsed.path.startswith("/"):
        raise InvalidValue("A folder of blobs is written file:///path, with three slashes.")
    return FolderBlobs(Path(urllib.parse.unquote(parsed.path)))
