/*
 * conf_rows_sentinel: the rows of who knows where the Redis server is. See
 * conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"
#include "conf/secret.h"

enum { ADDRESSES_MAX = 16 };

static int check_address(const char *text, struct err *e)
{
	struct address a;
	int rc = address_parse(&a, text, e);

	if (rc < 0)
		return rc;
	if (a.is_unix || a.port == 0 || address_wildcard(&a))
		return err_set(e, -EINVAL,
		    "must be where a sentinel is: HOST:PORT, [V6]:PORT");
	return 0;
}

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

static const struct schema_row tls_rows[] = {
	{
	    .key = "ca",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.tls.ca),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "As `redis.tls.ca`, for the sentinels.",
	},
	{
	    .key = "certificate",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.tls.certificate),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "As `redis.tls.certificate`, for the sentinels.",
	},
	{
	    .key = "key",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.tls.key),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "As `redis.tls.key`, for the sentinels.",
	},
	{
	    .key = "server_name",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.tls.server_name),
	    .check = conf_rows_check_server_name,
	    .prose = "As `redis.tls.server_name`, for all sentinels. Not set: "
		     "the host in `addresses`.",
	},
	END,
};

const struct schema_row conf_rows_sentinel[] = {
	{
	    .key = "master",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.master),
	    .is_required = true,
	    .check = check_master,
	    .prose = "What they call it: the name in `sentinel monitor`.",
	},
	{
	    .key = "addresses",
	    .type = SCHEMA_TEXTS,
	    IN_CONF(redis.sentinel.addresses),
	    .is_required = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = ADDRESSES_MAX,
	    .check = check_address,
	    .prose = "Where they are, all of them: each is asked, and the "
		     "answer of most counts.",
	},
	{
	    .key = "username",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.username),
	    .prose = "User of the sentinels' own access control list.",
	},
	{
	    .key = "password_file",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.sentinel.password_file),
	    .is_path = true,
	    .prose = "File that holds their password, as "
		     "`redis.password_file` holds the server's.",
	},
	{
	    .key = "tls",
	    .type = SCHEMA_MAP,
	    IN_CONF(redis.sentinel.tls.is_on),
	    .rows = tls_rows,
	    .zero = "off",
	    .prose = "TLS with the sentinels.",
	},
	END,
};
