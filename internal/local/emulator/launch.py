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
from ministack.core import iam_evaluator, lambda_runtime

drain = lambda_runtime.Worker._drain_stderr_bounded
drain.__defaults__ = (0.005, *drain.__defaults__[1:])

# With AUTH=true the functions have the rights of their roles only, and nobody
# has any without a key. Whoever comes with a key of no role or user is taken
# for the account's owner, so that any made-up key gives access from outside.
is_owner = iam_evaluator.is_root_access_key
iam_evaluator.is_root_access_key = lambda key: is_owner(key) or not key.startswith(("ASIA", "AKIA"))

try:
    main()
finally:
    leave()
