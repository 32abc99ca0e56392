/* quota: of both versions of control groups, in trees that a test plants. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/quota.h"
#include "unit.h"

static char root[] = "/tmp/roomcast-quota-XXXXXX";

static void set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void tear_down(void)
{
	char command[64];

	(void)snprintf(command, sizeof command, "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* Write a file below the root, with the folders that it needs. */
static void plant(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", root, name);
	for (char *c = path + strlen(root) + 1; *c; c++)
		if (*c == '/') {
			*c = '\0';
			(void)mkdir(path, 0755);
			*c = '/';
		}
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void expect(unsigned cores)
{
	ck_assert_uint_eq(quota_count_cores(root), cores);
}

START_TEST(none_without_control_groups)
{
	expect(0);
	plant("proc/self/cgroup", "");
	expect(0);
	plant("proc/self/cgroup", "0::/gone\n");
	expect(0);
}
END_TEST

START_TEST(version_2)
{
	plant("proc/self/cgroup", "0::/a.slice/b.service\n");
	plant("sys/fs/cgroup/a.slice/b.service/cpu.max", "max 100000\n");
	expect(0);
	plant("sys/fs/cgroup/a.slice/b.service/cpu.max", "400000 100000\n");
	expect(4);
	plant("sys/fs/cgroup/a.slice/b.service/cpu.max", "150000 100000\n");
	expect(2);
	plant("sys/fs/cgroup/a.slice/b.service/cpu.max", "1000 100000\n");
	expect(1);
}
END_TEST

START_TEST(the_tightest_around_counts)
{
	plant("proc/self/cgroup", "0::/a/b\n");
	plant("sys/fs/cgroup/a/b/cpu.max", "400000 100000\n");
	plant("sys/fs/cgroup/a/cpu.max", "300000 100000\n");
	expect(3);
	plant("sys/fs/cgroup/a/cpu.max", "max 100000\n");
	expect(4);
}
END_TEST

START_TEST(a_container_sees_its_group_as_the_root)
{
	plant("proc/self/cgroup", "0::/\n");
	plant("sys/fs/cgroup/cpu.max", "200000 100000\n");
	expect(2);
	/* Without a namespace the path is the host's. */
	plant("proc/self/cgroup", "0::/docker/0123456789ab\n");
	expect(2);
}
END_TEST

START_TEST(version_1)
{
	plant("proc/self/cgroup",
	    "5:cpuset:/other\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/x\n");
	plant("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	plant("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	expect(0);
	plant("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
	expect(3);
	plant("sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "50000\n");
	plant("sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "50000\n");
	expect(1);
}
END_TEST

START_TEST(nonsense_is_no_quota)
{
	plant("proc/self/cgroup", "0\n:\n::\n0::\n4:cpu\n0::a\n\n");
	expect(0);
	plant("proc/self/cgroup", "0::/\n");
	plant("sys/fs/cgroup/cpu.max", "100000\n");
	expect(0);
	plant("sys/fs/cgroup/cpu.max", "100000 0\n");
	expect(0);
	plant("sys/fs/cgroup/cpu.max", "");
	expect(0);
	plant("sys/fs/cgroup/cpu.max", "99999999999999999999 1\n");
	expect(1 << 16);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/quota", none_without_control_groups,
    version_2, the_tightest_around_counts,
    a_container_sees_its_group_as_the_root, version_1, nonsense_is_no_quota)
