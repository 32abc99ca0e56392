#include "process/show_conf.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/redis_tls.h"
#include "base/buf.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "conf/conf_notes.h"
#include "conf/conf_print.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "net/auth_files.h"
#include "net/certificates.h"
#include "net/listener_tls.h"
#include "sys/arguments.h"
#include "sys/tls_server.h"

static void put_notes(struct slice notes, struct buf *out)
{
	while (notes.len > 0) {
		struct slice line = slice_cut(&notes, '\n');

		buf_printf(out, "note: %.*s\n", (int)line.len, line.ptr);
	}
}

static void check_certificates(const struct conf_listen *l, struct node *n,
    struct buf *notes, struct mistakes *problems)
{
	struct err e;
	struct tls_server *t = listener_tls_new(l, &e);

	if (!t) {
		mistakes_at(problems, n, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < listener_tls_count(l); i++) {
		struct tls_dates dates = tls_server_dates(t, i);

		certificates_note(listener_tls_file(l, i), &dates,
		    clock_wall_ms() / 1000, notes);
	}
	tls_server_free(t);
}

/*
 * Read the keys and certificates that conf names, as the start does: all that
 * is wrong is in problems, at its place; what is no mistake, in notes.
 */
static void check_files(
    const struct conf *conf, struct buf *notes, struct mistakes *problems)
{
	struct node *listen = node_find(conf->document, "listen");

	auth_files_unref(auth_files_read(conf, NULL, problems));
	redis_tls_check(conf, problems);
	for (size_t i = 0; i < conf->listen.count && i < listen->count; i++)
		if (conf->listen.items[i].tls.certificate)
			check_certificates(&conf->listen.items[i],
			    node_find(listen->children[i], "tls"), notes,
			    problems);
}

/* Say what is wrong with the files that conf names; a word more to notes. */
static bool files_are_good(const struct conf *conf, struct buf *notes)
{
	struct mistakes problems = { 0 };
	struct buf out = { 0 };
	bool is_good;

	check_files(conf, notes, &problems);
	is_good = problems.count == 0;
	mistakes_print(&problems, conf->file, &out);
	if (out.len > 0)
		(void)fwrite(out.data, 1, out.len, stderr);
	buf_fini(&out);
	mistakes_fini(&problems);
	return is_good;
}

int show_conf(const struct conf *conf, const struct arguments *a)
{
	struct buf out = { 0 }, notes = { 0 };

	conf_notes(conf, &notes);
	if (a->check && !files_are_good(conf, &notes)) {
		buf_fini(&notes);
		return ARGUMENTS_EXIT_USAGE;
	}
	if (a->dump) {
		conf_dump(conf, &out);
	} else {
		put_notes(buf_slice(&notes), &out);
		buf_printf(&out, "%s: the configuration is fine\n", a->file);
	}
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_fini(&notes);
	buf_fini(&out);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
