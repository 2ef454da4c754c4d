#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int octokey_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

__attribute__((noinline)) void octokey_wipe_stack(void) {
    volatile char below[16 << 10];
    for (size_t index = 0; index < sizeof below; index++) below[index] = 0;
}

int octokey_open_step(int folder, const char *name) {
    return openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int octokey_rename_new(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int octokey_exchange_names(int folder, const char *one, const char *other) {
    return renameat2(folder, one, folder, other, RENAME_EXCHANGE);
}

int octokey_sync_file_system(int file) { return syncfs(file); }

int octokey_reserve(int file, long long size) {
    return fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size);
}

static int attribute(const struct statx *status, unsigned long long bit) {
    return status->stx_attributes_mask & bit ? (status->stx_attributes & bit) != 0 : -1;
}

struct octokey_file_facts octokey_file_facts(int file) {
    struct octokey_file_facts facts = {-1, -1, -1, -1};
    struct statx status;
    if (statx(file, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &status) == 0) {
        facts.is_immutable = attribute(&status, STATX_ATTR_IMMUTABLE);
        facts.is_append_only = attribute(&status, STATX_ATTR_APPEND);
        facts.is_mount_root = attribute(&status, STATX_ATTR_MOUNT_ROOT);
        if (status.stx_mask & STATX_MNT_ID) facts.mount = (long long)status.stx_mnt_id;
    }
    int flags = 0;
    if ((facts.is_immutable < 0 || facts.is_append_only < 0) &&
        ioctl(file, FS_IOC_GETFLAGS, &flags) == 0) {
        facts.is_immutable = (flags & FS_IMMUTABLE_FL) != 0;
        facts.is_append_only = (flags & FS_APPEND_FL) != 0;
    }
    if (facts.mount < 0) {
        // With no room for a handle it fails, and has the mount nevertheless.
        struct file_handle handle = {.handle_bytes = 0};
        int mount = -1;
        (void)name_to_handle_at(file, "", &handle, &mount, AT_EMPTY_PATH);
        facts.mount = mount;
    }
    return facts;
}

int octokey_has_capability(int number) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    return (data[number / 32].effective >> (number % 32)) & 1;
}

long long octokey_quota_left(int file, int kind, unsigned number) {
#ifdef SYS_quotactl_fd
    struct dqblk quota;
    if (syscall(SYS_quotactl_fd, file, QCMD(Q_GETQUOTA, kind), number, &quota) != 0) return -1;
    if (!(quota.dqb_valid & QIF_BLIMITS) || quota.dqb_bhardlimit == 0) return -1;
    unsigned long long limit = quota.dqb_bhardlimit * 1024;
    return limit > quota.dqb_curspace ? (long long)(limit - quota.dqb_curspace) : 0;
#else
    return -1;
#endif
}

static char *no_arguments[] = {NULL};
static char **arguments = no_arguments;

// glibc calls constructors with what main gets.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    (void)count;
    if (values != NULL) arguments = values;
}

char **octokey_arguments(void) { return arguments; }

#ifndef OCTOKEY_COMMIT
#define OCTOKEY_COMMIT ""
#endif

const char *octokey_commit(void) { return OCTOKEY_COMMIT; }
