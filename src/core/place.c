#include "core/place.h"

#include <assert.h>
#include <stdio.h>

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

/* --- printing --- */

struct slice place_print_entry(const struct place *p, char out[PLACE_MAX + 1])
{
	int len = snprintf(out, PLACE_MAX + 1, "%llu-%llu%s%.*s",
	    (unsigned long long)p->high, (unsigned long long)p->low,
	    is_tagged(p) ? "~" : "", PLACE_TAG, p->tag);

	return slice_of(out, (size_t)len);
}

struct slice place_print_counted(
    struct slice mark, uint64_t n, char out[PLACE_MAX + 1])
{
	int len = snprintf(out, PLACE_MAX + 1, "%.*s~%llu", (int)mark.len,
	    mark.ptr, (unsigned long long)n);

	assert(mark.len <= PLACE_MARK_MAX);
	return slice_of(out, (size_t)len);
}
