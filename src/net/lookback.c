#include "net/lookback.h"

#include <stdbool.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "proto/http.h"
#include "proto/http_query.h"

enum { RAW_MAX = 3 * 20 }; /* each digit as %XX */

/* Digits only; what is more than max is max. */
static bool read_number(struct slice text, uint32_t max, uint32_t *number)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.ptr[i] - '0');
		if (n > max)
			n = max;
	}
	*number = (uint32_t)n;
	return text.len > 0;
}

enum refused lookback_read(
    const struct conn *c, const struct request *r, uint32_t *count)
{
	const struct conf_route *route = c->route;
	struct slice raw;
	char decoded[RAW_MAX];
	size_t times;
	long len;

	*count = 0;
	if (!c->worker->conf->history.is_on ||
	    (route->history == 0 && route->resume_ms == 0) ||
	    !http_query_find(http_slice(r->bytes.ptr, r->head->query),
		"history", &raw, &times))
		return REFUSED_NOT;
	if (times > 1)
		return REFUSED_HISTORY_TWICE;
	len =
	    raw.len <= RAW_MAX ? http_percent_decode(raw, false, decoded) : -1;
	if (len < 0 ||
	    !read_number(slice_of(decoded, (size_t)len), route->history, count))
		return REFUSED_HISTORY;
	return REFUSED_NOT;
}
