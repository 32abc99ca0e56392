#include "net/cors.h"

#include <stdio.h>

#include "conf/conf.h"
#include "proto/http_fields.h"

static struct slice origin_of(const struct request *r, size_t *count)
{
	return http_header(r->head, r->bytes.ptr, "origin", count);
}

/* Whether a pattern other than `*` has the one Origin of the request. */
static bool is_named(const struct conf_route *route, const struct request *r)
{
	struct origin origin;
	size_t count;
	struct slice value = origin_of(r, &count);

	if (count != 1 || !origin_parse(value, &origin))
		return false;
	for (size_t i = 0; i < route->origins.count; i++)
		if (origin_matches(&origin, &route->origin_patterns[i]))
			return true;
	return false;
}

/* A request without an Origin comes from no page of another site. */
enum refused cors_check(const struct conf_route *route, const struct request *r)
{
	size_t count;

	(void)origin_of(r, &count);
	if (route->origins.count == 0 || route->takes_all_origins || count == 0)
		return REFUSED_NOT;
	return is_named(route, r) ? REFUSED_NOT : REFUSED_ORIGIN;
}

size_t cors_print(
    const struct conf_route *route, const struct request *r, char *out)
{
	struct slice value = origin_of(r, NULL);
	int len = 0;

	if (is_named(route, r))
		len = snprintf(out, CORS_MAX,
		    "Access-Control-Allow-Origin: %.*s\r\n"
		    "Access-Control-Allow-Credentials: true\r\n"
		    "Vary: Origin\r\n",
		    (int)value.len, value.ptr);
	else if (value.ptr && route->takes_all_origins)
		len = snprintf(
		    out, CORS_MAX, "Access-Control-Allow-Origin: *\r\n");
	return (size_t)len;
}
