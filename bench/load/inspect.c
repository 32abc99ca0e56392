#include "inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t inspect_cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) != 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Add the row's kilobytes when the line has that key. */
static void add_row(uint64_t *bytes, const char *line, const char *key)
{
	size_t len = strlen(key);
	uint64_t kb;

	if (strncmp(line, key, len) == 0 &&
	    sscanf(line + len, ": %" SCNu64, &kb) == 1)
		*bytes += kb * 1024;
}

struct inspect_memory inspect_memory(pid_t pid)
{
	struct inspect_memory m = { 0 };
	char path[64], line[256];
	FILE *file;

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return m;
	while (fgets(line, sizeof line, file)) {
		add_row(&m.rss, line, "Rss");
		add_row(&m.pss, line, "Pss");
		add_row(&m.private, line, "Private_Clean");
		add_row(&m.private, line, "Private_Dirty");
		add_row(&m.anon, line, "Anonymous");
	}
	(void)fclose(file);
	return m;
}
