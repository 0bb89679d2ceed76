"""Run by the bundle before anything else: let other programs find their own libraries.

The bundle's starter points LD_LIBRARY_PATH at the bundle. The loader has read it by now; a file
manager or browser that is started from the window must not.

A worker process is the same program once more. Its starter would count on the variable that is gone
here, and the worker would take libraries of the system instead of ours, or find none. So it is told
to begin as if nobody had started it.
"""

import os

_original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if _original is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _original
os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
