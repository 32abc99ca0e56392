/*
 * quota: how much processor time the control groups of this process grant it,
 * as a container's limit or CPUQuota= of systemd do.
 */
#ifndef SYS_QUOTA_H
#define SYS_QUOTA_H

/*
 * As many processors as the tightest quota of our group and those around it
 * comes to, rounded up, at least 1; 0 where there is none. Version 2 of control
 * groups (cpu.max) and version 1 (cpu.cfs_quota_us). root stands before
 * /proc/self/cgroup and /sys/fs/cgroup, "" but in tests. Boot.
 */
unsigned quota_count_cores(const char *root);

#endif
