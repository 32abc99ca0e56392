#include "net/cursor.h"

#include <errno.h>

#include "conf/conf.h"
#include "core/behind.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/note.h"
#include "core/resume.h"
#include "core/worker.h"
#include "net/events.h"
#include "net/lookback.h"
#include "net/welcome.h"
#include "proto/http.h"
#include "proto/http_fields.h"
#include "proto/http_query.h"

enum { RAW_MAX = 3 * RESUME_CURSOR_MAX }; /* each byte as %XX */

/* How many there are in the query; the first one is not decoded yet. */
static size_t find(const struct request *r, struct slice *raw)
{
	size_t count = 0;

	*raw = slice_of(NULL, 0);
	(void)http_query_find(
	    http_slice(r->bytes.ptr, r->head->query), "since", raw, &count);
	return count;
}

static enum refused check_since(
    const struct conn *c, const struct request *r, bool *has_ids)
{
	const struct conf *conf = c->worker->conf;
	struct slice raw;
	size_t count;

	*has_ids = events_has(c) && c->route->resume_ms > 0;
	if (!conf->history.is_on)
		return REFUSED_NOT;
	count = find(r, &raw);
	if (count == 0 || c->route->takes_since)
		return REFUSED_NOT;
	if (c->route->resume_ms == 0)
		return REFUSED_SINCE; /* it believes in ids: say so */
	if (count > 1)
		return REFUSED_SINCE_TWICE;
	*has_ids = true;
	return REFUSED_NOT;
}

/*
 * What a browser has kept of an event stream goes before what a page has
 * written into the address. Empty: it has none.
 */
static struct slice last_event_id(const struct conn *c, const struct request *r)
{
	size_t count;
	struct slice id =
	    http_header(r->head, r->bytes.ptr, "last-event-id", &count);

	if (!events_has(c))
		return slice_of(NULL, 0);
	return count > 1 ? slice_str("-") : id;
}

static bool has_cursor(const struct conn *c, const struct request *r)
{
	struct slice raw;

	(void)find(r, &raw);
	return raw.len > 0 || last_event_id(c, r).len > 0;
}

enum refused cursor_check(
    const struct conn *c, const struct request *r, bool *has_ids)
{
	enum refused why = check_since(c, r, has_ids);
	uint32_t last;

	if (why != REFUSED_NOT || (*has_ids && has_cursor(c, r)))
		return why;
	return lookback_read(c, r, &last);
}

/* What no id looks like is as good as any that is not known. */
static struct slice decode(struct slice raw, char out[RAW_MAX])
{
	long len =
	    raw.len <= RAW_MAX ? http_percent_decode(raw, true, out) : -EINVAL;

	return len < 0 ? slice_str("-") : slice_of(out, (size_t)len);
}

static struct slice cursor_of(
    const struct conn *c, const struct request *r, char decoded[RAW_MAX])
{
	struct slice raw;
	struct slice id = last_event_id(c, r);

	if (id.len > 0)
		return id;
	(void)find(r, &raw);
	return decode(raw, decoded);
}

/* *first is NULL where there is nothing to say. */
static int make_first(struct conn *c, struct message **first)
{
	char text[WELCOME_MAX];
	struct slice welcome;

	*first = NULL;
	if (!c->route->welcome)
		return 0;
	welcome = slice_of(text, welcome_print(c, text));
	*first = note_new(slice_of(NULL, 0), 0, NOTE_WELCOME, welcome, 1,
	    &c->worker->metrics);
	return *first ? 0 : -ENOMEM;
}

int cursor_begin(struct conn *c, const struct request *r)
{
	struct behind_start start = { .max_age_ms = c->route->resume_ms };
	bool has_ids = c->form & MESSAGE_WITH_ID;
	char decoded[RAW_MAX];
	int status;

	if (has_ids)
		start.cursor = cursor_of(c, r, decoded);
	if (start.cursor.len == 0)
		(void)lookback_read(c, r, &start.last);
	if (!has_ids && start.last == 0)
		return 0;
	if (has_ids && make_first(c, &start.first) < 0)
		return -ENOMEM;
	status = behind_begin(c, &start);
	if (status < 0 && start.first)
		metrics_sub(&c->worker->metrics, METRIC_QUEUED_MEMORY,
		    message_unref(start.first));
	return status;
}
