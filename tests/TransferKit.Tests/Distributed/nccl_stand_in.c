/* Stands in for NCCL, CUDA and libtorch, where TransferKit sums between GPUs and there are none: the functions that it calls, over
   memory that the processes of one host share. As a GPU does, a thread makes the sums later than they are asked for.

   STAND_IN_FOLDER   where each rank leaves calls-N.txt
   STAND_IN_FAULT    what fails at the last rank: init, sum, async, or gpu, which makes no more sums */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SUCCESS = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5, REMOTE_ERROR = 6 };
enum { FLOAT32 = 7, SUM = 0, RANKS = 8, FLOATS = 1 << 20, QUEUE = 1024, LATER = 20000 };

typedef struct { char text[128]; } Id;
typedef struct { int arrived, round; float values[RANKS][FLOATS]; } Shared;
typedef struct { int rank, size; Shared *shared; volatile int aborted; } Communicator;
typedef struct { int is_libtorchs, sums; } Event;
typedef struct { float *data; size_t count; Communicator *communicator; } Asked;

static char streams[2]; /* libtorch's is the first, the one for sums the second */
static Asked queue[QUEUE];
static int begun, done, followed, lost;
static __thread int device;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static int own_rank(void) {
  const char *rank = getenv("OMPI_COMM_WORLD_RANK");
  if (!rank) rank = getenv("PMI_RANK");
  return rank ? atoi(rank) : 0;
}

static void note(const char *format, ...) {
  const char *folder = getenv("STAND_IN_FOLDER");
  char path[4096];
  snprintf(path, sizeof path, "%s/calls-%d.txt", folder, own_rank());
  FILE *file = fopen(path, "a");
  va_list values;
  va_start(values, format);
  vfprintf(file, format, values);
  va_end(values);
  fputc('\n', file);
  fclose(file);
}

static int fails(const Communicator *communicator, const char *what) {
  const char *fault = getenv("STAND_IN_FAULT");
  return fault && strcmp(fault, what) == 0 && communicator->rank == communicator->size - 1;
}

/* Waits for all ranks, unless the sums are aborted. */
static void meet(Communicator *communicator) {
  Shared *shared = communicator->shared;
  int round = __atomic_load_n(&shared->round, __ATOMIC_SEQ_CST);
  if (__atomic_add_fetch(&shared->arrived, 1, __ATOMIC_SEQ_CST) == communicator->size) {
    __atomic_store_n(&shared->arrived, 0, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&shared->round, 1, __ATOMIC_SEQ_CST);
  }
  while (__atomic_load_n(&shared->round, __ATOMIC_SEQ_CST) == round && !communicator->aborted)
    sched_yield();
}

static void sum(const Asked *asked) {
  Communicator *communicator = asked->communicator;
  usleep(LATER);
  while (fails(communicator, "gpu") && !communicator->aborted) {
    lost = 1;
    usleep(1000);
  }
  memcpy(communicator->shared->values[communicator->rank], asked->data, asked->count * sizeof(float));
  meet(communicator);
  for (size_t i = 0; i < asked->count; i++) {
    float total = 0;
    for (int rank = 0; rank < communicator->size; rank++)
      total += communicator->shared->values[rank][i];
    asked->data[i] = total;
  }
  meet(communicator);
}

static void *work(void *unused) {
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (done == begun)
      pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    sum(&queue[done % QUEUE]);
    pthread_mutex_lock(&mutex);
    done++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return unused;
}

int ncclGetVersion(int *version) { *version = 22705; return SUCCESS; }

const char *ncclGetErrorString(int code) {
  return code == SYSTEM_ERROR ? "unhandled system error (stand-in)"
    : code == REMOTE_ERROR ? "remote process exited (stand-in)" : "invalid call (stand-in)";
}

int ncclGetUniqueId(Id *id) {
  /* The end tells whether all of it has come to the other ranks. */
  memset(id, 0, sizeof *id);
  strcpy(id->text + sizeof id->text - 4, "end");
  if (snprintf(id->text, sizeof id->text - 4, "%s/sums-XXXXXX", getenv("STAND_IN_FOLDER")) >= (int)sizeof id->text - 4)
    return SYSTEM_ERROR;
  int file = mkstemp(id->text);
  if (file < 0 || ftruncate(file, sizeof(Shared)) != 0) return SYSTEM_ERROR;
  close(file);
  note("id");
  return SUCCESS;
}

int ncclCommInitRank(Communicator **made, int size, Id id, int rank) {
  pthread_t thread;
  if (size > RANKS || strcmp(id.text + sizeof id.text - 4, "end") != 0) return INVALID_ARGUMENT;
  note("begin %d of %d on %d", rank, size, device);
  Communicator *communicator = calloc(1, sizeof *communicator);
  communicator->rank = rank;
  communicator->size = size;
  if (fails(communicator, "init")) return SYSTEM_ERROR;
  int file = open(id.text, O_RDWR);
  communicator->shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  meet(communicator);
  pthread_create(&thread, NULL, work, NULL);
  *made = communicator;
  return SUCCESS;
}

int ncclAllReduce(const void *from, void *to, size_t count, int type, int operation, Communicator *communicator, char *stream) {
  if (fails(communicator, "sum")) return SYSTEM_ERROR;
  if (from != to || type != FLOAT32 || operation != SUM || count > FLOATS) return INVALID_ARGUMENT;
  /* Nothing says that what is summed is there. */
  if (stream != &streams[1] || !followed) return INVALID_USAGE;
  note("sum %zu", count);
  pthread_mutex_lock(&mutex);
  queue[begun % QUEUE] = (Asked){to, count, communicator};
  begun++;
  followed = 0;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
  return SUCCESS;
}

int ncclCommGetAsyncError(Communicator *communicator, int *error) {
  *error = fails(communicator, "async") && done > 0 ? REMOTE_ERROR : SUCCESS;
  return SUCCESS;
}

int ncclCommAbort(Communicator *communicator) {
  note("abort");
  communicator->aborted = 1;
  return SUCCESS;
}

int ncclCommDestroy(Communicator *communicator) {
  (void)communicator;
  note("destroy");
  return SUCCESS;
}

const char *cudaGetErrorString(int code) { return code ? "invalid resource (stand-in)" : "no error"; }

int cudaDeviceGetPCIBusId(char *slot, int length, int index) {
  snprintf(slot, length, "0000:%02x:00.0", index);
  return SUCCESS;
}

int cudaStreamCreateWithFlags(char **stream, unsigned flags) {
  *stream = &streams[1];
  return flags == 1 ? SUCCESS : INVALID_ARGUMENT;
}

int cudaEventCreateWithFlags(Event **event, unsigned flags) {
  *event = calloc(1, sizeof **event);
  return flags == 2 ? SUCCESS : INVALID_ARGUMENT;
}

int cudaEventRecord(Event *event, const char *stream) {
  pthread_mutex_lock(&mutex);
  event->is_libtorchs = stream == &streams[0];
  event->sums = begun;
  pthread_mutex_unlock(&mutex);
  return SUCCESS;
}

int cudaStreamWaitEvent(const char *stream, Event *event, unsigned flags) {
  pthread_mutex_lock(&mutex);
  if (stream == &streams[1])
    followed = event->is_libtorchs;
  else
    /* Who asks a GPU that is lost doesn't hear of it yet. */
    while (done < event->sums && !lost)
      pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
  return flags == 0 ? SUCCESS : INVALID_ARGUMENT;
}

int aoti_torch_create_cuda_guard(int index, int **before) {
  *before = malloc(sizeof **before);
  **before = device;
  device = index;
  return SUCCESS;
}

int aoti_torch_delete_cuda_guard(int *before) {
  device = *before;
  free(before);
  return SUCCESS;
}

int aoti_torch_get_current_cuda_stream(int index, const char **stream) {
  *stream = &streams[0];
  return index == device ? SUCCESS : 1;
}
