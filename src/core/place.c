#include "core/place.h"

#include <assert.h>
#include <string.h>

#include "base/ascii.h"

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

static bool read_number(struct slice text, uint64_t *number)
{
	return ascii_number(text, UINT64_MAX, number);
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
	if (rest.len != PLACE_TAG || !mark_id_is_valid(rest))
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
	return mark_id_is_valid(*mark) && read_number(text, n);
}

/* --- printing: once for each payload, so without printf --- */

static char *put_number(char *out, uint64_t n)
{
	char digits[20]; /* of the largest */
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return slice_put(slice_of(digits + at, sizeof digits - at), out);
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
		at = slice_put(slice_of(p->tag, PLACE_TAG), at);
	}
	return end(out, at);
}

struct slice place_print_counted(
    struct slice mark, uint64_t n, char out[PLACE_MAX + 1])
{
	char *at;

	assert(mark.len <= PLACE_MARK_MAX);
	at = slice_put(mark, out);
	*at++ = '~';
	return end(out, put_number(at, n));
}
