// See confine.h. Landlock's and seccomp's interfaces are the kernel's own (Documentation/userspace-api), by numbers,
// since a C library may be older than them.

#define _GNU_SOURCE // O_PATH

#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Landlock

// The same on all machines: these calls are newer than the common table.
#define LANDLOCK_CREATE_RULESET (444)
#define LANDLOCK_ADD_RULE (445)
#define LANDLOCK_RESTRICT_SELF (446)
#define CREATE_RULESET_VERSION (1)
#define RULE_PATH_BENEATH (1)

#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
// What a version of the interface knows of files: to execute, write, read, list, remove and make, then to move between
// folders, to truncate, and to send commands to devices.
#define FS_FIRST ((1ULL << 13) - 1)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define SCOPE_ALL (3ULL) // sockets of abstract names, signals

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

static bool allow_reading(int ruleset, const char *path) {
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0) {
        // Nothing there to be read.
        return errno == ENOENT || errno == ENOTDIR;
    }
    struct stat stat;
    bool is_folder = fstat(place, &stat) == 0 && S_ISDIR(stat.st_mode);
    struct path_beneath rule = {.allowed = FS_READ_FILE | (is_folder ? FS_READ_DIR : 0), .parent = place};
    bool is_done = syscall(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
    close(place);
    return is_done;
}

static bool by_landlock(const char *const *readable, size_t count) {
    long version = syscall(LANDLOCK_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    if (version < 1) {
        return false;
    }
    struct ruleset handled = {.fs = FS_FIRST};
    handled.fs |= version >= 2 ? FS_REFER : 0;
    handled.fs |= version >= 3 ? FS_TRUNCATE : 0;
    handled.net = version >= 4 ? NET_BIND_TCP : 0;
    handled.fs |= version >= 5 ? FS_IOCTL_DEV : 0;
    handled.scoped = version >= 6 ? SCOPE_ALL : 0;
    // An older kernel takes a longer structure where what it does not know is 0.
    int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &handled, sizeof(handled), 0);
    if (ruleset < 0) {
        return false;
    }
    bool is_done = true;
    for (size_t i = 0; i < count; i++) {
        is_done = allow_reading(ruleset, readable[i]) && is_done;
    }
    is_done = is_done && syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0;
    close(ruleset);
    return is_done;
}

// seccomp

#if defined(__x86_64__)
#define CONFINE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CONFINE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define CONFINE_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define CONFINE_ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef CONFINE_ARCH

// Of no use to one who serves requests, and of much to one who has broken in.
static const int forbidden[] = {
    SYS_execve,
    SYS_execveat,
    SYS_clone,
#ifdef SYS_clone3
    SYS_clone3,
#endif
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kill,
    SYS_listen,
    SYS_socketpair,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
#ifdef SYS_chmod
    SYS_chmod,
#endif
    SYS_fchmodat,
    SYS_personality,
    425, // io_uring_setup, which does what the filter does not see
    438, // pidfd_getfd
};

#define ONES(code, k) ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP(code, k, yes, no))
#define LOAD(field) ONES(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define N_FORBIDDEN (sizeof(forbidden) / sizeof(forbidden[0]))
// The first argument's lower half, on machines that have it first.
#define FIRST_ARGUMENT args[0]
#define X32_BIT (0x40000000)

static bool by_seccomp(void) {
    struct sock_filter filter[N_FORBIDDEN * 2 + 16];
    unsigned short n = 0;
    filter[n++] = LOAD(arch);
    filter[n++] = JUMP(EQUAL, CONFINE_ARCH, 1, 0);
    filter[n++] = ONES(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[n++] = LOAD(nr);
#ifdef __x86_64__
    filter[n++] = JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
    filter[n++] = ONES(BPF_RET | BPF_K, REFUSE);
#endif
    for (size_t i = 0; i < N_FORBIDDEN; i++) {
        filter[n++] = JUMP(EQUAL, (unsigned)forbidden[i], 0, 1);
        filter[n++] = ONES(BPF_RET | BPF_K, REFUSE);
    }
    filter[n++] = JUMP(EQUAL, SYS_socket, 0, 4);
    filter[n++] = LOAD(FIRST_ARGUMENT);
    filter[n++] = JUMP(EQUAL, AF_INET, 2, 0);
    filter[n++] = JUMP(EQUAL, AF_INET6, 1, 0);
    filter[n++] = ONES(BPF_RET | BPF_K, REFUSE);
    filter[n++] = ONES(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = n, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#else

static bool by_seccomp(void) {
    return false;
}

#endif // CONFINE_ARCH

const char *confine_name(int kind) {
    static const char *const names[] = {"no_new_privs", "landlock", "seccomp"};
    return names[kind];
}

bool confine_by(int kind, const char *const *readable, size_t count) {
    switch (kind) {
        case CONFINE_PRIVILEGES:
            prctl(PR_SET_DUMPABLE, 0);
            return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
        case CONFINE_FILES:
            return by_landlock(readable, count);
        default:
            return by_seccomp();
    }
}
