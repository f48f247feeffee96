// What takes from a process of Linux what it does not need. Of use to a process that was forked, before it looks at
// anything of a stranger's.

#ifndef EDGELET_CONFINE_H
#define EDGELET_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CONFINE_PRIVILEGES, // no program that it would start has more rights than it; not traced or dumped
    CONFINE_FILES,      // Landlock: of the file system it reads the paths given, and nothing else; it listens nowhere
    CONFINE_CALLS,      // seccomp: no programs, processes, namespaces or kernel modules; sockets of IP only
    CONFINE_KINDS,
};

const char *confine_name(int kind);

// Whether the kernel has it, and it is in force now. In the order above.
bool confine_by(int kind, const char *const *readable, size_t count);

#endif // EDGELET_CONFINE_H
