/*
 * tls_failure: what a handshake that came to nothing is called, by what came
 * instead of it.
 */
#include <errno.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sys/tls.h"
#include "sys/tls_failure.h"
#include "sys/tls_server.h"
#include "tlsrig.h"

static struct tlsrig files;
static struct tls_server *listener;

static void set_up(void)
{
	struct err e = { "" };

	tlsrig_open(&files);
	listener = tlsrig_listen(&files, &e);
	ck_assert_msg(listener != NULL, "%s", e.text);
}

static void tear_down(void)
{
	tls_server_free(listener);
	tlsrig_close(&files);
}

/* What a server calls it when these bytes come, and then the end. */
static enum tls_failure when_words(struct slice bytes, const char **words)
{
	enum tls_failure why;
	struct tls *s;
	char got[TLS_READ_MIN];
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	s = tls_server_accept(listener, fds[0]);
	ck_assert_int_eq(
	    write(fds[1], bytes.ptr, bytes.len), (ssize_t)bytes.len);
	(void)shutdown(fds[1], SHUT_WR);
	while (tls_read(s, got, sizeof got) == -EAGAIN)
		;
	ck_assert(!tls_is_up(s));
	why = tls_failure_of(s);
	*words = tls_failure_words(s, why);
	tls_free(s);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return why;
}

static enum tls_failure when(struct slice bytes)
{
	const char *ignored;

	return when_words(bytes, &ignored);
}

static const char *words_when(const char *text)
{
	const char *words;

	(void)when_words(slice_str(text), &words);
	return words;
}

static enum tls_failure when_text(const char *text)
{
	return when(slice_str(text));
}

START_TEST(a_method_in_capitals_is_http)
{
	ck_assert_int_eq(when_text("GET / HTTP/1.1\r\n\r\n"), TLS_FAILURE_HTTP);
	ck_assert_int_eq(
	    when_text("OPTIONS * HTTP/1.0\r\n\r\n"), TLS_FAILURE_HTTP);
	ck_assert_int_eq(
	    when_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), TLS_FAILURE_HTTP);
}
END_TEST

START_TEST(other_texts_are_no_tls)
{
	ck_assert_int_eq(
	    when_text("gets / HTTP/1.1\r\n\r\n"), TLS_FAILURE_NOT_TLS);
	ck_assert_int_eq(
	    when_text("SSH-2.0-x\r\n\r\n\r\n"), TLS_FAILURE_NOT_TLS);
	ck_assert_int_eq(when_text("HTTP/1.1 200 OK\r\n"), TLS_FAILURE_NOT_TLS);
}
END_TEST

START_TEST(who_leaves_before_a_record_is_whole_has_left)
{
	ck_assert_int_eq(when_text(""), TLS_FAILURE_CLOSED);
	ck_assert_int_eq(when_text("GET "), TLS_FAILURE_CLOSED);
	ck_assert_int_eq(
	    when(slice_of("\x16\3\1\2\0\1\0", 7)), TLS_FAILURE_CLOSED);
}
END_TEST

START_TEST(each_has_its_words)
{
	ck_assert_str_eq(tls_failure_label(TLS_FAILURE_TIMEOUT), "timeout");
	ck_assert_str_eq(
	    tls_failure_text(TLS_FAILURE_TIMEOUT), "not done in time");
}
END_TEST

START_TEST(openssl_has_the_word_where_it_has_one)
{
	ck_assert_str_eq(words_when("GET / HTTP/1.1\r\n\r\n"), "http request");
	ck_assert_str_eq(words_when(""), "the other end has left");
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_failure",
    a_method_in_capitals_is_http, other_texts_are_no_tls,
    who_leaves_before_a_record_is_whole_has_left, each_has_its_words,
    openssl_has_the_word_where_it_has_one)
