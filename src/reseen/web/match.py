"""The four match routes. Each takes two URLs, two files, or one of each, and answers an envelope.

In order: the key is checked, a place is taken, the body is read to disk, the files are fetched, a
turn is waited for, the flow decides. Only the reading runs on the event loop.
"""

import base64
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from reseen.domain.media import Medium
from reseen.flows.obtain import obtain
