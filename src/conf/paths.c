/* paths: see paths.h. It runs on the document, before values are checked. */
#include "conf/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Not resolved any further: what a link points to may change until a reload. */
static char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash ? (size_t)(slash - file) : 0;
	char *here = file[0] == '/' ? NULL : getcwd(NULL, 0);
	struct buf out = { 0 };

	if (here && strcmp(here, "/") != 0)
		buf_puts(&out, here);
	if (file[0] != '/' && len > 0)
		buf_puts(&out, "/");
	buf_putn(&out, file, len);
	buf_putn(&out, "", 1);
	free(here);
	return out.data;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0 || errno == EACCES;
}

static bool is_there_folder(const char *path)
{
	char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	bool is_found = is_there(folder);

	free(folder);
	return is_found;
}

static void resolve_value(
    struct node *n, const char *folder, struct mistakes *m)
{
	bool has_folder = n->value && strchr(n->value, '/');
	struct buf out = { 0 };

	if (n->kind != NODE_SCALAR || n->has_mistake || !n->value ||
	    n->value[0] == '/' || n->value[0] == '\0')
		return;
	buf_printf(&out, "%s/%s", folder, n->value);
	buf_putn(&out, "", 1);
	free(n->value);
	n->value = out.data;
	if (is_there(n->value) || (has_folder && is_there_folder(n->value)))
		return;
	/* Somebody may have put a secret here instead: it is not quoted. */
	mistakes_at(m, n, "No such file or directory in %s", folder);
}

static void resolve_map(const struct schema_row *rows, struct node *map,
    const char *folder, struct mistakes *m);

static void resolve_row(const struct schema_row *row, struct node *n,
    const char *folder, struct mistakes *m)
{
	bool is_items = row->type == SCHEMA_LIST || row->type == SCHEMA_NAMED;

	if (row->is_path) {
		resolve_value(n, folder, m);
		for (size_t i = 0; i < n->count; i++)
			resolve_value(n->children[i], folder, m);
	} else if (row->type == SCHEMA_MAP) {
		resolve_map(row->rows, n, folder, m);
	} else if (is_items) {
		for (size_t i = 0; i < n->count; i++)
			resolve_map(row->rows, n->children[i], folder, m);
	}
}

static void resolve_map(const struct schema_row *rows, struct node *map,
    const char *folder, struct mistakes *m)
{
	for (; rows->key; rows++) {
		struct node *n = node_child(map, rows->key);

		if (n)
			resolve_row(rows, n, folder, m);
	}
}

void paths_resolve(const struct schema_row *rows, struct node *root,
    const char *file, struct mistakes *m)
{
	char *folder = folder_of(file);

	resolve_map(rows, root, folder, m);
	free(folder);
}
