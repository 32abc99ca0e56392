#include "proto/mark.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/hash.h"

enum { COUNT_DIGITS_MAX = 19, HASH_DIGITS = 16 };

static const struct slice none = { "-", 1 };

struct slice mark_write(const struct mark *m, char out[MARK_MAX + 1])
{
	struct slice prev = m->prev.len > 0 ? m->prev : none;
	int len = snprintf(out, MARK_MAX + 1,
	    "1 %.*s %.*s %" PRIu64 " %016" PRIx64 " %016" PRIx64,
	    (int)m->id.len, m->id.ptr, (int)prev.len, prev.ptr,
	    m->stretch.count, m->stretch.digest, m->group);

	return slice_of(out, (size_t)len);
}

static bool read_count(struct slice s, uint64_t *count)
{
	return s.len <= COUNT_DIGITS_MAX && ascii_number(s, UINT64_MAX, count);
}

static bool read_hash(struct slice s, uint64_t *hash)
{
	static const char digits[] = "0123456789abcdef";

	*hash = 0;
	for (size_t i = 0; i < s.len; i++) {
		const char *at = memchr(digits, s.ptr[i], HASH_DIGITS);

		if (!at)
			return false;
		*hash = *hash << 4 | (uint64_t)(at - digits);
	}
	return s.len == HASH_DIGITS;
}

bool mark_read(struct mark *m, struct slice text)
{
	struct slice left = text;

	if (text.len > MARK_MAX ||
	    !slice_eq(slice_cut(&left, ' '), slice_str("1")))
		return false;
	m->id = slice_cut(&left, ' ');
	m->prev = slice_cut(&left, ' ');
	if (slice_eq(m->prev, none))
		m->prev.len = 0;
	else if (!mark_id_is_valid(m->prev))
		return false;
	return mark_id_is_valid(m->id) &&
	       read_count(slice_cut(&left, ' '), &m->stretch.count) &&
	       read_hash(slice_cut(&left, ' '), &m->stretch.digest) &&
	       read_hash(left, &m->group);
}

uint64_t mark_group(const struct slice *channels, size_t count)
{
	struct hash_key key = { 0, count };

	for (size_t i = 0; i < count; i++)
		key.k0 = hash_bytes(&key, channels[i].ptr, channels[i].len);
	return key.k0;
}
