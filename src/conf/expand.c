/*
 * expand: see expand.h. Not a shell: no defaults, no nesting. A dollar before
 * anything but '{' and '$' is itself, so that most texts need no escape.
 */
#include "conf/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789_";

static int append_variable(const char *name, struct buf *out, struct err *e)
{
	const char *value = getenv(name);

	if (!value)
		return err_set(e, -EINVAL,
		    "the environment variable %.64s is not set", name);
	/* The file itself is UTF-8, or yamldoc refuses it. */
	if (!utf8_is_valid(slice_str(value), NULL))
		return err_set(e, -EINVAL,
		    "the environment variable %.64s is not UTF-8", name);
	buf_puts(out, value);
	return 0;
}

/* *at stands behind "${", and afterwards behind the brace that closes it. */
static int append_braced(const char **at, struct buf *out, struct err *e)
{
	size_t len = strspn(*at, name_chars);
	char *name;
	int rc;

	if (len == 0 || (*at)[len] != '}')
		return err_set(e, -EINVAL,
		    "'${' must go on as ${NAME} (letters, digits and _); "
		    "a dollar itself is written $$");
	name = xstrndup(*at, len);
	rc = append_variable(name, out, e);
	free(name);
	*at += len + 1;
	return rc;
}

int expand(const char *text, struct buf *out, struct err *e)
{
	while (*text) {
		size_t plain = strcspn(text, "$");

		buf_putn(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		if (text[1] == '{') {
			text += 2;
			if (append_braced(&text, out, e) < 0)
				return -EINVAL;
		} else {
			buf_putn(out, "$", 1);
			text += text[1] == '$' ? 2 : 1;
		}
	}
	return 0;
}
