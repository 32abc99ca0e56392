"""What a process has used: unlike the time that passes, its own affair."""

import os


def cpu_seconds(pid):
    """Of all its threads, in the kernel too; counted in hundredths."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
