/* conf_passwords: see conf_passwords.h. */
#include "conf/conf_passwords.h"

#include "conf/conf.h"
#include "conf/conf_sources.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/secret.h"

static void try_password(const char *file, struct node *n, struct mistakes *m)
{
	char *password = NULL;
	struct err e;

	if (file && secret_read(file, &password, &e) < 0)
		mistakes_at(m, n, "%s", e.text);
	secret_free(password);
}

static void try_of_redis(
    const struct conf_redis *c, struct node *n, struct mistakes *m)
{
	try_password(c->password_file, node_find(n, "redis.password_file"), m);
	try_password(c->sentinel.password_file,
	    node_find(n, "redis.sentinel.password_file"), m);
}

void conf_passwords_try(const struct conf *c, struct mistakes *m)
{
	for (size_t i = 0; i < conf_source_count(c); i++)
		try_of_redis(conf_source(c, i), conf_sources_node(c, i), m);
	try_password(c->embedded.password_file,
	    node_find(c->document, "embedded.password_file"), m);
	try_password(
	    c->admin.token_file, node_find(c->document, "admin.token_file"), m);
}
