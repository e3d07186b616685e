/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What an error means here, for an operator's log.
 */
#include <connstat.h>

#include <errno.h>

static const struct {
    int error;
    const char *sentence;
} sentences[] = {
    {0, "done"},
    {EINVAL,
     "an argument is wrong: a name, a type, a field of the metadata, or an output that is NULL"},
    {ENOENT,
     "not there: no segment or type of this name (is its server running?), or the entry has "
     "ended already"},
    {ENOTCONN,
     "not connected to a segment: the handle is NULL or closed, or its segment was destroyed "
     "or replaced; open it anew"},
    {EEXIST,
     "another layout, and workers live in it: stop the server that uses the segment first, or "
     "keep the layout"},
    {EACCES,
     "no permission: the segment's file or directory belongs to another user or group, or a "
     "symlink stands in its place"},
    {EPERM, "no permission: another living process owns this entry, or another user this segment"},
    {EROFS, "the segment is open for reading only, and this call writes"},
    {EBADMSG,
     "this is no segment, or it is damaged: restart its server, which makes it anew, or destroy "
     "it"},
    {EPROTO,
     "another version of the segment's layout: use the libconnstat that its server was built "
     "with, or restart the server with this one"},
    {ENOSPC,
     "no room: every slot of the type is taken, or there is no memory left where segments are; "
     "create it with more capacity, or enlarge that file system"},
    {EMSGSIZE, "too long: the metadata does not fit into a slot (create the segment with more "
               "metadata_bytes, or shorten it with connstat_fit), or the buffer is too small"},
    {EUSERS, "no room for another worker: create the segment with more max_workers"},
    {EDQUOT, "the limit of this key is reached: as many of its entries live already"},
    {EBUSY, "another thread or process is at it at this moment: try again"},
    {EDEADLK,
     "the call would wait for itself: it was made from inside a visit, or a read-side section "
     "of liburcu"},
    {EAGAIN, "the system has no more threads for a reaper: raise the limit of processes"},
    {EMFILE, "this process has no descriptor left: raise its limit of open files (RLIMIT_NOFILE)"},
    {ENFILE, "the system has no descriptor left: raise fs.file-max"},
    {ENOMEM, "out of memory, or of address space (RLIMIT_AS)"},
    {EFBIG,
     "the segment is larger than this process may make a file (RLIMIT_FSIZE), or than the file "
     "system can hold"},
    {ENOTDIR, "the directory of segments is none: see CONNSTAT_DIR"},
    {EOPNOTSUPP,
     "the file system cannot hold segments: it has no files without a name (O_TMPFILE); use a "
     "tmpfs"},
    {EAFNOSUPPORT, "neither an IPv4 nor an IPv6 address"},
    {EBADF, "not an open descriptor"},
    {ENOTSOCK, "not a socket"},
    {ENOPROTOOPT, "this kernel gives sockets no cookies (Linux 4.12 does)"},
    {ENOSYS, "this kernel lacks a system call that is needed here"},
};

const char *connstat_strerror(int error)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        if (error == -sentences[i].error)
            return sentences[i].sentence;
    return "an error that libconnstat itself does not give: see errno(3)";
}
