/*
 * conf_notes_history: see conf_notes_history.h. Each function looks for one
 * kind and knows nothing of the others.
 */
#include "conf/conf_notes_history.h"

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/* What a message is kept as: a bit each, and again for the same with its id. */
enum { AS_TEXT = 1, AS_BINARY = 2, AS_EVENT = 4, WITH_ID_SHIFT = 3 };

/* In how many forms a message is kept: core/router has one made for each. */
static unsigned count_forms(const struct conf *c)
{
	unsigned forms = 0;

	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];
		unsigned frames =
		    r->frames == CONF_FRAMES_BINARY ? AS_BINARY : AS_TEXT;
		bool has_ids = r->resume_ms > 0;

		if (r->has_websocket)
			forms |= frames;
		if (r->has_websocket && has_ids)
			forms |= frames << WITH_ID_SHIFT;
		if (r->has_sse)
			forms |= has_ids ? AS_EVENT << WITH_ID_SHIFT : AS_EVENT;
	}
	return (unsigned)__builtin_popcount(forms);
}

/* One message would leave little beside it. */
static void note_small_history(const struct conf *c, struct mistakes *notes)
{
	unsigned forms = count_forms(c);

	if (c->history.memory / 4 < forms * c->limits.payload)
		mistakes_at(notes, node_find(c->document, "history.memory"),
		    "history.memory is below four times what limits.payload "
		    "takes in the %u forms that routes have: one large message "
		    "may leave little else to resume from",
		    forms);
}

static void note_unused_history(const struct conf *c, struct mistakes *notes)
{
	if (c->delivery.slow_consumer == CONF_SLOW_CATCH_UP)
		return;
	for (size_t i = 0; i < c->routes.count; i++)
		if (c->routes.items[i].resume_ms > 0 ||
		    c->routes.items[i].history > 0)
			return;
	mistakes_at_key(notes, node_child(c->document, "history"),
	    "nobody gets what is kept: no route has resume or history");
}

static void note_far_resume(const struct conf *c, struct mistakes *notes)
{
	struct node *routes = node_find(c->document, "routes");

	for (size_t i = 0; i < c->routes.count; i++) {
		int64_t far = c->routes.items[i].resume_ms;

		if (far > c->history.max_age_ms && far < CONF_RESUME_MOST_MS)
			mistakes_at(notes,
			    node_find(routes->children[i], "resume"),
			    "nothing is kept for so long: "
			    "history.max_age is less");
	}
}

static void note_without_marks(const struct conf *c, struct mistakes *notes)
{
	static const struct {
		const char *map, *key;
	} rows[] = { { "channels", "mark" }, { "history", "warmup" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct node *map = node_child(c->document, rows[i].map);
		struct node *n = map ? node_child(map, rows[i].key) : NULL;

		if (n && !conf_goes_by_marks(c))
			mistakes_at_key(notes, n,
			    "counts only with backend: redis and a history "
			    "without a stream");
	}
}

void conf_notes_history(const struct conf *c, struct mistakes *notes)
{
	note_without_marks(c, notes);
	if (!c->history.is_on)
		return;
	note_small_history(c, notes);
	note_unused_history(c, notes);
	note_far_resume(c, notes);
}
