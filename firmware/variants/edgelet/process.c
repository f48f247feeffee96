// The Linux firmware's stack, which MicroPython's unix port fixes for small scripts.

#include <sys/resource.h>

#include "py/cstack.h"

// MicroPython may use half of the process's stack (the usual limit is 8 MB), but no more than 4 MB; JavaScript, which
// runs on the same stack, and C have the rest. The unix port's own limit is 80 KB.
void __wrap_mp_cstack_init_with_sp_here(size_t stack_size) {
    const size_t most = 4 * 1024 * 1024;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0) {
        stack_size = limit.rlim_cur / 2 < most ? limit.rlim_cur / 2 : most;
    }
    mp_cstack_init_with_top(__builtin_frame_address(0), stack_size);
}
