"""Runs the emulator for as long as the process that holds the other end of
standard input lives: however that one ends, nothing is left running."""
import os
import shutil
import signal
import socketserver
import sys
import threading


def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(5)
    leave()


def leave():
    temporary = os.environ.get("ROLLBOOK_REMOVE")
    if temporary:
        shutil.rmtree(temporary, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=watch, daemon=True).start()

# A call of a function costs 95 ms as it is: 40 ms because the answer to the
# waiting function goes out in two small writes, 50 ms in case that it logs.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
sys.argv = ["ministack"]
from ministack.app import main
from ministack.core import lambda_runtime

drain = lambda_runtime.Worker._drain_stderr_bounded
drain.__defaults__ = (0.005, *drain.__defaults__[1:])

try:
    main()
finally:
    leave()
