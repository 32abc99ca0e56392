/* args: see args.h. */
#include "ctl/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"
#include "base/suggest.h"

static const struct option *find_in(
    const struct option *table, struct slice name)
{
	for (; table->name; table++)
		if (slice_eq(slice_str(table->name), name))
			return table;
	return NULL;
}

static void offer(struct suggest *s, const struct option *table)
{
	for (; table->name; table++)
		suggest_offer(s, table->name);
}

static int refuse_unknown(struct slice name, const struct option *own,
    const struct option *common, struct err *e)
{
	struct suggest s = suggest_begin(name);

	offer(&s, own);
	offer(&s, common);
	if (s.best)
		return err_set(e, -EINVAL,
		    "there is no option %.*s; did you mean %s?", (int)name.len,
		    name.ptr, s.best);
	return err_set(
	    e, -EINVAL, "there is no option %.*s", (int)name.len, name.ptr);
}

static void add(struct args *a, const char *name, const char *value)
{
	a->items[a->count++] = (struct arg){ name, value };
}

/* What stands behind '=' in word, the next word, or "" of what takes none. */
static int take_value(const struct option *o, const char *word,
    const char *next, size_t *used, const char **value, struct err *e)
{
	const char *equals = strchr(word, '=');

	*used = 1;
	*value = equals ? equals + 1 : "";
	if (!o->value && equals)
		return err_set(e, -EINVAL, "%s takes no value", o->name);
	if (!o->value || equals)
		return 0;
	if (!next)
		return err_set(
		    e, -EINVAL, "%s: %s must follow", o->name, o->value);
	*value = next;
	*used = 2;
	return 0;
}

/* Read an option that begins at words; *used of them. */
static int take_option(struct args *a, const char *const *words, size_t count,
    const struct option *own, const struct option *common, size_t *used,
    struct err *e)
{
	struct slice name = slice_of(words[0], strcspn(words[0], "="));
	const struct option *o = find_in(own, name);
	const char *value;
	int rc;

	if (!o)
		o = find_in(common, name);
	if (!o)
		return refuse_unknown(name, own, common, e);
	rc = take_value(
	    o, words[0], count > 1 ? words[1] : NULL, used, &value, e);
	if (rc == 0)
		add(a, o->name, value);
	return rc;
}

int args_parse(struct args *a, const char *const *words, size_t count,
    const struct option *own, const struct option *common, struct err *e)
{
	bool is_over = false; /* there are operands only */
	size_t used;
	int rc = 0;

	*a = (struct args){ xcalloc(count + 1, sizeof(struct arg)), 0 };
	for (size_t i = 0; rc == 0 && i < count; i += used) {
		used = 1;
		if (is_over || words[i][0] != '-' || !words[i][1])
			add(a, NULL, words[i]);
		else if (strcmp(words[i], "--") == 0)
			is_over = true;
		else
			rc = take_option(
			    a, words + i, count - i, own, common, &used, e);
	}
	if (rc < 0)
		args_fini(a);
	return rc;
}

void args_fini(struct args *a)
{
	free(a->items);
	*a = (struct args){ 0 };
}

static bool is_by(const struct arg *item, const char *name)
{
	return name ? item->name && strcmp(item->name, name) == 0 : !item->name;
}

const char *args_nth(const struct args *a, const char *name, size_t index)
{
	for (size_t i = 0; i < a->count; i++)
		if (is_by(&a->items[i], name) && index-- == 0)
			return a->items[i].value;
	return NULL;
}

const char *args_text(const struct args *a, const char *name)
{
	for (size_t i = a->count; i > 0; i--)
		if (is_by(&a->items[i - 1], name))
			return a->items[i - 1].value;
	return NULL;
}

bool args_has(const struct args *a, const char *name)
{
	return args_text(a, name) != NULL;
}

int args_quantity(const struct args *a, const char *name, enum quantity kind,
    int64_t max, int64_t preset, int64_t *value, struct err *e)
{
	const char *text = args_text(a, name);
	struct buf most = { 0 };
	struct err why;
	int rc;

	*value = preset;
	if (!text)
		return 0;
	rc = quantity_parse(kind, text, value, &why);
	if (rc == -EINVAL)
		return err_set(
		    e, rc, "%s: is '%s', and %s", name, text, why.text);
	if (rc == 0 && *value <= max)
		return 0;
	quantity_print(kind, max, &most);
	rc = err_set(e, -EINVAL, "%s: is '%s', and must be %.*s at most", name,
	    text, (int)most.len, most.data);
	buf_fini(&most);
	return rc;
}

const char *args_operand(const struct args *a, size_t index)
{
	return args_nth(a, NULL, index);
}
