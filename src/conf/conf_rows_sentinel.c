/*
 * conf_rows_sentinel: the rows of who knows where the Redis server is. See
 * conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_rows_parts.h"

enum { ADDRESSES_MAX = 16 };

/* As Sentinel itself has them. */
static int check_master(const char *text, struct err *e)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789.-_";

	if (text[strspn(text, chars)] != '\0')
		return err_set(e, -EINVAL,
		    "must be letters, digits, '.', '-' and '_', as in "
		    "`sentinel monitor`");
	return 0;
}

const struct schema_row conf_rows_sentinel[] = {
	{
	    .key = "master",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(sentinel.master),
	    .is_required = true,
	    .check = check_master,
	    .prose = "What they call it: the name in `sentinel monitor`.",
	},
	{
	    .key = "addresses",
	    .type = SCHEMA_TEXTS,
	    IN_REDIS(sentinel.addresses),
	    .is_required = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = ADDRESSES_MAX,
	    .check = conf_rows_check_server,
	    .prose = "Where they are, all of them: each is asked, and the "
		     "answer of most counts.",
	},
	{
	    .key = "username",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(sentinel.username),
	    .prose = "User of the sentinels' own access control list.",
	},
	{
	    .key = "password_file",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(sentinel.password_file),
	    .is_path = true,
	    .prose = "File that holds their password, as "
		     "`redis.password_file` holds the server's.",
	},
	{
	    .key = "tls",
	    .type = SCHEMA_MAP,
	    IN_REDIS(sentinel.tls.is_on),
	    .rows = conf_rows_tls,
	    .within = offsetof(struct conf_redis, sentinel.tls),
	    .zero = "off",
	    .prose = "TLS with the sentinels, with all of them alike.",
	},
	END,
};
