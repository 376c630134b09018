#include "lora/artifact/merge.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lora/artifact/concatenate.h"
#include "lora/artifact/peft_writer.h"
#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/rng.h"
#include "lora/io/npy_writer.h"
#include "lora/model/linear_head.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

constexpr Index kIn = 5;
constexpr Index kOut = 3;

/// Numbers as bytes of a type, each rounded once.
std::string packed(const std::vector<double>& values, DType dtype) {
  std::string bytes;
  const auto append = [&](auto element) {
    bytes.append(reinterpret_cast<const char*>(&element), sizeof(element));
  };
  for (const double value : values) {
    if (dtype == DType::f64) append(value);
    if (dtype == DType::f32) append(static_cast<float>(value));
    if (dtype == DType::f16) append(f16_from_double(value));
    if (dtype == DType::bf16) append(bf16_from_double(value));
  }
  return bytes;
}

std::vector<double> unpacked(std::span<const std::byte> bytes, DType dtype) {
  std::vector<double> values;
  for (std::size_t at = 0; at < bytes.size(); at += size_of(dtype)) {
    const auto load = [&](auto element) {
      std::memcpy(&element, bytes.data() + at, sizeof(element));
      return element;
    };
    if (dtype == DType::f64) values.push_back(load(double{}));
    if (dtype == DType::f32) values.push_back(load(float{}));
    if (dtype == DType::f16) values.push_back(float_from_f16(load(std::uint16_t{})));
    if (dtype == DType::bf16) values.push_back(float_from_bf16(load(std::uint16_t{})));
  }
  return values;
}

std::vector<double> weights() {
  Rng rng(1);
  const Matrix W = rng.normal(kOut, kIn);
  return {W.data(), W.data() + W.size()};
}

/// A base of the type, with a layer that nobody adapts and metadata.
std::string write_base(const TemporaryDirectory& directory, DType dtype, bool in_out = false) {
  std::vector<double> stored = weights();
  if (in_out) {
    const Matrix W = Eigen::Map<const DoubleMatrix>(stored.data(), kOut, kIn).cast<Real>();
    const Matrix T = W.transpose();
    stored.assign(T.data(), T.data() + T.size());
  }
  const std::string weight = packed(stored, dtype);
  const std::string bias = packed({0.5, -0.25, 2}, dtype);
  const std::string other = "12345678";
  const auto bytes = [](const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
  };
  const std::vector<std::uint64_t> shape =
      in_out ? std::vector<std::uint64_t>{kIn, kOut} : std::vector<std::uint64_t>{kOut, kIn};
  const std::vector<std::byte> file =
      safetensors_bytes({{"head.weight", dtype, shape, bytes(weight)},
                         {"head.bias", dtype, {kOut}, bytes(bias)},
                         {"other", DType::u8, {8}, bytes(other)}},
                        {{"format", "pt"}});
  return directory.write("base.safetensors",
                         {reinterpret_cast<const char*>(file.data()), file.size()});
}

struct Factors {
  Matrix A;
  Matrix B;
};

Factors factors(std::uint64_t seed) {
  Rng rng(seed);
  return {rng.normal(2, kIn), rng.normal(kOut, 2)};
}

/// An adapter directory for a layer called head, of scale 1.5.
PeftAdapter write_adapter(const TemporaryDirectory& directory, const std::string& name,
                          std::uint64_t seed, const std::string& bias = "none") {
  Rng rng(9);
  LinearHead model("head", Linear::drawn(kIn, kOut, rng));
  Factors parts = factors(seed);
  model.linear().attach(std::make_unique<LoraAdapter>(std::move(parts.A), std::move(parts.B), 1.5));
  model.linear().bias()->value << 7, 8, 9.5;
  PeftConfig config;
  config.rank = 2;
  config.alpha = 3;
  config.bias = bias;
  const std::string path = (directory.path() / name).string();
  save_peft_adapter(path, model, config, {});
  return PeftAdapter(path);
}

double delta(const Factors& parts, Index i, Index j) {
  double sum = 0;
  for (Index k = 0; k < 2; ++k) {
    sum += static_cast<double>(parts.B(i, k)) * static_cast<double>(parts.A(k, j));
  }
  return 1.5 * sum;
}

std::string output_of(const TemporaryDirectory& directory) {
  return (directory.path() / "merged.safetensors").string();
}

std::string message_of(const std::function<void()>& act, ErrorKind kind) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a merged weight is formed in double and rounded once to the base's type",
          "[artifact][merge]") {
  for (const DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16}) {
    for (const bool in_out : {false, true}) {
      CAPTURE(name_of(dtype), in_out);
      const TemporaryDirectory directory;
      const std::string base = write_base(directory, dtype, in_out);
      const PeftAdapter adapter = write_adapter(directory, "a", 2);
      const MergeReport report = merge_adapters(
          {base + ":head.weight", in_out, {{&adapter}}, false, output_of(directory)});
      CHECK(report.layers == std::vector<std::string>{"head"});
      CHECK(report.largest_difference <= report.bound);

      const SafetensorsFile before(base);
      const SafetensorsFile after(output_of(directory));
      const std::vector<double> old = unpacked(before.find("head.weight")->bytes, dtype);
      std::vector<double> expected;
      for (std::size_t n = 0; n < old.size(); ++n) {
        const auto row = static_cast<Index>(n) / (in_out ? kOut : kIn);
        const auto col = static_cast<Index>(n) % (in_out ? kOut : kIn);
        expected.push_back(old[n] + delta(factors(2), in_out ? col : row, in_out ? row : col));
      }
      const std::string wanted = packed(expected, dtype);
      const auto merged = after.find("head.weight")->bytes;
      REQUIRE(merged.size() == wanted.size());
      if (dtype != DType::f64) {  // where the sum's own rounding is not seen
        CHECK(std::memcmp(merged.data(), wanted.data(), wanted.size()) == 0);
      }
      for (std::size_t n = 0; n < expected.size(); ++n) {
        CHECK(unpacked(merged, dtype)[n] ==
              Approx(expected[n]).epsilon(std::ldexp(1.0, -precision_of(dtype))).margin(1e-12));
      }
      CHECK(std::ranges::equal(before.find("other")->bytes, after.find("other")->bytes));
      CHECK(std::ranges::equal(before.find("head.bias")->bytes, after.find("head.bias")->bytes));
      CHECK(after.metadata() == before.metadata());
      CHECK(before.file().bytes().size() == after.file().bytes().size());
    }
  }
}

TEST_CASE("taking an adapter out gives the base back within the rounding", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f32);
  const PeftAdapter adapter = write_adapter(directory, "a", 2);
  merge_adapters({base, false, {{&adapter}}, false, output_of(directory)});
  const std::string back = (directory.path() / "back.safetensors").string();
  merge_adapters({output_of(directory), false, {{&adapter}}, true, back});
  const std::vector<double> old = weights();
  const std::vector<double> now =
      unpacked(SafetensorsFile(back).find("head.weight")->bytes, DType::f32);
  for (std::size_t n = 0; n < old.size(); ++n) CHECK(now[n] == Approx(old[n]).margin(1e-6));
}

TEST_CASE("several adapters are added with their weights", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f64);
  const PeftAdapter a = write_adapter(directory, "a", 2);
  const PeftAdapter b = write_adapter(directory, "b", 3);
  merge_adapters({base, false, {{&a, 0.7}, {&b, -0.3}}, false, output_of(directory)});
  const std::vector<double> now =
      unpacked(SafetensorsFile(output_of(directory)).find("head.weight")->bytes, DType::f64);
  for (std::size_t n = 0; n < now.size(); ++n) {
    const auto i = static_cast<Index>(n) / kIn;
    const auto j = static_cast<Index>(n) % kIn;
    CHECK(now[n] ==
          Approx(weights()[n] + 0.7 * delta(factors(2), i, j) - 0.3 * delta(factors(3), i, j))
              .epsilon(1e-14)
              .margin(1e-14));
  }
}

TEST_CASE("adapters that stand beside each other add what each of them adds", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const PeftAdapter a = write_adapter(directory, "a", 2);
  const PeftAdapter b = write_adapter(directory, "b", 3);
  const std::string path = (directory.path() / "both").string();
  concatenate_adapters({{&a, 0.5}, {&b, 2}}, path);
  const PeftAdapter both(path);
  CHECK(both.config().rank == 4);
  const LoraLayer layer = both.layer("head", kIn, kOut);
  CHECK(layer.scale == 1);
  for (Index i = 0; i < kOut; ++i) {
    for (Index j = 0; j < kIn; ++j) {
      const double sum = layer.B.row(i).cast<double>() * layer.A.col(j).cast<double>();
      CHECK(sum == Approx(0.5 * delta(factors(2), i, j) + 2 * delta(factors(3), i, j))
                       .epsilon(1e-6)
                       .margin(1e-6));
    }
  }
}

TEST_CASE("trained biases are merged, but neither added up nor taken out", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f32);
  const PeftAdapter a = write_adapter(directory, "a", 2, "all");
  const PeftAdapter b = write_adapter(directory, "b", 3);
  merge_adapters({base, false, {{&a}}, false, output_of(directory)});
  CHECK(unpacked(SafetensorsFile(output_of(directory)).find("head.bias")->bytes, DType::f32) ==
        std::vector<double>{7, 8, 9.5});
  const std::string other = (directory.path() / "other.safetensors").string();
  for (const MergeRequest& request : {MergeRequest{base, false, {{&a}}, true, other},
                                      MergeRequest{base, false, {{&a}, {&b}}, false, other},
                                      MergeRequest{base, false, {{&a, 0.5}}, false, other}}) {
    CHECK(message_of([&] { merge_adapters(request); }, ErrorKind::usage).find("biases") !=
          std::string::npos);
  }
  CHECK_FALSE(message_of(
                  [&] {
                    concatenate_adapters({{&a}, {&b}}, other);
                  },
                  ErrorKind::usage)
                  .empty());
  CHECK_FALSE(std::filesystem::exists(other));
}

TEST_CASE("a merge that its type cannot hold leaves nothing", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f16);
  const PeftAdapter adapter = write_adapter(directory, "a", 2);
  const std::string message = message_of(
      [&] {
        merge_adapters({base, false, {{&adapter, 1e5}}, false, output_of(directory)});
      },
      ErrorKind::training);
  CHECK(message.find("float16") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(output_of(directory)));
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 2);
}

TEST_CASE("an adapter for another layer or another width is refused", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f32);
  const PeftAdapter adapter = write_adapter(directory, "a", 2);
  CHECK(message_of(
            [&] {
              merge_adapters({base + ":hed", false, {{&adapter}}, false, output_of(directory)});
            },
            ErrorKind::input)
            .find("'hed'") != std::string::npos);
  CHECK(message_of(
            [&] {
              merge_adapters({base, true, {{&adapter}}, false, output_of(directory)});
            },
            ErrorKind::input)
            .find("lora_A") != std::string::npos);
}

TEST_CASE("a .npy base becomes a .npy", "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base =
      directory.write("W.npy", npy_header(DType::f32, {kOut, kIn}) + packed(weights(), DType::f32));
  const PeftAdapter adapter = write_adapter(directory, "a", 2);
  const std::string output = (directory.path() / "merged.npy").string();
  merge_adapters({base, false, {{&adapter}}, false, output});
  const std::string file = read_file(output);
  CHECK(file.size() == read_file(base).size());
  CHECK(unpacked(std::as_bytes(std::span(file)).subspan(128), DType::f32)[0] ==
        Approx(weights()[0] + delta(factors(2), 0, 0)).epsilon(1e-6));
}

TEST_CASE("two layers cannot be one weight, and DoRA has no inverse and no sum",
          "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f32);
  const PeftAdapter a = write_adapter(directory, "a", 2);
  const std::string other = (directory.path() / "other").string();
  PeftTensors tensors;
  tensors.add_factors("tail", Matrix::Ones(1, kIn), Matrix::Ones(kOut, 1));
  PeftConfig config;
  config.set_ranks({{"tail", 1}});
  write_peft_adapter(other, tensors, config);
  const PeftAdapter b(other);
  const auto both = [&] {
    merge_adapters({base + ":head.weight", false, {{&a}, {&b}}, false, output_of(directory)});
  };
  CHECK(message_of(both, ErrorKind::input).find("head and tail") != std::string::npos);

  tensors.add_parameter("tail.lora_magnitude_vector", Matrix::Ones(1, kOut));
  config.dora = true;
  write_peft_adapter(other, tensors, config);
  const PeftAdapter dora(other);
  const std::string named = base + ":head.weight";
  const auto unmerged = [&] {
    merge_adapters({named, false, {{&dora}}, true, output_of(directory)});
  };
  CHECK(message_of(unmerged, ErrorKind::usage).find("DoRA") != std::string::npos);
  const auto halved = [&] {
    merge_adapters({named, false, {{&dora, 0.5}}, false, output_of(directory)});
  };
  CHECK(message_of(halved, ErrorKind::usage).find("DoRA") != std::string::npos);
  const auto joined = [&] { concatenate_adapters({{&dora}, {&dora}}, output_of(directory)); };
  CHECK(message_of(joined, ErrorKind::usage).find("DoRA") != std::string::npos);
}

TEST_CASE("what speaks against a merge at the last moment leaves what was there",
          "[artifact][merge]") {
  const TemporaryDirectory directory;
  const std::string base = write_base(directory, DType::f32);
  const PeftAdapter adapter = write_adapter(directory, "a", 2);
  MergeRequest request{base, false, {{&adapter}}, false, output_of(directory)};
  request.before_commit = [] { throw Error(ErrorKind::input, "changed meanwhile"); };
  CHECK_THROWS_AS(merge_adapters(request), Error);
  CHECK_FALSE(std::filesystem::exists(request.output));
  request.before_commit = [] {};
  merge_adapters(request);
  CHECK(std::filesystem::exists(request.output));
}
