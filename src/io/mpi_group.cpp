#include "lora/io/mpi_group.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mpi.h>
#include <numeric>
#include <type_traits>

#include "lora/core/error.h"

namespace lora {

namespace {

// Fewer numbers are quicker sent to everybody: what a message costs is not its length.
constexpr std::size_t kFewBytes = 8192;

template <class Number>
MPI_Datatype type_of() {
  static_assert(std::is_same_v<Number, float> || std::is_same_v<Number, double>);
  if constexpr (std::is_same_v<Number, float>) {
    return MPI_FLOAT;
  } else {
    return MPI_DOUBLE;
  }
}

/// MPI counts in int.
int count_of(std::size_t size) {
  constexpr std::size_t kMost = 0x7fffffff;
  if (size > kMost) {
    throw Error(ErrorKind::memory, size, " numbers are more than MPI sends at once (", kMost, ")");
  }
  return static_cast<int>(size);
}

/// Adds up `size` lists of `count` numbers each that follow each other, in their order; in double,
/// so that the sum is rounded once.
template <class Number>
void add_up(const Number* lists, int size, std::size_t count, Number* sums) {
  for (std::size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(size); ++r) {
      sum += static_cast<double>(lists[r * count + i]);
    }
    sums[i] = static_cast<Number>(sum);
  }
}

int size_on_this_host() {
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
  int size = 1;
  MPI_Comm_size(host, &size);
  MPI_Comm_free(&host);
  return size;
}

std::string host_name() {
  std::array<char, MPI_MAX_PROCESSOR_NAME + 1> name = {};
  int length = 0;
  MPI_Get_processor_name(name.data(), &length);
  return {name.data(), static_cast<std::size_t>(length)};
}

}  // namespace

// Errors of MPI itself end all processes, with what Open MPI has to say of them: its default.
MpiGroup::MpiGroup() {
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  size_on_host_ = size_on_this_host();
  name_ = "rank " + std::to_string(rank_) + " of " + std::to_string(size_) + " on " + host_name();
}

MpiGroup::~MpiGroup() {
  MPI_Finalize();
}

void MpiGroup::sum(std::span<const std::span<Real>> parts) {
  packed_.clear();
  for (const std::span<Real> part : parts) packed_.insert(packed_.end(), part.begin(), part.end());
  sum_numbers(packed_);
  auto from = packed_.begin();
  for (const std::span<Real> part : parts) {
    std::copy_n(from, part.size(), part.begin());
    from += static_cast<std::ptrdiff_t>(part.size());
  }
}

void MpiGroup::sum_wide(std::span<double> values) {
  wide_.assign(values.begin(), values.end());
  sum_numbers(wide_);
  std::ranges::copy(wide_, values.begin());
}

/// Both ways give the same bits.
template <class Number>
void MpiGroup::sum_numbers(std::vector<Number>& numbers) {
  if (numbers.empty()) return;
  if (numbers.size() * sizeof(Number) <= kFewBytes) {
    sum_few(numbers);
  } else {
    sum_many(numbers);
  }
}

template <class Number>
void MpiGroup::sum_few(std::vector<Number>& numbers) {
  const int count = count_of(numbers.size());
  std::vector<Number> all(numbers.size() * static_cast<std::size_t>(size_));
  MPI_Allgather(numbers.data(), count, type_of<Number>(), all.data(), count, type_of<Number>(),
                MPI_COMM_WORLD);
  add_up(all.data(), size_, numbers.size(), numbers.data());
}

template <class Number>
void MpiGroup::sum_many(std::vector<Number>& numbers) {
  const std::size_t size = numbers.size();
  const auto processes = static_cast<std::size_t>(size_);
  const std::size_t part = (size - 1) / processes + 1;
  const int count = count_of(part);
  numbers.resize(part * processes);
  std::vector<Number> of_all(numbers.size());
  MPI_Alltoall(numbers.data(), count, type_of<Number>(), of_all.data(), count, type_of<Number>(),
               MPI_COMM_WORLD);
  std::vector<Number> own(part);
  add_up(of_all.data(), size_, part, own.data());
  MPI_Allgather(own.data(), count, type_of<Number>(), numbers.data(), count, type_of<Number>(),
                MPI_COMM_WORLD);
  numbers.resize(size);
}

std::vector<std::string> MpiGroup::gather(const std::string& own) {
  std::vector<int> lengths(static_cast<std::size_t>(size_));
  const int length = count_of(own.size());
  MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD);
  count_of(std::accumulate(lengths.begin(), lengths.end(), std::size_t{0}));
  std::vector<int> begins(lengths.size());
  std::exclusive_scan(lengths.begin(), lengths.end(), begins.begin(), 0);
  std::string all(
      static_cast<std::size_t>(begins.back()) + static_cast<std::size_t>(lengths.back()), '\0');
  MPI_Allgatherv(own.data(), length, MPI_CHAR, all.data(), lengths.data(), begins.data(), MPI_CHAR,
                 MPI_COMM_WORLD);
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < lengths.size(); ++r) {
    texts.push_back(
        all.substr(static_cast<std::size_t>(begins[r]), static_cast<std::size_t>(lengths[r])));
  }
  return texts;
}

void MpiGroup::end_all(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  std::abort();  // not reached: MPI_Abort is not declared to end the process
}

}  // namespace lora
