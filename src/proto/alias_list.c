#include "proto/alias_list.h"

#include "proto/http_query.h"

/* An encoder may have made %2C of the commas, so they count when decoded. */
static bool split(struct alias_list *list, struct slice text)
{
	bool has_more = text.len > 0;

	while (has_more) {
		size_t len = text.len;
		struct slice name = slice_cut(&text, ',');

		if (list->count == ALIAS_MAX || !connection_id_is_valid(name))
			return false;
		list->names[list->count++] = name;
		has_more = name.len < len;
	}
	return true;
}

bool alias_list_parse(struct alias_list *list, struct slice raw)
{
	long len = -1;

	list->count = 0;
	if (raw.len <= ALIAS_RAW_MAX)
		len = http_percent_decode(raw, true, list->text);
	return len >= 0 && split(list, slice_of(list->text, (size_t)len));
}
