/*
 * variable: see variable.h. Not a shell: a default is one other variable with a
 * default of its own, or plain text that the first '}' ends, and holds neither
 * variable nor brace.
 */
#include "conf/variable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

enum { NAME_SHOWN = 64 };

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789_";

/* How much of the name a mistake shows. */
static int shown(const struct variable *v)
{
	return v->name.len < NAME_SHOWN ? (int)v->name.len : NAME_SHOWN;
}

static int parse(
    const char *text, struct variable *v, bool may_nest, struct err *e);

static int refuse_spelling(struct err *e)
{
	return err_set(e, -EINVAL,
	    "'${' must go on as ${NAME}, ${NAME:-DEFAULT} or, for items of a "
	    "list, ${NAME[]} (letters, digits and _); a dollar itself is "
	    "written $$");
}

static int refuse_preset(const struct variable *v, bool is_open, struct err *e)
{
	if (is_open)
		return err_set(e, -EINVAL,
		    "the default of %.*s has no '}' behind it", shown(v),
		    v->name.ptr);
	return err_set(e, -EINVAL,
	    "the default of %.*s must not hold '$' or '{': it is plain text, "
	    "which the first '}' ends",
	    shown(v), v->name.ptr);
}

/*
 * The length of the preset that text begins with: of one variable, where that
 * may be, or of plain text.
 */
static size_t measure_preset(const char *text, bool may_nest)
{
	struct variable inner;

	if (may_nest && strncmp(text, "${", 2) == 0 &&
	    parse(text, &inner, false, NULL) == 0 && inner.has_preset &&
	    !inner.is_list)
		return inner.len;
	return strcspn(text, "${}");
}

static int parse(
    const char *text, struct variable *v, bool may_nest, struct err *e)
{
	const char *at = text + strlen("${");

	*v = (struct variable){ .name = { at, strspn(at, name_chars) } };
	at += v->name.len;
	v->is_list = strncmp(at, "[]", 2) == 0;
	at += v->is_list ? 2 : 0;
	v->has_preset = strncmp(at, ":-", 2) == 0;
	at += v->has_preset ? 2 : 0;
	if (v->has_preset)
		v->preset =
		    slice_of(at, measure_preset(at, may_nest && !v->is_list));
	at += v->preset.len;
	if (v->name.len == 0 || (!v->has_preset && *at != '}'))
		return refuse_spelling(e);
	if (*at != '}')
		return refuse_preset(v, *at == '\0', e);
	v->len = (size_t)(at + 1 - text);
	return 0;
}

int variable_parse(const char *text, struct variable *v, struct err *e)
{
	return parse(text, v, true, e);
}

bool variable_is_all(const char *text, struct variable *v)
{
	return strncmp(text, "${", 2) == 0 &&
	       variable_parse(text, v, NULL) == 0 && text[v->len] == '\0';
}

static const char *from_environment(const struct variable *v)
{
	char *name = xstrndup(v->name.ptr, v->name.len);
	const char *value = getenv(name);

	free(name);
	return value;
}

/* The variable that stands in place of a default. */
static int look_up_other(struct variable *v, struct err *e)
{
	struct variable other;

	if (variable_parse(v->preset.ptr, &other, e) < 0 ||
	    variable_look_up(&other, e) < 0)
		return -EINVAL;
	other.len = v->len;
	*v = other;
	return 0;
}

int variable_look_up(struct variable *v, struct err *e)
{
	const char *text = from_environment(v);
	const char *brackets = v->is_list ? "[]" : "";
	int len = shown(v);

	if (!text && !v->has_preset)
		return err_set(e, -EINVAL,
		    "the environment variable %.*s is not set; set it, or "
		    "write ${%.*s%s:-DEFAULT} here",
		    len, v->name.ptr, len, v->name.ptr, brackets);
	/* The file itself is UTF-8, or yamldoc refuses it. */
	if (!utf8_is_valid(slice_str(text), NULL))
		return err_set(e, -EINVAL,
		    "the environment variable %.*s is not UTF-8", len,
		    v->name.ptr);
	v->value = slice_str(text);
	if (v->is_list)
		v->value = slice_trim(v->value);
	v->is_preset = v->value.len == 0 && v->has_preset;
	if (v->is_preset && slice_starts_with(v->preset, slice_str("${")))
		return look_up_other(v, e);
	if (v->is_preset)
		v->value = v->is_list ? slice_trim(v->preset) : v->preset;
	return 0;
}

void variable_put_name(const struct variable *v, struct buf *names)
{
	buf_puts(names, names->len > 0 ? ", " : "");
	buf_putn(names, v->name.ptr, v->name.len);
}
