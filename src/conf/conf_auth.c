/*
 * conf_auth: see conf_auth.h. Whether a file holds a key that fits is found
 * out where keys are read (proto/jwt_keys).
 */
#include "conf/conf_auth.h"

#include <errno.h>
#include <string.h>

#include "base/signature.h"
#include "conf/mistakes.h"
#include "conf/node.h"

enum { NAME_MAX_BYTES = 64 };

int conf_auth_check_name(const char *name, struct err *e)
{
	static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789_-";
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || strspn(name, name_chars) != len)
		return err_set(e, -EINVAL,
		    "a name has 1 to %d letters, digits, '_' and '-'",
		    NAME_MAX_BYTES);
	if (!strcmp(name, "none"))
		return err_set(e, -EINVAL,
		    "none stands for no authenticator; choose another name");
	return 0;
}

static const char *file_key_of(const char *algorithm)
{
	int known = signature_algorithm(slice_str(algorithm));

	return known >= 0 && signature_secret_min(known) > 0
		   ? "secret_file"
		   : "public_key_file";
}

static void check_keys(
    const struct conf_auth *auth, struct node *n, struct mistakes *m)
{
	struct node *algorithms = node_find(n, "algorithms");

	for (size_t i = 0; i < auth->algorithms.count; i++) {
		const char *algorithm = auth->algorithms.items[i];
		const char *key = algorithm ? file_key_of(algorithm) : NULL;

		if (key && !node_child(n, key))
			mistakes_at(m, algorithms->children[i], "%s needs %s",
			    algorithm, key);
	}
}

void conf_auth_complete(void *item, struct node *n, struct mistakes *m)
{
	const struct conf_auth *auth = item;

	if (auth->type == CONF_AUTH_JWT)
		check_keys(auth, n, m);
}
