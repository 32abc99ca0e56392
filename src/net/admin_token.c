#include "net/admin_token.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf/secret.h"

/* It says nothing about the file. */
static bool is_for_want(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

int admin_token_read(struct admin_token *t, const char *file, struct err *e)
{
	char *text = NULL;
	int rc = secret_read(file, &text, e);

	if (is_for_want(rc) && t->text)
		return 0;
	secret_free(t->text);
	t->text = text;
	return rc;
}

void admin_token_fini(struct admin_token *t)
{
	secret_free(t->text);
	t->text = NULL;
}
