/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which system calls two common jails allow, on a 64-bit machine.
 */
#ifndef TESTS_CONTAINERS_PROFILES_H
#define TESTS_CONTAINERS_PROFILES_H

/* clang-format off */
/* Docker and containerd, as of 2023 (profiles/seccomp/default.json), without capabilities: all else
 * answers EPERM, clone3 ENOSYS, and clone may make no namespace. */
static const char docker_calls[] =
    "accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown "
    "clock_adjtime clock_getres clock_gettime clock_nanosleep close close_range connect "
    "copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait "
    "epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit exit_group faccessat "
    "faccessat2 fadvise64 fallocate fanotify_mark fchdir fchmod fchmodat fchown fchownat "
    "fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs "
    "fsync ftruncate futex futex_waitv futimesat getcpu getcwd getdents getdents64 getegid "
    "geteuid getgid getgroups getitimer getpeername getpgid getpgrp getpid getppid "
    "getpriority getrandom getresgid getresuid getrlimit get_robust_list getrusage getsid "
    "getsockname getsockopt get_thread_area gettid gettimeofday getuid getxattr "
    "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy "
    "io_getevents io_pgetevents ioprio_get ioprio_set io_setup io_submit io_uring_enter "
    "io_uring_register io_uring_setup kill landlock_add_rule landlock_create_ruleset "
    "landlock_restrict_self lchown lgetxattr link linkat listen listxattr llistxattr "
    "lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create memfd_secret mincore "
    "mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify "
    "mq_open mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgget msgrcv msgsnd msync "
    "munlock munlockall munmap name_to_handle_at nanosleep newfstatat open openat openat2 "
    "pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll "
    "ppoll prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pwrite64 pwritev "
    "pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg "
    "remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq "
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
    "rt_sigtimedwait rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam "
    "sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval "
    "sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp "
    "select semctl semget semop semtimedop sendfile sendmmsg sendmsg sendto setfsgid setfsuid "
    "setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid "
    "setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid "
    "setxattr shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 socket "
    "socketpair splice stat statfs statx symlink symlinkat sync sync_file_range syncfs "
    "sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime "
    "timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask "
    "uname unlink unlinkat utime utimensat utimes vfork vmsplice wait4 waitid write writev "
    "process_vm_readv process_vm_writev ptrace personality arch_prctl modify_ldt ";

/* SystemCallFilter=@system-service of systemd, as "systemd-analyze syscall-filter" of 252 lists it: all
 * else ends the process. */
static const char systemd_calls[] =
    "accept accept4 access add_key alarm arch_prctl bind brk capget capset chdir chmod chown "
    "clock_getres clock_gettime clock_gettime64 clock_nanosleep clone clone3 close "
    "close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 "
    "epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 execve execveat exit "
    "exit_group faccessat faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 "
    "fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr "
    "fstat fstatat64 fstatfs fsync ftruncate futex futex_waitv futimesat get_mempolicy "
    "get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid geteuid getgid "
    "getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom "
    "getresgid getresuid getrlimit getrusage getsockname getsockopt gettid gettimeofday "
    "getuid getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel "
    "io_destroy io_getevents io_pgetevents io_setup io_submit io_uring_enter "
    "io_uring_register io_uring_setup ioctl ioprio_get ioprio_set kcmp keyctl kill lchown "
    "lgetxattr link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat "
    "madvise mbind membarrier memfd_create migrate_pages mkdir mkdirat mknod mknodat mlock "
    "mlock2 mlockall mmap move_pages mprotect mq_getsetattr mq_notify mq_open mq_timedreceive "
    "mq_timedsend mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall "
    "munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause personality "
    "pidfd_open pidfd_send_signal pipe pipe2 poll ppoll prctl pread64 preadv preadv2 "
    "prlimit64 process_madvise process_vm_readv process_vm_writev pselect6 pwrite64 pwritev "
    "pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmsg "
    "remap_file_pages removexattr rename renameat renameat2 request_key restart_syscall rmdir "
    "rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
    "rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
    "sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler "
    "sched_yield select semctl semget semop semtimedop send sendfile sendmmsg sendmsg sendto "
    "set_mempolicy set_mempolicy_home_node set_robust_list set_thread_area set_tid_address "
    "setfsgid setfsuid setgid setgroups setitimer setns setpgid setpriority setregid "
    "setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl "
    "shmdt shmget shutdown sigaltstack signalfd signalfd4 socket socketpair splice stat "
    "statfs statx symlink symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee "
    "tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 "
    "timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 "
    "timerfd_settime timerfd_settime64 times tkill truncate umask uname unlink unlinkat "
    "unshare uretprobe userfaultfd utime utimensat utimes vfork vmsplice wait4 waitid write "
    "writev ";
/* clang-format on */

#endif
