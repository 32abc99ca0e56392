/* reach: see reach.h. */
#include "ctl/reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_ref.h"
#include "conf/secret.h"
#include "ctl/args.h"

enum { HTTP_PORT = 80 };

const char *reach_config(const struct args *a)
{
	const char *file = args_text(a, "--config");

	return file ? file : REACH_DEFAULT_CONFIG;
}

/* What an option says, or else a variable; an empty one says nothing. */
static const char *said(
    const struct args *a, const char *option, const char *variable)
{
	const char *text = args_text(a, option);

	if (!text)
		text = getenv(variable);
	return text && *text ? text : NULL;
}

/* --- the address --- */

/* http://host:port, with or without its scheme and a '/', or unix:/path. */
static int take_address(struct reach *r, const char *text, struct err *e)
{
	static const char scheme[] = "http://";
	struct slice rest = slice_str(text);
	struct err why;
	int rc;

	if (slice_starts_with(rest, slice_str(scheme))) {
		rest = slice_after(rest, sizeof scheme - 1);
		if (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
			rest.len--;
		rc = address_parse_tcp(&r->address, rest, HTTP_PORT, &why);
	} else {
		rc = address_parse(&r->address, text, &why);
	}
	if (rc < 0)
		return err_set(e, rc,
		    "the address '%s' %s; it is http://HOST:PORT or "
		    "unix:PATH",
		    text, why.text);
	address_format(&r->address, r->name);
	return 0;
}

/* --- the token --- */

static int read_token(struct reach *r, const char *file, struct err *e)
{
	return secret_read(file, &r->token, e);
}

/* --- both by a configuration --- */

static int take_conf(struct reach *r, const struct args *a,
    const struct conf *conf, struct err *e)
{
	int rc;

	if (!conf->admin.listen)
		return err_set(e, -EINVAL,
		    "%s has no admin.listen: set it, or say where with --admin",
		    reach_config(a));
	rc = take_address(r, conf->admin.listen, e);
	if (rc == 0 && conf->admin.token_file && !r->token)
		rc = read_token(r, conf->admin.token_file, e);
	return rc;
}

struct conf *reach_load(const char *file)
{
	struct buf mistakes = { 0 };
	struct conf *conf = NULL;
	int rc = conf_load(file, &conf, &mistakes);

	if (mistakes.len > 0)
		(void)fwrite(mistakes.data, 1, mistakes.len, stderr);
	buf_fini(&mistakes);
	return rc < 0 ? NULL : conf;
}

static int by_conf(struct reach *r, const struct args *a, struct err *e)
{
	struct conf *conf;
	int rc;

	if (!args_has(a, "--config") && access(REACH_DEFAULT_CONFIG, F_OK) < 0)
		return err_set(e, -EINVAL,
		    "where is the gateway? Say --admin, ROOMCAST_ADMIN or "
		    "--config; there is no " REACH_DEFAULT_CONFIG);
	conf = reach_load(reach_config(a));
	if (!conf)
		return err_set(e, -EINVAL,
		    "the configuration does not say where the gateway is");
	rc = take_conf(r, a, conf, e);
	conf_unref(conf);
	return rc;
}

int reach_find(struct reach *r, const struct args *a, struct err *e)
{
	const char *where = said(a, "--admin", "ROOMCAST_ADMIN");
	const char *file = said(a, "--token-file", "ROOMCAST_TOKEN_FILE");
	int rc = 0;

	*r = (struct reach){ .token = NULL };
	if (file)
		rc = read_token(r, file, e);
	if (rc == 0)
		rc = where ? take_address(r, where, e) : by_conf(r, a, e);
	if (rc < 0)
		reach_fini(r);
	return rc;
}

void reach_fini(struct reach *r)
{
	secret_free(r->token);
	r->token = NULL;
}
