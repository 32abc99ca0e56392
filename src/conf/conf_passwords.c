/* conf_passwords: see conf_passwords.h. */
#include "conf/conf_passwords.h"

#include "conf/conf.h"
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

void conf_passwords_try(const struct conf *c, struct mistakes *m)
{
	try_password(c->redis.password_file,
	    node_find(c->document, "redis.password_file"), m);
	try_password(c->redis.sentinel.password_file,
	    node_find(c->document, "redis.sentinel.password_file"), m);
	try_password(c->embedded.password_file,
	    node_find(c->document, "embedded.password_file"), m);
}
