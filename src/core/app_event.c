#include "core/app_event.h"

#include <string.h>

#include "base/mem.h"

struct app_event *app_event_new(struct slice json)
{
	size_t bytes = sizeof(struct app_event) + json.len;
	struct app_event *e = try_alloc(bytes);

	if (!e)
		return NULL;
	list_init(&e->link);
	e->bytes = bytes;
	e->len = json.len;
	memcpy(e->json, json.ptr, json.len);
	return e;
}
