/*
 * ctl_pages: what is made of the table of roomcastctl's commands beside its
 * help: its manual page, and completion for two shells. ctl_pages man | bash |
 * zsh. `make docs` writes them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"
#include "ctl/verb.h"

/* --- the manual page --- */

/* Text as roff has it: a hyphen that is one, no request by a first dot. */
static void put_roff(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\\')
			buf_puts(out, "\\e");
		else if (c == '-')
			buf_puts(out, "\\-");
		else if (i == 0 && (c == '.' || c == '\''))
			buf_printf(out, "\\&%c", c);
		else
			buf_putn(out, &c, 1);
	}
}

static void put_lines(struct buf *out, const char *text)
{
	struct slice rest = slice_str(text);

	while (rest.len > 0) {
		put_roff(out, slice_cut(&rest, '\n'));
		buf_puts(out, "\n");
	}
}

static void put_options(struct buf *out, const struct option *o)
{
	for (; o->name; o++) {
		buf_puts(out, ".TP\n.B ");
		put_roff(out, slice_str(o->name));
		if (o->value) {
			buf_puts(out, " \\fI");
			put_roff(out, slice_str(o->value));
			buf_puts(out, "\\fR");
		}
		buf_puts(out, "\n");
		put_lines(out, o->help);
	}
}

static void put_verb(struct buf *out, const struct verb *v)
{
	buf_puts(out, ".SS ");
	put_roff(out, slice_str(v->name));
	if (v->operand)
		buf_printf(
		    out, v->must_have_operand ? " %s" : " [%s]", v->operand);
	buf_puts(out, "\n");
	put_lines(out, v->about);
	put_options(out, v->options);
	buf_puts(out, ".PP\nExamples:\n.PP\n.nf\n");
	put_lines(out, v->examples);
	buf_puts(out, ".fi\n");
}

static const char head[] =
    ".\\\" Written by `make docs`, from the commands in src/ctl/verbs.c.\n"
    ".TH ROOMCASTCTL 1 2026-11-26 roomcast \"User Commands\"\n"
    ".SH NAME\nroomcastctl \\- ask a running roomcast, and tell it what to "
    "do\n"
    ".SH SYNOPSIS\n.B roomcastctl\n.I COMMAND\n.RI [ OPTION .\\|.\\|.]\n.br\n"
    ".B roomcastctl\n.I COMMAND\n.B \\-\\-help\n.br\n"
    ".B roomcastctl \\-\\-version\n|\n.B \\-\\-help\n"
    ".SH DESCRIPTION\nIt speaks to the admin listener of\n"
    ".BR roomcast (8).\nWhere that is, and its token, say options, else the\n"
    "environment, else the configuration of the gateway.\n"
    ".SH OPTIONS\nOf all commands that ask the gateway:\n";

static const char tail[] =
    ".SH ENVIRONMENT\n.TP\n.B ROOMCAST_ADMIN\n"
    "The address of the admin listener, as\n.BR \\-\\-admin .\n"
    ".TP\n.B ROOMCAST_TOKEN_FILE\n"
    "A file with its token, as\n.BR \\-\\-token\\-file .\n"
    ".SH FILES\n.TP\n.I /etc/roomcast/roomcast.yaml\n"
    "The configuration of the gateway.\n"
    ".SH EXIT STATUS\n.TP\n.B 0\nFine.\n"
    ".TP\n.B 1\nThe gateway was asked, and says no.\n"
    ".TP\n.B 2\nBad usage, or a configuration that cannot be used.\n"
    ".TP\n.B 3\nNobody answers, or nobody that is a gateway.\n"
    ".SH SEE ALSO\n.BR roomcast (8),\n.BR roomcast.yaml (5)\n";

static const struct option *asking(void)
{
	return verb_common(verb_find("status"));
}

static void put_manual(struct buf *out)
{
	buf_puts(out, head);
	put_options(out, asking());
	buf_puts(out, ".SH COMMANDS\n");
	for (const struct verb *v = verbs; v->name; v++)
		put_verb(out, v);
	buf_puts(out, tail);
}

/* --- completion --- */

static void put_words(struct buf *out, const struct option *o)
{
	for (; o->name; o++)
		buf_printf(out, "%s ", o->name);
}

/* The options of a command, those that all have among them. */
static void put_all_words(struct buf *out, const struct verb *v)
{
	put_words(out, v->options);
	put_words(out, verb_common(v));
	buf_puts(out, "--help");
}

static void put_bash(struct buf *out)
{
	buf_puts(out,
	    "# Completion of roomcastctl for bash. Written by `make docs`.\n"
	    "_roomcastctl() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	    "\tcase ${COMP_WORDS[COMP_CWORD - 1]} in\n"
	    "\t--config | --token-file | --key | --ca | check)\n"
	    "\t\tif [[ $cur != -* ]]; then\n"
	    "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\t\t\treturn\n"
	    "\t\tfi\n"
	    "\t\t;;\n"
	    "\tesac\n"
	    "\tif ((COMP_CWORD == 1)); then\n\t\twords='");
	for (const struct verb *v = verbs; v->name; v++)
		buf_printf(out, "%s ", v->name);
	buf_puts(out, "help --help --version'\n\telse\n"
		      "\t\tcase ${COMP_WORDS[1]} in\n");
	for (const struct verb *v = verbs; v->name; v++) {
		buf_printf(out, "\t\t%s) words='", v->name);
		put_all_words(out, v);
		buf_puts(out, "' ;;\n");
	}
	buf_puts(out,
	    "\t\tesac\n\tfi\n"
	    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "}\ncomplete -F _roomcastctl roomcastctl\n");
}

/* Within single quotes and brackets of zsh's _arguments. */
static void put_zsh_text(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			buf_puts(out, "'\\''");
		else if (text.ptr[i] == '\n')
			buf_puts(out, " ");
		else if (strchr("[]:\\", text.ptr[i]))
			buf_printf(out, "\\%c", text.ptr[i]);
		else
			buf_putn(out, text.ptr + i, 1);
	}
}

static bool is_file(const struct option *o)
{
	return o->value && strcmp(o->value, "FILE") == 0;
}

static void put_zsh_options(struct buf *out, const struct option *o)
{
	for (; o->name; o++) {
		buf_printf(out, " \\\n\t\t\t'*%s[", o->name);
		put_zsh_text(out, slice_str(o->help));
		buf_puts(out, "]");
		if (o->value) {
			buf_puts(out, ":");
			put_zsh_text(out, slice_str(o->value));
			buf_puts(out, is_file(o) ? ":_files" : ":");
		}
		buf_puts(out, "'");
	}
}

static void put_zsh(struct buf *out)
{
	buf_puts(out, "#compdef roomcastctl\n"
		      "# Completion for zsh. Written by `make docs`.\n"
		      "if ((CURRENT == 2)); then\n\tlocal -a commands\n"
		      "\tcommands=(\n");
	for (const struct verb *v = verbs; v->name; v++) {
		buf_printf(out, "\t\t'%s:", v->name);
		put_zsh_text(out, slice_str(v->summary));
		buf_puts(out, "'\n");
	}
	buf_puts(out, "\t)\n\t_describe command commands\nelse\n"
		      "\tlocal command=$words[2]\n\tshift words\n"
		      "\t((CURRENT--))\n\tcase $command in\n");
	for (const struct verb *v = verbs; v->name; v++) {
		buf_printf(out, "\t%s)\n\t\t_arguments", v->name);
		put_zsh_options(out, v->options);
		put_zsh_options(out, verb_common(v));
		if (v->operand)
			buf_printf(out, " \\\n\t\t\t':%s:%s'", v->operand,
			    strcmp(v->operand, "FILE") == 0 ? "_files" : "");
		buf_puts(out, "\n\t\t;;\n");
	}
	buf_puts(out, "\tesac\nfi\n");
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	struct buf out = { 0 };

	if (strcmp(what, "man") == 0)
		put_manual(&out);
	else if (strcmp(what, "bash") == 0)
		put_bash(&out);
	else if (strcmp(what, "zsh") == 0)
		put_zsh(&out);
	else
		return EXIT_FAILURE;
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_fini(&out);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
