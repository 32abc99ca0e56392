/*
 * Any lines as X-Forwarded-For headers: several say what one list says, and
 * what an untrusted client puts in front of all changes nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LINES = 8 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct ip client(
    const struct slice *values, size_t count, const struct prefix *trusted)
{
	const unsigned char peer_bytes[] = { 10, 0, 0, 1 };
	struct ip peer = ip_from_v4(peer_bytes);

	return forwarded_client(values, count, &peer, trusted, 1);
}

/* Lines of the input; the last one holds what is left. */
static size_t split(struct slice all, struct slice lines[MAX_LINES])
{
	size_t count = 0;

	while (count < MAX_LINES - 1) {
		const char *end =
		    all.len ? memchr(all.ptr, '\n', all.len) : NULL;
		size_t len = end ? (size_t)(end - all.ptr) : all.len;

		if (!end)
			break;
		lines[count++] = slice_of(all.ptr, len);
		all = slice_after(all, len + 1);
	}
	lines[count++] = all;
	return count;
}

/* The same in one header. */
static struct slice join(const struct slice *lines, size_t count, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			out[len++] = ',';
		if (lines[i].len > 0)
			memcpy(out + len, lines[i].ptr, lines[i].len);
		len += lines[i].len;
	}
	return slice_of(out, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice lines[MAX_LINES + 1] = { slice_str("1.1.1.1") };
	size_t count = split(slice_of((const char *)data, size), lines + 1);
	char *text = malloc(size + MAX_LINES);
	struct slice one;
	struct prefix ten;
	struct ip many, other;

	must(text != NULL &&
	     prefix_parse(&ten, slice_str("10.0.0.0/8"), NULL) == 0);
	many = client(lines + 1, count, &ten);
	one = join(lines + 1, count, text);
	other = client(&one, 1, &ten);
	/* A comma more or less decides at the very bound only. */
	must(one.len > FORWARDED_MAX_BYTES - MAX_LINES || ip_eq(&many, &other));
	other = client(lines, count + 1, &ten);
	must(prefix_holds(&ten, &many) || ip_eq(&many, &other));
	free(text);
	return 0;
}
