// Linux calls that Swift's Glibc module does not import. No feature macro here: other C modules see
// the same system headers, and the two would disagree.
#pragma once

#include <sys/signalfd.h>
#include <sys/xattr.h>

// prctl(PR_SET_DUMPABLE, 0): prctl is variadic, and variadic C functions are not imported.
int octokey_set_not_dumpable(void);

// renameat2 with RENAME_NOREPLACE: fails with EEXIST where the new name is taken.
int octokey_rename_new(int folder, const char *from, const char *to);

// syncfs: waits until everything on the file system of an open file is on the device.
int octokey_sync_file_system(int file);

// The arguments of the process as the kernel gave them to the program; the last pointer is NULL. Swift
// reads them from /proc, which a container may not have.
char **octokey_arguments(void);
