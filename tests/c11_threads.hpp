// C11's threads by those of POSIX, as glibc makes them itself: ThreadSanitizer of GCC 12 knows only the latter, and dies in a thread that
// librdkafka has started with the former. Included where it runs, once in a program.
#pragma once

#include <cerrno>
#include <memory>
#include <threads.h>

#include <pthread.h>

namespace throng::test {

struct c11_start {
  thrd_start_t what;
  void* with;

  static void* run(void* given) {
    const std::unique_ptr<c11_start> start{static_cast<c11_start*>(given)};
    start->what(start->with);
    return nullptr;
  }
};

inline int c11_answer(int code) {
  return code == 0 ? thrd_success : code == EBUSY ? thrd_busy : code == ETIMEDOUT ? thrd_timedout : thrd_error;
}
// The same memory in glibc: nptl/mtx_lock.c and its neighbours cast in the same way.
inline pthread_mutex_t* posix(mtx_t* of) {
  return reinterpret_cast<pthread_mutex_t*>(of);
}
inline pthread_cond_t* posix(cnd_t* of) {
  return reinterpret_cast<pthread_cond_t*>(of);
}

} // namespace throng::test

extern "C" {
int thrd_create(thrd_t* made, thrd_start_t what, void* with) {
  auto start = std::make_unique<throng::test::c11_start>(throng::test::c11_start{what, with});
  const auto code = pthread_create(made, nullptr, throng::test::c11_start::run, start.get());
  if (code == 0)
    start.release(); // the thread's now
  return throng::test::c11_answer(code);
}
int thrd_join(thrd_t which, int* result) {
  if (result != nullptr)
    *result = 0;
  return throng::test::c11_answer(pthread_join(which, nullptr));
}
int mtx_init(mtx_t* made, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const auto code = pthread_mutex_init(throng::test::posix(made), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return throng::test::c11_answer(code);
}
int mtx_lock(mtx_t* which) {
  return throng::test::c11_answer(pthread_mutex_lock(throng::test::posix(which)));
}
int mtx_unlock(mtx_t* which) {
  return throng::test::c11_answer(pthread_mutex_unlock(throng::test::posix(which)));
}
void mtx_destroy(mtx_t* which) {
  pthread_mutex_destroy(throng::test::posix(which));
}
int cnd_init(cnd_t* made) {
  return throng::test::c11_answer(pthread_cond_init(throng::test::posix(made), nullptr));
}
int cnd_signal(cnd_t* which) {
  return throng::test::c11_answer(pthread_cond_signal(throng::test::posix(which)));
}
int cnd_broadcast(cnd_t* which) {
  return throng::test::c11_answer(pthread_cond_broadcast(throng::test::posix(which)));
}
int cnd_wait(cnd_t* which, mtx_t* lock) {
  return throng::test::c11_answer(pthread_cond_wait(throng::test::posix(which), throng::test::posix(lock)));
}
int cnd_timedwait(cnd_t* __restrict which, mtx_t* __restrict lock, const struct timespec* __restrict until) {
  return throng::test::c11_answer(pthread_cond_timedwait(throng::test::posix(which), throng::test::posix(lock), until));
}
void cnd_destroy(cnd_t* which) {
  pthread_cond_destroy(throng::test::posix(which));
}
}
