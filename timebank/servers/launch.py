"""Become another program that dies with its parent: run as `python -I -S launch.py PARENT SIGNAL UID GID PROGRAM ARGUMENT...`.

A step of its own instead of `preexec_fn`, which is not safe beside threads. UID and GID of -1 keep the present user. The
death signal is set last because the kernel forgets it when the user changes. Only Linux has one; elsewhere the next start
ends what was left behind.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> None:
    kernel = ctypes.CDLL(None)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":
        kernel.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the signal was set
        sys.exit(1)
    try:
        os.execv(command[0], command)  # noqa: S606 - to become it is the purpose
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
