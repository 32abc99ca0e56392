#include "core/place.h"

#include <assert.h>
#include <string.h>

int place_compare(const struct place *a, const struct place *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}

static bool is_tagged(const struct place *p)
{
	return p->tag[0] != '\0';
}

bool place_has_tag(const struct place *p, const struct place *cursor)
{
	return !is_tagged(cursor) || !memcmp(p->tag, cursor->tag, PLACE_TAG);
}

/* --- reading --- */

static bool is_word(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '_' ||
			c == '-'))
			return false;
	}
	return true;
}

bool place_is_mark(struct slice text)
{
	return text.len > 0 && text.len <= PLACE_MARK_MAX && is_word(text);
}

/* A decimal number without a sign or a leading zero. */
static bool read_number(struct slice text, uint64_t *number)
{
	uint64_t n = 0;

	if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)(text.ptr[i] - '0');

		if (text.ptr[i] < '0' || text.ptr[i] > '9' ||
		    n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*number = n;
	return true;
}

/* Off the end of text, where there is one. False: what is there is none. */
static bool cut_tag(struct slice *text, char tag[PLACE_TAG])
{
	size_t len = text->len;
	struct slice rest = *text;
	struct slice front = slice_cut(&rest, '~');

	memset(tag, 0, PLACE_TAG);
	*text = front;
	if (front.len == len)
		return true;
	if (rest.len != PLACE_TAG || !is_word(rest))
		return false;
	memcpy(tag, rest.ptr, PLACE_TAG);
	return true;
}

bool place_read_entry(struct slice text, struct place *out)
{
	struct slice ms;

	if (!cut_tag(&text, out->tag))
		return false;
	ms = slice_cut(&text, '-');
	return read_number(ms, &out->high) && read_number(text, &out->low);
}

bool place_read_counted(struct slice text, struct slice *mark, uint64_t *n)
{
	*mark = slice_cut(&text, '~');
	return place_is_mark(*mark) && read_number(text, n);
}

/* --- printing: once for each payload, so without printf --- */

static char *put(char *out, struct slice text)
{
	memcpy(out, text.ptr, text.len);
	return out + text.len;
}

static char *put_number(char *out, uint64_t n)
{
	char digits[20]; /* of the largest */
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return put(out, slice_of(digits + at, sizeof digits - at));
}

static struct slice end(char *out, char *at)
{
	*at = '\0';
	return slice_of(out, (size_t)(at - out));
}

struct slice place_print_entry(const struct place *p, char out[PLACE_MAX + 1])
{
	char *at = put_number(out, p->high);

	*at++ = '-';
	at = put_number(at, p->low);
	if (is_tagged(p)) {
		*at++ = '~';
		at = put(at, slice_of(p->tag, PLACE_TAG));
	}
	return end(out, at);
}

struct slice place_print_counted(
    struct slice mark, uint64_t n, char out[PLACE_MAX + 1])
{
	char *at;

	assert(mark.len <= PLACE_MARK_MAX);
	at = put(out, mark);
	*at++ = '~';
	return end(out, put_number(at, n));
}
