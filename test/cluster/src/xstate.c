/*
 * User-mode Linux 6.1 hands the host a register set of fixed size (ptrace PTRACE_SETREGSET,
 * NT_X86_XSTATE). A host whose processor has a larger one, such as with AMX, refuses it with EFAULT
 * and the node dies at once. Loaded by LD_PRELOAD, this pads the set with zeros to the host's size.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

static size_t full_size;
static char padded[65536] __attribute__((aligned(64)));

static void learn_full_size(pid_t pid, void *set)
{
	struct iovec whole = { padded, sizeof padded };

	if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, set, &whole) == 0)
		full_size = whole.iov_len;
	memset(padded, 0, sizeof padded);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;
	long peeked, result;

	va_start(rest, request);
	pid_t pid = va_arg(rest, pid_t);
	void *address = va_arg(rest, void *);
	void *data = va_arg(rest, void *);
	va_end(rest);

	if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) {
		struct iovec *given = data;

		if (full_size == 0)
			learn_full_size(pid, address);
		if (given->iov_len < full_size) {
			struct iovec whole = { padded, full_size };

			memcpy(padded, given->iov_base, given->iov_len);
			return syscall(SYS_ptrace, request, pid, address, &whole);
		}
	}

	/* The system call stores what it peeks at; the C library's function returns it. */
	int peeks = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
		    request == PTRACE_PEEKUSER;

	result = syscall(SYS_ptrace, request, pid, address, peeks ? (void *)&peeked : data);
	if (peeks && result >= 0) {
		errno = 0;
		return peeked;
	}
	return result;
}
