#include "backend/redis_stream_info.h"

#include <errno.h>

#include "base/slice.h"

void redis_stream_info_begin(struct redis_stream_info_reader *r)
{
	*r = (struct redis_stream_info_reader){
		.info = { .added = UINT64_MAX },
		.left = -1,
	};
}

static void take_key(struct redis_stream_info_reader *r, struct slice key)
{
	struct redis_stream_info *info = &r->info;

	r->number = NULL;
	r->place = NULL;
	if (slice_eq(key, slice_str("length")))
		r->number = &info->length;
	else if (slice_eq(key, slice_str("entries-added")))
		r->number = &info->added;
	else if (slice_eq(key, slice_str("last-generated-id")))
		r->place = &info->last;
	else if (slice_eq(key, slice_str("first-entry")))
		r->place = &info->first; /* the first string of its array */
	resp_whole_begin(&r->value);
}

static int take_value(
    struct redis_stream_info_reader *r, const struct resp_part *part)
{
	if (r->number && part->type == RESP_INTEGER && part->number >= 0) {
		*r->number = (uint64_t)part->number;
		r->number = NULL;
	}
	if (r->place && part->type == RESP_STRING) {
		if (!place_read_entry(part->text, r->place))
			return -EPROTO;
		r->place = NULL;
	}
	if (resp_whole_take(&r->value, part))
		r->left--;
	return r->left == 0;
}

int redis_stream_info_take(
    struct redis_stream_info_reader *r, const struct resp_part *part)
{
	if (r->left < 0) {
		if (part->type != RESP_ARRAY || part->number % 2 != 0)
			return -EPROTO;
		r->left = part->number;
		return r->left == 0;
	}
	if (r->value.left > 0)
		return take_value(r, part);
	if (part->type != RESP_STRING)
		return -EPROTO;
	take_key(r, part->text);
	r->left--;
	return 0;
}
