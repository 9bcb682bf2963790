/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command the way a user would: waits for what it says, presses keys, sends signals, closes
 * its terminal, and looks at what it leaves behind.
 *
 * usage: drive [-t | -T] ACTION... -- COMMAND...
 *   -t            stdin and stdout are a terminal, the one that controls the command's session
 *   -T            the same, but the terminal controls nothing: no signal when it is closed
 *   wait:TEXT     until the command has said TEXT, on stdout or stderr
 *   keys:TEXT     types TEXT
 *   signal:NAME   sends it a signal, by its number if it has no name
 *   limit:SECONDS so long may all take from now on, in place of 100 s
 *   files:COUNT   so many files may it have open from now on
 *   raw           the terminal must be in raw mode now
 *   turn-raw      until the terminal is in raw mode
 *   hangup        closes the terminal
 *   deafen        closes the other end of its stdout
 *   pause-reader  its stdout, a pipe of 4 KiB, is not read any more, until resume-reader
 *   resume-reader
 *   asleep        until its main thread waits for something
 *   stuff-stderr  before all: its stderr is a pipe that is full, and nobody reads it
 *   relieve       what it says on stderr is read from now on
 *   ignore:NAME   before all: the command starts with this signal ignored
 *   block-all     before all: the command starts with every signal blocked
 *
 * Without -t or -T stdin is /dev/null and stdout a pipe. What the command says is passed on.
 * status: the command's, or 128 + the signal that ended it; 99 after a line on stderr if it did not
 * do as expected, or left its terminal changed
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LIMIT_SEC   100
#define SAID_BYTES  65536
#define STATUS_FAIL 99
#define LISTEN_MS   10

/* What the command says on one of them: text may come in parts, with some of the other between. */
struct stream {
    int fd;
    int pass_on_to;
    char said[SAID_BYTES];
    size_t said_bytes;
};

static struct {
    pid_t pid;
    bool terminal;
    bool controlling;
    /* Nobody reads its stdout, its stderr. */
    bool reader_paused;
    bool stuffed;
    /* The command's stdin and stdout; ours are their other ends. */
    int command_in;
    int command_out;
    struct stream out;
    struct stream err;
    struct termios settings;
} drive = {.out = {-1, STDOUT_FILENO, "", 0}, .err = {-1, STDERR_FILENO, "", 0}};

static void fail(const char *what)
{
    fprintf(stderr, "drive: %s\n", what);
    if (drive.pid > 0)
        kill(drive.pid, SIGKILL);
    exit(STATUS_FAIL);
}

static void on_limit(int signal_number)
{
    (void)signal_number;
    fail("the command did not do as expected in time");
}

static bool takes(const char *action, const char *name, const char **value)
{
    size_t length = strlen(name);

    if (strncmp(action, name, length) != 0 || action[length] != ':')
        return false;
    *value = action + length + 1;
    return true;
}

static int signal_by_name(const char *name)
{
    for (int i = 1; i < NSIG; i++)
        if (sigabbrev_np(i) != NULL && strcmp(sigabbrev_np(i), name) == 0)
            return i;
    if (atoi(name) < SIGRTMIN || atoi(name) > SIGRTMAX)
        fail("no such signal");
    return atoi(name);
}

static void limit_files(const char *count)
{
    rlim_t limit = (rlim_t)atoi(count);

    if (prlimit(drive.pid, RLIMIT_NOFILE, &(struct rlimit){limit, limit}, NULL) != 0)
        fail("cannot limit the open files");
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Those of stuff, or of a guest's flood. */
static ssize_t leave_out_zeros(char *bytes, ssize_t count)
{
    ssize_t left = 0;

    for (ssize_t i = 0; i < count; i++)
        if (bytes[i] != '\0')
            bytes[left++] = bytes[i];
    return left;
}

/* Takes what there is and passes it on; the end closes it. */
static void take(struct stream *stream)
{
    char *at = stream->said + stream->said_bytes;
    ssize_t count = read(stream->fd, at, SAID_BYTES - 1 - stream->said_bytes);

    if (count <= 0) {
        close_fd(&stream->fd);
        return;
    }
    count = leave_out_zeros(at, count);
    if (write(stream->pass_on_to, at, (size_t)count) != count)
        fail("cannot pass on what the command says");
    stream->said_bytes += (size_t)count;
    at[count] = '\0';
}

/* False if the command says nothing for that time. */
static bool listen_once(int timeout_ms)
{
    struct pollfd fds[] = {{drive.reader_paused ? -1 : drive.out.fd, POLLIN, 0},
                           {drive.stuffed ? -1 : drive.err.fd, POLLIN, 0}};

    if (poll(fds, 2, timeout_ms) <= 0)
        return false;
    if (fds[0].revents != 0)
        take(&drive.out);
    if (fds[1].revents != 0)
        take(&drive.err);
    return true;
}

static void wait_for(const char *text)
{
    while (strstr(drive.out.said, text) == NULL && strstr(drive.err.said, text) == NULL)
        if (drive.out.fd < 0 && drive.err.fd < 0)
            fail("the command ended before it said what was waited for");
        else
            listen_once(-1);
}

static void open_terminal(void)
{
    drive.out.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (drive.out.fd < 0 || grantpt(drive.out.fd) != 0 || unlockpt(drive.out.fd) != 0)
        fail("no pseudo-terminal");
    drive.command_in = drive.command_out =
        open(ptsname(drive.out.fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (drive.command_in < 0 || tcgetattr(drive.command_in, &drive.settings) != 0)
        fail("no pseudo-terminal");
}

static void open_pipe(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("no pipe");
    drive.out.fd = ends[0];
    drive.command_out = ends[1];
    drive.command_in = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Among those of before all. */
static bool has_action(char **actions, const char *name)
{
    for (; strcmp(*actions, "--") != 0; actions++)
        if (strcmp(*actions, name) == 0)
            return true;
    return false;
}

/* With zeros, which take leaves out. The command gets it without O_NONBLOCK, as from a shell. */
static void stuff(int fd)
{
    static const char zeros[4096];

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    fcntl(fd, F_SETFL, 0);
    drive.stuffed = true;
}

static void prepare_signals(char **actions)
{
    const char *name;
    sigset_t all;

    sigfillset(&all);
    for (; strcmp(*actions, "--") != 0; actions++)
        if (takes(*actions, "ignore", &name))
            signal(signal_by_name(name), SIG_IGN);
        else if (strcmp(*actions, "block-all") == 0)
            sigprocmask(SIG_BLOCK, &all, NULL);
}

static void start(char **actions, char **command)
{
    int ends[2];

    if (drive.terminal)
        open_terminal();
    else
        open_pipe();
    if (has_action(actions, "pause-reader"))
        fcntl(drive.command_out, F_SETPIPE_SZ, 4096);
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("no pipe");
    drive.err.fd = ends[0];
    if (has_action(actions, "stuff-stderr"))
        stuff(ends[1]);
    drive.pid = fork();
    if (drive.pid == 0) {
        if (drive.terminal)
            setsid();
        if (drive.controlling)
            ioctl(drive.command_in, TIOCSCTTY, 0);
        prepare_signals(actions);
        dup2(drive.command_in, STDIN_FILENO);
        dup2(drive.command_out, STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    if (!drive.terminal)
        close_fd(&drive.command_out);
}

static bool settings_are_as_before(void)
{
    struct termios now;

    return tcgetattr(drive.command_in, &now) == 0 && now.c_iflag == drive.settings.c_iflag &&
           now.c_oflag == drive.settings.c_oflag && now.c_cflag == drive.settings.c_cflag &&
           now.c_lflag == drive.settings.c_lflag;
}

/* Of the main thread: 'S' if it waits, 'Z' if it has ended. */
static char command_state(void)
{
    char path[32], state = 'Z';
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)drive.pid);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        fail("cannot look at the command");
    fclose(file);
    return state;
}

static void wait_until_asleep(void)
{
    char state;

    while ((state = command_state()) != 'S')
        if (state == 'Z')
            fail("the command has ended");
        else
            listen_once(LISTEN_MS);
}

static void act(const char *action)
{
    const char *value;

    if (takes(action, "wait", &value))
        wait_for(value);
    else if (takes(action, "signal", &value))
        kill(drive.pid, signal_by_name(value));
    else if (takes(action, "files", &value))
        limit_files(value);
    else if (takes(action, "limit", &value))
        alarm((unsigned)atoi(value));
    else if (takes(action, "keys", &value)) {
        if (write(drive.out.fd, value, strlen(value)) < 0)
            fail("cannot type");
    } else if (strcmp(action, "raw") == 0) {
        if (settings_are_as_before())
            fail("the terminal is not in raw mode");
    } else if (strcmp(action, "turn-raw") == 0) {
        while (settings_are_as_before())
            listen_once(LISTEN_MS);
    } else if (strcmp(action, "hangup") == 0) {
        close_fd(&drive.out.fd);
        drive.terminal = false;
    } else if (strcmp(action, "deafen") == 0)
        close_fd(&drive.out.fd);
    else if (strcmp(action, "pause-reader") == 0)
        drive.reader_paused = true;
    else if (strcmp(action, "resume-reader") == 0)
        drive.reader_paused = false;
    else if (strcmp(action, "asleep") == 0)
        wait_until_asleep();
    else if (strcmp(action, "relieve") == 0)
        drive.stuffed = false;
    else if (!takes(action, "ignore", &value) && strcmp(action, "block-all") != 0 &&
             strcmp(action, "stuff-stderr") != 0)
        fail("unknown action");
}

/* A terminal does not say that the command is gone while we hold its other end: ask for both. */
static int wait_for_end(void)
{
    int status;

    while (waitpid(drive.pid, &status, WNOHANG) == 0)
        listen_once(LISTEN_MS);
    while (listen_once(0))
        ;
    drive.pid = 0;
    return status;
}

int main(int argc, char **argv)
{
    int status;
    int first = 1;
    int command;

    drive.controlling = argc > 1 && strcmp(argv[1], "-t") == 0;
    drive.terminal = drive.controlling || (argc > 1 && strcmp(argv[1], "-T") == 0);
    first += drive.terminal;
    for (command = first; command < argc && strcmp(argv[command], "--") != 0; command++)
        ;
    if (command + 1 >= argc)
        fail("usage: drive [-t | -T] ACTION... -- COMMAND...");
    signal(SIGALRM, on_limit);
    signal(SIGPIPE, SIG_IGN);
    alarm(LIMIT_SEC);
    start(argv + first, argv + command + 1);
    for (int i = first; i < command; i++)
        act(argv[i]);
    status = wait_for_end();
    if (drive.terminal && !settings_are_as_before())
        fail("the terminal's settings are changed");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
