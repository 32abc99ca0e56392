/* secret: see secret.h. */
#include "conf/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

/* A wrong path is told from a wrong file by naming the one that was tried. */
static int blame(
    const char *file, int rc, const struct err *inner, struct err *e)
{
	return err_set(e, rc, "%s: %s", file, inner->text);
}

int secret_check(const char *file, struct err *e)
{
	const struct err empty = { "the file is empty" };
	struct buf text = { 0 };
	int rc = file_read(file, SECRET_FILE_MAX, &text, e);

	if (rc == 0 && text.len == 0)
		rc = blame(file, -EINVAL, &empty, e);
	buf_wipe(&text);
	return rc;
}

int secret_read(const char *file, char **secret, struct err *e)
{
	struct buf text = { 0 };
	struct slice line;
	struct err inner;
	int rc = file_read(file, SECRET_MAX, &text, e);

	if (rc == 0) {
		rc = file_one_line(buf_slice(&text), &line, &inner);
		if (rc < 0)
			(void)blame(file, rc, &inner, e);
		else
			*secret = xstrndup(line.ptr, line.len);
	}
	buf_wipe(&text);
	return rc;
}

void secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
