/*
 * conf_load: see conf_load.h. The steps are here, their substance is below:
 * yamldoc (text to tree), environment (texts to values), schema over conf_rows
 * (tree to struct), conf_check (one key against another), conf_passwords (files
 * that it names).
 */
#include "conf/conf_load.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/file.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_check.h"
#include "conf/conf_passwords.h"
#include "conf/conf_ref.h"
#include "conf/conf_rows.h"
#include "conf/environment.h"
#include "conf/mistakes.h"
#include "conf/paths.h"
#include "conf/schema.h"
#include "conf/yamldoc.h"

/* Its values filled in, and paths of files those that will be opened. */
static struct node *read_document(
    const char *name, const char *text, size_t len, struct mistakes *m)
{
	struct node *root = yamldoc_parse(text, len, m);

	if (!root)
		return NULL;
	environment_fill(root, m);
	paths_resolve(conf_rows(), root, name, m);
	return root;
}

static struct conf *interpret(
    const char *name, struct node *root, struct mistakes *m)
{
	struct conf *c = xcalloc(1, sizeof *c);

	atomic_init(&c->refs, 1);
	c->file = xstrdup(name);
	c->document = root;
	schema_preset(conf_rows(), c);
	schema_read(conf_rows(), root, c, m);
	conf_check(c, root, m);
	conf_passwords_try(c, m);
	return c;
}

/* Takes root, NULL where it could not be read; and the mistakes. */
static int complete(const char *name, struct node *root, struct mistakes *m,
    struct conf **out, struct buf *errors)
{
	struct conf *c = root ? interpret(name, root, m) : NULL;

	*out = NULL;
	if (m->count > 0) {
		mistakes_print(m, name, errors);
		mistakes_fini(m);
		conf_unref(c);
		return -EINVAL;
	}
	*out = c;
	return 0;
}

int conf_of_document(const char *name, struct node *document, struct conf **out,
    struct buf *errors)
{
	struct mistakes m = { 0 };

	return complete(name, document, &m, out, errors);
}

int conf_parse(const char *name, const char *text, size_t len,
    struct conf **out, struct buf *errors)
{
	struct mistakes m = { 0 };

	return complete(
	    name, read_document(name, text, len, &m), &m, out, errors);
}

int conf_load(const char *file, struct conf **out, struct buf *errors)
{
	struct buf text = { 0 };
	struct err e;
	int rc = file_read_pipe(file, YAMLDOC_MAX_BYTES, &text, &e);

	*out = NULL;
	if (rc < 0 && rc != -EFBIG)
		buf_printf(errors, "%s\n", e.text);
	else /* yamldoc has words for a file that is too large */
		rc = conf_parse(file, text.data, text.len, out, errors);
	buf_wipe(&text); /* there may be a password in it */
	return rc;
}
