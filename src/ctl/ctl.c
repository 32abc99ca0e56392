/* ctl: see ctl.h. */
#include "ctl/ctl.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "ctl/call.h"
#include "ctl/verb.h"
#include "sys/build.h"

enum { PATIENCE_PRESET_MS = 10000, PATIENCE_MAX_MS = 3600 * 1000 };

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	       strcmp(word, "help") == 0;
}

static enum ctl_exit refuse_name(const char *name)
{
	struct suggest s = suggest_begin(slice_str(name));

	for (const struct verb *c = verbs; c->name; c++)
		suggest_offer(&s, c->name);
	if (s.best)
		return call_fail(CTL_USAGE,
		    "there is no command '%s'; did you mean %s?", name, s.best);
	return call_fail(
	    CTL_USAGE, "there is no command '%s'; --help lists all", name);
}

static enum ctl_exit show_help(const struct verb *verb)
{
	struct buf out = { 0 };
	enum ctl_exit code;

	if (verb)
		verb_help(verb, &out);
	else
		verb_help_all(&out);
	code = call_print(buf_slice(&out));
	buf_fini(&out);
	return code;
}

/* What the words say beside the options of the verb itself. */
static int take_words(struct call *c, const struct verb *verb, struct err *e)
{
	size_t room = verb->operand ? 1 : 0;
	int64_t patience_ms;

	if (args_operand(&c->args, room))
		return err_set(e, -1, "'%s' is one word too many",
		    args_operand(&c->args, room));
	if (verb->must_have_operand && !args_operand(&c->args, 0))
		return err_set(e, -1, "%s must follow", verb->operand);
	c->is_json = args_has(&c->args, "--json");
	if (args_quantity(&c->args, "--timeout", QUANTITY_DURATION,
		PATIENCE_MAX_MS, PATIENCE_PRESET_MS, &patience_ms, e) < 0)
		return -1;
	c->patience_ms = (int)patience_ms;
	return verb->asks ? reach_find(&c->reach, &c->args, e) : 0;
}

static enum ctl_exit run(
    const struct verb *verb, const char *const *words, size_t count)
{
	struct call c = { .is_json = false };
	enum ctl_exit code;
	struct err e;

	for (size_t i = 0; i < count; i++)
		if (is_help(words[i]) && words[i][0] == '-')
			return show_help(verb);
	if (args_parse(&c.args, words, count, verb->options, verb_common(verb),
		&e) < 0 ||
	    take_words(&c, verb, &e) < 0)
		code = call_fail(CTL_USAGE, "%s: %s", verb->name, e.text);
	else
		code = verb->run(&c);
	reach_fini(&c.reach);
	args_fini(&c.args);
	return code;
}

int ctl(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct verb *verb = verb_find(name);

	(void)signal(SIGPIPE, SIG_IGN);
	if (verb)
		return run(
		    verb, (const char *const *)argv + 2, (size_t)argc - 2);
	if (strcmp(name, "--version") == 0) {
		(void)printf("roomcastctl %s\ncommit: %s\n", ROOMCAST_VERSION,
		    build_commit());
		return CTL_OK;
	}
	if (!is_help(name))
		return refuse_name(name);
	verb = argc > 2 ? verb_find(argv[2]) : NULL;
	if (argc > 2 && !verb)
		return refuse_name(argv[2]);
	return show_help(verb);
}
