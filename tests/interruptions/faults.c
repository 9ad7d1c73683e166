/* Loaded before libc (LD_PRELOAD): the n-th operation that changes files below a folder fails, or kills the process.

   Libraries in C, C++ and Rust write through libc as Python does; nothing but the kernel is nearer to the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char below[4096];
static long at, seen;      /* the operation to fail, from 1; 0 for none */
static int error_number;   /* 0 kills the process group */
static int lasting;        /* whether all that follow fail too */

void faults_set(const char *folder, long operation, int number, int lasts) {
  snprintf(below, sizeof below, "%s", folder);
  at = operation; seen = 0; error_number = number; lasting = lasts;
}

long faults_seen(void) { return seen; }

static int inside(const char *path) {
  char whole[8192];
  size_t length = strlen(below);
  if (!length || !path) return 0;
  if (path[0] != '/') {
    if (!getcwd(whole, 4096)) return 0;
    size_t used = strlen(whole);
    snprintf(whole + used, sizeof whole - used, "/%s", path);
    path = whole;
  }
  return !strncmp(path, below, length);
}

static int inside_fd(int fd) {
  char name[64], path[4096];
  if (!*below || fd < 3) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return path[0] == '/' && inside(path); /* not pipes and sockets */
}

static int fails(int concerned) {
  if (!concerned) return 0;
  long number = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
  if (!at || number < at || (number > at && !lasting)) return 0;
  if (!error_number) { kill(0, SIGKILL); pause(); }
  errno = error_number;
  return 1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define ON_FD(result, name, parameters, arguments) \
  result name parameters { REAL(name); return fails(inside_fd(fd)) ? -1 : real arguments; }
#define ON_PATH(name, parameters, arguments) \
  int name parameters { REAL(name); return fails(inside(path)) ? -1 : real arguments; }
#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    return (flags & (O_CREAT | O_TRUNC)) && fails(inside(path)) ? -1 : real(path, flags, mode); }
#define OPENS_AT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    REAL(name); va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    return (flags & (O_CREAT | O_TRUNC)) && fails(inside(path)) ? -1 : real(folder, path, flags, mode); }
#define ALLOCATES(name, offset_type) \
  int name(int fd, offset_type from, offset_type length) { \
    REAL(name); return fails(inside_fd(fd)) ? errno : real(fd, from, length); }

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
ON_FD(ssize_t, write, (int fd, const void *data, size_t length), (fd, data, length))
ON_FD(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
ON_FD(ssize_t, pwrite, (int fd, const void *data, size_t length, off_t from), (fd, data, length, from))
ON_FD(ssize_t, pwrite64, (int fd, const void *data, size_t length, off64_t from), (fd, data, length, from))
ON_FD(int, fsync, (int fd), (fd))
ON_FD(int, ftruncate, (int fd, off_t length), (fd, length))
ON_FD(int, ftruncate64, (int fd, off64_t length), (fd, length))
ALLOCATES(posix_fallocate, off_t)
ALLOCATES(posix_fallocate64, off64_t)
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, (const char *path, const char *to), (path, to))
