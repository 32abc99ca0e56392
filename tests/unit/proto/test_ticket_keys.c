/* ticket_keys: what a file may hold, and what is said of one that is wrong. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "proto/ticket_keys.h"
#include "unit.h"

#define DIGITS_A \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define DIGITS_B \
	"fF0102030405060708090A0B0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct ticket_keys keys;
static struct err e;

static size_t count_of(const char *text)
{
	ck_assert_msg(
	    ticket_keys_parse(slice_str(text), &keys, &e) == 0, "%s", e.text);
	return keys.count;
}

/* Refused, with this in the reason, and nothing of the file. */
static void is_bad(const char *text, const char *why)
{
	static const struct ticket_keys none;

	e.text[0] = '\0';
	ck_assert_int_eq(
	    ticket_keys_parse(slice_str(text), &keys, &e), -EINVAL);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
	ck_assert_ptr_null(strstr(e.text, "0203"));
	ck_assert_mem_eq(&keys, &none, sizeof keys);
}

START_TEST(one_key_a_line_as_editors_leave_them)
{
	ck_assert_uint_eq(count_of(DIGITS_A), 1);
	ck_assert_uint_eq(count_of(DIGITS_A "\n"), 1);
	ck_assert_uint_eq(count_of(DIGITS_A "\n" DIGITS_B), 2);
	ck_assert_uint_eq(
	    count_of("\xef\xbb\xbf" DIGITS_A "\r\n" DIGITS_B "\r\n"), 2);
}
END_TEST

START_TEST(the_same_digits_are_the_same_key_everywhere)
{
	static const unsigned char name[TICKET_NAME_BYTES] = { 0x20, 0x10, 0x70,
		0xd5, 0x55, 0xeb, 0xca, 0x25, 0xf9, 0x91, 0x33, 0x1d, 0x93,
		0xaf, 0xc6, 0xba };
	unsigned char secret[TICKET_SECRET_BYTES];
	struct ticket_key key;

	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (unsigned char)i;
	ticket_key_of(secret, &key);
	/* Changed, no instance would take the others' tickets any more. */
	ck_assert_mem_eq(key.name, name, sizeof name);
	ck_assert_uint_eq(count_of(DIGITS_B "\n" DIGITS_A), 2);
	ck_assert_mem_eq(&keys.items[1], &key, sizeof key);
	ck_assert_ptr_eq(ticket_keys_find(&keys, key.name), &keys.items[1]);
	ck_assert_mem_ne(key.cipher, key.mac, sizeof key.mac);
	key.name[15] ^= 1;
	ck_assert_ptr_null(ticket_keys_find(&keys, key.name));
	ticket_keys_wipe(&keys);
	ck_assert_uint_eq(keys.count, 0);
}
END_TEST

START_TEST(what_is_no_key_is_named_by_its_line)
{
	is_bad("", "the file is empty: a key is 64 hexadecimal digits");
	is_bad("\xef\xbb\xbf", "the file is empty");
	is_bad("\xff\xfe"
	       "0\n",
	    "the file is in UTF-16: save it as UTF-8 or ASCII");
	is_bad("\n", "line 1 has 0 bytes");
	is_bad(DIGITS_A "\n\n", "line 2 has 0 bytes");
	is_bad(DIGITS_A "\n" DIGITS_B " ", "line 2 has 65 bytes");
	is_bad(DIGITS_A "0", "line 1 has 65 bytes");
	is_bad(&DIGITS_A[1], "line 1 has 63 bytes: a key is 64 hexadecimal");
}
END_TEST

START_TEST(other_bytes_than_digits_are_refused_wherever_they_are)
{
	for (size_t i = 0; i < 64; i++) {
		char text[] = DIGITS_B "\n" DIGITS_A;

		text[65 + i] = i % 2 ? 'g' : '\0';
		e.text[0] = '\0';
		ck_assert_int_eq(
		    ticket_keys_parse(
			slice_of(text, sizeof text - 1), &keys, &e),
		    -EINVAL);
		ck_assert_ptr_nonnull(
		    strstr(e.text, "line 2 has other bytes than digits"));
	}
}
END_TEST

START_TEST(a_key_that_is_there_twice_is_refused)
{
	is_bad(DIGITS_B "\n" DIGITS_A "\n" DIGITS_B,
	    "line 3 is the key of line 1 once more: take it out");
}
END_TEST

START_TEST(there_may_be_so_many)
{
	struct buf text = { 0 };

	for (int i = 0; i <= TICKET_KEYS_MAX; i++) {
		buf_printf(&text, "%064x\n", i);
		buf_putn(&text, "", 1);
		text.len--;
		if (i < TICKET_KEYS_MAX)
			ck_assert_uint_eq(count_of(text.data), i + 1);
		else
			is_bad(text.data, "more than 16 keys");
	}
	buf_fini(&text);
}
END_TEST

START_TEST(a_file_is_named)
{
	char path[] = "/tmp/roomcast-tickets-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_eq(ticket_keys_check(path, &e), -EINVAL);
	ck_assert_ptr_eq(strstr(e.text, path), e.text);
	ck_assert_int_eq(write(fd, DIGITS_A "\n", 65), 65);
	ck_assert_int_eq(ticket_keys_check(path, &e), 0);
	ck_assert_int_eq(ticket_keys_read(path, &keys, &e), 0);
	ck_assert_uint_eq(keys.count, 1);
	(void)close(fd);
	(void)unlink(path);
	ck_assert_int_eq(ticket_keys_check(path, &e), -ENOENT);
	ck_assert_ptr_eq(strstr(e.text, path), e.text);
}
END_TEST

UNIT_MAIN("proto/ticket_keys", one_key_a_line_as_editors_leave_them,
    the_same_digits_are_the_same_key_everywhere,
    what_is_no_key_is_named_by_its_line,
    other_bytes_than_digits_are_refused_wherever_they_are,
    a_key_that_is_there_twice_is_refused, there_may_be_so_many, a_file_is_named)
