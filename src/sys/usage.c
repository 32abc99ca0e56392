#include "sys/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNTED = 2000 }; /* clients, at some microseconds each */

static uint64_t ms_of(struct timeval t)
{
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

static void look_at_cpu(struct usage *u)
{
	struct rusage r;

	if (getrusage(RUSAGE_SELF, &r) == 0)
		u->cpu_ms = ms_of(r.ru_utime) + ms_of(r.ru_stime);
}

/* --- memory --- */

static int statm = -1; /* kept open: when descriptors run out it cannot be */

void usage_open(void)
{
	statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

void usage_close(void)
{
	if (statm >= 0)
		(void)close(statm);
	statm = -1;
}

static void look_at_memory(struct usage *u)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t virtual, resident;
	char text[128];
	ssize_t len = pread(statm, text, sizeof text - 1, 0);

	if (len <= 0)
		return;
	text[len] = '\0';
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &virtual, &resident) == 2) {
		u->virtual = virtual * page;
		u->resident = resident * page;
	}
}

uint64_t usage_resident(void)
{
	struct usage u = { 0 };

	look_at_memory(&u);
	return u.resident;
}

/* --- files --- */

static size_t count_files(void)
{
	size_t count = 0;
	DIR *d = opendir("/proc/self/fd");

	if (!d)
		return 0;
	while (readdir(d))
		count++;
	(void)closedir(d);
	return count > 3 ? count - 3 : 0; /* ".", "..", and its own */
}

/* The size of the folder is their number, from Linux 6.2 on; else 0. */
static size_t told_files(void)
{
	struct stat st;

	return stat("/proc/self/fd", &st) == 0 && st.st_size > 0
		   ? (size_t)st.st_size
		   : 0;
}

static size_t files(size_t clients)
{
	static size_t others; /* all but those of clients, when last counted */
	size_t count = told_files();

	if (count > 0)
		return count;
	if (others > 0 && clients > COUNTED)
		return others + clients;
	count = count_files();
	if (count == 0) /* none is left to look there */
		return others + clients;
	others = count > clients ? count - clients : 0;
	return count;
}

static void look_at_files(struct usage *u, size_t clients)
{
	struct rlimit limit;

	u->files = files(clients);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		u->files_max = limit.rlim_cur;
}

struct usage usage_look(size_t clients)
{
	struct usage u = { 0 };

	look_at_cpu(&u);
	look_at_memory(&u);
	look_at_files(&u, clients);
	return u;
}
