// For LD_PRELOAD: write and pwrite write half of the bytes, and are interrupted every other time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

static int isInterrupted(void) {
    static __thread unsigned calls;
    errno = EINTR;
    return ++calls % 2;
}

ssize_t write(int file, const void *bytes, size_t count) {
    ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (isInterrupted()) return -1;
    return next(file, bytes, count > 1 ? count / 2 : count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    ssize_t (*next)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    if (isInterrupted()) return -1;
    return next(file, bytes, count > 1 ? count / 2 : count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
    return pwrite64(file, bytes, count, offset);
}
