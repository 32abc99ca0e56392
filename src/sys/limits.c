#include "sys/limits.h"

#include <sched.h>
#include <sys/resource.h>

#include "sys/quota.h"

size_t limits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024; /* POSIX' floor is lower, every system's higher */
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit wanted = { limit.rlim_max, limit.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
			limit = wanted;
	}
	return (size_t)limit.rlim_cur;
}

unsigned limits_count_cores(void)
{
	unsigned quota = quota_count_cores("");
	unsigned cores = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		cores = (unsigned)CPU_COUNT(&set);
	return quota > 0 && quota < cores ? quota : cores;
}
