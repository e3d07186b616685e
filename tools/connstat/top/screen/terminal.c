/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/screen/terminal.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "common/cut.h"
#include "common/text.h"

static SCREEN *screen;
static attr_t over; /* how the selected row is drawn, whatever its cells look like */
static bool ellipsis_in_ascii;
static attr_t looks[LOOKS];

static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const int crashes[] = {SIGSEGV, SIGFPE, SIGILL, SIGABRT};

/* After a crash curses may not be called. So what it would write to give the terminal back is kept
 * here from the start. */
static char crash_text[256];
static struct termios settings_before;

static void on_crash(int signal_number)
{
    ssize_t written = write(STDOUT_FILENO, crash_text, strlen(crash_text));
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &settings_before);
    raise(signal_number); /* SA_RESETHAND has set the signal's default action again */
}

static void add_capability(const char *name)
{
    const char *text = tigetstr(name);
    size_t length = strlen(crash_text);
    if (text && text != (char *)-1 && length + strlen(text) + 32 < sizeof(crash_text))
        strcpy(crash_text + length, text);
}

static void catch_crashes(void)
{
    add_capability("sgr0");
    add_capability("rmkx");
    add_capability("cnorm");
    add_capability("rmcup");
    if (tigetstr("kmous") && tigetstr("kmous") != (char *)-1)
        strcat(crash_text, "\033[?1000l\033[?1006l"); /* no mouse */
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
        sigaction(crashes[i], &action, NULL);
    cut_otherwise(on_crash); /* SIGBUS */
}

static void set_looks(bool color)
{
    looks[LOOK_DIM] = A_DIM;
    looks[LOOK_BOLD] = looks[LOOK_WARN] = A_BOLD;
    looks[LOOK_BAD] = A_BOLD | A_STANDOUT;
    looks[LOOK_GOOD] = looks[LOOK_CHART] = A_NORMAL;
    looks[LOOK_HEADING] = A_UNDERLINE | A_DIM;
    looks[LOOK_FOCUSED] = A_UNDERLINE | A_BOLD;
    if (!color || !has_colors() || start_color() == ERR)
        return;
    use_default_colors();
    init_pair(1, COLOR_GREEN, -1);
    init_pair(2, COLOR_YELLOW, -1);
    init_pair(3, COLOR_RED, -1);
    init_pair(4, COLOR_CYAN, -1);
    looks[LOOK_GOOD] = COLOR_PAIR(1);
    looks[LOOK_WARN] = COLOR_PAIR(2) | A_BOLD;
    looks[LOOK_BAD] = COLOR_PAIR(3) | A_BOLD;
    looks[LOOK_CHART] = COLOR_PAIR(4);
}

static int watch_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
        sigaddset(&set, endings[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int terminal_start(bool color)
{
    tcgetattr(STDIN_FILENO, &settings_before);
    int fd = watch_signals();
    if (fd < 0)
        return fd;
    screen = newterm(NULL, stdout, stdin);
    if (screen && !tigetstr("cup")) { /* one that cannot place its cursor: "dumb" */
        endwin();
        delscreen(screen);
        screen = NULL;
    }
    if (!screen) {
        close(fd);
        return -ENOTTY;
    }
    catch_crashes();
    set_escdelay(25);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    mouseinterval(0); /* a press is a click: nothing waits for a second one */
    set_looks(color);
    return fd;
}

void terminal_stop(void)
{
    endwin();
    delscreen(screen);
    screen = NULL;
}

static void follow_size(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE);
}

int terminal_signal(int fd)
{
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo != SIGWINCH)
            return (int)info.ssi_signo;
        follow_size();
    }
    return 0;
}

void terminal_end_by(int signal_number)
{
    sigset_t set;
    terminal_stop();
    signal(signal_number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void terminal_mouse(bool on)
{
    static const mmask_t all =
        BUTTON1_PRESSED | BUTTON3_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;
    mousemask(on ? all : 0, NULL);
}

int terminal_width(void)
{
    return COLS;
}

int terminal_height(void)
{
    return LINES;
}

/* How many columns a code point takes. There is none that takes none, as text is safe
 * (text_is_unsafe). */
static int columns_of(uint32_t code_point)
{
    int columns = wcwidth((wchar_t)code_point);
    return columns < 0 ? 1 : columns;
}

/* How many bytes of text fit into width columns; *columns is how many columns they take. */
static size_t fitting(const char *text, int width, int *columns)
{
    size_t bytes = 0;
    *columns = 0;
    while (text[bytes]) {
        uint32_t code_point;
        int length = text_code_point(text + bytes, &code_point);
        if (length < 0 || *columns + columns_of(code_point) > width)
            break;
        *columns += columns_of(code_point);
        bytes += (size_t)length;
    }
    return bytes;
}

int terminal_text(int y, int x, int width, enum top_look look, const char *text)
{
    if (y < 0 || y >= LINES || x < 0 || x + width > COLS || width <= 0)
        return 0;
    int columns;
    size_t bytes = fitting(text, width, &columns);
    const char *ellipsis = "";
    if (text[bytes]) {
        bytes = fitting(text, width - 1, &columns);
        ellipsis = ellipsis_in_ascii ? "." : "…";
        columns++;
    }
    attrset(over == A_DIM ? A_DIM : over ? over | (looks[look] & A_BOLD) : looks[look]);
    mvaddnstr(y, x, text, (int)bytes);
    addstr(ellipsis);
    attrset(A_NORMAL);
    return columns;
}

int terminal_right(int y, int x, int width, enum top_look look, const char *text)
{
    int columns = (int)text_width(text);
    int indent = columns < width ? width - columns : 0;
    return terminal_text(y, x + indent, width - indent, look, text);
}

void terminal_selected(void)
{
    over = A_REVERSE;
}

void terminal_faded(void)
{
    over = A_DIM;
}

void terminal_plain(void)
{
    over = A_NORMAL;
}

void terminal_fill(int y, int x, int width, enum top_look look)
{
    mvhline(y, x, ' ' | looks[look] | over, width);
}

void terminal_ascii(bool ascii)
{
    ellipsis_in_ascii = ascii;
}
