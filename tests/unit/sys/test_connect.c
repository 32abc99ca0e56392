/* connect: a socket to an address, or why there is none. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "sys/connect.h"
#include "unit.h"

/* A listener at a free port of 127.0.0.1, and its address with that host. */
static int listen_somewhere(const char *host, struct address *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[64];

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	(void)snprintf(text, sizeof text, "%s:%u", host, ntohs(in.sin_port));
	ck_assert_int_eq(address_parse(a, text, NULL), 0);
	return fd;
}

static void check_reached(const char *host)
{
	struct address a;
	int listening = listen_somewhere(host, &a);
	struct err e;
	int fd = connect_to(&a, 5000, &e);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(close(listening), 0);
}

START_TEST(numbers_and_names_are_reached)
{
	check_reached("127.0.0.1");
	check_reached("localhost");
}
END_TEST

START_TEST(a_wildcard_is_loopback)
{
	check_reached("*");
	check_reached("0.0.0.0");
}
END_TEST

START_TEST(nobody_is_there)
{
	struct address a;
	struct err e;

	ck_assert_int_eq(close(listen_somewhere("127.0.0.1", &a)), 0);
	ck_assert_int_eq(connect_to(&a, 5000, &e), -ECONNREFUSED);
	ck_assert_str_eq(e.text, strerror(ECONNREFUSED));
	ck_assert_int_eq(address_parse(&a, "unix:/nowhere/at/all", &e), 0);
	ck_assert_int_eq(connect_to(&a, 5000, &e), -ENOENT);
	ck_assert_int_eq(address_parse(&a, "name.invalid:1", &e), 0);
	ck_assert_int_eq(connect_to(&a, 5000, &e), -EADDRNOTAVAIL);
}
END_TEST

UNIT_MAIN("sys/connect", numbers_and_names_are_reached, a_wildcard_is_loopback,
    nobody_is_there)
