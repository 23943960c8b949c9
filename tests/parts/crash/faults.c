/* A disk, a clock and a process that fail at a chosen moment: loaded before the C library (LD_PRELOAD) into the real binary.
 *
 * Built by the tests themselves (faults.rs): cc -shared -fPIC -O1 faults.c -o libfaults.so -ldl
 *
 * Environment, read once:
 *   NEXTIM_FAULTS_FOLDER   only files and folders at or below it are watched; no trailing slash
 *   NEXTIM_FAULTS_CONTROL  a file of 4,096 bytes that the test writes and this library has mapped: what to do, see below
 *   NEXTIM_FAULTS_LOG      if set, everything that reaches the watched files is appended to this file, in order
 *
 * The control file holds 64-bit words, little-endian:
 *   0  clock: 0 true, 1 shifted by word 1, 2 standing still at word 1     1  nanoseconds
 *   2  action: 0 none, 1 fail, 2 kill before, 3 kill after, 4 fail half-way (a write: its first half is written)
 *   3  kinds of call (mask)     4  classes of file (mask)     5  which such call from now on: 1 is the next
 *   6  errno     7  1: that call and all later ones, 0: that call only     8  how often it has happened (written here)
 *   9  unless 0: only writes at this offset, plus 1
 *   16 + 8 * kind + class: calls so far (written here)
 * and from byte 1024 on a text: a call on a socket counts only if what it sends contains it.
 *
 * "Kill" is SIGKILL to itself: nothing of the process runs on, the kernel keeps what it was given.
 *
 * A record of the log: struct record, the path, the bytes (writes only). The mutex is held around call and record, so the
 * order of records is the order of effects. Shared memory (-shm) and the lock file are not recorded: SQLite makes the
 * first anew after a crash, the second holds nothing. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE, SYNC, TRUNCATE, UNLINK, CREATE, RENAME, SEND, FOLDER };
enum class { DATABASE, WAL, JOURNAL, SHARED, LOCK, DIRECTORY, OTHER, SOCKET };
enum action { NOTHING, FAIL, KILL_BEFORE, KILL_AFTER, FAIL_HALFWAY };
enum { CLOCK, CLOCK_VALUE, ACTION, KINDS, CLASSES, COUNTDOWN, ERRNO, STICKY, HITS, OFFSET, COUNTS = 16, TEXT = 128 };
enum { DESCRIPTORS = 65536, PATH = 512 };

struct record {
    uint8_t kind, class;
    uint16_t path;
    uint32_t failed; /* errno */
    uint64_t at;     /* offset, or new length */
    uint64_t length; /* bytes that follow the path */
};

static volatile int64_t *control;
static int log_fd = -1;
static char folder[PATH];
static size_t folder_length;
static char *paths[DESCRIPTORS]; /* of watched descriptors */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define NEXT(variable, name) \
    static __typeof__(&name) variable; \
    if (!variable) variable = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
    const char *name = getenv("NEXTIM_FAULTS_FOLDER");
    if (name && strlen(name) < PATH) {
        strcpy(folder, name);
        folder_length = strlen(name);
    }
    NEXT(real_open, open);
    if ((name = getenv("NEXTIM_FAULTS_CONTROL"))) {
        int fd = real_open(name, O_RDWR | O_CLOEXEC);
        void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) abort();
        close(fd);
        control = at;
    }
    if ((name = getenv("NEXTIM_FAULTS_LOG"))) {
        log_fd = real_open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (log_fd < 0) abort();
    }
}

static int ends_with(const char *path, const char *end) {
    size_t length = strlen(path), wanted = strlen(end);
    return length >= wanted && !strcmp(path + length - wanted, end);
}

static enum class class_of(const char *path) {
    if (ends_with(path, "-wal")) return WAL;
    if (ends_with(path, "-journal")) return JOURNAL;
    if (ends_with(path, "-shm")) return SHARED;
    if (ends_with(path, ".lock")) return LOCK;
    if (ends_with(path, ".sqlite3") || ends_with(path, ".sqlite3.new")) return DATABASE;
    struct stat status;
    return !stat(path, &status) && S_ISDIR(status.st_mode) ? DIRECTORY : OTHER;
}

static int is_watched(const char *path) {
    return folder_length && path && !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || !path[folder_length]);
}

static const char *watched(int fd) { return fd >= 0 && fd < DESCRIPTORS ? paths[fd] : NULL; }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* What is to happen at this call. Called with the mutex held. */
static enum action gate(enum kind kind, enum class class, off_t at) {
    if (!control) return NOTHING;
    control[COUNTS + 8 * kind + class]++;
    int is_meant = (control[KINDS] >> kind & 1) && (control[CLASSES] >> class & 1);
    if (control[OFFSET] && control[OFFSET] != at + 1) is_meant = 0;
    if (!control[ACTION] || !is_meant || control[COUNTDOWN] <= 0) return NOTHING;
    if (control[COUNTDOWN] > 1) {
        control[COUNTDOWN]--;
        return NOTHING;
    }
    if (!control[STICKY]) control[COUNTDOWN] = 0;
    control[HITS]++;
    if (control[ACTION] == KILL_BEFORE) die();
    return control[ACTION];
}

static int is_failure(enum action action) { return action == FAIL || action == FAIL_HALFWAY; }

static void put(enum kind kind, const char *path, uint32_t failed, uint64_t at, const void *bytes, uint64_t length) {
    enum class class = class_of(path);
    if (log_fd < 0 || class == SHARED || class == LOCK) return;
    struct record record = {kind, class, strlen(path), failed, at, length};
    struct iovec parts[] = {{&record, sizeof record}, {(void *)path, record.path}, {(void *)bytes, length}};
    NEXT(real_writev, writev);
    ssize_t whole = sizeof record + record.path + length;
    if (real_writev(log_fd, parts, 3) != whole) abort();
}

static ssize_t fail_with(int code) {
    errno = code;
    return -1;
}

/* One watched call that gives -1 or 0: `call` is carried out unless it is to fail. */
#define WATCHED(kind, path, at, call) \
    pthread_mutex_lock(&mutex); \
    enum action action = gate(kind, class_of(path), 0); \
    int result, code; \
    if (is_failure(action)) { \
        code = control[ERRNO], result = -1; \
    } else { \
        result = (call), code = result < 0 ? errno : 0; \
    } \
    put(kind, path, code, at, NULL, 0); \
    if (action == KILL_AFTER) die(); \
    pthread_mutex_unlock(&mutex); \
    if (result < 0) errno = code; \
    return result

static void remember(int fd, const char *path) {
    if (fd < 0 || fd >= DESCRIPTORS) return;
    char *old = paths[fd];
    paths[fd] = path ? strdup(path) : NULL;
    free(old);
}

static int open_any(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (!is_watched(path)) {
        int fd = real(path, flags, mode);
        remember(fd, NULL);
        return fd;
    }
    int is_new = (flags & O_CREAT) && access(path, F_OK);
    pthread_mutex_lock(&mutex);
    enum action action = is_new ? gate(CREATE, class_of(path), 0) : NOTHING;
    int fd = is_failure(action) ? (int)fail_with(control[ERRNO]) : real(path, flags, mode);
    int code = errno;
    remember(fd, path);
    if (fd >= 0 && is_new) put(CREATE, path, 0, 0, NULL, 0);
    if (fd >= 0 && !is_new && (flags & O_TRUNC)) put(TRUNCATE, path, 0, 0, NULL, 0);
    if (action == KILL_AFTER) die();
    pthread_mutex_unlock(&mutex);
    errno = code;
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        NEXT(real, name); \
        return open_any(real, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    NEXT(real, close);
    if (watched(fd)) {
        pthread_mutex_lock(&mutex);
        remember(fd, NULL);
        pthread_mutex_unlock(&mutex);
    }
    return real(fd);
}

int dup(int fd) {
    NEXT(real, dup);
    int copy = real(fd);
    remember(copy, watched(fd));
    return copy;
}

static ssize_t pwrite_any(const char *path, int fd, const void *bytes, size_t length, off_t at) {
    NEXT(real, pwrite);
    pthread_mutex_lock(&mutex);
    enum action action = gate(WRITE, class_of(path), at);
    ssize_t written = -1;
    int code = 0;
    if (action != FAIL) {
        written = real(fd, bytes, action == FAIL_HALFWAY ? length / 2 : length, at);
        code = errno;
        if (written > 0) put(WRITE, path, 0, at, bytes, written);
    }
    if (is_failure(action)) code = control[ERRNO], written = -1;
    if (action == KILL_AFTER) die();
    pthread_mutex_unlock(&mutex);
    if (written < 0) errno = code;
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    NEXT(real, pwrite);
    const char *path = watched(fd);
    return path ? pwrite_any(path, fd, bytes, length, at) : real(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return pwrite(fd, bytes, length, at); }

static int contains_text(const struct iovec *parts, int count) {
    const char *text = (const char *)(control + TEXT);
    size_t length = strlen(text);
    int found = !length;
    for (int index = 0; index < count && !found; index++)
        found = memmem(parts[index].iov_base, parts[index].iov_len, text, length) != NULL;
    return found;
}

/* Sockets are not watched by path: only what is sent tells them apart. */
#define SENDING(parts, count, call) \
    int is_meant = control && control[ACTION] && (control[KINDS] >> SEND & 1) && contains_text(parts, count); \
    if (!is_meant) return call; \
    pthread_mutex_lock(&mutex); \
    enum action action = gate(SEND, SOCKET, 0); \
    ssize_t sent = is_failure(action) ? fail_with(control[ERRNO]) : (call); \
    int code = errno; \
    if (action == KILL_AFTER) die(); \
    pthread_mutex_unlock(&mutex); \
    errno = code; \
    return sent

ssize_t write(int fd, const void *bytes, size_t length) {
    NEXT(real, write);
    const char *path = watched(fd);
    if (path) {
        /* Nothing watched is opened for appending or read through the same descriptor at the same time. */
        off_t at = lseek(fd, 0, SEEK_CUR);
        ssize_t written = pwrite_any(path, fd, bytes, length, at < 0 ? 0 : at);
        if (written > 0) lseek(fd, written, SEEK_CUR);
        return written;
    }
    struct iovec part = {(void *)bytes, length};
    SENDING(&part, 1, real(fd, bytes, length));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    NEXT(real, writev);
    SENDING(parts, count, real(fd, parts, count));
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    NEXT(real, send);
    struct iovec part = {(void *)bytes, length};
    SENDING(&part, 1, real(fd, bytes, length, flags));
}

#define SYNCING(name) \
    int name(int fd) { \
        NEXT(real, name); \
        const char *path = watched(fd); \
        if (!path) return real(fd); \
        WATCHED(SYNC, path, 0, real(fd)); \
    }
SYNCING(fsync)
SYNCING(fdatasync)

int ftruncate(int fd, off_t length) {
    NEXT(real, ftruncate);
    const char *path = watched(fd);
    if (!path) return real(fd, length);
    WATCHED(TRUNCATE, path, length, real(fd, length));
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int unlink(const char *path) {
    NEXT(real, unlink);
    if (!is_watched(path)) return real(path);
    WATCHED(UNLINK, path, 0, real(path));
}

int mkdir(const char *path, mode_t mode) {
    NEXT(real, mkdir);
    if (!is_watched(path)) return real(path, mode);
    WATCHED(FOLDER, path, 0, real(path, mode));
}

/* The new name stands behind the old one in the record, after a zero. */
int rename(const char *from, const char *to) {
    NEXT(real, rename);
    if (!is_watched(from) || !is_watched(to) || strlen(from) + strlen(to) + 2 > 2 * PATH) return real(from, to);
    pthread_mutex_lock(&mutex);
    enum action action = gate(RENAME, class_of(from), 0);
    int result = is_failure(action) ? (int)fail_with(control[ERRNO]) : real(from, to);
    int code = errno;
    if (!result) put(RENAME, from, 0, 0, to, strlen(to));
    if (action == KILL_AFTER) die();
    pthread_mutex_unlock(&mutex);
    errno = code;
    return result;
}

static int64_t wall_ns(int64_t true_ns) {
    if (!control || !control[CLOCK]) return true_ns;
    return control[CLOCK] == 1 ? true_ns + control[CLOCK_VALUE] : control[CLOCK_VALUE];
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    NEXT(real, clock_gettime);
    int result = real(clock, time);
    if (result || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
    int64_t now = wall_ns(time->tv_sec * 1000000000ll + time->tv_nsec);
    time->tv_sec = now / 1000000000ll;
    time->tv_nsec = now % 1000000000ll;
    return 0;
}

int gettimeofday(struct timeval *time, void *zone) {
    (void)zone;
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    if (!result) time->tv_sec = now.tv_sec, time->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
