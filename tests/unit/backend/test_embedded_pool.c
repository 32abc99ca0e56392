/* embedded_pool: too many publishers, and none that is read. */
#include "embedded_port.h"

START_TEST(test_paused_reads_nothing_and_loses_nothing)
{
	struct fixture *f = set_up_and_open();
	int fd = join(f), other = join(f);

	recorder_until(&f->r, publishers(f) == 2);
	f->r.pause_after = 1;
	say(f, fd, "PUBLISH t:send 1\nPUBLISH t:send 2\nPUBLISH t:send 3\n");
	close(fd);
	say(f, other, "PUBLISH t:send 4\n");
	recorder_until(&f->r, f->r.messages >= 1);
	recorder_run_for(&f->r, 50);
	/* The other one may have been first: one message in any case. */
	ck_assert_uint_eq(f->r.messages, 1);
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.messages == 4);
	recorder_until(&f->r, publishers(f) == 1);
	hear(f, other, ":1\r\n");
	close(other);
	tear_down(f);
}
END_TEST

START_TEST(test_one_publisher_too_many_hears_why)
{
	struct fixture *f = set_up_and_open();
	static int fds[1024];
	int extra;

	set_fd_limit(4096);
	for (size_t i = 0; i < 1024; i++) {
		fds[i] = join(f);
		if (i % 64 == 63)
			recorder_until(&f->r, publishers(f) == i + 1);
	}
	extra = join(f);
	hear(f, extra, "-ERR max number of clients reached\r\n");
	hear_end(f, extra);
	close(fds[0]);
	recorder_until(&f->r, publishers(f) == 1023);
	extra = join(f);
	say(f, extra, "PING\n");
	hear(f, extra, "+PONG\r\n");
	close(extra);
	for (size_t i = 1; i < 1024; i++)
		close(fds[i]);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/embedded_pool", test_paused_reads_nothing_and_loses_nothing,
    test_one_publisher_too_many_hears_why)
