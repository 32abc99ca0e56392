#include "sys/limits.h"

#include <sys/resource.h>

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
