/*
 * expand: see expand.h. A dollar before anything but '{' and '$' is itself, so
 * that most texts need no escape.
 */
#include "conf/expand.h"

#include <errno.h>
#include <string.h>

#include "conf/variable.h"

/* *at stands at "${", and afterwards behind the brace that closes it. */
static int append_variable(
    const char **at, struct buf *out, struct buf *names, struct err *e)
{
	struct variable v;

	if (variable_parse(*at, &v, e) < 0)
		return -EINVAL;
	if (v.is_list)
		return err_set(e, -EINVAL,
		    "${NAME[]} stands for items of a list: it must be all of "
		    "one item of a list");
	if (variable_look_up(&v, e) < 0)
		return -EINVAL;
	buf_putn(out, v.value.ptr, v.value.len);
	if (!v.is_preset)
		variable_put_name(&v, names);
	*at += v.len;
	return 0;
}

int expand(const char *text, struct buf *out, struct buf *names, struct err *e)
{
	while (*text) {
		size_t plain = strcspn(text, "$");

		buf_putn(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		if (text[1] == '{') {
			if (append_variable(&text, out, names, e) < 0)
				return -EINVAL;
		} else {
			buf_putn(out, "$", 1);
			text += text[1] == '$' ? 2 : 1;
		}
	}
	return 0;
}
