/* embedded: publishers of every manner at the port, and real clients. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "backend/embedded.h"
#include "recorder.h"

struct fixture {
	struct recorder r;
	char dir[64];
	char path[80];
	char listen[96];
	unsigned port; /* 0: it listens on a unix socket */
};

static struct fixture *set_up(void)
{
	static struct fixture f;

	recorder_init(&f.r, &embedded_backend);
	f.port = 0;
	(void)snprintf(f.dir, sizeof f.dir, "/tmp/roomcast-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	(void)snprintf(f.path, sizeof f.path, "%s/e.sock", f.dir);
	(void)snprintf(f.listen, sizeof f.listen, "unix:%s", f.path);
	f.r.conf.embedded.listen = f.listen;
	return &f;
}

static struct fixture *set_up_and_open(void)
{
	struct fixture *f = set_up();

	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	return f;
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	getsockname(fd, (struct sockaddr *)&addr, &len);
	close(fd);
	return ntohs(addr.sin_port);
}

/* On a TCP port: there, closing over unread input resets the connection. */
static struct fixture *set_up_and_open_port(void)
{
	struct fixture *f = set_up();

	f->port = free_port();
	(void)snprintf(f->listen, sizeof f->listen, "127.0.0.1:%u", f->port);
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	return f;
}

static void tear_down(struct fixture *f)
{
	recorder_fini(&f->r);
	rmdir(f->dir);
}

static int join_port(unsigned port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int join(struct fixture *f)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (f->port)
		return join_port(f->port);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", f->path);
	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

/* Send all of it; the loop runs while the socket is full. */
static void say_bytes(struct fixture *f, int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, p, len, MSG_NOSIGNAL);

		if (sent < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			recorder_turn(&f->r, 5);
			continue;
		}
		p += sent;
		len -= (size_t)sent;
	}
}

static void say(struct fixture *f, int fd, const char *text)
{
	say_bytes(f, fd, text, strlen(text));
}

/* What the publisher can hear right now; how many bytes. No reset may come. */
static size_t listen_to(int fd, char *text, size_t size)
{
	ssize_t len = recv(fd, text, size, 0);

	ck_assert_msg(len >= 0 || errno == EAGAIN, "%s", strerror(errno));
	return len > 0 ? (size_t)len : 0;
}

/* Run until the publisher has heard exactly this, and nothing behind it. */
static void hear(struct fixture *f, int fd, const char *expected)
{
	size_t len = strlen(expected), got = 0;
	char text[4096] = "";

	recorder_until(&f->r,
	    (got += listen_to(fd, text + got, sizeof text - 1 - got)) >= len);
	ck_assert_str_eq(text, expected);
}

static bool has_ended(int fd)
{
	char c;
	ssize_t len = recv(fd, &c, 1, 0);

	ck_assert_msg(len >= 0 || errno == EAGAIN, "%s", strerror(errno));
	ck_assert_int_le(len, 0);
	return len == 0;
}

/* Run until the gateway has closed the connection, in good order. */
static void hear_end(struct fixture *f, int fd)
{
	recorder_until(&f->r, has_ended(fd));
	close(fd);
}

static uint64_t publishers(struct fixture *f)
{
	return recorder_metric(&f->r, METRIC_PUBLISHERS);
}

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
	char secret[] = "s3cret";
	int fd;

	f->r.conf.embedded.password = secret;
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

/* Send commands until the socket takes no more for a while; how many commands. */
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

static void set_fd_limit(rlim_t count)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

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

START_TEST(test_out_of_descriptors_accepts_again_later)
{
	struct fixture *f = set_up_and_open();
	int fd = join(f), spare = fcntl(fd, F_DUPFD, 0);

	close(spare);
	set_fd_limit((rlim_t)spare); /* the next descriptor is one too many */
	recorder_run_for(&f->r, 50);
	ck_assert_uint_eq(publishers(f), 0);
	set_fd_limit(1024);
	say(f, fd, "PING\n");
	hear(f, fd, "+PONG\r\n");
	close(fd);
	tear_down(f);
}
END_TEST

START_TEST(test_an_address_in_use_is_an_error)
{
	struct fixture *f = set_up_and_open();
	struct backend *second = NULL;
	struct err e = { "" };

	ck_assert_int_lt(embedded_backend.open(&second, f->r.base, &f->r.conf,
			     f->r.metrics, NULL, NULL, &e),
	    0);
	ck_assert_str_ne(e.text, "");
	ck_assert_ptr_null(second);
	tear_down(f);
}
END_TEST

START_TEST(test_closing_drops_all_publishers)
{
	struct fixture *f = set_up_and_open();
	int fds[20];

	for (size_t i = 0; i < 20; i++) {
		fds[i] = join(f);
		say(f, fds[i], "PUBLISH t:send x\nECHO ");
	}
	recorder_until(&f->r, f->r.messages == 20);
	tear_down(f);
	for (size_t i = 0; i < 20; i++)
		close(fds[i]);
}
END_TEST

/* Run a shell script with $1 and $2 beside the loop; it must end with 0. */
static void run(
    struct fixture *f, const char *script, const char *one, const char *two)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execlp("bash", "bash", "-c", script, "bash", one, two,
		    (char *)NULL);
		_exit(127);
	}
	recorder_until(&f->r, waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_msg(status == 0, "%s: %d", script, status);
}

START_TEST(test_redis_cli_publishes)
{
	struct fixture *f = set_up_and_open();

	run(f, "redis-cli -e -s $1 publish t:send 'by resp2'", f->path, "");
	run(f, "redis-cli -e -3 -s $1 publish t:send 'by resp3'", f->path, "");
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=by resp2"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=by resp3"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_redis_py_signs_in_and_publishes)
{
	static const char program[] =
	    "import sys, redis\n"
	    "r = redis.Redis(unix_socket_path=sys.argv[1], db=2,\n"
	    "    password='s3cret', client_name='py')\n"
	    "assert r.ping() and r.info()['redis_version'] == '7.0.0'\n"
	    "assert r.client_getname() == 'py'\n"
	    "assert r.publish('t:send', b'by py') == 1\n"
	    "assert r.publish('elsewhere', b'x') == 0\n"
	    "p = r.pipeline(transaction=False)\n"
	    "for i in range(500): p.publish('t:broadcast', str(i))\n"
	    "assert p.execute() == [1] * 500\n";
	struct fixture *f = set_up();
	char secret[] = "s3cret";

	f->r.conf.embedded.password = secret;
	recorder_open(&f->r);
	run(f, "/usr/bin/python3 -c \"$1\" \"$2\"", program, f->path);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=by py"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:broadcast=499"), 1);
	ck_assert_uint_eq(f->r.messages, 501);
	tear_down(f);
}
END_TEST

/* The synchronous client of hiredis blocks: it gets a process of its own. */
static int publish_by_hiredis(const char *path)
{
	redisContext *c = redisConnectUnix(path);
	redisReply *reply;
	bool is_fine;

	if (!c || c->err)
		return 1;
	reply = redisCommand(c, "PUBLISH %s %b", "t:send", "by\0c", (size_t)4);
	is_fine =
	    reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
	if (reply)
		freeReplyObject(reply);
	redisFree(c);
	return is_fine ? 0 : 1;
}

START_TEST(test_hiredis_publishes)
{
	struct fixture *f = set_up_and_open();
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(publish_by_hiredis(f->path));
	recorder_until(&f->r, waitpid(pid, &status, WNOHANG) == pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(f->r.messages, 1);
	ck_assert_uint_eq(f->r.payload_bytes, 4);
	tear_down(f);
}
END_TEST

START_TEST(test_a_shell_without_any_client_publishes)
{
	struct fixture *f = set_up_and_open_port();
	char port[8];

	(void)snprintf(port, sizeof port, "%u", f->port);
	run(f, "echo \"PUBLISH t:room:lobby 'hello'\" > /dev/tcp/127.0.0.1/$1",
	    port, "");
	recorder_until(
	    &f->r, recorder_count(&f->r, "message t:room:lobby=hello") == 1);
	recorder_until(&f->r, publishers(f) == 0);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/embedded", test_inline_and_resp_commands_mix,
    test_what_came_before_the_end_is_carried,
    test_a_half_closed_publisher_hears_its_replies,
    test_quit_answers_and_closes,
    test_a_protocol_error_is_told_even_with_input_unread,
    test_a_payload_over_the_limit_is_told_and_the_next_is_carried,
    test_a_forged_http_request_publishes_nothing,
    test_a_stranger_can_send_nothing_large,
    test_who_never_reads_replies_is_not_read_until_it_does,
    test_a_burst_of_one_does_not_hold_up_another,
    test_paused_reads_nothing_and_loses_nothing,
    test_one_publisher_too_many_hears_why,
    test_out_of_descriptors_accepts_again_later,
    test_an_address_in_use_is_an_error, test_closing_drops_all_publishers,
    test_redis_cli_publishes, test_redis_py_signs_in_and_publishes,
    test_hiredis_publishes, test_a_shell_without_any_client_publishes)
