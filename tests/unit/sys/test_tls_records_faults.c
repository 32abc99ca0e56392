/*
 * tls_records: what a peer may not send (RFC 8446), and what it is told.
 */
#include "recordsrig.h"

enum { CHANGE_CIPHER = 20, HEARTBEAT = 24, NO_ALERT = -1 };

/* After it nothing is read, and nothing more is said or taken. */
static void check_broken(int alert)
{
	const char fatal[] = { 2, (char)alert };
	ssize_t n;
	int left;

	while ((n = read_once()) == -EAGAIN)
		ck_assert_int_gt(unread(), 0);
	ck_assert_int_eq(n, -EPROTO);
	if (alert == NO_ALERT)
		check_silent();
	else
		check_heard(TLS_ALERT, slice_of(fatal, 2));
	say(TLS_DATA, WHOLE("data"));
	left = unread();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert_int_eq(unread(), left);
	ck_assert_uint_eq(bio.unsent.len, 0);
	if (alert != NO_ALERT) {
		tls_records_shut(&records, &bio);
		ck_assert_int_eq(write_once(WHOLE("data")), -1);
	}
	check_silent();
	ck_assert(!records.has_ended);
}

enum { PIECES = 3 };

START_TEST(what_no_peer_may_say_is_answered_by_an_alert)
{
	const struct {
		int alert, type; /* of the first; the others are handshake */
		struct slice pieces[PIECES];
	} faults[] = {
		/* KeyUpdates */
		{ 47, TLS_HANDSHAKE, { WHOLE("\x18\0\0\1\2") } },
		{ 47, TLS_HANDSHAKE, { WHOLE("\x18\0\0\1\xff") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x18\0\0\1\0\x18") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x18\0\0\1\0\x18\0\0\1\0") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x18\0"), WHOLE("\0\1\0\x18") } },
		{ 50, TLS_HANDSHAKE, { WHOLE("\x18\0\0\0") } },
		{ 50, TLS_HANDSHAKE, { WHOLE("\x18\0\0\2\0\0") } },
		{ 50, TLS_HANDSHAKE, { WHOLE("\x18\1") } },
		{ 50, TLS_HANDSHAKE, { WHOLE("\x18"), WHOLE("\0\1") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x18"), WHOLE("") } },
		/* other messages: ClientHello, Certificate, Finished */
		{ 10, TLS_HANDSHAKE, { WHOLE("\1\0\0\1\0") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x0b\0\0\4\0\0\0\0") } },
		{ 10, TLS_HANDSHAKE, { WHOLE("\x14") } },
		/* types, and empty records of those that have none */
		{ 10, TLS_HANDSHAKE, { WHOLE("") } },
		{ 10, TLS_ALERT, { WHOLE("") } },
		{ 50, TLS_ALERT, { WHOLE("\1") } },
		{ 50, TLS_ALERT, { WHOLE("\1\0\1") } },
		{ 10, CHANGE_CIPHER, { WHOLE("\1") } },
		{ 10, HEARTBEAT, { WHOLE("\1\0\0") } },
		{ 10, 255, { WHOLE("data") } },
		{ 10, 0, { WHOLE("\0\0") } },
	};

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		for (int j = 0; j < PIECES && faults[i].pieces[j].ptr; j++)
			say(j == 0 ? faults[i].type : TLS_HANDSHAKE,
			    faults[i].pieces[j]);
		check_broken(faults[i].alert);
		start_anew();
	}
}
END_TEST

START_TEST(nothing_may_stand_between_pieces_of_a_message)
{
	static const int types[] = { TLS_DATA, TLS_ALERT, CHANGE_CIPHER };

	for (size_t i = 0; i < 3; i++) {
		say(TLS_HANDSHAKE, WHOLE("\x18\0\0"));
		say(types[i], CLOSE_NOTIFY);
		check_broken(10);
		start_anew();
	}
}
END_TEST

START_TEST(records_that_are_not_sealed_are_answered_by_an_alert)
{
	const struct {
		int alert;
		struct slice bytes;
	} faults[] = {
		{ 10, WHOLE("\x15\3\3\0\2\1\0") }, /* a plain close_notify */
		{ 10, WHOLE("\x14\3\3\0\1\1") },
		{ 10, WHOLE("\x16") },
		{ 10, WHOLE("GET / HTTP/1.1\r\n\r\n") },
		{ 22, WHOLE("\x17\3\3\x40\x12") },
		{ 22, WHOLE("\x17\3\3\xff\xff") },
		{ 20, WHOLE("\x17\3\3\0\0") },
		{ 20, WHOLE("\x17\3\3\0\x10"
			    "0123456789abcdef") },
		{ 20, WHOLE("\x17\3\3\0\x11"
			    "0123456789abcdefg") },
	};

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct slice bytes = faults[i].bytes;

		put(bytes);
		check_broken(faults[i].alert);
		start_anew();
		/* The same, of which the first byte comes alone. */
		say(TLS_DATA, WHOLE("data"));
		check_read(WHOLE("data"));
		put(slice_of(bytes.ptr, 1));
		ck_assert_int_eq(
		    read_once(), bytes.ptr[0] == TLS_DATA ? -EAGAIN : -EPROTO);
		put(slice_after(bytes, 1));
		check_broken(faults[i].alert);
		start_anew();
	}
}
END_TEST

START_TEST(what_came_before_a_broken_record_is_read)
{
	struct slice record;

	say(TLS_DATA, WHOLE("data"));
	record = seal(TLS_DATA, WHOLE("data"));
	((char *)(uintptr_t)record.ptr)[10] ^= 1;
	put(record);
	check_read(WHOLE("data"));
	check_broken(20);
}
END_TEST

START_TEST(other_alerts_are_an_end_whatever_their_level)
{
	for (int level = 0; level < 4; level++)
		for (int i = 1; i < 256; i++) {
			const char alert[] = { (char)level, (char)i };

			if (i == 90) /* user_canceled is none by itself */
				continue;
			say(TLS_ALERT, slice_of(alert, 2));
			check_broken(NO_ALERT);
			start_anew();
		}
}
END_TEST

/* Padding is no part of it. */
START_TEST(who_asked_for_short_records_sends_no_longer_ones)
{
	static const char data[513];

	records.content_max = 512;
	say(TLS_DATA, slice_of(data, 512));
	ck_assert_int_eq(read_once(), 512);
	say(0, WHOLE("padded\x17\0\0"));
	check_read(WHOLE("padded"));
	say(TLS_DATA, slice_of(data, 513));
	check_broken(22);
}
END_TEST

START_TEST(what_came_with_a_broken_record_goes_with_it)
{
	put(WHOLE("\x17\3\3\xff\xff and more"));
	ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert_int_eq(unread(), 0);
	start_anew();
	put(seal(TLS_HANDSHAKE, WHOLE("\1\0\0\1\0")));
	say(TLS_DATA, WHOLE("behind it"));
	ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert_int_eq(unread(), 0);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_records_faults",
    what_no_peer_may_say_is_answered_by_an_alert,
    nothing_may_stand_between_pieces_of_a_message,
    records_that_are_not_sealed_are_answered_by_an_alert,
    what_came_before_a_broken_record_is_read,
    other_alerts_are_an_end_whatever_their_level,
    who_asked_for_short_records_sends_no_longer_ones,
    what_came_with_a_broken_record_goes_with_it)
