/*
 * conf_notes_history: what of a configuration's history may not be meant. Part
 * of conf_notes.
 */
#ifndef CONF_CONF_NOTES_HISTORY_H
#define CONF_CONF_NOTES_HISTORY_H

struct conf;
struct mistakes;

/* Add what is noteworthy of it, and of what counts only with it, to notes. */
void conf_notes_history(const struct conf *c, struct mistakes *notes);

#endif
