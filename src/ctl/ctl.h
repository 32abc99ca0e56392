/*
 * ctl: the program roomcastctl: from its arguments to a command.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

/* Do what they ask for; returns the status to exit with (ctl/exit.h). */
int ctl(int argc, char **argv);

#endif
