#!/usr/bin/env bash
# glibc keeps no freed block above 64 MiB for any thread but those of the main arena, whatever M_MMAP_THRESHOLD and
# M_TRIM_THRESHOLD say. A batch's activations are of that size: a network that is run on another thread maps and zeroes its
# memory anew for each tensor.
# Guessed: with both thresholds at their greatest, malloc(3) calls mmap for no block and returns none, in every thread.
# Seen: with them, a second use of 32 MiB faults in no thread, and one of 100 MiB faults on no page in the main thread and on
# every page in another, since the heap of another arena can't be larger than 64 MiB (HEAP_MAX_SIZE in malloc/arena.c), and mmap
# steps in.
#
# Needs GCC, on 64-bit Linux with glibc 2.36 (Debian 12's).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.c <<'C'
#define _GNU_SOURCE
#include <gnu/libc-version.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Pages that the calling thread faulted on in the second use of so many MiB, in percent of those used. */
static void *second_use(void *mebibytes)
{
    size_t size = (size_t)mebibytes << 20;
    struct rusage before, after;
    for (int use = 0; use < 2; use++) {
        getrusage(RUSAGE_THREAD, &before);
        char *block = malloc(size);
        memset(block, 1, size);
        __asm__ volatile("" : : "r"(block) : "memory");
        free(block);
        getrusage(RUSAGE_THREAD, &after);
    }
    return (void *)((after.ru_minflt - before.ru_minflt) * 4096 * 100 / size);
}

int main(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    long faults[2][2];
    for (int large = 0; large < 2; large++) {
        void *size = (void *)(large ? 100L : 32L), *result;
        pthread_t thread;
        faults[large][0] = (long)second_use(size);
        pthread_create(&thread, NULL, second_use, size);
        pthread_join(thread, &result);
        faults[large][1] = (long)result;
        printf("glibc %s, second use of %ld MiB: faults on %ld %% of the pages in the main thread, %ld %% in another\n",
            gnu_get_libc_version(), (long)size, faults[large][0], faults[large][1]);
    }
    return faults[0][0] < 5 && faults[0][1] < 5 && faults[1][0] < 5 && faults[1][1] > 90 ? 0 : 1;
}
C
gcc -O1 -pthread finding.c -o finding
# Huge pages would fault once for 512 pages.
GLIBC_TUNABLES=glibc.malloc.hugetlb=0 ./finding
