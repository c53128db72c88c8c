/*
 * First process of a machine that has nothing else to do: three threads in each of two processes
 * hold values of their own in the vector registers while they yield to each other thousands of
 * times. Prints `kept` if each found its own values again every time, and powers the machine off.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { threads = 3, rounds = 500 };

static int yield_with(const unsigned char put[16])
{
	unsigned char got[16];
	long call = SYS_sched_yield;

	__asm__ volatile("movdqu %2, %%xmm8\n\t"
			 "syscall\n\t"
			 "movdqu %%xmm8, %1"
			 : "+a"(call), "=m"(got)
			 : "m"(*(const unsigned char(*)[16])put)
			 : "rcx", "r11", "xmm8", "memory");
	return memcmp(put, got, sizeof got) == 0;
}

static void *one_thread(void *argument)
{
	long own = (long)argument, lost = 0;
	unsigned char values[16];

	for (long round = 0; round < rounds; round++) {
		/* For some rounds the same, as programs do; then others. */
		memset(values, (int)(own * 16 + round / 7 % 16), sizeof values);
		lost += !yield_with(values);
	}
	return (void *)lost;
}

static long lost_by(long process)
{
	pthread_t started[threads];
	long lost = 0;

	for (long n = 0; n < threads; n++)
		if (pthread_create(&started[n], NULL, one_thread, (void *)(process * threads + n)))
			return -1;
	for (int n = 0; n < threads; n++) {
		void *of_one;

		pthread_join(started[n], &of_one);
		lost += (long)of_one;
	}
	return lost;
}

int main(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(lost_by(1) != 0);

	long lost = lost_by(0);
	int waited = waitpid(child, &status, 0) == child;

	puts(lost == 0 && waited && status == 0 ? "kept" : "lost");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
