#include "lora/artifact/extract.h"

#include <cmath>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lora/artifact/adapter_report.h"
#include "lora/artifact/peft_adapter.h"
#include "lora/core/error.h"
#include "lora/io/safetensors.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

struct Tensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};

/// A file of float32 tensors.
std::string write(const TemporaryDirectory& directory, const std::string& name,
                  const std::vector<Tensor>& tensors) {
  std::vector<SafetensorsTensor> list;
  for (const Tensor& tensor : tensors) {
    list.push_back(
        {tensor.name, DType::f32, tensor.shape, std::as_bytes(std::span(tensor.values))});
  }
  const std::vector<std::byte> file = safetensors_bytes(list, {});
  return directory.write(name, {reinterpret_cast<const char*>(file.data()), file.size()});
}

std::string adapter_of(const TemporaryDirectory& directory) {
  return (directory.path() / "adapter").string();
}

ExtractRequest request_of(const TemporaryDirectory& directory, const std::string& base,
                          const std::string& tuned) {
  ExtractRequest request;
  request.base = base;
  request.tuned = tuned;
  request.rank = 1;
  request.output = adapter_of(directory);
  return request;
}

/// scale·B·A of a layer that was written.
DoubleMatrix product(const PeftAdapter& adapter, const std::string& path) {
  const LoraLayer layer =
      adapter.layer(path, adapter.in_features(path), adapter.out_features(path));
  return layer.scale * layer.B.cast<double>() * layer.A.cast<double>();
}

std::string message_of(const ExtractRequest& request) {
  try {
    extract_adapter(request);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the best adapter of a rank keeps the largest directions of the difference",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  // ΔW = [3 0; 4 5]: squared singular values 45 and 5, ‖ΔW‖² = 50; ‖W‖ = 2.
  const std::string base = write(directory, "b.safetensors", {{"weight", {2, 2}, {1, 1, 1, 1}}});
  const std::string tuned = write(directory, "t.safetensors", {{"weight", {2, 2}, {4, 1, 5, 6}}});
  ExtractRequest request = request_of(directory, base, tuned);
  const ExtractReport report = extract_adapter(request);
  REQUIRE(report.layers.size() == 1);
  const ExtractedLayer& layer = report.layers.front();
  CHECK(layer.path == "linear");
  CHECK(layer.rank == 1);
  CHECK(layer.norm == Approx(std::sqrt(50.0)));
  CHECK(layer.share_of_base == Approx(std::sqrt(50.0) / 2));
  CHECK(layer.kept == Approx(0.9).epsilon(1e-6));
  CHECK(layer.effective_rank == Approx(1.754765350));  // of √45 : √5 = 3 : 1
  // The best approximation of rank 1 is 1.5·[1 1; 3 3], by hand.
  DoubleMatrix best(2, 2);
  best << 1.5, 1.5, 4.5, 4.5;
  CHECK(product(PeftAdapter(adapter_of(directory)), "linear").isApprox(best, 1e-6));

  request.rank = 0;
  for (const auto& [share, rank] : {std::pair{0.89, 1}, std::pair{0.91, 2}, std::pair{1.0, 2}}) {
    request.share = share;
    CHECK(extract_adapter(request).layers.front().rank == rank);
  }
}

TEST_CASE("a weight stored as (in, out) gives the same adapter", "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base =
      write(directory, "b.safetensors", {{"h.weight", {3, 2}, {0, 0, 0, 0, 0, 1}}});
  const std::string tuned =
      write(directory, "t.safetensors", {{"h.weight", {3, 2}, {1, 2, 2, 4, 3, 7}}});
  ExtractRequest request = request_of(directory, base, tuned);
  request.fan_in_fan_out = true;
  extract_adapter(request);
  const PeftAdapter adapter(adapter_of(directory));
  CHECK(adapter.config().fan_in_fan_out);
  CHECK(adapter.in_features("h") == 3);
  CHECK(adapter.out_features("h") == 2);
  DoubleMatrix delta(2, 3);
  delta << 1, 2, 3, 2, 4, 6;
  CHECK(product(adapter, "h").isApprox(delta, 1e-6));
}

TEST_CASE("layers that changed get adapters of their own ranks, with their biases; others are said",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base = write(directory, "b.safetensors",
                                 {{"0.weight", {2, 2}, {0, 0, 0, 0}},
                                  {"0.bias", {2}, {1, 2}},
                                  {"2.weight", {2, 2}, {1, 0, 0, 1}},
                                  {"4.weight", {2, 2}, {1, 2, 3, 4}},
                                  {"4.bias", {2}, {0, 0}},
                                  {"norm.weight", {2}, {1, 1}},
                                  {"same", {1}, {5}}});
  const std::string tuned = write(directory, "t.safetensors",
                                  {{"0.weight", {2, 2}, {1, 0, 0, 1}},
                                   {"0.bias", {2}, {1, 2}},
                                   {"2.weight", {2, 2}, {2, 1, 1, 2}},
                                   {"4.weight", {2, 2}, {1, 2, 3, 4}},
                                   {"4.bias", {2}, {9, 9}},
                                   {"norm.weight", {2}, {1, 2}},
                                   {"same", {1}, {5}}});
  ExtractRequest request = request_of(directory, base, tuned);
  request.rank = 0;
  request.share = 1;
  const ExtractReport report = extract_adapter(request);
  REQUIRE(report.layers.size() == 2);
  CHECK(report.layers[0].rank == 2);
  CHECK(report.layers[1].rank == 1);
  CHECK_FALSE(report.with_biases);
  CHECK(report.left_out == std::vector<std::string>{"4.bias", "norm.weight"});
  const PeftAdapter adapter(adapter_of(directory));
  CHECK(product(adapter, "0").isIdentity(1e-6));
  CHECK(product(adapter, "2").isOnes(1e-6));
}

TEST_CASE("a bias that changed comes with the adapter", "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base =
      write(directory, "b.safetensors", {{"h.weight", {1, 2}, {0, 0}}, {"h.bias", {1}, {1}}});
  const std::string tuned =
      write(directory, "t.safetensors", {{"h.weight", {1, 2}, {3, 4}}, {"h.bias", {1}, {7}}});
  CHECK(extract_adapter(request_of(directory, base, tuned)).with_biases);
  const PeftAdapter adapter(adapter_of(directory));
  CHECK(adapter.config().bias == "lora_only");
  CHECK(adapter.bias("h", 1).value()(0, 0) == 7);
}

TEST_CASE("what has no difference, or none that an adapter could be, is refused",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base = write(directory, "b.safetensors", {{"weight", {1, 2}, {1, 2}}});
  const auto refused = [&](const std::vector<Tensor>& tuned) {
    return message_of(request_of(directory, base, write(directory, "t.safetensors", tuned)));
  };
  CHECK(refused({{"weight", {1, 2}, {1, 2}}}).find("nothing to extract") != std::string::npos);
  CHECK(refused({{"weight", {2, 1}, {1, 2}}}).find("(2, 1)") != std::string::npos);
  CHECK(refused({{"weight", {1, 2}, {1, NAN}}}).find("not finite") != std::string::npos);
  CHECK(refused({{"weight", {2}, {1, 2}}}).find("no matrix") != std::string::npos);
}

TEST_CASE("only what may be a linear layer is extracted, and only what was named",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::vector<Tensor> before = {{"a.weight", {1, 2}, {0, 0}},
                                      {"b.weight", {1, 2}, {0, 0}},
                                      {"model.embed_tokens.weight", {2, 1}, {0, 0}},
                                      {"positions", {2, 1}, {0, 0}}};
  std::vector<Tensor> after = before;
  for (Tensor& tensor : after) tensor.values = {3, 4};
  const std::string base = write(directory, "b.safetensors", before);
  const std::string tuned = write(directory, "t.safetensors", after);
  const ExtractReport whole = extract_adapter(request_of(directory, base, tuned));
  CHECK(whole.layers.size() == 2);
  CHECK(whole.left_out == std::vector<std::string>{"model.embed_tokens.weight", "positions"});
  const ExtractReport named = extract_adapter(request_of(directory, base, tuned + ":b"));
  REQUIRE(named.layers.size() == 1);
  CHECK(named.layers[0].path == "b");
}

TEST_CASE("a difference that a float32 cannot say is refused", "[artifact][extract]") {
  const TemporaryDirectory directory;
  const auto file = [&](const std::string& name, double value) {
    const std::vector<double> values = {value, value};
    const std::vector<std::byte> bytes =
        safetensors_bytes({{"weight", DType::f64, {1, 2}, std::as_bytes(std::span(values))}}, {});
    return directory.write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  const std::string base = file("b.safetensors", 0);
  CHECK_THROWS_AS(extract_adapter(request_of(directory, base, file("t.safetensors", 1e200))),
                  Error);
  CHECK_THROWS_AS(extract_adapter(request_of(directory, base, file("t.safetensors", 1e-200))),
                  Error);
}

TEST_CASE("an adapter's norm, and its share of the weight's, are those of the difference",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base = write(directory, "b.safetensors", {{"weight", {2, 2}, {1, 1, 1, 1}}});
  const std::string tuned = write(directory, "t.safetensors", {{"weight", {2, 2}, {4, 1, 5, 6}}});
  ExtractRequest request = request_of(directory, base, tuned);
  request.rank = 2;
  extract_adapter(request);
  const std::vector<AdapterLayerReport> layers = report_on(PeftAdapter(adapter_of(directory)));
  REQUIRE(layers.size() == 1);
  CHECK(layers[0].path == "linear");
  CHECK(layers[0].rank == 2);
  CHECK(layers[0].scale == 1);
  CHECK(layers[0].norm == Approx(std::sqrt(50.0)));
  CHECK(layers[0].effective_rank == Approx(1.754765350));
  CHECK(weight_norm(base, "linear", 4).value() == 2);
  CHECK(weight_norm(base + ":weight", "linear", 4).value() == 2);
  CHECK_FALSE(weight_norm(base, "head", 4).has_value());
  CHECK_FALSE(weight_norm(base, "linear", 6).has_value());
}

TEST_CASE("a matrix without elements is no weight, however many rows it claims",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::uint64_t many = std::uint64_t{1} << 62U;
  const std::string file = write(directory, "empty.safetensors", {{"weight", {many, 0}, {}}});
  CHECK(message_of(request_of(directory, file, file)).find("holds no matrix") != std::string::npos);
  CHECK(message_of(request_of(directory, file + ":weight", file + ":weight"))
            .find("a weight is a matrix") != std::string::npos);
}

TEST_CASE("what speaks against an extracted adapter at the last moment leaves none",
          "[artifact][extract]") {
  const TemporaryDirectory directory;
  const std::string base = write(directory, "base.safetensors", {{"weight", {1, 2}, {1, 2}}});
  const std::string tuned = write(directory, "tuned.safetensors", {{"weight", {1, 2}, {1, 3}}});
  ExtractRequest request = request_of(directory, base, tuned);
  request.before_commit = [] { throw Error(ErrorKind::input, "changed meanwhile"); };
  CHECK(message_of(request) == "changed meanwhile");
  CHECK_THROWS_AS(PeftAdapter(adapter_of(directory)), Error);
  request.before_commit = [] {};
  CHECK(message_of(request).empty());
  CHECK_NOTHROW(PeftAdapter(adapter_of(directory)));
}
