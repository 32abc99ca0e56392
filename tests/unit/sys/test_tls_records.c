/*
 * tls_records: what comes of a peer's records however they are cut, keys that
 * are renewed by either end, and the end.
 */
#include "recordsrig.h"

/* --- data --- */

START_TEST(data_comes_however_a_record_is_cut)
{
	const struct slice data = WHOLE("some data");
	size_t len = data.len + TLS_AROUND_BYTES;

	for (size_t cut = 0; cut < len; cut++) {
		struct slice record = seal(TLS_DATA, data);

		put(slice_of(record.ptr, cut));
		ck_assert_int_eq(read_once(), -EAGAIN);
		ck_assert_int_eq(unread(), 0); /* else it would be said again */
		put(slice_after(record, cut));
		check_read(data);
		ck_assert_ptr_null(records.rest.data);
	}
	for (struct slice left = seal(TLS_DATA, data); left.len > 0;
	     left = slice_after(left, 1)) {
		put(slice_of(left.ptr, 1));
		if (left.len > 1)
			ck_assert_int_eq(read_once(), -EAGAIN);
	}
	check_read(data);
	ck_assert_ptr_null(records.rest.data);
	ck_assert_uint_eq(idle, 0);
}
END_TEST

/* Another record behind it in the socket, which no read takes along. */
START_TEST(long_records_come_whole)
{
	static const size_t lens[] = { 4096 - TLS_AROUND_BYTES - 1,
		4096 - TLS_AROUND_BYTES, 4096 - TLS_AROUND_BYTES + 1, 4096,
		TLS_PLAIN_MAX };
	static char data[TLS_PLAIN_MAX];
	ssize_t n;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
		say(TLS_DATA, slice_of(data, lens[i]));
		say(TLS_DATA, WHOLE("behind"));
		while ((n = read_once()) == -EAGAIN)
			ck_assert_int_gt(unread(), 0);
		ck_assert_int_eq(n, (int)lens[i]);
		ck_assert_mem_eq(to, data, lens[i]);
		ck_assert_ptr_null(records.rest.data);
		check_read(WHOLE("behind"));
	}
}
END_TEST

/* Its head says how long it will be, be it in one piece or not. */
START_TEST(a_part_is_kept_in_no_more_room_than_the_record)
{
	static const char data[TLS_PLAIN_MAX];
	static const size_t firsts[] = { 1, TLS_HEAD_BYTES, 100, 4096, 5000 };

	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
		struct slice record =
		    seal(TLS_DATA, slice_of(data, sizeof data));

		put(slice_of(record.ptr, firsts[i]));
		ck_assert_int_eq(read_once(), -EAGAIN);
		ck_assert_uint_le(records.rest.cap, 4096);
		record = slice_after(record, firsts[i]);
		while (record.len > 1) {
			size_t len = record.len / 2;

			put(slice_of(record.ptr, len));
			ck_assert_int_eq(read_once(), -EAGAIN);
			record = slice_after(record, len);
		}
		ck_assert_uint_eq(records.rest.len, TLS_RECORD_MAX - 1);
		ck_assert_uint_eq(records.rest.cap, TLS_RECORD_MAX);
		put(record);
		ck_assert_int_eq(read_once(), sizeof data);
	}
}
END_TEST

START_TEST(one_record_with_data_ends_a_read)
{
	say(TLS_DATA, WHOLE("a"));
	say(TLS_DATA, WHOLE("b"));
	check_read(WHOLE("a"));
	ck_assert_int_eq(unread(), TLS_AROUND_BYTES + 1);
	check_read(WHOLE("b"));
	ck_assert_int_eq(read_once(), -EAGAIN);
}
END_TEST

START_TEST(eight_records_without_data_end_a_read)
{
	for (int i = 0; i < 20; i++)
		say(TLS_DATA, WHOLE(""));
	say(TLS_DATA, WHOLE("data"));
	ck_assert_int_eq(read_once(), -EAGAIN);
	ck_assert_uint_eq(idle, 8);
	ck_assert_int_eq(
	    unread(), 12 * TLS_AROUND_BYTES + TLS_AROUND_BYTES + 4);
	ck_assert_int_eq(read_once(), -EAGAIN);
	check_read(WHOLE("data"));
	ck_assert_uint_eq(idle, 20);
}
END_TEST

/* Zeros behind the type: as long as the longest record, they are no data. */
START_TEST(padding_is_no_data)
{
	static char inner[TLS_PLAIN_MAX] = { TLS_DATA };

	say(0, WHOLE("padded\x17\0\0"));
	say(0, slice_of(inner, sizeof inner));
	check_read(WHOLE("padded"));
	while (idle == 0)
		ck_assert_int_eq(read_once(), -EAGAIN);
	say(TLS_DATA, WHOLE("data"));
	check_read(WHOLE("data"));
}
END_TEST

/* --- KeyUpdate --- */

START_TEST(the_peer_may_take_its_next_key)
{
	for (int i = 0; i < 30; i++) {
		update_key(UPDATE);
		say(TLS_DATA, WHOLE("data"));
		check_read(WHOLE("data"));
	}
	ck_assert_uint_eq(idle, 30);
	check_silent();
	for (size_t i = 0; i < UPDATE.len; i++)
		say(TLS_HANDSHAKE, slice_of(UPDATE.ptr + i, 1));
	ck_assert(tls_cipher_renew(&peer.out));
	say(TLS_DATA, WHOLE("data"));
	check_read(WHOLE("data"));
	ck_assert_uint_eq(idle, 35);
	check_silent();
}
END_TEST

/* And ask for ours: what is asked for in one read is answered once. */
START_TEST(the_peer_may_ask_for_our_next_key)
{
	update_key(UPDATE_AND_ANSWER);
	ck_assert_int_eq(read_once(), -EAGAIN);
	check_heard(TLS_HANDSHAKE, UPDATE);
	ck_assert_int_eq(write_once(WHOLE("under the next")), 0);
	check_heard(TLS_DATA, WHOLE("under the next"));
	for (int i = 0; i < 3; i++)
		update_key(UPDATE_AND_ANSWER);
	say(TLS_DATA, WHOLE("data"));
	check_read(WHOLE("data"));
	check_heard(TLS_HANDSHAKE, UPDATE);
	check_silent();
	ck_assert_int_eq(write_once(WHOLE("and the next")), 0);
	check_heard(TLS_DATA, WHOLE("and the next"));
}
END_TEST

/* Take what the peer does not read, up to the first that stays here. */
static int fill_socket(void)
{
	static const char data[1000];
	int written = 0;

	while (bio.unsent.len == 0) {
		ck_assert_int_eq(write_once(slice_of(data, sizeof data)), 0);
		written++;
	}
	return written;
}

/* Nothing is written behind it before it has left, but answers. */
START_TEST(what_the_socket_does_not_take_is_kept_in_no_more_room)
{
	static const char data[TLS_PLAIN_MAX - 100];

	(void)fill_socket();
	bio.has_more = true;
	ck_assert_int_eq(write_once(slice_of(data, sizeof data)), 0);
	bio.has_more = false;
	ck_assert_int_eq(write_once(slice_of(data, sizeof data)), 0);
	ck_assert_uint_gt(bio.unsent.len, 2 * sizeof data);
	ck_assert_uint_eq(bio.unsent.cap, bio.unsent.len);
}
END_TEST

START_TEST(who_takes_no_answers_is_read_no_further)
{
	static const char data[1000];
	int written = fill_socket();
	size_t kept = bio.unsent.len;
	int before;

	for (int i = 0; i < 100; i++)
		update_key(UPDATE_AND_ANSWER);
	ck_assert_int_eq(read_once(), -EAGAIN);
	ck_assert(bio.has_answers);
	before = unread();
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(read_once(), -EAGAIN);
	ck_assert_int_eq(unread(), before);
	ck_assert_uint_eq(bio.unsent.len, kept + KEY_UPDATE_RECORD);
	for (int i = 0; i < written; i++) {
		int sent;

		check_heard(TLS_DATA, slice_of(data, sizeof data));
		sent = tls_bio_send(&bio);
		ck_assert(sent == 0 || sent == -EAGAIN);
	}
	check_heard(TLS_HANDSHAKE, UPDATE);
	ck_assert(!bio.has_answers);
	while (unread() > 0) {
		ck_assert_int_eq(read_once(), -EAGAIN);
		check_heard(TLS_HANDSHAKE, UPDATE);
	}
	ck_assert_uint_eq(idle, 100);
	check_silent();
}
END_TEST

/* Who cannot be told of our next key has gone. */
START_TEST(an_answer_that_cannot_leave_is_the_end)
{
	update_key(UPDATE_AND_ANSWER);
	say(TLS_DATA, WHOLE("data"));
	ck_assert_int_eq(shutdown(peer.fd, SHUT_RD), 0);
	ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert_int_eq(write_once(WHOLE("data")), -1);
}
END_TEST

START_TEST(a_worn_key_is_renewed_before_the_next_record)
{
	records.out.count = peer.in.count = (1 << 24) - 1;
	check_followed(WHOLE("the last"));
	ck_assert_int_eq(write_once(WHOLE("the first")), 0);
	check_heard(TLS_HANDSHAKE, UPDATE);
	check_heard(TLS_DATA, WHOLE("the first"));
	check_followed(WHOLE("the second"));
	/* And among those that are sent together. */
	records.out.count = peer.in.count = (1 << 24) - 1;
	bio.has_more = true;
	ck_assert_int_eq(write_once(WHOLE("the last")), 0);
	ck_assert_int_eq(write_once(WHOLE("the first")), 0);
	check_silent();
	bio.has_more = false;
	ck_assert_int_eq(write_once(WHOLE("the second")), 0);
	check_heard(TLS_DATA, WHOLE("the last"));
	check_heard(TLS_HANDSHAKE, UPDATE);
	check_heard(TLS_DATA, WHOLE("the first"));
	check_heard(TLS_DATA, WHOLE("the second"));
}
END_TEST

/* --- alerts, and the end --- */

START_TEST(behind_close_notify_nothing_is_read)
{
	say(TLS_DATA, WHOLE("data"));
	say(TLS_ALERT, WHOLE("\1\x5a")); /* user_canceled */
	say(TLS_ALERT, CLOSE_NOTIFY);
	say(TLS_DATA, WHOLE("data"));
	check_read(WHOLE("data"));
	ck_assert(!records.has_ended);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(read_once(), 0);
	ck_assert(records.has_ended);
	ck_assert_uint_eq(idle, 1);
	ck_assert_int_eq(unread(), TLS_AROUND_BYTES + 4);
	/* It has said that it writes no more, and may go on reading. */
	check_silent();
	check_followed(WHOLE("data"));
}
END_TEST

START_TEST(an_end_without_close_notify_is_none)
{
	struct slice record = seal(TLS_DATA, WHOLE("data"));

	put(record);
	put(slice_of(record.ptr, 3));
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	check_read(WHOLE("data"));
	ck_assert_int_eq(read_once(), -EAGAIN);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(read_once(), -EPROTO);
	ck_assert(!records.has_ended);
	start_anew();
	ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	ck_assert_int_eq(read_once(), -EPROTO);
	start_anew();
	ck_assert_int_eq(write_once(WHOLE("unread")), 0);
	(void)close(peer.fd);
	peer.fd = -1;
	ck_assert_int_eq(read_once(), -ECONNRESET);
}
END_TEST

START_TEST(who_has_shut_says_no_more_and_reads_on)
{
	for (int i = 0; i < 3; i++)
		tls_records_shut(&records, &bio);
	check_heard(TLS_ALERT, CLOSE_NOTIFY);
	ck_assert_int_eq(write_once(WHOLE("data")), -1);
	update_key(UPDATE_AND_ANSWER);
	say(TLS_DATA, WHOLE("data"));
	check_read(WHOLE("data"));
	say(TLS_HANDSHAKE, WHOLE("\1"));
	ck_assert_int_eq(read_once(), -EPROTO);
	check_silent();
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_records",
    data_comes_however_a_record_is_cut, long_records_come_whole,
    a_part_is_kept_in_no_more_room_than_the_record,
    one_record_with_data_ends_a_read, eight_records_without_data_end_a_read,
    padding_is_no_data, the_peer_may_take_its_next_key,
    the_peer_may_ask_for_our_next_key,
    what_the_socket_does_not_take_is_kept_in_no_more_room,
    who_takes_no_answers_is_read_no_further,
    an_answer_that_cannot_leave_is_the_end,
    a_worn_key_is_renewed_before_the_next_record,
    behind_close_notify_nothing_is_read, an_end_without_close_notify_is_none,
    who_has_shut_says_no_more_and_reads_on)
