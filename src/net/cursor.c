#include "net/cursor.h"

#include <errno.h>

#include "conf/conf.h"
#include "core/behind.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/note.h"
#include "core/resume.h"
#include "core/worker.h"
#include "net/welcome.h"
#include "proto/http.h"
#include "proto/http_query.h"

enum { RAW_MAX = 3 * RESUME_CURSOR_MAX }; /* each byte as %XX */

static size_t find(const struct request *r, struct slice *raw)
{
	size_t count = 0;

	(void)http_query_find(
	    http_slice(r->bytes.ptr, r->head->query), "since", raw, &count);
	return count;
}

enum refused cursor_check(
    const struct conn *c, const struct request *r, bool *has_ids)
{
	const struct conf *conf = c->worker->conf;
	struct slice raw;
	size_t count;

	*has_ids = false;
	if (!conf->history.is_on)
		return REFUSED_NOT;
	count = find(r, &raw);
	if (count == 0 || c->route->takes_since)
		return REFUSED_NOT;
	if (c->route->resume_ms == 0)
		return REFUSED_SINCE; /* it believes in ids: not silently none */
	if (count > 1)
		return REFUSED_SINCE_TWICE;
	*has_ids = true;
	return REFUSED_NOT;
}

/* What no id looks like is as good as any that is not known. */
static struct slice decode(struct slice raw, char out[RAW_MAX])
{
	long len =
	    raw.len <= RAW_MAX ? http_percent_decode(raw, true, out) : -EINVAL;

	return len < 0 ? slice_str("-") : slice_of(out, (size_t)len);
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
	char decoded[RAW_MAX];
	struct slice raw = { NULL, 0 };
	struct message *first;
	int status;

	(void)find(r, &raw);
	if (make_first(c, &first) < 0)
		return -ENOMEM;
	status =
	    behind_begin(c, decode(raw, decoded), c->route->resume_ms, first);
	if (status < 0 && first)
		metrics_sub(&c->worker->metrics, METRIC_QUEUED_MEMORY,
		    message_unref(first));
	return status;
}
