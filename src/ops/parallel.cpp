#include "lora/ops/parallel.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace lora {

namespace {

/// The threads that help, made when they are first wanted.
class Helpers {
 public:
  Helpers() = default;
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;
  Helpers(Helpers&&) = delete;
  Helpers& operator=(Helpers&&) = delete;

  ~Helpers() {
    {
      const std::scoped_lock lock(mutex_);
      ends_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// True for the one caller that may use them, by run().
  bool take() { return !taken_.exchange(true, std::memory_order_acquire); }

  /// After take(), which it ends.
  void run(int helpers, Index count, void (*call)(const void*, Index), const void* block) {
    {
      const std::scoped_lock lock(mutex_);
      count_ = count;
      call_ = call;
      block_ = block;
      next_.store(0, std::memory_order_relaxed);
      make_threads(helpers);
      wanted_ = std::min(helpers, static_cast<int>(std::ssize(threads_)));
      helpers = wanted_;
    }
    for (int i = 0; i < helpers; ++i) work_.notify_one();
    take_blocks();
    std::exception_ptr fault;
    {
      std::unique_lock lock(mutex_);
      wanted_ = 0;  // whoever has not come yet need not come any more
      done_.wait(lock, [this] { return busy_ == 0; });
      fault = std::exchange(fault_, nullptr);
    }
    free();
    if (fault) std::rethrow_exception(fault);
  }

 private:
  void free() { taken_.store(false, std::memory_order_release); }

  /// Where the system has no room for another thread, fewer do the work.
  void make_threads(int helpers) {
    try {
      while (!full_ && std::ssize(threads_) < helpers) threads_.emplace_back([this] { serve(); });
    } catch (const std::system_error&) {
      full_ = true;
    } catch (const std::bad_alloc&) {
      full_ = true;
    }
  }

  void serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [this] { return ends_ || wanted_ > 0; });
      if (ends_) return;
      --wanted_;
      ++busy_;
      lock.unlock();
      take_blocks();
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void take_blocks() {
    while (true) {
      const Index i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i >= count_) return;
      try {
        call_(block_, i);
      } catch (...) {
        next_.store(count_, std::memory_order_relaxed);  // nobody begins another one
        const std::scoped_lock lock(mutex_);
        if (!fault_) fault_ = std::current_exception();
        return;
      }
    }
  }

  std::atomic<bool> taken_ = false;
  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::vector<std::thread> threads_;
  int wanted_ = 0;  // how many may still come
  int busy_ = 0;    // how many have come and are not done
  bool ends_ = false;
  bool full_ = false;         // no more threads can be made
  std::exception_ptr fault_;  // the first of a loop

  // The loop that is run; these change only while nobody is busy.
  std::atomic<Index> next_ = 0;
  Index count_ = 0;
  void (*call_)(const void*, Index) = nullptr;
  const void* block_ = nullptr;
};

}  // namespace

int available_threads() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void run_blocks(int threads, Index count, void (*call)(const void*, Index), const void* block) {
  static Helpers helpers;
  const auto useful = static_cast<int>(std::min(static_cast<Index>(threads), count));
  if (useful > 1 && helpers.take()) {
    helpers.run(useful - 1, count, call, block);
    return;
  }
  for (Index i = 0; i < count; ++i) call(block, i);
}

}  // namespace lora
