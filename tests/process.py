# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs, run together with whatever they leave behind."""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36


def adopt():
    """From now on orphans of our programs become our children."""
    os.setpgid(0, 0)        # out of reach of the terminal's Ctrl-C
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    """Those that live, orphans included."""
    path = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    with open(path, encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"


def end_leftovers():
    """Kills what a job left behind (after a moment of grace); its names."""
    until = time.monotonic() + 2
    reap()
    while children() and time.monotonic() < until:
        time.sleep(0.02)
        reap()
    left = []
    while children():       # a killed parent hands us its own children
        for pid in children():
            left.append(f"{pid} {command_of(pid)}")
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        reap()
    return left


def execute(command, folder, seconds, environment, log):
    """Exit status (None: time is up, ended) with all output in log."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        end_group(process)
        return None
    except KeyboardInterrupt:
        end_group(process)
        end_leftovers()
        raise


def end_group(process):
    """SIGINT lets pytest tear down what its fixtures made."""
    for number, patience in ((signal.SIGINT, 15), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
            break
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
