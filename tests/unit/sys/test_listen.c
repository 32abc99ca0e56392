/* listen: sockets at an address of the configuration. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "sys/connect.h"
#include "sys/listen.h"
#include "unit.h"

static int open_at(
    const char *address, bool only_bind, struct listen_place *place)
{
	const struct listen_options options = {
		.reuse_port = !only_bind,
		.only_bind = only_bind,
		.backlog = 1,
		.gid = -1,
	};
	struct err e;

	return listen_open(address, &options, place, &e);
}

static int connect_at(const struct listen_place *place)
{
	struct address a;
	struct err e;

	ck_assert_int_eq(address_parse(&a, place->text, NULL), 0);
	return connect_to(&a, 5000, &e);
}

/* Who got in would be reset as soon as that socket is closed. */
START_TEST(a_port_that_is_only_bound_lets_nobody_in)
{
	struct listen_place place, again;
	int bound = open_at("127.0.0.1:0", true, &place);
	int listening, fd;

	ck_assert_int_ge(bound, 0);
	ck_assert_int_eq(connect_at(&place), -ECONNREFUSED);
	ck_assert_int_eq(close(bound), 0);
	listening = open_at(place.text, false, &again);
	ck_assert_int_ge(listening, 0);
	ck_assert_str_eq(place.text, again.text);
	fd = connect_at(&again);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(close(listening), 0);
}
END_TEST

/* What SO_REUSEPORT would hide from a second process. */
START_TEST(a_port_that_is_served_cannot_be_bound)
{
	struct listen_place place, other;
	int listening = open_at("127.0.0.1:0", false, &place);

	ck_assert_int_ge(listening, 0);
	ck_assert_int_eq(open_at(place.text, true, &other), -EADDRINUSE);
	ck_assert_int_eq(close(listening), 0);
}
END_TEST

START_TEST(who_waits_to_be_accepted_is_seen_until_that_is_done)
{
	struct listen_place place;
	int listening = open_at("127.0.0.1:0", false, &place);
	int fd, accepted;

	ck_assert_int_ge(listening, 0);
	ck_assert(!listen_has_caller(listening));
	fd = connect_at(&place);
	ck_assert_int_ge(fd, 0);
	ck_assert(listen_has_caller(listening));
	accepted = accept(listening, NULL, NULL);
	ck_assert_int_ge(accepted, 0);
	ck_assert(!listen_has_caller(listening));
	ck_assert_int_eq(close(accepted), 0);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(close(listening), 0);
}
END_TEST

UNIT_MAIN("sys/listen", a_port_that_is_only_bound_lets_nobody_in,
    a_port_that_is_served_cannot_be_bound,
    who_waits_to_be_accepted_is_seen_until_that_is_done)
