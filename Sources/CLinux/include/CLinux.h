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

// syslog, which is variadic, with the facility LOG_AUTHPRIV: only administrators can read that log.
void octokey_log(const char *name, int priority, const char *text);
