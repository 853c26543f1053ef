"""What this machine computes with: threads to use and the CPU's identity."""

from __future__ import annotations

import math
import os
import platform
from pathlib import Path

from freshground.core.errors import ConfigError
from freshground.core.ids import digest

THREADS_VARIABLE = "FRESHGROUND_THREADS"
_CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_CPUINFO = Path("/proc/cpuinfo")
_IDENTIFYING = ("vendor_id", "cpu family", "model", "model name", "flags", "Features", "CPU part")


def thread_count() -> int:
    """Return the threads to compute with: $FRESHGROUND_THREADS, else every core we may use.

    A container's CPU quota counts, because more threads than quota are throttled.
    """
    asked = os.environ.get(THREADS_VARIABLE)
    if asked:
        if not asked.isdecimal() or int(asked) < 1:
            found = f"{THREADS_VARIABLE} is {asked!r}, which is no number of threads."
            raise ConfigError(found, "Set it to 1 or more, or unset it to use every core.")
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, _quota()))


def _quota() -> int:
    try:
        quota, period = _CGROUP_QUOTA.read_text().split()
    except (OSError, ValueError):
        return 1 << 16
    return 1 << 16 if quota == "max" else max(1, math.ceil(int(quota) / int(period)))


def cpu_identity() -> str:
    """Return a digest of the CPU's model and instruction sets: what a runtime's speed hangs on."""
    try:
        lines = _CPUINFO.read_text().split("\n\n", 1)[0].splitlines()
    except OSError:
        return digest(platform.machine(), platform.processor())
    pairs = (line.partition(":") for line in lines)
    kept = [
        f"{name.strip()}={value.strip()}"
        for name, _, value in pairs
        if name.strip() in _IDENTIFYING
    ]
    return digest(platform.machine(), *sorted(kept))
