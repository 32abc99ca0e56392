/* embedded_publisher: publishers of every manner at the port. */
#include "embedded_port.h"

START_TEST(test_inline_and_resp_commands_mix)
{
	struct fixture *f = set_up_and_open();
	int fd = join(f);

	say(f, fd,
	    "PUBLISH t:room:lobby 'hello there'\r\n"
	    "*3\r\n$7\r\nPUBLISH\r\n$6\r\nt:send\r\n$4\r\na\r\nb\r\nping\n");
	hear(f, fd, ":1\r\n:1\r\n+PONG\r\n");
	ck_assert_uint_eq(
	    recorder_count(&f->r, "message t:room:lobby=hello there"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=a\r\nb"), 1);
	ck_assert_uint_ge(f->r.batches, 1);
	for (const char *p = "PING\r\nPUBLISH t:send x\r\n"; *p; p++) {
		say_bytes(f, fd, p, 1);
		recorder_turn(&f->r, 1);
	}
	hear(f, fd, "+PONG\r\n:1\r\n");
	close(fd);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

START_TEST(test_what_came_before_the_end_is_carried)
{
	struct fixture *f = set_up_and_open();
	struct buf all = { 0 };
	int fd = join(f);

	f->r.is_quiet = true;
	for (int i = 0; i < 2000; i++)
		buf_printf(&all, "PUBLISH t:send %d\n", i);
	say_bytes(f, fd, all.data, all.len);
	close(fd); /* with all replies unread: a reset follows */
	recorder_until(&f->r, f->r.messages == 2000);
	recorder_until(&f->r, publishers(f) == 0);
	buf_fini(&all);
	tear_down(f);
}
END_TEST

START_TEST(test_a_half_closed_publisher_hears_its_replies)
{
	struct fixture *f = set_up_and_open();
	int fd = join(f);

	say(f, fd, "PUBLISH t:send a\nPING\nPING half");
	shutdown(fd, SHUT_WR);
	hear(f, fd, ":1\r\n+PONG\r\n");
	hear_end(f, fd);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

START_TEST(test_quit_answers_and_closes)
{
	struct fixture *f = set_up_and_open();
	int fd = join(f);

	say(f, fd, "PING\nQUIT\nPUBLISH t:send late\n");
	hear(f, fd, "+PONG\r\n+OK\r\n");
	hear_end(f, fd);
	recorder_until(&f->r, publishers(f) == 0);
	ck_assert_uint_eq(f->r.messages, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_protocol_error_is_told_even_with_input_unread)
{
	struct fixture *f = set_up_and_open_port();
	struct buf junk = { 0 };
	int fd = join(f);

	buf_puts(&junk, "PING\r\n*1\r\n:5\r\n");
	for (int i = 0; i < 50000; i++)
		buf_puts(&junk, "PUBLISH t:send late\r\n");
	say_bytes(f, fd, junk.data, junk.len);
	hear(f, fd,
	    "+PONG\r\n-ERR Protocol error: a command is an array of strings"
	    "\r\n");
	hear_end(f, fd);
	recorder_until(&f->r, publishers(f) == 0);
	ck_assert_uint_eq(f->r.messages, 0);
	buf_fini(&junk);
	tear_down(f);
}
END_TEST

START_TEST(test_a_payload_over_the_limit_is_told_and_the_next_is_carried)
{
	struct fixture *f = set_up_and_open();
	size_t too_big = f->r.conf.limits.payload + 1;
	struct buf b = { 0 };
	int fd = join(f);

	buf_printf(
	    &b, "*3\r\n$7\r\nPUBLISH\r\n$6\r\nt:send\r\n$%zu\r\n", too_big);
	for (size_t i = 0; i < too_big; i++)
		buf_puts(&b, "x");
	buf_puts(&b, "\r\nPUBLISH t:send fine\r\n");
	say_bytes(f, fd, b.data, b.len);
	hear(f, fd,
	    "-ERR payload dropped: too large\r\n"
	    ":1\r\n");
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=fine"), 1);
	say(f, fd, "*3\r\n$7\r\nPUBLISH\r\n$6\r\nt:send\r\n$2147483647\r\n");
	hear(f, fd, "-ERR Protocol error: a string is too long\r\n");
	hear_end(f, fd);
	buf_fini(&b);
	tear_down(f);
}
END_TEST

START_TEST(test_a_forged_http_request_publishes_nothing)
{
	static const char *const heads[] = {
		"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
	};
	struct fixture *f = set_up_and_open();

	for (size_t i = 0; i < 2; i++) {
		int fd = join(f);

		say(f, fd, heads[i]);
		say(f, fd, "PUBLISH t:send forged\r\n");
		recorder_until(&f->r, publishers(f) == 1);
		recorder_until(&f->r, publishers(f) == 0);
		close(fd);
	}
	ck_assert_uint_eq(f->r.messages, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_stranger_can_send_nothing_large)
{
	struct fixture *f = set_up();
	int fd;

	set_password(f, "s3cret\n");
	recorder_open(&f->r);
	fd = join(f);
	say(f, fd, "PUBLISH t:send x\r\n*2\r\n$4\r\nPING\r\n$20000\r\n");
	hear(f, fd,
	    "-NOAUTH authentication is required\r\n"
	    "-ERR Protocol error: a string is too long\r\n");
	hear_end(f, fd);
	fd = join(f);
	say(f, fd, "AUTH s3cret\r\n*2\r\n$4\r\nECHO\r\n$20000\r\n");
	hear(f, fd, "+OK\r\n");
	close(fd);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

#define ECHO_TEXT  "0123456789012345678901234567890"
#define ECHO_REPLY "$31\r\n" ECHO_TEXT "\r\n"

/*
 * Send commands until the socket takes no more for a while; how many commands.
 */
static size_t flood(struct fixture *f, int fd)
{
	static const char command[] = "ECHO " ECHO_TEXT "\n";
	size_t len = sizeof command - 1, count = 0, at = 0;

	for (int idle = 0; idle < 20;) {
		ssize_t sent = send(fd, command + at, len - at, MSG_NOSIGNAL);

		if (sent < 0) {
			idle++;
			recorder_turn(&f->r, 5);
			continue;
		}
		idle = 0;
		at += (size_t)sent;
		if (at == len) {
			at = 0;
			count++;
		}
		ck_assert_uint_lt(count, 10000000);
	}
	return count;
}

START_TEST(test_who_never_reads_replies_is_not_read_until_it_does)
{
	struct fixture *f = set_up_and_open();
	int lazy = join(f), busy = join(f);
	size_t commands, replied = 0;
	char text[65536];

	commands = flood(f, lazy);
	ck_assert_uint_gt(commands, 1000);
	say(f, busy, "PUBLISH t:send x\n");
	hear(f, busy, ":1\r\n");
	recorder_until(&f->r, (replied += listen_to(lazy, text, sizeof text)) >=
				  commands * strlen(ECHO_REPLY));
	close(lazy);
	close(busy);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_burst_of_one_does_not_hold_up_another)
{
	struct fixture *f = set_up_and_open();
	int loud = join(f), calm = join(f);
	const char *at;
	struct buf all = { 0 };
	size_t before = 0;

	recorder_until(&f->r, publishers(f) == 2);
	for (int i = 0; i < 5000; i++)
		buf_puts(&all, "PUBLISH t:send l\n");
	ck_assert_int_gt(send(loud, all.data, all.len, 0), 60000);
	say(f, calm, "PUBLISH t:send calm\n");
	recorder_until(
	    &f->r, recorder_count(&f->r, "message t:send=calm") == 1);
	at = strstr(f->r.told.data, "message t:send=calm");
	for (const char *p = f->r.told.data; p < at; p++)
		before += *p == '\n';
	ck_assert_uint_lt(before, 1000);
	recorder_until(&f->r, f->r.messages == 5001);
	ck_assert_uint_ge(f->r.batches, 5000 / 256); /* so many turns */
	close(loud);
	close(calm);
	buf_fini(&all);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/embedded_publisher", test_inline_and_resp_commands_mix,
    test_what_came_before_the_end_is_carried,
    test_a_half_closed_publisher_hears_its_replies,
    test_quit_answers_and_closes,
    test_a_protocol_error_is_told_even_with_input_unread,
    test_a_payload_over_the_limit_is_told_and_the_next_is_carried,
    test_a_forged_http_request_publishes_nothing,
    test_a_stranger_can_send_nothing_large,
    test_who_never_reads_replies_is_not_read_until_it_does,
    test_a_burst_of_one_does_not_hold_up_another)
