// Linux calls that Swift's Glibc module does not import. No feature macro here: other C modules see
// the same system headers, and the two would disagree.
#pragma once

#include <malloc.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

// prctl(PR_SET_DUMPABLE, 0): prctl is variadic, and variadic C functions are not imported.
int octokey_set_not_dumpable(void);

// The commit that this was built from, or an empty string where the build did not say.
const char *octokey_commit(void);

// Overwrites what calls that have returned left on the stack. It calls nothing itself: that would leave something, too.
void octokey_wipe_stack(void);

// Opens a folder, and no link, for nothing but looking names up in it: that takes no right to read it.
int octokey_open_step(int folder, const char *name);

// renameat2 with RENAME_NOREPLACE: fails with EEXIST where the new name is taken.
int octokey_rename_new(int folder, const char *from, const char *to);

// renameat2 with RENAME_EXCHANGE: each gets the name of the other, in one step.
int octokey_exchange_names(int folder, const char *one, const char *other);

// syncfs: waits until everything on the file system of an open file is on the device.
int octokey_sync_file_system(int file);

// fallocate: makes sure that an open file can be `size` bytes long, without making it longer.
int octokey_reserve(int file, long long size);

// What Linux knows about an open file beyond stat(2): 1 for yes, 0 for no, -1 where it does not say.
struct octokey_file_facts {
    int is_immutable;
    int is_append_only;
    // Whether a mount begins at this file: nothing can be renamed onto it.
    int is_mount_root;
    // The mount through which it was opened.
    long long mount;
};

// statx, and the older calls where a kernel, a file system or a seccomp filter lacks it.
struct octokey_file_facts octokey_file_facts(int file);

// Whether the process has an effective capability, by its number: 1 or 0; -1 where Linux does not say.
int octokey_has_capability(int number);

// What the user (kind 0) or group (1) `number` may still write to the file system of an open
// file, by its quota: bytes, or -1 where there is no limit, or none that can be seen.
long long octokey_quota_left(int file, int kind, unsigned number);

// The arguments of the process as the kernel gave them to the program; the last pointer is NULL. Swift
// reads them from /proc, which a container may not have.
char **octokey_arguments(void);
