/*
 * conf_notes_unused: keys of a configuration that have no effect as they stand.
 * Part of conf_notes.
 */
#ifndef CONF_CONF_NOTES_UNUSED_H
#define CONF_CONF_NOTES_UNUSED_H

struct conf;
struct mistakes;

/* Add a note of each to notes, at the key. */
void conf_notes_unused(const struct conf *c, struct mistakes *notes);

#endif
