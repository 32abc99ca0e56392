/* conf_passwords: see conf_passwords.h. */
#include "conf/conf_passwords.h"

#include <errno.h>

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/secret.h"

static void read_password(
    const char *file, char **password, struct node *n, struct mistakes *m)
{
	struct err e;

	if (file && secret_read(file, password, &e) < 0)
		mistakes_at(m, n, "%s", e.text);
}

/* Redis' is only tried: the backend reads it each time that it connects. */
int conf_read_passwords(
    const struct conf *c, char **embedded, struct mistakes *m)
{
	size_t before = m->count;
	char *redis = NULL;

	*embedded = NULL;
	read_password(c->redis.password_file, &redis,
	    node_find(c->document, "redis.password_file"), m);
	secret_free(redis);
	read_password(c->embedded.password_file, embedded,
	    node_find(c->document, "embedded.password_file"), m);
	return m->count == before ? 0 : -EINVAL;
}

void conf_use_password(struct conf *c, char **embedded)
{
	secret_free(c->embedded.password);
	c->embedded.password = *embedded;
	*embedded = NULL;
}
