// Every call that changes a file is in this file, and nothing else is: what it is told by is in the header.
//
// glibc calls its own functions by other names (`remove`, `fflush` and `mkstemp` don't come by here), but neither SQLite nor Foundation
// reaches an archive's files in that way, but for `remove`, which is defined too.

#define _GNU_SOURCE
#include "CDictaFaults.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long call_count, hit_count, first_call, end_call;
static atomic_int armed_fault, armed_error;
static char first_hit[512];

bool dicta_faults_available(void) { return true; }

void dicta_faults_arm(enum dicta_fault fault, long first, long count, int error) {
  atomic_store(&hit_count, 0);
  atomic_store(&armed_error, error);
  atomic_store(&first_call, first);
  atomic_store(&end_call, first + count);
  atomic_store(&armed_fault, fault);
}

void dicta_faults_recount(long count) { atomic_store(&call_count, count); }
void dicta_faults_disarm(void) { atomic_store(&armed_fault, 0); }
long dicta_faults_call_count(void) { return atomic_load(&call_count); }
long dicta_faults_hit_count(void) { return atomic_load(&hit_count); }
const char *dicta_faults_first_hit(void) { return atomic_load(&hit_count) > 0 ? first_hit : ""; }

/// Ends the process as a power switch would end it: no handler runs, nothing is flushed.
static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/// Counts a call and tells what is to become of it. Whoever was to be killed before it doesn't come back.
static enum dicta_fault count(const char *call, int file, const char *path) {
  long number = atomic_fetch_add(&call_count, 1) + 1;
  int fault = atomic_load(&armed_fault);
  if (fault == 0 || number < atomic_load(&first_call) || number >= atomic_load(&end_call)) return 0;
  // What takes no room doesn't fail for want of it.
  if (fault == DICTA_FAULT_FAIL && atomic_load(&armed_error) == ENOSPC && (!strcmp(call, "unlink") || !strcmp(call, "ftruncate"))) return 0;
  if (fault == DICTA_FAULT_KILL) die();
  if (fault == DICTA_FAULT_FAIL && atomic_fetch_add(&hit_count, 1) == 0) {
    char link[64], name[256] = "";
    if (path == NULL) {
      snprintf(link, sizeof link, "/proc/self/fd/%d", file);
      ssize_t length = readlink(link, name, sizeof name - 1);
      if (length > 0) name[length] = 0;
      path = name;
    }
    const char *slash = strrchr(path, '/');
    snprintf(first_hit, sizeof first_hit, "%s %s", call, slash ? slash + 1 : path);
  }
  return fault;
}

/// Whether a descriptor is one of what is counted. Leaves `errno` as it is.
static bool counts(int file) {
  int saved = errno;
  struct stat status;
  bool result = fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
  errno = saved;
  return result;
}

static int fail(void) {
  errno = atomic_load(&armed_error);
  return -1;
}

// What is done instead of a call with a fault, or with none. `half` writes the first half of the bytes.
#define CALL_WRITING(name, file, whole, half)                             \
  do {                                                                    \
    enum dicta_fault fault = counts(file) ? count(name, file, NULL) : 0;  \
    if (fault == 0) return (whole);                                       \
    if (fault == DICTA_FAULT_TEAR || atomic_load(&armed_error) == ENOSPC) \
      (void)!(half);                                                      \
    if (fault == DICTA_FAULT_TEAR) die();                                 \
    return fail();                                                        \
  } while (0)

#define CALL_DOING(fault, whole)      \
  do {                                \
    enum dicta_fault given = (fault); \
    if (given == 0) return (whole);   \
    if (given == DICTA_FAULT_TEAR) {  \
      (void)!(whole);                 \
      die();                          \
    }                                 \
    return fail();                    \
  } while (0)

// MARK: Bytes

ssize_t write(int file, const void *bytes, size_t size) {
  CALL_WRITING("write", file, syscall(SYS_write, file, bytes, size), syscall(SYS_write, file, bytes, size / 2));
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
  CALL_WRITING("pwrite", file, syscall(SYS_pwrite64, file, bytes, size, offset), syscall(SYS_pwrite64, file, bytes, size / 2, offset));
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) { return pwrite(file, bytes, size, offset); }

ssize_t writev(int file, const struct iovec *parts, int part_count) {
  CALL_WRITING("writev", file, syscall(SYS_writev, file, parts, part_count), syscall(SYS_writev, file, parts, part_count / 2));
}

// MARK: Sizes

static int truncated(int file, off_t size) {
  CALL_DOING(counts(file) ? count("ftruncate", file, NULL) : 0, syscall(SYS_ftruncate, file, size));
}

int ftruncate(int file, off_t size) { return truncated(file, size); }
int ftruncate64(int file, off64_t size) { return truncated(file, size); }

static int allocated(int file, int mode, off_t offset, off_t size) {
  CALL_DOING(counts(file) ? count("fallocate", file, NULL) : 0, syscall(SYS_fallocate, file, mode, offset, size));
}

int fallocate(int file, int mode, off_t offset, off_t size) { return allocated(file, mode, offset, size); }
int fallocate64(int file, int mode, off64_t offset, off64_t size) { return allocated(file, mode, offset, size); }

// These two give the error and leave `errno` alone.
static int allocated_posix(int file, off_t offset, off_t size) {
  int saved = errno;
  int error = allocated(file, 0, offset, size) == 0 ? 0 : errno;
  errno = saved;
  return error;
}

int posix_fallocate(int file, off_t offset, off_t size) { return allocated_posix(file, offset, size); }
int posix_fallocate64(int file, off64_t offset, off64_t size) { return allocated_posix(file, offset, size); }

// MARK: Syncing

int fsync(int file) { CALL_DOING(counts(file) ? count("fsync", file, NULL) : 0, syscall(SYS_fsync, file)); }

int fdatasync(int file) { CALL_DOING(counts(file) ? count("fdatasync", file, NULL) : 0, syscall(SYS_fdatasync, file)); }

// MARK: Names

static int opened(int folder, const char *path, int flags, mode_t mode) {
  if (!(flags & O_CREAT)) return syscall(SYS_openat, folder, path, flags, mode);
  CALL_DOING(count("open", -1, path), syscall(SYS_openat, folder, path, flags, mode));
}

// The mode is there only where a file may be made.
#define MODE(flags)                                    \
  ({                                                   \
    mode_t mode = 0;                                   \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
      va_list rest;                                    \
      va_start(rest, flags);                           \
      mode = va_arg(rest, mode_t);                     \
      va_end(rest);                                    \
    }                                                  \
    mode;                                              \
  })

int open(const char *path, int flags, ...) { return opened(AT_FDCWD, path, flags, MODE(flags)); }
int open64(const char *path, int flags, ...) { return opened(AT_FDCWD, path, flags | O_LARGEFILE, MODE(flags)); }
int openat(int folder, const char *path, int flags, ...) { return opened(folder, path, flags, MODE(flags)); }
int openat64(int folder, const char *path, int flags, ...) { return opened(folder, path, flags | O_LARGEFILE, MODE(flags)); }

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  CALL_DOING(count("rename", -1, from), syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}

int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  CALL_DOING(count("link", -1, to), syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *path, int flags) { CALL_DOING(count("unlink", -1, path), syscall(SYS_unlinkat, folder, path, flags)); }

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return -1;
  return S_ISDIR(status.st_mode) ? rmdir(path) : unlink(path);
}

#else

bool dicta_faults_available(void) { return false; }
void dicta_faults_arm(enum dicta_fault fault, long first, long count, int error) { (void)fault, (void)first, (void)count, (void)error; }
void dicta_faults_recount(long call_count) { (void)call_count; }
void dicta_faults_disarm(void) {}
long dicta_faults_call_count(void) { return 0; }
long dicta_faults_hit_count(void) { return 0; }
const char *dicta_faults_first_hit(void) { return ""; }

#endif
