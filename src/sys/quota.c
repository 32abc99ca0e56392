#include "sys/quota.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/slice.h"

enum {
	TEXT_MAX = 64 << 10, /* of a file that the kernel writes */
	PATH_MAX_LEN = 4096,
};

/* The whole of a file of the kernel's, NUL behind it; empty where there is
 * none. */
__attribute__((format(printf, 2, 3))) static void read_text(
    struct buf *out, const char *format, ...)
{
	char path[PATH_MAX_LEN];
	struct err e;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(path, sizeof path, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof path ||
	    file_read(path, TEXT_MAX, out, &e) < 0)
		out->len = 0;
	buf_putn(out, "", 1);
}

static unsigned round_up(long long quota, long long period)
{
	long long cores;

	if (quota <= 0 || period <= 0)
		return 0; /* "max", or -1: none */
	cores = quota / period + (quota % period != 0);
	return cores < 1 << 16 ? (unsigned)cores : 1 << 16;
}

/* "150000 100000", or "max 100000". */
static unsigned look_v2(const char *root, struct slice group)
{
	struct buf text = { 0 };
	long long quota = 0, period = 0;
	char *end;

	read_text(&text, "%s/sys/fs/cgroup%.*s/cpu.max", root, (int)group.len,
	    group.ptr);
	quota = strtoll(text.data, &end, 10);
	period = strtoll(end, NULL, 10);
	buf_fini(&text);
	return round_up(quota, period);
}

static long long read_v1(const char *root, struct slice group, const char *name)
{
	struct buf text = { 0 };
	long long number;

	read_text(&text, "%s/sys/fs/cgroup/cpu%.*s/cpu.cfs_%s_us", root,
	    (int)group.len, group.ptr, name);
	number = strtoll(text.data, NULL, 10);
	buf_fini(&text);
	return number;
}

static unsigned look_v1(const char *root, struct slice group)
{
	return round_up(
	    read_v1(root, group, "quota"), read_v1(root, group, "period"));
}

static unsigned tighter(unsigned a, unsigned b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* "/a/b" becomes "/a", and "/a" the root of all, "". */
static struct slice go_up(struct slice group)
{
	do {
		group.len--;
	} while (group.len > 0 && group.ptr[group.len] != '/');
	return group;
}

/*
 * Of the group and all around it. In a container the path may be the host's,
 * and only the root be there.
 */
static unsigned look_up(const char *root, struct slice group,
    unsigned (*look)(const char *root, struct slice group))
{
	unsigned cores = 0;

	while (group.len > 0) {
		cores = tighter(cores, look(root, group));
		group = go_up(group);
	}
	return tighter(cores, look(root, group));
}

static bool has_cpu(struct slice controllers)
{
	while (controllers.len > 0)
		if (slice_eq(slice_cut(&controllers, ','), slice_str("cpu")))
			return true;
	return false;
}

/* "0::/group" of version 2, "4:cpu,cpuacct:/group" of version 1. */
static unsigned look_line(const char *root, struct slice line)
{
	struct slice number = slice_cut(&line, ':');
	struct slice controllers = slice_cut(&line, ':');

	if (controllers.len == 0 && slice_eq(number, slice_str("0")))
		return look_up(root, line, look_v2);
	return has_cpu(controllers) ? look_up(root, line, look_v1) : 0;
}

unsigned quota_count_cores(const char *root)
{
	struct buf text = { 0 };
	struct slice left;
	unsigned cores = 0;

	read_text(&text, "%s/proc/self/cgroup", root);
	left = slice_str(text.data);
	while (left.len > 0)
		cores = tighter(cores, look_line(root, slice_cut(&left, '\n')));
	buf_fini(&text);
	return cores;
}
