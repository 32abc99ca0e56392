#include "core/app_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void app_event_name_instance(
    uint64_t first, uint32_t renames, char out[APP_EVENT_INSTANCE_LEN + 1])
{
	(void)snprintf(
	    out, APP_EVENT_INSTANCE_LEN + 1, "%016" PRIx64, first + renames);
}

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
