# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest, started once for all who want to run it: that takes half a second,
and ten in a virtual machine.  Each runs it in a copy of this process; what one
of them has compiled of the tests' modules serves the others."""
import contextlib
import gc
import importlib
import io
import os
import sys
import tempfile

PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest"]
running = {}            # the function, and where compiled modules are


@contextlib.contextmanager
def pytest():
    """While it lasts, command() knows a shorter way.  Where there is no
    pytest, each that is started says so."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with tempfile.TemporaryDirectory(prefix="pptpalg-run.") as cache:
        with contextlib.suppress(ImportError):
            main = importlib.import_module("pytest").main
            # It loads its own modules when it is asked something.
            with contextlib.redirect_stdout(io.StringIO()):
                main(["--version"])
            running.update(main=main, cache=cache)
            gc.freeze()
        yield
        running.clear()


def is_pytest(words):
    return words[:len(PYTEST)] == PYTEST


def command(words):
    """As process.execute() takes it."""
    if running and is_pytest(words):
        return [run, *words[len(PYTEST):]]
    return words


def run(words):
    """In the copy."""
    sys.path[0] = os.getcwd()
    sys.dont_write_bytecode = False
    sys.pycache_prefix = running["cache"]
    return running["main"](words)
