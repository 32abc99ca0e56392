#include "core/glance.h"

#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/lookup.h"
#include "core/parse.h"
#include "proto/envelope_lists.h"

bool glance_is_enough(const struct conf *conf)
{
	return conf->backend == CONF_BACKEND_REDIS && !conf->history.is_on;
}

static bool is_for_somebody(const struct targets *list, struct lookup *l)
{
	struct aim aim;

	return lookup_find(l, list->items, list->count, true, &aim) != 0;
}

/* Whoever asks for lines at debug gets them of the whole. */
static bool is_read_whole(
    const struct backend_message *m, const struct parse *p)
{
	return m->payload.len <= GLANCE_BYTES_MIN || !parse_has_all(p, m) ||
	       log_is_on(LOG_HUB, LOG_DEBUG);
}

bool glance_finds_nobody(
    const struct backend_message *m, struct parse *p, struct lookup *l)
{
	struct object_store *store = &p->envelope.store;
	struct envelope_lists lists;
	enum envelope_list step;

	if (is_read_whole(m, p) ||
	    !envelope_lists_begin(&lists, store, m->payload))
		return false;
	do {
		step = envelope_lists_next(&lists);
		if (step == ENVELOPE_LIST_FOUND &&
		    is_for_somebody(&store->targets, l))
			return false;
	} while (step == ENVELOPE_LIST_FOUND);
	return step == ENVELOPE_LIST_NONE;
}
