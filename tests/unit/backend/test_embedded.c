/* embedded: where it listens, and real clients that publish there. */
#include <sys/wait.h>

#include <hiredis/hiredis.h>

#include "embedded_port.h"

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
	const struct backend_options options = {
		.conf = &f->r.conf,
		.metrics = f->r.metrics,
	};
	struct backend *second = NULL;
	struct err e = { "" };

	ck_assert_int_lt(
	    embedded_backend.open(&second, f->r.base, &options, &e), 0);
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

	set_password(f, "s3cret\n");
	recorder_open(&f->r);
	run(f, "/usr/bin/python3 -c \"$1\" \"$2\"", program, f->path);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=by py"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:broadcast=499"), 1);
	ck_assert_uint_eq(f->r.messages, 501);
	tear_down(f);
}
END_TEST

START_TEST(test_a_password_is_read_again_on_demand)
{
	struct fixture *f = set_up();
	struct err e;
	int fd;

	set_password(f, "old\n");
	recorder_open(&f->r);
	set_password(f, "new\nand more");
	ck_assert_int_lt(f->r.ops->reload(f->r.backend, &e), 0);
	fd = join(f);
	say(f, fd, "AUTH old\r\n");
	hear(f, fd, "+OK\r\n");
	set_password(f, "new");
	ck_assert_int_eq(f->r.ops->reload(f->r.backend, &e), 0);
	say(f, fd, "PING\r\nAUTH old\r\nAUTH new\r\n");
	hear(f, fd,
	    "+PONG\r\n-WRONGPASS wrong user name or password\r\n+OK\r\n");
	close(fd);
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

UNIT_MAIN("backend/embedded", test_out_of_descriptors_accepts_again_later,
    test_an_address_in_use_is_an_error, test_closing_drops_all_publishers,
    test_redis_cli_publishes, test_redis_py_signs_in_and_publishes,
    test_a_password_is_read_again_on_demand, test_hiredis_publishes,
    test_a_shell_without_any_client_publishes)
