"""Runs the emulator for as long as the process that holds the other end of
standard input lives: however that one ends, nothing is left running."""
import os
import shutil
import signal
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
sys.argv = ["ministack"]
from ministack.app import main

try:
    main()
finally:
    leave()
