/*
 * How user-mode Linux 6.1 rules its processes by ptrace(2), mended in three ways. Loaded by
 * LD_PRELOAD.
 *
 * 1. Killed, it lets go of its processes, and these run on, now as processes of the host: their next
 *    system call is one of the host's, as root. They shall end with it: PTRACE_O_EXITKILL.
 * 2. It hands the host a set of floating-point and vector registers (PTRACE_SETREGSET,
 *    NT_X86_XSTATE) of fixed size. A host whose processor has a larger one, such as with AMX, refuses
 *    it with EFAULT and the node dies at once: the set is padded with zeros to the host's size.
 * 3. It sets these registers at each return to a process, that is after each system call, interrupt
 *    and page fault, though they are nearly always what they were when the process stopped. The host
 *    takes new pages for each set (vmalloc in xstateregs_set, arch/x86/kernel/fpu/regset.c), which is
 *    dear, most of all where the host is a virtual machine: registers that a process has already are
 *    not set again.
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

/* PTRACE_SETOPTIONS has two numbers; user-mode Linux uses the old one, which glibc does not name. */
enum { old_set_options = 21 };

enum { largest_set = 65536 };

static size_t full_size;
static char padded[largest_set] __attribute__((aligned(64)));

/* The registers of the stopped process `known_pid`, 0 if of none: the host gave `known_size` bytes. */
static pid_t known_pid;
static size_t known_asked, known_size;
static char known[largest_set] __attribute__((aligned(64)));

/* Whether a process that is stopped keeps its registers, apart from the general ones. */
static int leaves_the_set(enum __ptrace_request request)
{
	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
	case PTRACE_GETSIGINFO:
	case PTRACE_GETEVENTMSG:
		return 1;
	default:
		return 0;
	}
}

static long get_set(pid_t pid, void *type, struct iovec *set)
{
	size_t asked = set->iov_len;

	known_pid = 0;

	long result = syscall(SYS_ptrace, PTRACE_GETREGSET, pid, type, set);

	if (result == 0 && set->iov_len <= largest_set) {
		memcpy(known, set->iov_base, set->iov_len);
		known_asked = asked;
		known_size = set->iov_len;
		known_pid = pid;
	}
	return result;
}

/* The host looks at no more of `given` than its own set is long: neither does this. */
static int has_already(pid_t pid, const struct iovec *given)
{
	size_t size = given->iov_len < known_size ? given->iov_len : known_size;

	return known_pid == pid && known_asked >= given->iov_len &&
	       memcmp(known, given->iov_base, size) == 0;
}

static void learn_full_size(pid_t pid, void *type)
{
	struct iovec whole = { padded, sizeof padded };

	if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, type, &whole) == 0)
		full_size = whole.iov_len;
}

static long set_set(pid_t pid, void *type, struct iovec *given)
{
	if (known_pid != pid && given->iov_len <= largest_set) {
		struct iovec now = { padded, given->iov_len };

		get_set(pid, type, &now);
	}
	if (has_already(pid, given))
		return 0;

	known_pid = 0;
	if (full_size == 0)
		learn_full_size(pid, type);
	if (given->iov_len >= full_size)
		return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, type, given);

	struct iovec whole = { padded, full_size };

	memcpy(padded, given->iov_base, given->iov_len);
	memset(padded + given->iov_len, 0, full_size - given->iov_len);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, type, &whole);
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

	if ((long)address == NT_X86_XSTATE) {
		if (request == PTRACE_GETREGSET)
			return get_set(pid, address, data);
		if (request == PTRACE_SETREGSET)
			return set_set(pid, address, data);
	}
	if (!leaves_the_set(request))
		known_pid = 0;
	if (request == PTRACE_SETOPTIONS || (int)request == old_set_options)
		data = (void *)((long)data | PTRACE_O_EXITKILL);

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
