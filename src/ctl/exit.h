/*
 * exit: what the exit status of roomcastctl says.
 */
#ifndef CTL_EXIT_H
#define CTL_EXIT_H

enum ctl_exit {
	CTL_OK = 0,
	CTL_NO = 1,        /* the gateway was asked, and says no */
	CTL_USAGE = 2,     /* bad usage, or a bad configuration */
	CTL_UNREACHED = 3, /* no gateway has answered */
};

#endif
