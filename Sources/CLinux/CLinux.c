#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int octokey_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int octokey_rename_new(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int octokey_sync_file_system(int file) { return syncfs(file); }

static char *no_arguments[] = {NULL};
static char **arguments = no_arguments;

// glibc calls constructors with what main gets.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    (void)count;
    if (values != NULL) arguments = values;
}

char **octokey_arguments(void) { return arguments; }
