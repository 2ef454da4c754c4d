#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

int octokey_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int octokey_rename_new(int folder, const char *from, const char *to) {
    return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int octokey_sync_file_system(int file) { return syncfs(file); }

void octokey_log(const char *name, int priority, const char *text) {
    openlog(name, LOG_PID, LOG_AUTHPRIV);
    syslog(priority, "%s", text);
    closelog();
}
