/*
 * tls_server: files that are read again count once they are used, and only if
 * they are better than what there is.
 */
#include <errno.h>

#include "sys/tls_server.h"
#include "tlsrig.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static struct tlsrig files;
static struct tls_server *listener;

static void set_up(void)
{
	struct err e = { "" };

	tlsrig_open(&files);
	tlsrig_write(&files, HOUR_S);
	listener = tlsrig_listen(&files, &e);
	ck_assert_msg(listener != NULL, "%s", e.text);
}

static void tear_down(void)
{
	tls_server_free(listener);
	tlsrig_close(&files);
}

static int read_again(struct err *e)
{
	const struct tls_files pair = { files.certificate, files.key };
	const struct tls_settings s = { .pairs = &pair, .pair_count = 1 };

	return tls_server_read(listener, &s, e);
}

/* For how long the certificate in use is valid. */
static int64_t lifetime_s(void)
{
	struct tls_dates dates = tls_server_dates(listener, 0);

	return dates.end_s - dates.begin_s;
}

START_TEST(what_is_read_counts_once_it_is_used)
{
	struct err e = { "" };

	tlsrig_write(&files, DAY_S);
	ck_assert_int_eq(read_again(&e), 0);
	ck_assert_int_eq(lifetime_s(), HOUR_S);
	tls_server_use(listener);
	ck_assert_int_eq(lifetime_s(), DAY_S);
	tls_server_use(listener); /* there is nothing more */
	ck_assert_int_eq(lifetime_s(), DAY_S);
}
END_TEST

START_TEST(what_is_dropped_never_counts)
{
	struct err e = { "" };

	tlsrig_write(&files, DAY_S);
	ck_assert_int_eq(read_again(&e), 0);
	tls_server_drop(listener);
	tls_server_use(listener);
	ck_assert_int_eq(lifetime_s(), HOUR_S);
}
END_TEST

START_TEST(one_that_has_expired_is_not_taken)
{
	struct err e = { "" };

	tlsrig_write(&files, -1);
	ck_assert_int_eq(read_again(&e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "the certificate has expired"));
	tls_server_use(listener);
	ck_assert_int_eq(lifetime_s(), HOUR_S);
}
END_TEST

/* It has no old one that could stay. */
START_TEST(an_empty_one_takes_none_that_has_expired)
{
	struct err e = { "" };

	tls_server_free(listener);
	listener = tls_server_new_empty();
	tlsrig_write(&files, -1);
	ck_assert_int_eq(read_again(&e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "the certificate has expired"));
	tls_server_use(listener);
	ck_assert(tls_server_is_empty(listener));
	tlsrig_write(&files, DAY_S);
	ck_assert_int_eq(read_again(&e), 0);
	ck_assert(tls_server_is_empty(listener));
	tls_server_use(listener);
	ck_assert(!tls_server_is_empty(listener));
	ck_assert_int_eq(lifetime_s(), DAY_S);
}
END_TEST

START_TEST(a_start_takes_one_that_has_expired)
{
	struct err e = { "" };

	tls_server_free(listener);
	tlsrig_write(&files, -1);
	listener = tlsrig_listen(&files, &e);
	ck_assert_msg(listener != NULL, "%s", e.text);
	ck_assert_int_eq(lifetime_s(), -1);
}
END_TEST

START_TEST(a_key_that_is_gone_is_named)
{
	struct err e = { "" };

	ck_assert_int_eq(unlink(files.key), 0);
	ck_assert_int_eq(read_again(&e), -EINVAL);
	ck_assert_ptr_eq(strstr(e.text, files.key), e.text);
	ck_assert_int_eq(lifetime_s(), HOUR_S);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_server",
    what_is_read_counts_once_it_is_used, what_is_dropped_never_counts,
    one_that_has_expired_is_not_taken, an_empty_one_takes_none_that_has_expired,
    a_start_takes_one_that_has_expired, a_key_that_is_gone_is_named)
