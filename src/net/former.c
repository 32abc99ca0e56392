#include "net/former.h"

#include "conf/conf.h"
#include "core/aliases.h"
#include "core/conn.h"
#include "proto/http.h"
#include "proto/http_query.h"

static size_t find(
    const struct conn *c, const struct request *r, struct slice *raw)
{
	size_t count = 0;

	if (c->route->resume_ms > 0)
		(void)http_query_find(http_slice(r->bytes.ptr, r->head->query),
		    "was", raw, &count);
	return count;
}

enum refused former_check(const struct conn *c, const struct request *r)
{
	struct alias_list list;
	struct slice raw;
	size_t count = find(c, r, &raw);

	if (count > 1)
		return REFUSED_WAS_TWICE;
	return count == 0 || alias_list_parse(&list, raw) ? REFUSED_NOT
							  : REFUSED_WAS;
}

int former_begin(struct conn *c, const struct request *r)
{
	struct alias_list list;
	struct slice raw;

	if (find(c, r, &raw) == 0 || !alias_list_parse(&list, raw) ||
	    list.count == 0)
		return 0;
	return aliases_set(c, list.names, list.count);
}
