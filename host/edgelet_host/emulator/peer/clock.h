// lwIP's time: that of the wall, or of a board whose time is another.

#ifndef PEER_CLOCK_H
#define PEER_CLOCK_H

#include <stdbool.h>

// Takes the time from a file of the emulator (edgelet_host.emulator.hours); false where that cannot be, with errno.
bool clock_open(const char *path);

// How long poll may take, in ms, -1 for ever. In the board's time nothing is skipped beyond lwIP's next timer.
int clock_until_next_timer(void);

#endif // PEER_CLOCK_H
