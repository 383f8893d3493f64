"""reseen recognises media which has been seen before, however it was disguised."""

import os

# ONNX Runtime has telemetry in it, which looks at this variable when it is loaded. Nothing leaves
# the machine: not where one of its versions would send, nor a session id in the temporary folder.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
