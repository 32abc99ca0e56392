/* redis_url: see redis_url.h. */
#include "backend/redis_url.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "conf/url.h"
#include "proto/http_query.h"

/* A decoded copy; NULL for nothing. */
static char *decode(struct slice raw)
{
	char *text;
	long len;

	if (raw.len == 0)
		return NULL;
	text = xmalloc(raw.len + 1);
	len = http_percent_decode(raw, false, text);
	if (len < 0)
		fatal("redis", "a URL that was read cannot be decoded");
	text[len] = '\0';
	return text;
}

/* "", "/" or "/NUMBER", as url_parse_redis has checked. */
static uint32_t database_of(struct slice path)
{
	uint64_t number = 0;

	if (path.len > 1)
		(void)ascii_decimal(
		    slice_after(path, 1), URL_REDIS_DATABASE_MAX, &number);
	return (uint32_t)number;
}

int redis_url_parse(struct redis_url *u, const char *text, struct err *e)
{
	struct url url;
	int rc = url_parse_redis(&url, text, e);

	*u = (struct redis_url){ 0 };
	if (rc < 0)
		return rc;
	u->address = url.address;
	u->username = decode(url.user);
	u->password = decode(url.password);
	if (url.authority.len > 0) /* else it is the path of a socket */
		u->database = database_of(url.path);
	address_format(&u->address, u->shown);
	return 0;
}

void redis_url_fini(struct redis_url *u)
{
	free(u->username);
	free(u->password);
	*u = (struct redis_url){ 0 };
}
