#include "lora/io/weight_stack.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "lora/io/safetensors.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using Catch::Contains;

namespace {

struct Shape {
  std::string name;
  std::vector<std::uint64_t> shape;
};

/// A file of tensors of zeros.
std::string write(const test::TemporaryDirectory& directory, const std::vector<Shape>& tensors,
                  const std::map<std::string, std::string>& metadata = {}) {
  static const std::vector<float> zeros(100);
  std::vector<SafetensorsTensor> parts;
  for (const Shape& tensor : tensors) {
    std::size_t size = 1;
    for (const std::uint64_t side : tensor.shape) size *= side;
    parts.push_back(
        {tensor.name, DType::f32, tensor.shape, std::as_bytes(std::span(zeros).first(size))});
  }
  const std::vector<std::byte> bytes = safetensors_bytes(parts, metadata);
  return directory.write("s.safetensors",
                         {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::vector<std::string> paths(const FrozenStack& stack) {
  std::vector<std::string> result;
  for (const FrozenWeight& layer : stack.layers) result.push_back(layer.path);
  return result;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("the layers of a stack come in the order of their numbers, 10 after 9",
          "[io][weight_stack]") {
  const test::TemporaryDirectory directory;
  const std::string file = write(directory, {{"10.weight", {2, 3}},
                                             {"9.weight", {3, 4}},
                                             {"2.weight", {4, 5}},
                                             {"2.bias", {4}},
                                             {"10.bias", {2}}});
  const auto stack = read_frozen_stack(file, Layout::out_in);
  REQUIRE(stack);
  CHECK(paths(*stack) == Strings{"2", "9", "10"});
  CHECK(stack->gaps == std::vector<bool>{true, false});
  CHECK(stack->layers[0].bias);
  CHECK_FALSE(stack->layers[1].bias);
  CHECK(stack->activation.empty());
}

TEST_CASE("a stack may have a prefix, and metadata that say its activation", "[io][weight_stack]") {
  const test::TemporaryDirectory directory;
  const std::string file = write(directory,
                                 {{"net.mlp.0.weight", {4, 5}},
                                  {"net.mlp.2.weight", {2, 4}},
                                  {"other.weight", {3, 3}},
                                  {"net.1.weight", {3, 3}}},
                                 {{"activation", "relu"}});
  CHECK_FALSE(read_frozen_stack(file, Layout::out_in));
  const auto stack = read_frozen_stack(file + ":net.mlp", Layout::out_in);
  REQUIRE(stack);
  CHECK(paths(*stack) == Strings{"net.mlp.0", "net.mlp.2"});
  CHECK(stack->activation == "relu");
}

TEST_CASE("what names one tensor, or has one matrix, is no stack", "[io][weight_stack]") {
  const test::TemporaryDirectory directory;
  const std::string file = write(directory, {{"0.weight", {4, 5}}, {"2.weight", {2, 4}}});
  CHECK(read_frozen_stack(file, Layout::out_in));
  CHECK_FALSE(read_frozen_stack(file + ":0", Layout::out_in));
  CHECK_FALSE(read_frozen_stack(file + ":2.weight", Layout::out_in));
  const std::string one = write(directory, {{"0.weight", {4, 5}}, {"0.bias", {4}}});
  CHECK_FALSE(read_frozen_stack(one, Layout::out_in));
  CHECK_FALSE(read_frozen_stack("weights.npy", Layout::out_in));
}

TEST_CASE("a stack with anything but linear layers is refused by the tensor's name",
          "[io][weight_stack]") {
  const test::TemporaryDirectory directory;
  const std::vector<std::pair<Shape, std::string>> faults = {
      {{"1.weight", {4}}, "'1.weight'"}, {{"1.running_mean", {4}}, "'1.running_mean'"},
      {{"1.bias", {4}}, "'1.bias'"},     {{"01.weight", {4, 4}}, ""},
      {{"scale", {1}}, "'scale'"},       {{"0.0.bias", {4}}, "'0.0.bias'"},
  };
  for (const auto& [tensor, name] : faults) {
    INFO(tensor.name);
    const std::string file = write(directory, {{"0.weight", {4, 5}}, tensor, {"2.weight", {2, 4}}});
    if (name.empty()) {
      CHECK(read_frozen_stack(file, Layout::out_in)->layers.size() == 3);
    } else {
      CHECK_THROWS_WITH(read_frozen_stack(file, Layout::out_in),
                        Contains(name) && Contains("linear layers"));
    }
  }
  const std::string twice =
      write(directory, {{"0.weight", {4, 5}}, {"00.weight", {4, 5}}, {"2.weight", {2, 4}}});
  CHECK_THROWS_WITH(read_frozen_stack(twice, Layout::out_in), Contains("0.weight"));
}
