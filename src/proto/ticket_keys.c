#include "proto/ticket_keys.h"

#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"

enum {
	DIGITS = 2 * TICKET_SECRET_BYTES,
	FILE_MAX_BYTES = 4096, /* of a file with far too many lines */
};

#define HOW "a key is 64 hexadecimal digits, as openssl rand -hex 32 prints"

/* Filled as a whole, in this order. */
_Static_assert(sizeof(struct ticket_key) == 80, "a key has no gaps");

void ticket_key_of(
    const unsigned char secret[TICKET_SECRET_BYTES], struct ticket_key *key)
{
	crypto_hkdf(secret, TICKET_SECRET_BYTES, "roomcast TLS ticket key", key,
	    sizeof *key);
}

const struct ticket_key *ticket_keys_find(
    const struct ticket_keys *keys, const unsigned char name[TICKET_NAME_BYTES])
{
	for (size_t i = 0; i < keys->count; i++)
		if (memcmp(keys->items[i].name, name, TICKET_NAME_BYTES) == 0)
			return &keys->items[i];
	return NULL;
}

void ticket_keys_wipe(struct ticket_keys *keys)
{
	explicit_bzero(keys, sizeof *keys);
}

/* --- a line --- */

static int read_key(
    struct slice line, size_t number, struct ticket_key *key, struct err *e)
{
	unsigned char secret[TICKET_SECRET_BYTES];
	bool is_key;

	if (line.len != DIGITS)
		return err_set(e, -EINVAL, "line %zu has %zu bytes: " HOW,
		    number, line.len);
	is_key = ascii_bytes(line, secret);
	if (is_key)
		ticket_key_of(secret, key);
	explicit_bzero(secret, sizeof secret);
	return is_key
		   ? 0
		   : err_set(e, -EINVAL,
			 "line %zu has other bytes than digits: " HOW, number);
}

static int add(struct ticket_keys *keys, const struct ticket_key *key,
    size_t number, struct err *e)
{
	const struct ticket_key *same = ticket_keys_find(keys, key->name);

	if (same)
		return err_set(e, -EINVAL,
		    "line %zu is the key of line %zu once more: take it out",
		    number, (size_t)(same - keys->items) + 1);
	if (keys->count == TICKET_KEYS_MAX)
		return err_set(e, -EINVAL,
		    "more than %d keys: take out the oldest", TICKET_KEYS_MAX);
	keys->items[keys->count++] = *key;
	return 0;
}

/* --- all of them --- */

static struct slice without_cr(struct slice line)
{
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

static int parse_lines(
    struct slice text, struct ticket_keys *keys, struct err *e)
{
	struct ticket_key key;
	int status = 0;

	for (size_t number = 1; text.len > 0 && status == 0; number++) {
		struct slice line = without_cr(slice_cut(&text, '\n'));

		status = read_key(line, number, &key, e);
		if (status == 0)
			status = add(keys, &key, number, e);
	}
	explicit_bzero(&key, sizeof key);
	return status;
}

int ticket_keys_parse(struct slice text, struct ticket_keys *out, struct err *e)
{
	int status = file_pass_mark(&text, e);

	out->count = 0;
	if (status == 0)
		status = text.len > 0
			     ? parse_lines(text, out, e)
			     : err_set(e, -EINVAL, "the file is empty: " HOW);
	if (status < 0)
		ticket_keys_wipe(out);
	return status;
}

int ticket_keys_read(const char *file, struct ticket_keys *out, struct err *e)
{
	struct buf text = { 0 };
	struct err why;
	int status = file_read(file, FILE_MAX_BYTES, &text, e);

	if (status == 0) {
		status = ticket_keys_parse(buf_slice(&text), out, &why);
		if (status < 0)
			(void)err_set(e, status, "%s: %s", file, why.text);
	}
	buf_wipe(&text);
	return status;
}

int ticket_keys_check(const char *file, struct err *e)
{
	struct ticket_keys keys;
	int status = ticket_keys_read(file, &keys, e);

	if (status == 0)
		ticket_keys_wipe(&keys);
	return status;
}
